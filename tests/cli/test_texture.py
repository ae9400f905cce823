"""``vidstyle texture``."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from vidstyle.types import Image
from vidstyle.video.stills import read_picture, write_picture


@pytest.fixture
def swatch(tmp_path: Path) -> Path:
    path = tmp_path / "swatch.png"
    write_picture(path, torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(0)))
    return path


def colors(image: Image) -> set[tuple[float, ...]]:
    return {tuple(color) for color in image.flatten(1).T.tolist()}


@pytest.mark.parametrize("words", [(), ("--patch", 10, "--overlap", 5), ("--method", "pixels", "--patch", 5)])
def test_a_swatch_is_grown(vidstyle: Command, swatch: Path, words: tuple[object, ...]) -> None:
    said = vidstyle("texture", swatch, "-o", "grown.png", "--size", "31x23", *words, "--json")
    assert said.code == 0
    (record,) = said.records
    assert (record["event"], record["output"], record["size"]) == ("grown", "grown.png", [31, 23])
    grown = read_picture("grown.png")
    assert grown.shape == (3, 23, 31)
    assert colors(grown) <= colors(read_picture(swatch))


def test_a_seed_decides(vidstyle: Command, swatch: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert vidstyle("texture", swatch, "-o", f"{name}.png", "--size", "30x30", "--seed", seed).code == 0
    a, b, c = (Path(f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


def test_16_bits_stay_16(vidstyle: Command, tmp_path: Path) -> None:
    deep = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    write_picture(tmp_path / "deep.png", deep, bit_depth=16)
    assert vidstyle("texture", "deep.png", "-o", "grown.png", "--size", "20x20").code == 0
    assert colors(read_picture("grown.png")) <= colors(read_picture("deep.png"))
    assert len(colors(read_picture("grown.png"))) > 100


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--size", "30"), 2, "--size: expected WIDTHxHEIGHT"),
        (("--size", "0x9"), 2, "--size: expected WIDTHxHEIGHT"),
        (("--size", "99999x99999"), 2, "at most"),
        (("--size", "30x30", "--patch", 40), 3, "swatch of 24x20 px is smaller than a patch of 40 px"),
        (("--size", "30x30", "--method", "pixels", "--patch", 21), 3, "smaller than a window of 21 px"),
        (("--size", "30x30", "--method", "pixels", "--patch", 8), 2, "take 7 or 9"),
        (("--size", "30x30", "--method", "pixels", "--overlap", 2), 2, "only patches overlap"),
        (("--size", "30x30", "--patch", 8, "--overlap", 5), 2, "at most half of a patch of 8 px"),
        (("--size", "30x30", "--method", "quilt"), 2, "invalid choice"),
    ],
)
def test_what_cannot_be_is_said(
    vidstyle: Command, swatch: Path, words: tuple[object, ...], code: int, why: str
) -> None:
    said = vidstyle("texture", swatch, "-o", "grown.png", *words)
    assert said.code == code
    assert why in said.err
    assert len(said.err.splitlines()) == 1
    assert not Path("grown.png").exists()


def test_a_swatch_of_one_pixel_is_refused(vidstyle: Command, tmp_path: Path) -> None:
    write_picture(tmp_path / "dot.png", torch.rand(3, 1, 1))
    said = vidstyle("texture", "dot.png", "-o", "grown.png", "--size", "9x9")
    assert said.code == 3
    assert "dot.png: the swatch of 1x1 px is smaller than a patch of 8 px" in said.err


def test_the_swatch_and_what_exists_are_not_overwritten(vidstyle: Command, swatch: Path) -> None:
    assert vidstyle("texture", swatch, "-o", swatch, "--size", "9x9", "-y").code == 5
    Path("there.png").write_bytes(b"mine")
    assert vidstyle("texture", swatch, "-o", "there.png", "--size", "9x9").code == 5
    assert Path("there.png").read_bytes() == b"mine"
    assert vidstyle("texture", swatch, "-o", "there.png", "--size", "9x9", "-y").code == 0
