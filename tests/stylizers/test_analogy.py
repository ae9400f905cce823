"""Deep image analogy, with an untrained network: what holds whatever it has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import frames, steps, texture
from vidstyle.catalog import Stage
from vidstyle.device import Compute
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError, WeightsError
from vidstyle.footprint import Load, peak_bytes
from vidstyle.method_options import AnalogyOptions
from vidstyle.nets.vgg import LIFTED_LAYERS
from vidstyle.ops.fields import whole_field
from vidstyle.ops.minimize import Loss, lbfgs
from vidstyle.ops.warp import warp
from vidstyle.presets import build_look
from vidstyle.registry import find_method
from vidstyle.stylizers import analogy, correspondence
from vidstyle.stylizers.analogy import Analogy
from vidstyle.stylizers.correspondence import Correspondence
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.types import ClipInfo, Image, Motion, Step, Style
from vidstyle.video.stills import write_picture

SIZE = (48, 64)
"""Sides that every grid divides, so that nothing is padded."""


@pytest.fixture
def compute(slim: Path) -> Compute:
    return Compute(torch.device("cpu"), own_weights={"slim": slim})


@pytest.fixture
def finder(compute: Compute) -> Correspondence:
    return Correspondence(load_encoder(compute), compute, kept="some", iterations=0)


def look(*seeds: int, size: tuple[int, int] = SIZE) -> Style:
    return Style(tuple(texture(0, size=size, seed=seed) for seed in seeds), (1 / len(seeds),) * len(seeds))


def paint(compute: Compute, shot: Iterable[Step], style: Style | None = None, **options: Any) -> list[Image]:
    return list(Analogy(AnalogyOptions(**options), style or look(50), compute).stylize(shot))


def shown(image: Image, *, index: int = 0) -> list[Step]:
    """A shot of one picture."""
    return steps([replace(frames(index, index + 1)[0], image=image)])


def moved(images: Iterable[Image], flow: tuple[float, float], trust: float = 1.0) -> list[Step]:
    """The pictures as a shot that moves by `flow` from frame to frame, and is trusted as much as `trust`."""
    made: list[Step] = []
    for image in images:
        (step,) = shown(image, index=len(made))
        to_previous = torch.tensor(flow).view(2, 1, 1).expand(2, *image.shape[1:]).contiguous()
        made.append(replace(step, motion=Motion(to_previous, torch.full_like(image[:1], trust)) if made else None))
    return made


def colors(image: Image) -> set[tuple[float, ...]]:
    return {tuple(color) for color in image.flatten(1).T.tolist()}


# Fields


def test_a_picture_is_its_own_analogy(finder: Correspondence) -> None:
    """B' = A: both fields lead to where they start, and B is A at every level."""
    picture = texture(0, size=SIZE)
    solved = finder.solve(picture, picture)
    assert torch.equal(solved.field, whole_field(SIZE)) and torch.equal(solved.back, whole_field(SIZE))
    for plain, own in zip(solved.pair.plain, finder.features(picture), strict=True):
        assert torch.allclose(plain, own, atol=1e-5)


def test_a_picture_in_its_own_style_stays(compute: Compute) -> None:
    picture = texture(0, size=SIZE)
    assert torch.allclose(paint(compute, shown(picture), Style((picture,), (1.0,)))[0], picture, atol=1e-6)


def test_a_shifted_picture_has_a_constant_field(finder: Correspondence) -> None:
    """By a step of the deepest grid; the border, where networks see it, left aside."""
    large = texture(0, size=(112, 160))
    away = finder.solve(large[:, :, 16:], large[:, :, :-16]).field - whole_field((112, 144))
    inside = away[:, 32:-32, 48:-32]
    assert (inside[0] == 0).all() and (inside[1] == 16).all()


def test_a_recolored_picture_gives_its_colors(compute: Compute) -> None:
    """B' = A with each channel scaled and moved: A' is nearly B'."""
    picture = texture(0, size=SIZE)
    recolored = picture * torch.tensor([0.6, 0.9, 0.4]).view(3, 1, 1) + torch.tensor([0.3, 0.0, 0.1]).view(3, 1, 1)
    (painted,) = paint(compute, shown(picture), Style((recolored,), (1.0,)))
    assert (painted - recolored).abs().mean() < 0.2 * (picture - recolored).abs().mean()


def test_where_the_content_says_nothing_the_style_speaks(compute: Compute) -> None:
    """The weight is that of the level, or none: known answers of eq. 4."""
    own, other = torch.zeros(2, 1, 4), torch.full((2, 1, 4), 8.0)
    own[0, 0] = torch.tensor([0.0, 1.0, 0.2, 10.0])
    for kept, weight in (("little", 0.5), ("some", 0.6), ("much", 0.7)):
        finder = Correspondence(load_encoder(compute), compute, kept=kept, iterations=0)
        mixed = finder._mixed(own, other, 1)
        # Squared, 1 of 10 is a hundredth of the most: below the gate.
        assert mixed[0, 0].tolist() == pytest.approx([8.0, 8.0, 8.0, 10 * weight + 8 * (1 - weight)])
        assert mixed[1, 0].tolist() == pytest.approx([8.0, 8.0, 8.0, 8 * (1 - weight)])


def test_reconstruction_comes_closer_step_by_step(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every level, both ways: never worse than its start."""
    runs: list[list[float]] = []

    def watched(loss: Loss, start: Tensor, *, steps: int) -> Tensor:
        found = [lbfgs(loss, start, steps=count) for count in range(steps + 1)]
        runs.append([float(loss(x)) for x in found])
        return found[-1]

    monkeypatch.setattr(correspondence, "lbfgs", watched)
    Correspondence(load_encoder(compute), compute, kept="some", iterations=3).solve(
        texture(0, size=(32, 48)), texture(0, size=(48, 32), seed=50)
    )
    assert len(runs) == 2 * (len(LIFTED_LAYERS) - 1)
    for residuals in runs:
        assert residuals == sorted(residuals, reverse=True)
        assert residuals[-1] < 0.9 * residuals[0]


def test_a_part_of_the_network_goes_on_where_the_other_ends(finder: Correspondence) -> None:
    picture = texture(0, size=SIZE)
    levels = finder.features(picture)
    with torch.no_grad():
        for start, stop in ((-1, 0), (-1, 1), (0, 2), (1, 3), (2, 4)):
            source = picture if start < 0 else levels[start]
            assert torch.allclose(finder._between(source, start, stop), levels[stop], atol=1e-5)


# Options


def test_strength_mixes_the_content_in(compute: Compute) -> None:
    shot = shown(texture(0, size=SIZE))
    none, half, full = (paint(compute, shot, strength=s)[0] for s in (0, 0.5, 1))
    assert torch.equal(none, shot[0].frame.image)
    assert torch.allclose(half, (none + full) / 2, atol=1e-6)


def test_every_choice_paints_otherwise(compute: Compute) -> None:
    shot = shown(texture(0, size=SIZE))
    choices: list[dict[str, Any]] = [{}, {"keep": "little"}, {"keep": "much"}, {"iterations": 2}, {"detail": "content"}]
    painted = [paint(compute, shot, **choice)[0] for choice in choices]
    for i, one in enumerate(painted):
        assert all(not torch.allclose(one, other, atol=1e-3) for other in painted[:i]), choices[i]


def test_detail_of_the_content_is_kept(compute: Compute) -> None:
    """Faint grain comes through in the color of a style that has no grain."""
    grain = 0.04 * (torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1)) - 0.5)
    flat = Style((torch.full((3, 32, 32), 0.3),), (1.0,))
    (painted,) = paint(compute, shown(0.5 + grain), flat, detail="content")
    edges = torch.stack([image.diff(dim=2).flatten() for image in (grain, painted)])
    assert torch.corrcoef(edges)[0, 1] > 0.8
    assert (painted.mean((1, 2)) - 0.3).abs().max() < 0.01


def test_several_pictures_lie_side_by_side(compute: Compute) -> None:
    """What is like the red one comes out red, what is like the blue one blue; a picture of weight 0 is none."""
    red, blue = (texture(0, size=SIZE, seed=c) * torch.eye(3)[c].view(3, 1, 1) for c in (0, 2))
    half = torch.cat((red[:, :, :32], blue[:, :, 32:]), 2)
    (both,) = paint(compute, shown(half), Style((red, blue[:, :40]), (0.5, 0.5)))
    left, right = both[:, :, :24].mean((1, 2)), both[:, :, 40:].mean((1, 2))
    assert left[0] > 5 * left[2] and right[2] > 5 * right[0]
    (one,) = paint(compute, shown(half), Style((red, blue), (1.0, 0.0)))
    assert torch.equal(one, paint(compute, shown(half), Style((red,), (1.0,)))[0])


def test_searched_small_it_is_shown_at_full_size(compute: Compute) -> None:
    style = look(50, size=(96, 128))
    (painted,) = paint(compute, shown(texture(0, size=(96, 128))), style, size=32)
    assert painted.shape == (3, 96, 128)
    # What is only enlarged has hardly any difference between pixels that were one.
    fine = (painted[:, ::2, ::2] - painted[:, 1::2, 1::2]).abs().mean()
    assert fine > 0.5 * (style.images[0][:, ::2, ::2] - style.images[0][:, 1::2, 1::2]).abs().mean()


# The shot


def test_where_nothing_moves_nothing_changes(compute: Compute) -> None:
    painted = paint(compute, moved([texture(0, size=SIZE)] * 3, (0.0, 0.0)))
    assert all(torch.equal(image, painted[0]) for image in painted)


def test_a_whole_pixel_pan_is_carried_exactly(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analogy, "_MOST_DRIFT", 2.0)
    large = texture(0, size=(48, 66))
    first, second = paint(compute, moved([large[:, :, :64], large[:, :, 2:]], (2.0, 0.0)))
    assert torch.allclose(second[:, :, 1:60], first[:, :, 3:62], atol=1e-6)


def test_what_is_not_trusted_is_found_anew_and_the_rest_stays(compute: Compute) -> None:
    shot = moved([texture(0, size=SIZE), texture(0, size=SIZE, seed=1)], (0.0, 0.0))
    motion = shot[1].motion
    assert motion is not None
    motion.trust[:, :, 32:] = 0
    shot[1].frame.image[:, :, :32] = shot[0].frame.image[:, :, :32]
    first, second = paint(compute, shot)
    assert torch.equal(first[:, :, :16], second[:, :, :16])
    # Nearly what it is by itself, although the other half of the picture is another.
    alone = paint(compute, shown(shot[1].frame.image))[0]
    apart = [float((image - alone)[:, :, 40:].abs().mean()) for image in (second, first)]
    assert apart[0] < 0.8 * apart[1]


def test_what_no_longer_fits_is_found_anew(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flow says that nothing moved, and is trusted; the picture is another."""
    shot = moved([texture(0, size=SIZE), texture(0, size=SIZE, seed=1)], (0.0, 0.0))
    alone = paint(compute, shown(shot[1].frame.image))[0]
    # To a network that has learned nothing, all is alike.
    monkeypatch.setattr(analogy, "_MOST_DRIFT", 0.02)
    first, second = paint(compute, shot)
    assert (second - alone).abs().mean() < 0.95 * (first - alone).abs().mean()
    monkeypatch.setattr(analogy, "_MOST_DRIFT", 2.0)
    first, second = paint(compute, shot)
    assert torch.equal(first, second)


def test_following_is_steadier_than_each_frame_by_itself(compute: Compute) -> None:
    shot = steps(frames(0, 4, size=SIZE))

    def unrest(painted: list[Image]) -> float:
        pairs = zip(shot[1:], painted[1:], painted, strict=False)
        return sum(float((b - warp(a, s.motion.to_previous)).square().mean()) for s, b, a in pairs if s.motion)

    alone = [paint(compute, [replace(step, motion=None)])[0] for step in shot]
    assert unrest(paint(compute, shot)) < 0.3 * unrest(alone)


def test_any_range_of_frames_has_the_bytes_of_the_whole(compute: Compute) -> None:
    stylizer = Analogy(AnalogyOptions(interval=8, fade=3), look(50, size=(32, 32)), compute)
    seen = frames(0, 21, size=(20, 28))
    whole = list(stylizer.stylize(steps(seen)))
    start = 14 - stylizer.reach.before
    late = list(stylizer.stylize(steps(seen[start:])))
    assert all(torch.equal(a, b) for a, b in zip(whole[14:], late[14 - start :], strict=True))
    assert not torch.equal(whole[start], late[0])


# Bad input


def test_a_style_of_one_color_paints_that_color(compute: Compute) -> None:
    for picture in (torch.full((3, 1, 1), 0.3), torch.full((3, 40, 30), 0.3)):
        (painted,) = paint(compute, shown(texture(0, size=SIZE)), Style((picture,), (1.0,)))
        assert torch.allclose(painted, torch.full_like(painted, 0.3), atol=1e-6)


def test_a_gray_style_paints_gray(compute: Compute) -> None:
    gray = texture(0, size=SIZE)[:1].repeat(3, 1, 1)
    (painted,) = paint(compute, shown(texture(0, size=SIZE, seed=1)), Style((gray,), (1.0,)))
    assert (painted - painted[:1]).abs().max() < 1e-6
    assert painted.std() > 0.5 * gray.std()


def test_a_fade_longer_than_the_interval_is_refused(compute: Compute) -> None:
    with pytest.raises(UsageError, match="fade: 9 frames do not fit into an interval of 8"):
        Analogy(AnalogyOptions(interval=8, fade=9), look(50), compute)


def test_the_encoder_is_the_run_s(compute: Compute) -> None:
    """``--encoder vgg19`` asks for the weights of that name, and refuses those of the slim one."""
    other = replace(compute, encoder="vgg19", own_weights={"vgg19": compute.weights("slim")})
    with pytest.raises(WeightsError, match="not for Vgg"):
        Analogy(AnalogyOptions(), look(50), other)


def test_memory_is_counted_at_the_size_of_the_search(tmp_path: Path) -> None:
    write_picture(tmp_path / "style.png", texture(0))

    def peak(size: int, frame: tuple[int, int]) -> int:
        stylizer = {"method": "analogy", "size": size}
        look = build_look({"stylizer": stylizer, "style": {"images": [str(tmp_path / "style.png")]}}, where="test")
        rate = Fraction(25)
        info = ClipInfo(Path("in.mp4"), 64, 64, rate, 1 / rate, None, 8, "yuv420p", "h264", "mp4")
        load = Load(
            look=look, encoder="slim", info=info, size=frame, output="o.#.png", encoding=EncodeSettings(), frames=None
        )
        found = peak_bytes(load)
        assert found is not None
        return found

    spec = find_method(Stage.STYLIZER, "analogy")
    # The frame, and the style picture of as many lines.
    whole = 400 * 600 + 400 * 480
    assert peak(200, (400, 600)) - peak(100, (400, 600)) == dict(spec.bytes_per_pixel)["slim"] * whole * 3 // 16
    assert peak(400, (400, 600)) == peak(800, (400, 600))
