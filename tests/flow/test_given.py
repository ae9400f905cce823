from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests import clips
from tests.flow.files import flo, write_pair
from vidstyle.errors import InputError
from vidstyle.flow.given import GivenMotion
from vidstyle.ops.trust import motion_trust
from vidstyle.types import Flow, Motion

CPU = torch.device("cpu")


def given(folder: Path, first_number: int = 1) -> GivenMotion:
    return GivenMotion(folder, lambda index: first_number + index, CPU)


def between(folder: Path, pair: clips.Pair, index: int = 1, first_number: int = 1) -> Motion:
    previous, current = clips.frames([pair.previous, pair.current], start=index - 1)
    return given(folder, first_number).between(current, previous)


def test_vectors_are_the_motion_and_trusted_as_searched_ones(tmp_path: Path) -> None:
    pair = clips.moving_square()
    write_pair(tmp_path, 2, pair.to_previous, pair.to_next)
    motion = between(tmp_path, pair)
    assert torch.equal(motion.to_previous, pair.to_previous)
    expected = motion_trust((pair.current, pair.previous), pair.to_previous, pair.to_next)
    assert torch.equal(motion.trust, expected)
    # Where the square was it uncovers the ground; its inside and the ground far from it are still there.
    assert motion.trust[0, 25:35, 21:27].max() < 0.5 and motion.trust[0, 25:35, 32:44].min() > 0.9


def test_numbers_are_those_of_the_users_frames(tmp_path: Path) -> None:
    pair = clips.pan(3, -2)
    write_pair(tmp_path, 1002, pair.to_previous, pair.to_next)
    assert torch.equal(between(tmp_path, pair, index=1, first_number=1001).to_previous, pair.to_previous)
    with pytest.raises(InputError, match=r"no backward vectors for frame 2; expected for example .*backward.0002\.flo"):
        between(tmp_path, pair)
    with pytest.raises(InputError, match="no backward vectors for frame 1003"):
        between(tmp_path, pair, index=2, first_number=1001)


def test_directions_and_numbers_in_names(tmp_path: Path) -> None:
    pair = clips.pan(3, -2)
    (tmp_path / "shot2_v003_Backward.0002.flo").write_bytes(flo(pair.to_previous))
    (tmp_path / "shot2_v003_Forward.0001.flo").write_bytes(flo(pair.to_next))
    (tmp_path / "shot2_v003_depth.0002.png").write_bytes(b"not looked at")
    (tmp_path / "notes_backward_0002.txt").write_bytes(b"not looked at")
    assert torch.equal(between(tmp_path, pair).to_previous, pair.to_previous)


def test_unknown_vectors_are_not_trusted(tmp_path: Path) -> None:
    pair = clips.pan(0, 0)
    there, back = pair.to_previous.clone(), pair.to_next.clone()
    there[:, 10:20, 10:20] = 1e10
    back[:, 40:50, 10:20] = 1e10
    write_pair(tmp_path, 2, there, back)
    motion = between(tmp_path, pair)
    assert motion.trust[0, 10:20, 10:20].max() == 0
    assert torch.equal(motion.to_previous, pair.to_previous)
    # What the way back does not confirm can only be rescued by the pictures, which trust is not whole for.
    assert motion.trust[0, 42:48, 12:18].max() < 0.9
    assert motion.trust[0, 25:35, 40:].min() > 0.99


def test_vectors_of_the_whole_size_serve_smaller_frames(tmp_path: Path) -> None:
    write_pair(tmp_path, 2, clips.constant_flow(-8, 4, (128, 192)), clips.constant_flow(8, -4, (128, 192)))
    motion = between(tmp_path, clips.pan(4, -2))
    assert torch.equal(motion.to_previous, clips.constant_flow(-4, 2))
    assert motion.trust[0, 8:-8, 8:-8].min() > 0.9


def test_holes_do_not_shorten_the_vectors_of_smaller_frames(tmp_path: Path) -> None:
    there, back = (clips.constant_flow(x, y, (128, 192)) for x, y in ((-8, 4), (8, -4)))
    for vectors in (there, back):
        vectors[:, :, ::4] = 1e10
        vectors[:, :40] = 1e10
    write_pair(tmp_path, 2, there, back)
    motion = between(tmp_path, clips.pan(4, -2))
    assert torch.allclose(motion.to_previous[:, 20:], clips.constant_flow(-4, 2)[:, 20:])
    assert motion.trust[0, 28:-8, 8:-8].min() > 0.9
    assert motion.trust[0, :18].max() == 0


def test_vectors_of_another_shape_are_refused(tmp_path: Path) -> None:
    square: Flow = torch.zeros(2, 64, 64)
    write_pair(tmp_path, 2, square, square)
    with pytest.raises(InputError, match=r"0002\.flo: 64x64 vectors for frames of 96x64; expected their shape"):
        between(tmp_path, clips.pan(1, 1))


def test_folders_without_vectors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no such folder"):
        given(tmp_path / "none")
    with pytest.raises(InputError, match=r"no backward vectors; expected names such as backward/0001\.flo"):
        given(tmp_path)
    (tmp_path / "backward_2.flo").write_bytes(b"")
    with pytest.raises(InputError, match="no forward vectors"):
        given(tmp_path)
    (tmp_path / "backward_02.flo").write_bytes(b"")
    with pytest.raises(InputError, match=r"two backward files for frame 2: backward_02\.flo, backward_2\.flo"):
        given(tmp_path)
