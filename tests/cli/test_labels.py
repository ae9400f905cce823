"""Label maps from scribbles, and carried through a clip, against known answers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.cli.conftest import Command
from tests.clips import texture
from tests.media import write_movie
from vidstyle.video.stills import read_picture, write_picture

RED, BLUE = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
HEIGHT, WIDTH = 64, 96
SIDE, START, SPEED, COUNT = 24, 12, 4, 6

PHOTO = ("in", "--style", "in/f.05.png", "--method", "photo", "--content-labels")


def at(index: int) -> slice:
    """The columns of the square in a frame."""
    return slice(START + SPEED * index, START + SPEED * index + SIDE)


@pytest.fixture
def clip() -> list[Tensor]:
    """A light square that moves over a dark ground; and the true map of every frame."""
    ground, square = 0.35 * texture((HEIGHT, WIDTH), seed=1), 0.6 + 0.4 * texture((SIDE, SIDE), seed=2)
    Path("in").mkdir()
    truth = []
    for index in range(COUNT):
        image, regions = ground.clone(), BLUE.view(3, 1, 1).repeat(1, HEIGHT, WIDTH)
        image[:, 20 : 20 + SIDE, at(index)] = square
        regions[:, 20 : 20 + SIDE, at(index)] = RED.view(3, 1, 1)
        write_picture(f"in/f.{index + 5:02d}.png", image)
        truth.append(regions)
    return truth


def scribble(path: str, strokes: list[tuple[slice, slice, Tensor]], size: tuple[int, int] = (HEIGHT, WIDTH)) -> None:
    """A picture that is transparent but for some strokes: rows, columns, color."""
    bgra = np.zeros((*size, 4), np.uint8)
    for rows, columns, color in strokes:
        bgra[rows, columns] = [*(255 * color.flip(0)).byte().tolist(), 255]
    assert cv2.imwrite(path, bgra)


def agreement(one: Tensor, other: Tensor) -> float:
    return float((one == other).all(0).float().mean())


def test_two_scribbles_on_two_flat_halves_give_exactly_the_halves(vidstyle: Command) -> None:
    image = torch.full((3, 70, 90), 0.2)
    image[:, :, 37:] = 0.7
    write_picture("halves.png", image)
    scribble("s.png", [(slice(3, 5), slice(2, 9), RED), (slice(60, 66), slice(80, 82), BLUE)], (70, 90))
    assert vidstyle("labels", "halves.png", "--labels", "s.png").code == 0
    found = read_picture("halves_labels.png")
    wanted = torch.where(torch.arange(90) < 37, RED.view(3, 1, 1), BLUE.view(3, 1, 1)).expand(3, 70, 90)
    assert torch.equal(found, wanted)


def test_scribbles_for_the_first_frame_follow_what_moves(vidstyle: Command, clip: list[Tensor]) -> None:
    scribble("s.png", [(slice(28, 36), slice(20, 28), RED), (slice(4, 8), slice(4, 90), BLUE)])
    (record,) = vidstyle("labels", "in", "--labels", "s.png", "-o", "maps", "--json").records
    assert record["frames"] == COUNT and record["regions"] == 2
    files = sorted(Path("maps").iterdir())
    found = [read_picture(file) for file in files]
    assert [file.name[-6:] for file in files] == [f"{n:02d}.png" for n in range(5, 5 + COUNT)]
    assert agreement(found[0], clip[0]) > 0.995
    # Of the last frame, a map that stays where it was drawn is right in 0.84.
    assert agreement(clip[0], clip[-1]) < 0.85 < 0.97 < agreement(found[-1], clip[-1])


def test_a_map_of_a_later_frame_takes_over(vidstyle: Command, clip: list[Tensor]) -> None:
    Path("drawn").mkdir()
    write_picture("drawn/m.06.png", clip[1])
    write_picture("drawn/m.09.png", clip[4].flip(0))
    assert vidstyle("labels", "in", "--labels", "drawn/m.##.png", "-o", "maps").code == 0
    files = sorted(Path("maps").iterdir())
    assert len(files) == COUNT - 1
    found = [read_picture(file) for file in files]
    assert torch.equal(found[0], clip[1]) and torch.equal(found[3], clip[4].flip(0))
    assert agreement(found[2], clip[3]) > 0.97 < agreement(found[4], clip[5].flip(0))


def test_a_shot_without_a_map_is_told(vidstyle: Command, clip: list[Tensor]) -> None:
    write_picture("map.png", clip[0])
    Path("cuts.csv").write_text("Start Frame\n1\n4\n")
    said = vidstyle("labels", "in", "--labels", "map.png", "-o", "maps", "--cuts", "cuts.csv")
    assert said.code == 3 and "a shot begins at frame 8; --labels needs a map for it" in said.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("in", "--labels", "open.png", "-o", "m"), 3, "open.png: is transparent everywhere"),
        (("in", "--labels", "tall.png", "-o", "m"), 3, "tall.png: is 32x64; expected the shape of 96x64"),
        (("in", "--labels", "far/m.#.png", "-o", "m"), 3, "none of its numbers is a frame"),
        (("in", "--labels", "clip.mp4", "-o", "m"), 2, "is a movie"),
        (("in", "--labels", "tall.png", "-o", "m.mp4"), 2, "label maps are pictures"),
        (("in", "--labels", "noise.png", "-o", "m"), 3, "colors; expected 32 at most"),
        ((*PHOTO, "open.png", "--style-labels", "open.png"), 3, "open.png: is transparent in places; vidstyle labels"),
    ],
)
def test_what_is_no_drawn_map_is_one_line(
    vidstyle: Command, clip: list[Tensor], words: tuple[str, ...], code: int, message: str
) -> None:
    scribble("open.png", [])
    write_picture("noise.png", torch.rand(3, HEIGHT, WIDTH))
    write_picture("tall.png", torch.zeros(3, 64, 32))
    Path("far").mkdir()
    write_picture("far/m.1.png", clip[0])
    write_movie(Path("clip.mp4"), frames=2, size=(96, 64))
    said = vidstyle("labels", *words) if "--labels" in words else vidstyle(*words)
    assert said.code == code and message in said.err, said.err
    assert len(said.err.strip().splitlines()) == 1
