"""``vidstyle measure`` from words to table, JSON, page and exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import vidstyle as library
from tests import clips
from tests.cli.conftest import Command
from tests.media import write_movie
from vidstyle.measuring.figures import FIGURES, Clip, key_of
from vidstyle.video.stills import write_picture

FRAMES = 10
OFFSET = 8 / 255
"""Between every frame of the flickering clip and the next: whole codes of 8 bits, so that files hold it exactly."""

Folder = Callable[..., Path]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """A still content, the same with an offset in every other frame, and a double one; as numbered pictures."""
    base = clips.texture((32, 48)).mul(255).round().div(255) * 0.8
    base = base.mul(255).round().div(255)
    made = {}
    for name, offset in (("content", 0.0), ("styled", OFFSET), ("per_frame", 2 * OFFSET)):
        made[name] = tmp_path / name
        made[name].mkdir()
        for index in range(FRAMES):
            write_picture(made[name] / f"f.{1001 + index}.png", base + offset * (index % 2))
    return made


def test_table(vidstyle: Command, folders: dict[str, Path]) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], "--per-frame", folders["per_frame"])
    assert said.code == 0
    heading, *lines = said.out.splitlines()
    rows = {line[:22].strip(): line[22:].split() for line in lines}
    assert heading.split() == ["styled", "content", "per-frame", "styled", "/", "content", "styled", "/", "per-frame"]
    assert rows["warping error, k = 1"] == [f"{OFFSET:.4f}", "0.0000", f"{2 * OFFSET:.4f}", "-", "0.500"]
    assert rows["warping error, k = 8"][0] == "0.0000"
    assert rows["luma gradient"][-1] == rows["sharpness kept"][0] == "1.000"
    assert lines[-3:] == ["frames measured: 10", "cuts before frames: none", "frames to redo: none"]


def test_json(vidstyle: Command, folders: dict[str, Path]) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], "--json")
    *frames, total = said.records
    assert {record["event"] for record in frames} == {"frame_measured"}
    assert [record["number"] for record in frames] == list(range(1001, 1001 + FRAMES))
    figures = {figure.name for figure in FIGURES if not figure.needs_style}
    of_content = {key_of(Clip.CONTENT, f.name) for f in FIGURES if f.of_content and not f.needs_style}
    place = {"event", "schema", "number", "time", "opens_shot", "coverage_k1", "coverage_k8"}
    assert set(frames[0]) == place | figures | of_content
    assert frames[0]["warp_k1"] is None
    assert frames[1]["warp_k1"] == pytest.approx(OFFSET, rel=1e-4)
    assert (total["event"], total["frames"], total["cuts"], total["redo"]) == ("measured", FRAMES, "", "")
    assert (total["styled"], total["size"], total["flow"]) == (str(folders["styled"]), 448, "dis")
    assert total["warp_k1"] == pytest.approx(OFFSET, rel=1e-4)
    assert {"amplification", "sharpness", "warp_k1_to_content"} <= set(total)
    assert not [name for name in total if "per_frame" in name or "distance" in name]


def test_the_same_from_python(folders: dict[str, Path]) -> None:
    found = library.measure(folders["content"], folders["styled"], per_frame=folders["per_frame"])
    assert found.totals["warp_k1_to_per_frame"] == pytest.approx(0.5, rel=1e-4)


def test_distances(vidstyle: Command, folders: dict[str, Path], style: Path, slim_file: Path) -> None:
    first = folders["content"] / "f.1001.png"
    words = ("measure", first, first, "--style", style, "--weights", f"slim={slim_file}", "--json")
    total = vidstyle(*words).records[-1]
    assert total["content_distance"] == pytest.approx(0, abs=1e-6), "the content is its own content"
    assert total["style_distance"] == total["content_style_distance"] > 0
    itself = vidstyle("measure", first, style, *words[3:]).records[-1]
    assert itself["style_distance"] < total["style_distance"] / 10, "the style, at another size"


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--fail-above", "warp=0.03"), "warp_k1 is 0.03137, above 0.03"),
        (("--fail-below", "sharpness=1.5"), "sharpness is 1, below 1.5"),
        (("--fail-above", "warp_k1=0.02", "--fail-above", "change=9"), "warp_k1 is 0.03137, above 0.02"),
        (("--fail-above", "amplification=2"), "amplification could not be measured"),
    ],
)
def test_a_broken_limit_is_exit_8(
    vidstyle: Command, folders: dict[str, Path], flags: tuple[str, ...], complaint: str
) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], *flags)
    assert said.code == 8
    assert said.err.splitlines()[-1] == f"vidstyle: {folders['styled']}: {complaint}"
    assert said.out.splitlines()[1].startswith("warping error, k = 1"), "the figures come all the same"


def test_a_kept_limit_is_exit_0(vidstyle: Command, folders: dict[str, Path]) -> None:
    limits = ("--fail-above", "warp_k1=0.04", "--fail-below", "sharpness=0.97")
    assert vidstyle("measure", folders["content"], folders["styled"], *limits).code == 0


def test_a_broken_limit_in_json(vidstyle: Command, folders: dict[str, Path]) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], "--json", "--fail-above", "warp_k1=0.03")
    measured, error = said.records[-2:]
    assert (measured["event"], measured["redo"]) == ("measured", "1002-1010")
    assert (error["event"], error["exit_code"]) == ("error", 8)


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--fail-above", "wrap_k1=0.1"), "did you mean 'warp_k1'?"),
        (("--fail-above", "style_distance=0.1"), "'style_distance' is not measured here"),
        (("--fail-below", "per_frame_warp_k1=0.1"), "'per_frame_warp_k1' is not measured here"),
        (("--fail-above", "warp_k1"), "expected NAME=VALUE"),
        (("--fail-above", "warp_k1=nan"), "expected NAME=NUMBER"),
        (("--weights", "slin=a"), "did you mean 'slim'?"),
        (("--flow", "diss"), "did you mean 'dis'?"),
    ],
)
def test_words_that_make_no_sense(
    vidstyle: Command, folders: dict[str, Path], flags: tuple[str, ...], complaint: str
) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], *flags)
    assert said.code == 2
    assert complaint in said.err


def test_missing_clips(vidstyle: Command, folders: dict[str, Path]) -> None:
    assert vidstyle("measure", folders["content"]).code == 2
    assert vidstyle("measure", folders["content"], "nowhere.mp4").code == 3


def test_a_rendered_stretch_meets_its_own_content(vidstyle: Command, folders: dict[str, Path]) -> None:
    for number in (1001, 1002, 1003, 1010):
        (folders["styled"] / f"f.{number}.png").unlink()
    said = vidstyle("measure", folders["content"], folders["styled"], "--json", "--report", "page.html")
    *frames, total = said.records
    assert [record["number"] for record in frames] == list(range(1004, 1010))
    assert "frames 1001-1003,1010 have no partner and are not measured" in total["warnings"][0]
    offsets = [record["luma"] - record["content_luma"] for record in frames]
    assert offsets == pytest.approx([OFFSET, 0] * 3, abs=1e-4), "1004 is the fourth frame, an odd place"


def test_clips_of_other_lengths_are_told(vidstyle: Command, folders: dict[str, Path]) -> None:
    write_movie(Path("longer.mkv"), frames=FRAMES + 2, size=(48, 32))
    said = vidstyle("measure", "longer.mkv", folders["styled"])
    assert said.code == 0
    assert "warning: " in said.err
    assert "ends after 10 frames, where longer.mkv goes on" in said.err


def test_page(vidstyle: Command, folders: dict[str, Path]) -> None:
    both = (folders["content"], folders["styled"], "--per-frame", folders["per_frame"])
    said = vidstyle("measure", *both, "--report", "page.html", "--json")
    page = Path("page.html").read_text(encoding="utf-8")
    assert said.records[-1]["report"] == "page.html"
    assert page.count('<figure class="wipe">') == 6, "three frames beside the content, three beside the per-frame clip"
    assert page.count('<div class="three">') in (1, 2), "ten frames have no room for more errors that are eight apart"
    assert "frame 1006: content and styled" in page
    assert vidstyle("measure", *both, "--report", "page.html").code == 5
    assert Path("page.html").read_text(encoding="utf-8") == page
    assert vidstyle("measure", *both, "--report", "page.html", "-y").err == "wrote page.html\n"
    assert Path("page.html").read_text(encoding="utf-8") == page, "equal measurements, equal bytes"


def test_a_page_never_replaces_a_picture(vidstyle: Command, folders: dict[str, Path]) -> None:
    picture = folders["styled"] / "f.1001.png"
    before = picture.read_bytes()
    said = vidstyle("measure", folders["content"], folders["styled"], "--report", picture, "-y")
    assert said.code == 2
    assert "expected a name that ends in .html" in said.err
    assert picture.read_bytes() == before


def test_a_cut_is_found_and_marked(vidstyle: Command, tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        for index, image in enumerate(clips.with_cut(12, 6)):
            write_picture(tmp_path / name / f"{index:04d}.png", image)
    total = vidstyle("measure", "in", "out", "--report", "page.html", "--json").records[-1]
    assert total["cuts"] == "6"
    assert "cut before frame 6" in Path("page.html").read_text(encoding="utf-8")


def test_frames_are_logged_nowhere_unless_asked(vidstyle: Command, folders: dict[str, Path]) -> None:
    said = vidstyle("measure", folders["content"], folders["styled"], "-q")
    assert said.err == ""
    assert json.loads(vidstyle("measure", folders["content"], folders["styled"], "--json").out.splitlines()[0])
