from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests import clips
from tests.limits import small_files
from vidstyle.errors import OutputError
from vidstyle.flow.kept import SUFFIX, KeptMotion
from vidstyle.flow.motion import SearchedMotion
from vidstyle.flow.none import NoFlow
from vidstyle.method_options import NoFlowOptions
from vidstyle.types import Frame, Image, Motion

SIZE = 12 * clips.SIZE[0] * clips.SIZE[1]
"""Bytes of motion of a frame."""
IMAGES = clips.panning(4)


class Counted:
    """Searches, and counts how often."""

    neighbors_only = False

    def __init__(self) -> None:
        self.count = 0
        self._searched = SearchedMotion(NoFlow(NoFlowOptions(), torch.device("cpu")))

    def between(self, current: Frame, previous: Frame) -> Motion:
        self.count += 1
        return self._searched.between(current, previous)


def run(
    folder: Path, images: Sequence[Image] = IMAGES, *, settings: str = "dis", limit: int = 10**9
) -> tuple[int, list[Motion]]:
    """How many pairs were searched, and the motions."""
    source, frames = Counted(), clips.frames(images)
    kept = KeptMotion(source, folder, settings=settings, limit=limit)
    motions = [kept.between(frames[i], frames[i - 1]) for i in range(1, len(frames))]
    return source.count, motions


def same(one: Sequence[Motion], other: Sequence[Motion]) -> bool:
    return all(
        torch.equal(a.to_previous, b.to_previous) and torch.equal(a.trust, b.trust)
        for a, b in zip(one, other, strict=True)
    )


def stored(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_second_run_searches_nothing_and_has_the_same_floats(tmp_path: Path) -> None:
    count, first = run(tmp_path / "new" / "cache")
    assert count == 3 and all(path.suffix == SUFFIX for path in stored(tmp_path / "new" / "cache"))
    count, second = run(tmp_path / "new" / "cache")
    assert count == 0 and same(first, second)
    source = Counted()
    frames = clips.frames(IMAGES)
    assert same(first, [source.between(frames[i], frames[i - 1]) for i in range(1, 4)])


def test_other_pictures_and_other_settings_are_searched(tmp_path: Path) -> None:
    run(tmp_path)
    assert run(tmp_path, settings="raft")[0] == 3
    changed = [*IMAGES[:2], IMAGES[2] + 1e-6, IMAGES[3]]
    assert run(tmp_path, changed)[0] == 2
    assert run(tmp_path, [image[..., :-1] for image in IMAGES])[0] == 3
    assert run(tmp_path, IMAGES[::-1])[0] == 3
    assert run(tmp_path, IMAGES[1:])[0] == 0


def test_pairs_of_any_distance_are_kept(tmp_path: Path) -> None:
    frames, pairs = clips.frames(IMAGES), [(1, 0), (2, 1), (2, 0), (3, 2), (3, 1), (3, 0)]
    for count in (len(pairs), 0):
        source = Counted()
        kept = KeptMotion(source, tmp_path, settings="dis", limit=10**9)
        found = [kept.between(frames[a], frames[b]) for a, b in pairs]
        assert source.count == count and same(found, [source.between(frames[a], frames[b]) for a, b in pairs])


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    _, first = run(tmp_path)
    path = stored(tmp_path)[1]
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    count, second = run(tmp_path)
    assert count == 1 and same(first, second) and path.read_bytes() == whole


def test_the_folder_stays_within_its_limit(tmp_path: Path) -> None:
    limit = int(2.5 * SIZE)
    assert run(tmp_path, limit=limit)[0] == 3
    assert len(stored(tmp_path)) == 2
    # The two that are there serve; the third still has no room beside them.
    assert run(tmp_path, limit=limit)[0] == 1
    # Another clip takes their place.
    others = clips.panning(3, seed=5)
    assert run(tmp_path, others, limit=limit)[0] == 2
    assert len(stored(tmp_path)) == 2 and run(tmp_path, others, limit=limit)[0] == 0
    assert run(tmp_path, clips.panning(3, seed=6), limit=SIZE // 2)[0] == 2
    assert len(stored(tmp_path)) == 2


def test_what_was_unused_the_longest_goes_first(tmp_path: Path) -> None:
    run(tmp_path, IMAGES[:3])
    for age, path in enumerate(stored(tmp_path)):
        os.utime(path, (1000 - age, 1000 - age))
    kept, gone = stored(tmp_path)
    stranger = tmp_path / "notes.txt"
    stranger.write_text("not ours")
    os.utime(stranger, (0, 0))
    run(tmp_path, clips.panning(2, seed=5), limit=int(2.5 * SIZE))
    assert kept.exists() and not gone.exists() and stranger.exists()


def test_a_full_disk_only_keeps_nothing(tmp_path: Path) -> None:
    with small_files(1000):
        count, motions = run(tmp_path)
    assert count == 3 and len(motions) == 3 and stored(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file.cache: cannot keep motion there \(Not a directory\)"):
        run(tmp_path / "file" / "cache")
