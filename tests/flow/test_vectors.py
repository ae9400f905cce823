"""Files of vectors, written here byte by byte as their formats' authors describe them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.flow.files import flo
from vidstyle.errors import InputError
from vidstyle.flow.vectors import read_vectors

VECTORS = torch.tensor([[[1.0, -2.5, 3.25], [0.0, 4.0, -511.984375]], [[0.5, 0.0, -7.0], [8.0, 511.984375, 0.015625]]])
"""``(2, 2, 3)``: whole 64ths of a pixel, which all three formats hold exactly."""


def test_flo_is_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "a.flo"
    path.write_bytes(flo(VECTORS))
    flow, known = read_vectors(path)
    assert torch.equal(flow, VECTORS) and torch.equal(known, torch.ones(1, 2, 3))


@pytest.mark.parametrize("value", [1e10, -1e10, float("nan"), float("inf")])
def test_unknown_vectors_of_flo(tmp_path: Path, value: float) -> None:
    path = tmp_path / "a.flo"
    holed = VECTORS.clone()
    holed[1, 0, 2] = value
    path.write_bytes(flo(holed))
    flow, known = read_vectors(path)
    assert known.tolist() == [[[1, 1, 0], [1, 1, 1]]]
    assert torch.equal(flow, VECTORS * known)


def kitti(path: Path, rgb: NDArray[np.uint16]) -> None:
    cv2.imwrite(str(path), rgb[..., ::-1])


def test_png_is_read_as_kitti_has_it(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    rgb = np.ones((2, 3, 3), np.uint16)
    rgb[..., :2] = np.round(64 * VECTORS.permute(1, 2, 0).numpy() + 2**15)
    rgb[1, 0] = 0
    kitti(path, rgb)
    flow, known = read_vectors(path)
    assert known.tolist() == [[[1, 1, 1], [0, 1, 1]]]
    assert torch.equal(flow, VECTORS * known)


@pytest.mark.parametrize("names", [("u", "v"), ("backward.u", "backward.v"), ("X", "Y"), ("R", "G")])
def test_exr_is_read_exactly(tmp_path: Path, names: tuple[str, str]) -> None:
    exr = pytest.importorskip("OpenEXR")
    path = tmp_path / "a.exr"
    channels = {name: plane.numpy().copy() for name, plane in zip(names, VECTORS, strict=True)}
    exr.File({}, {**channels, "Z": np.zeros((2, 3), np.float32)}).write(str(path))
    flow, known = read_vectors(path)
    assert torch.equal(flow, VECTORS) and torch.equal(known, torch.ones(1, 2, 3))


def test_exr_without_vectors_and_not_exr(tmp_path: Path) -> None:
    exr = pytest.importorskip("OpenEXR")
    exr.File({}, {"Z": np.zeros((2, 3), np.float32)}).write(str(tmp_path / "a.exr"))
    with pytest.raises(InputError, match=r"a\.exr: has the channels Z; expected u and v"):
        read_vectors(tmp_path / "a.exr")
    (tmp_path / "b.exr").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"b\.exr: cannot be read"):
        read_vectors(tmp_path / "b.exr")


def test_exr_without_its_package_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "OpenEXR", None)
    with pytest.raises(InputError, match=r"needs OpenEXR; pip install 'vidstyle\[exr\]'"):
        read_vectors(tmp_path / "a.exr")


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "tag.flo": (lambda: b"PIEX" + flo(VECTORS)[4:], "not a .flo file"),
    "empty.flo": (lambda: b"", "not a .flo file"),
    "short.flo": (lambda: flo(VECTORS)[:-1], "damaged: 59 bytes, expected 60 for 3x2 vectors"),
    "long.flo": (lambda: flo(VECTORS) + b"0", "damaged: 61 bytes, expected 60"),
    "negative.flo": (lambda: b"PIEH" + np.array([-1, -1], "<i4").tobytes(), "damaged"),
    "text.png": (lambda: b"hello", "not vectors as KITTI keeps them"),
    "empty.png": (lambda: b"", "not vectors as KITTI keeps them"),
    "8bit.png": (lambda: cv2.imencode(".png", np.zeros((2, 3, 3), np.uint8))[1].tobytes(), "in 16 bits"),
    "gray.png": (lambda: cv2.imencode(".png", np.zeros((2, 3), np.uint16))[1].tobytes(), "three channels"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_vectors_is_named(tmp_path: Path, name: str) -> None:
    make, message = BROKEN[name]
    (tmp_path / name).write_bytes(make())
    with pytest.raises(InputError, match=f"{name}: .*{message}"):
        read_vectors(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.flo: cannot be read \(No such file"):
        read_vectors(tmp_path / "none.flo")
