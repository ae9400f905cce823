"""Label maps from files: what they tell, and what is wrong with those that do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import texture
from tests.conftest import save_random
from vidstyle.cli.arguments import parse
from vidstyle.cli.commands.stylize import job_from
from vidstyle.errors import InputError, UsageError, VidstyleError
from vidstyle.job import Job, run_job
from vidstyle.labels import open_regions
from vidstyle.nets.vgg import Vgg
from vidstyle.presets import Look, build_look
from vidstyle.types import ClipInfo, Regions
from vidstyle.video.stills import write_picture

SKY, LAND, SEA = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.0)
SHAPE = (24, 32)
MOVIE = ClipInfo(Path("in.mp4"), 32, 24, Fraction(25), Fraction(1, 25), 9, 8, "yuv420p", "h264", "mp4")


def two(top: tuple[float, float, float], bottom: tuple[float, float, float], *, split: int = 12) -> Tensor:
    """A map of two regions, 24 by 32."""
    image = torch.tensor(bottom).view(3, 1, 1).repeat(1, *SHAPE)
    image[:, :split] = torch.tensor(top).view(3, 1, 1)
    return image


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two style pictures with their maps, a map for a clip, and maps for each frame of one."""
    monkeypatch.chdir(tmp_path)
    for name, image in {
        "style": torch.rand(3, *SHAPE),
        "other": torch.rand(3, *SHAPE),
        "style_map": two(SKY, LAND),
        "other_map": two(SKY, SEA),
        "clip_map": two(SKY, LAND, split=6),
        "sea_map": two(SKY, SEA),
        "wide_map": two(SKY, LAND)[:, :12],
        "f.1": two(SKY, LAND, split=6),
        "f.2": two(SKY, LAND, split=18),
    }.items():
        write_picture(tmp_path / f"{name}.png", image)
    return tmp_path


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def look(*pictures: str, method: str = "photo") -> Look:
    return build_look({"style": {"images": list(pictures)}, "stylizer": {"method": method}}, where="test")


def opened(content: str | None, styles: tuple[str, ...], stack: ExitStack, *pictures: str) -> Regions:
    found = open_regions(content, styles, look(*(pictures or ("style.png",))), shape=SHAPE, clip=MOVIE, stack=stack)
    assert found is not None
    return found


def test_regions_are_matched_by_color(folder: Path, stack: ExitStack) -> None:
    regions = opened("clip_map.png", ("style_map.png",), stack)
    assert regions.count == 2
    (theirs,), ours = regions.of_style, regions.of_frame(7)
    assert ours.dtype == torch.uint8 and ours.shape == (1, *SHAPE)
    assert (ours[:, :6] == theirs[0, 0, 0]).all() and (ours[:, 6:] == theirs[0, -1, 0]).all()
    assert theirs[0, 0, 0] != theirs[0, -1, 0]


def test_several_styles_share_the_colors(folder: Path, stack: ExitStack) -> None:
    regions = opened("sea_map.png", ("style_map.png", "other_map.png"), stack, "style.png", "other.png")
    assert regions.count == 3
    first, second = regions.of_style
    assert first[0, 0, 0] == second[0, 0, 0] and first[0, -1, 0] != second[0, -1, 0] == regions.of_frame(0)[0, -1, 0]


def test_a_sequence_has_a_map_for_every_frame(folder: Path, stack: ExitStack) -> None:
    regions = opened("f.#.png", ("style_map.png",), stack)
    rows = [int((regions.of_frame(index)[0, :, 0] == regions.of_style[0][0, 0, 0]).sum()) for index in (0, 1, 0)]
    assert rows == [6, 18, 6]
    with pytest.raises(InputError, match=r"--content-labels .*has no frame 3; expected one picture, or one for every"):
        regions.of_frame(2)


def test_maps_of_a_numbered_clip_go_by_its_numbers(folder: Path, stack: ExitStack) -> None:
    clip = replace(MOVIE, container="sequence", numbers=(2, 1, 4))
    found = open_regions("f.#.png", ("style_map.png",), look("style.png"), shape=SHAPE, clip=clip, stack=stack)
    assert found is not None
    rows = [int((found.of_frame(index)[0, :, 0] == found.of_style[0][0, 0, 0]).sum()) for index in (0, 1)]
    assert rows == [18, 6]
    with pytest.raises(InputError, match=r"--content-labels .*no picture of this sequence has the number 4"):
        found.of_frame(2)


def test_no_maps_are_no_regions(stack: ExitStack) -> None:
    assert open_regions(None, (), look("style.png"), shape=SHAPE, clip=MOVIE, stack=stack) is None


@pytest.mark.parametrize(
    ("content", "styles", "message"),
    [
        ("clip_map.png", (), "--style-labels: is missing"),
        (None, ("style_map.png",), "--content-labels: is missing"),
        ("clip_map.png", ("style_map.png", "other_map.png"), "--style-labels: got 2 for 1 style pictures"),
        ("clip_map.png", ("wide_map.png",), "wide_map.png: is 32x12; expected the shape of 32x24"),
        ("wide_map.png", ("style_map.png",), "wide_map.png: is 32x12; expected the shape of 32x24"),
        ("sea_map.png", ("style_map.png",), "frame 1 has the color #ffff00, which no --style-labels have; expected"),
        ("clip_map.png", ("style.png",), "style.png: has .* colors; expected 32 at most"),
        ("nowhere.png", ("style_map.png",), "nowhere.png: no such file"),
        ("clip_map.png", ("nowhere.png",), "nowhere.png: No such file"),
    ],
)
def test_what_does_not_fit_is_one_line(
    folder: Path, stack: ExitStack, content: str | None, styles: tuple[str, ...], message: str
) -> None:
    with pytest.raises(VidstyleError, match=message) as caught:
        open_regions(content, styles, look("style.png"), shape=SHAPE, clip=MOVIE, stack=stack)
    assert "\n" not in str(caught.value)


def test_a_method_that_knows_no_regions_says_which_do(folder: Path, stack: ExitStack) -> None:
    with pytest.raises(UsageError, match=r"--method color knows no regions; methods that do: .*photo"):
        asked = look("style.png", method="color")
        open_regions("clip_map.png", ("style_map.png",), asked, shape=SHAPE, clip=MOVIE, stack=stack)


def test_flags_reach_the_job() -> None:
    words = ["in.mp4", "--style", "a.png", "--style", "b.png", "--content-labels", "c.mp4"]
    _, arguments = parse([*words, "--style-labels", "a_map.png", "--style-labels", "b_map.png"])
    job = job_from(arguments)
    assert (job.content_labels, job.style_labels) == ("c.mp4", ("a_map.png", "b_map.png"))


def test_a_part_of_a_run_with_maps_is_that_part_of_the_whole(folder: Path, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = save_random(Vgg(), tmp_path / "slim.safetensors")
    (tmp_path / "in").mkdir()
    for index in range(14):
        write_picture(tmp_path / f"in/f.{index:02d}.png", texture(index, size=SHAPE))
        write_picture(tmp_path / f"map.{index:02d}.png", two(SKY, LAND, split=6 + index))
    photo = {"method": "photo", "interval": 4, "iterations": 0}
    whole = Job(
        input="in/f.##.png",
        look=build_look({"style": {"images": ["style.png"]}, "stylizer": photo}, where="test"),
        output="whole.##.png",
        content_labels="map.##.png",
        style_labels=("style_map.png",),
        device="cpu",
        weights=(("slim", str(network)),),
    )
    run_job(whole)
    run_job(replace(whole, output="part.##.png", frames="9-11"))
    for number in ("09", "10", "11"):
        assert Path(f"part.{number}.png").read_bytes() == Path(f"whole.{number}.png").read_bytes()
    assert not Path("part.08.png").exists()
