"""Tables of color, as another program applies them; and the defaults that `color` brings."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import av.filter
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.cli.conftest import Command
from tests.media import codes_8, smooth_image, write_movie, write_sequence
from vidstyle.catalog import MethodSpec, Stage
from vidstyle.lut import HasColorMap
from vidstyle.registry import all_methods, load_target
from vidstyle.video.stills import read_picture, write_picture


@pytest.fixture
def pictures(vidstyle: Command) -> None:
    """A content and a style in the test's folder."""
    write_picture("content.png", smooth_image(3, width=160, height=90))
    write_picture("style.png", (0.6 * smooth_image(30).flip(0) + torch.tensor([0.2, 0.05, 0.1]).view(3, 1, 1)))


def by_ffmpeg(image: Tensor, cube: str) -> Tensor:
    """An image through libavfilter's lut3d."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(codes_8(image)), format="rgb24")
    graph = av.filter.Graph()
    first = graph.add_buffer(width=frame.width, height=frame.height, format="rgb24", time_base=frame.time_base or 1)
    chain = [first, graph.add("lut3d", f"file={cube}"), graph.add("format", "rgb24"), graph.add("buffersink")]
    for one, following in pairwise(chain):
        one.link_to(following)
    graph.configure()
    first.push(frame)
    shown = chain[-1].pull()
    assert isinstance(shown, av.VideoFrame)
    return torch.from_numpy(shown.to_ndarray(format="rgb24")).permute(2, 0, 1).float() / 255


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("transfer", ["monge-kantorovich", "reinhard", "histogram", "idt", "tone"])
@pytest.mark.usefixtures("pictures")
def test_a_players_filter_gives_our_look(vidstyle: Command, transfer: str, strength: float) -> None:
    look = ("--style", "style.png", "--strength", strength, "--color-transfer", transfer, "--no-color-regrain")
    assert vidstyle("lut", "content.png", *look, "-o", "look.cube").code == 0
    assert vidstyle("content.png", *look, "--method", "color", "-o", "ours.png").code == 0
    ours, content = read_picture("ours.png"), read_picture("content.png")
    theirs = by_ffmpeg(content, "look.cube")
    # The filter cuts off what we round, half a level on the mean, and it interpolates between four points, not eight.
    assert (ours - theirs).abs().mean() < 1 / 255
    # Curves bend between the points of a table.
    assert (ours - theirs).abs().max() < (25 if transfer in ("histogram", "idt") else 3) / 255
    assert (ours - content).abs().mean() > 8 / 255


@pytest.mark.usefixtures("pictures")
def test_a_players_filter_gives_the_global_part_of_photo(vidstyle: Command) -> None:
    look = ("--style", "style.png", "--method", "photo", "--photo-regions", 1, "--photo-iterations", 0)
    assert vidstyle("lut", "content.png", *look, "-o", "look.cube").code == 0
    assert vidstyle("content.png", *look, "-o", "ours.png").code == 0
    ours, theirs = read_picture("ours.png"), by_ffmpeg(read_picture("content.png"), "look.cube")
    # Both ways of fitting one affine map, the table's and the frame's; and what the filter cuts off.
    assert (ours - theirs).abs().mean() < 1 / 255 and (ours - theirs).abs().max() < 5 / 255


@pytest.mark.usefixtures("pictures")
def test_a_clip_gives_one_table(vidstyle: Command) -> None:
    write_movie(Path("clip.mp4"), frames=5, size=(48, 32))
    said = vidstyle("lut", "clip.mp4", "--style", "style.png", "--size", 5)
    assert said.code == 0 and "wrote clip_style.cube: 5 points" in said.err
    lines = Path("clip_style.cube").read_text().splitlines()
    assert lines[1] == "LUT_3D_SIZE 5" and len(lines) == 4 + 125
    (record,) = vidstyle("lut", "clip.mp4", "--style", "style.png", "-o", "b.cube", "--size", 5, "--json").records
    assert record["output"] == "b.cube" and record["size"] == 5
    assert Path("b.cube").read_text().splitlines()[1:] == lines[1:]


@pytest.mark.usefixtures("pictures")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--style", "style.png", "--method", "adain"), 2, "more than a table of colors can hold"),
        (("--style", "style.png@0s"), 2, "a table cannot change over time"),
        (("--style", "style.png", "--adain-hold", "3"), 2, "unknown option '--adain-hold'"),
        (("--style", "style.png", "--weights", "adain=a"), 2, "not used by --method color; it uses none"),
        (("--style", "style.png", "--keep-color", "match"), 2, "a table cannot keep the content's colors"),
        (("--style", "style.png", "--size", "1"), 2, "expected 2 or more"),
        (("--style", "style.png", "--size", "500"), 2, "expected 129 or fewer"),
        (("--style", "style.png", "-o", "look.png"), 2, "written as .cube"),
        (("--style", "style.png", "-o", "there.cube"), 5, "exists already"),
        (("--style", "style.png", "--color-transfer", "mk"), 2, "--color-transfer"),
        (("--style", "nowhere.png",), 3, "nowhere.png"),
        ((), 2, "no style"),
    ],
)  # fmt: skip
def test_what_makes_no_table_is_refused(vidstyle: Command, words: tuple[str, ...], code: int, message: str) -> None:
    Path("there.cube").write_text("kept")
    said = vidstyle("lut", "content.png", *words)
    assert said.code == code and message in said.err
    assert Path("there.cube").read_text() == "kept"


def test_the_help_offers_what_a_table_can_have(vidstyle: Command) -> None:
    shown = vidstyle("lut", "--help").out
    assert "default color" in shown and "{color,photo}" in shown and "--photo-regions" in shown
    assert not [word for word in ("adain", "@TIME", "--style-ease", "luminance", "--flow") if word in shown]


@pytest.mark.usefixtures("pictures")
def test_a_table_of_a_preset_that_keeps_colors(vidstyle: Command) -> None:
    text = '[style]\nimages = ["style.png"]\nkeep_color = "match"\n[stylizer]\nmethod = "color"\n'
    Path("warm.toml").write_text(text)
    assert "take --keep-color none" in vidstyle("lut", "content.png", "--preset", "warm.toml").err
    assert vidstyle("lut", "content.png", "--preset", "warm.toml", "--keep-color", "none", "--size", 2).code == 0
    assert vidstyle("lut", "content.png", "--preset", "ink").code == 2


@pytest.mark.parametrize("spec", all_methods(Stage.STYLIZER), ids=lambda spec: spec.name)
def test_the_catalog_knows_what_maps_colors(spec: MethodSpec) -> None:
    target = load_target(spec)
    assert spec.maps_color == (isinstance(target, type) and issubclass(target, HasColorMap))


@pytest.mark.usefixtures("pictures")
def test_color_runs_without_a_stabilizer_unless_asked(vidstyle: Command) -> None:
    write_movie(Path("clip.mp4"), frames=3, size=(48, 32))
    words = ("clip.mp4", "--style", "style.png", "-o", "o.mp4", "--dry-run", "--json")

    def stabilizer(*more: str) -> str:
        (record,) = vidstyle(*words, *more).records
        return str(record["job"]["look"]["stabilizer"]["method"])

    assert stabilizer("--method", "color") == "none"
    assert stabilizer("--method", "color", "--stabilizer", "blend", "--blend-memory", "0.5") == "blend"
    assert stabilizer() == "blend"
    said = vidstyle(*words, "--method", "color", "--blend-memory", "0.5")
    assert said.code == 2 and "the stabilizer is 'none'" in said.err


@pytest.mark.usefixtures("pictures")
def test_strength_0_gives_the_pixels_back(vidstyle: Command) -> None:
    write_sequence(Path("in"), [1, 2, 3])
    words = ("--style", "style.png", "--method", "color", "--strength", 0, "-o", "out")
    assert vidstyle("in", *words).code == 0
    for before, after in zip(sorted(Path("in").iterdir()), sorted(Path("out").glob("*.png")), strict=True):
        assert torch.equal(read_picture(before), read_picture(after))
