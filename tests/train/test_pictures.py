"""Folders as batches: fixed by the seed and the step alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vidstyle.errors import InputError, UsageError
from vidstyle.train.pictures import PictureFolder, list_pictures
from vidstyle.video.stills import write_picture


def test_pictures_below_a_folder_are_found_in_order(folders: tuple[Path, Path]) -> None:
    found = list_pictures(folders[0])
    assert [path.name for path in found] == ["0.png", "1.png", "2.png"]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(InputError, match="no pictures found"):
        list_pictures(tmp_path)


def test_a_folder_of_tiny_pictures_is_an_error(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.rand(3, 31, 200))
    with pytest.raises(InputError, match="all pictures are smaller than 32 px"):
        PictureFolder(tmp_path, seed=1, size=64)


def test_crops_that_no_network_divides_are_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="--size 100: expected a multiple of 16"):
        PictureFolder(folders[0], seed=1, size=100)


def test_a_batch_depends_on_seed_and_step_alone(folders: tuple[Path, Path]) -> None:
    one = PictureFolder(folders[0], seed=1, size=64)
    later = one.batch(5, 2)
    assert torch.equal(PictureFolder(folders[0], seed=1, size=64).batch(5, 2), later)
    assert not torch.equal(one.batch(6, 2), later)
    assert not torch.equal(PictureFolder(folders[0], seed=2, size=64).batch(5, 2), later)


def test_batches_are_images(folders: tuple[Path, Path]) -> None:
    batch = PictureFolder(folders[0], seed=1, size=64).batch(0, 4)
    assert batch.shape == (4, 3, 64, 64) and batch.dtype == torch.float32
    assert batch.min() >= 0 and batch.max() <= 1 and batch.std() > 0.05


def test_every_picture_comes_once_in_a_round(folders: tuple[Path, Path]) -> None:
    folder = PictureFolder(folders[0], seed=1, size=64)
    for start in (0, 3, 6):
        shapes = {tuple(folder._picture(i).shape) for i in range(start, start + 3)}
        assert len(shapes) == 3
