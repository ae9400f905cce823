"""Painting by optimization, with an untrained network: what holds whatever it has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import SIZE, frames, moved, steps, style, texture
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.job import Job, plan_job
from vidstyle.method_options import GatysOptions
from vidstyle.ops.color import color_moments, match_colors
from vidstyle.ops.metrics import mean_gradient
from vidstyle.ops.minimize import lbfgs
from vidstyle.presets import build_look
from vidstyle.stylizers import chains, gatys
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.gatys import Gatys
from vidstyle.stylizers.objective import Area, Balance, Perception
from vidstyle.types import Image, Labels, Regions, Step, Style
from vidstyle.video.stills import write_picture

QUICK = {"iterations": 4, "follow": 2}
PLAIN = Balance(content_layer="relu4_2", style_loss="wasserstein", style=0.0, smoothness=0.0, steadiness=0.0)


@pytest.fixture
def compute(slim: Path) -> Compute:
    return Compute(torch.device("cpu"), own_weights={"slim": slim})


@pytest.fixture
def perception(compute: Compute) -> Perception:
    return Perception(load_encoder(compute), compute)


def paint(compute: Compute, shot: Iterable[Step], *, look: Style | None = None, **options: Any) -> list[Image]:
    return list(Gatys(GatysOptions(**{**QUICK, **options}), look or style(), compute).stylize(shot))


def styled_as(perception: Perception, image: Image) -> list[Area]:
    """The style of a picture, to be taken on everywhere."""
    return [Area(perception.look(image))]


# The loss


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
def test_a_picture_in_its_own_style_has_no_loss_and_nothing_pulls_it(perception: Perception, style_loss: str) -> None:
    balance = replace(PLAIN, style_loss=style_loss, style=1.0)
    loss = perception.objective(texture(0), styled_as(perception, texture(0)), balance)
    pulls = []
    for seed in (0, 1):
        image = texture(0, seed=seed).requires_grad_()
        (slope,) = torch.autograd.grad(loss(image), image)
        pulls.append(float(slope.abs().mean()))
    assert loss(texture(0)).abs() < 1e-5
    assert pulls[0] < 0.01 * pulls[1]


def test_one_more_unrealness_counts_the_style_ten_times(perception: Perception) -> None:
    content, image = texture(0), texture(0, seed=1)
    areas = styled_as(perception, texture(0, seed=2))
    losses = [float(perception.objective(content, areas, replace(PLAIN, style=s))(image)) for s in (0.0, 1.0, 10.0)]
    assert losses[2] - losses[0] == pytest.approx(10 * (losses[1] - losses[0]), rel=1e-4)
    assert losses[1] > losses[0] > 0


def gained_from_noise(perception: Perception, balance: Balance, *, steps: int) -> float:
    """The loss of noise over that of what the steps make of it."""
    loss = perception.objective(texture(0), styled_as(perception, style().images[0]), balance)
    start = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1))
    return float(loss(start) / loss(lbfgs(loss, start, steps=steps)))


def test_from_noise_to_the_content_alone(perception: Perception) -> None:
    assert gained_from_noise(perception, PLAIN, steps=125) > 100


@pytest.mark.parametrize(("style_loss", "steps", "times"), [("gram", 60, 200), ("wasserstein", 45, 12)])
def test_from_noise_to_the_style_alone(perception: Perception, style_loss: str, steps: int, times: float) -> None:
    """As far as a network gets that has learned nothing; its Gram loss falls by 900 in 200 steps."""
    balance = replace(PLAIN, style_loss=style_loss, style=1e6)
    assert gained_from_noise(perception, balance, steps=steps) > times


def test_from_noise_to_the_style_alone_as_the_shipped_network_sees_it() -> None:
    """By more than 1000 in 200 steps: one that has learned something makes it easier."""
    shipped = Compute(torch.device("cpu"))
    perception = Perception(load_encoder(shipped), shipped)
    assert gained_from_noise(perception, replace(PLAIN, style_loss="gram", style=1e6), steps=200) > 1000


def test_style_outweighs_content_alike_whatever_the_size(perception: Perception) -> None:
    """Of 40 rows and of 90 of the same textures, as of 480 and 1080."""
    shares = []
    for size in (SIZE, (90, 108)):
        content, image, picture = (texture(0, size=size, seed=seed) for seed in (0, 1, 2))
        losses = [
            float(perception.objective(content, styled_as(perception, picture), replace(PLAIN, style=s))(image))
            for s in (0.0, 10.0)
        ]
        shares.append((losses[1] - losses[0]) / losses[0])
    assert shares[1] == pytest.approx(shares[0], rel=0.2)


def test_slopes_are_those_of_finite_differences(compute: Compute) -> None:
    perception = Perception(load_encoder(compute).double(), compute)
    content, image, other = (texture(0, size=(8, 8), seed=seed).double() for seed in (0, 1, 2))
    balance = replace(PLAIN, style=1.0, smoothness=1.0)
    loss = perception.objective(content, styled_as(perception, other), balance)
    (slope,) = torch.autograd.grad(loss(image.requires_grad_()), image)
    for seed in range(3):
        way = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed)).double()
        rise = (loss(image.detach() + 1e-6 * way) - loss(image.detach() - 1e-6 * way)) / 2e-6
        assert float(rise) == pytest.approx(float((slope * way).sum()), rel=1e-4)


# The look


def test_coarse_to_fine_keeps_what_the_paint_does_not_change(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without steps the content comes through two scales as sharp as it was."""
    monkeypatch.setattr(gatys, "COARSEST", 12)
    shot = steps(frames(0, 1))
    assert torch.allclose(paint(compute, shot, iterations=0)[0], shot[0].frame.image, atol=1e-6)
    assert not torch.allclose(paint(compute, shot)[0], shot[0].frame.image, atol=1e-2)


def test_strength_moves_away_from_the_content_step_by_step(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    distances = [
        float((paint(compute, shot, strength=s, iterations=6)[0] - shot[0].frame.image).abs().mean())
        for s in (0.0, 0.3, 0.6, 1.0)
    ]
    assert distances == sorted(set(distances))


def test_every_choice_paints_otherwise(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    choices: list[dict[str, Any]] = [
        {}, {"style_loss": "gram"}, {"content_layer": "relu2_2"}, {"optimizer": "adam"}, {"pooling": "average"},
        {"start": "noise"}, {"start": "style"}, {"unrealness": 3.0}, {"smoothness": 100.0},
    ]  # fmt: skip
    painted = [paint(compute, shot, **choice)[0] for choice in choices]
    for i, one in enumerate(painted):
        assert all(not torch.allclose(one, other, atol=1e-3) for other in painted[:i]), choices[i]


# The shot


def test_without_trust_a_frame_is_as_if_painted_from_the_content_alone(compute: Compute) -> None:
    """Where nothing is known, the start is the content in the painting's colors, and nothing holds it back."""
    shot = moved(steps(frames(0, 2)), (0.0, 0.0), 0.0)
    painted = paint(compute, shot, steadiness=1e6, follow=1)
    content = shot[1].frame.image
    perception = Perception(load_encoder(compute), compute)
    balance = gatys.balance_of(GatysOptions(steadiness=0.0))
    loss = perception.objective(content, styled_as(perception, style().images[0]), balance)
    start = match_colors(content, color_moments(content), color_moments(painted[0]))
    alone = lbfgs(loss, start, steps=1, boldness=chains.NEARLY_RIGHT)
    assert torch.allclose(painted[1], alone, atol=1e-4)
    assert not torch.allclose(painted[1], start, atol=1e-3)


def test_half_trust_does_not_flatten_the_strokes(compute: Compute) -> None:
    """A mean of the moved frame and the content would: a chain would fade to it, frame by frame."""
    shot = moved(steps(frames(0, 2)), (0.0, 0.0), 0.6)
    first, second = paint(compute, shot, follow=0)
    assert torch.allclose(second, first, atol=1e-6)


def test_moving_by_half_a_pixel_again_and_again_keeps_the_detail(compute: Compute) -> None:
    shot = moved(steps(frames(0, 6)), (0.5, 0.0), 1.0)
    painted = paint(compute, shot, follow=0)
    inside = [image[:, 8:-8, 8:-16] for image in painted]
    kept = [mean_gradient(image) / mean_gradient(inside[0]) for image in inside]
    assert min(kept) > 0.95 and max(kept) < 1.25


# Regions


def halves(size: tuple[int, int]) -> Labels:
    """0 in the left half, 1 in the right."""
    labels = torch.zeros(1, *size, dtype=torch.uint8)
    labels[..., size[1] // 2 :] = 1
    return labels


def regions_of(labels: Labels, *of_style: Labels) -> Regions:
    """Regions of one label map for all frames, counted from the style's."""
    return Regions(1 + max(int(found.max()) for found in of_style), lambda index: labels, of_style)


def test_one_region_everywhere_is_none(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    labels = 0 * halves(SIZE)
    one = replace(style(), regions=regions_of(labels, labels))
    with_map, without = (paint(compute, shot, look=look, iterations=1)[0] for look in (one, style()))
    assert torch.allclose(with_map, without, atol=1e-3)


def test_regions_take_their_own_part_of_the_style(compute: Compute) -> None:
    """Of a style that is dark on the left and bright on the right; then with the frame's labels the other way round."""
    picture = texture(0, seed=70) / 3
    picture[..., SIZE[1] // 2 :] += 0.6
    shot = steps(frames(0, 1))
    means = []
    for labels in (halves(SIZE), 1 - halves(SIZE)):
        look = Style((picture,), (1.0,), regions_of(labels, halves(SIZE)))
        painted = paint(compute, shot, look=look, unrealness=3.0, iterations=12)[0]
        means.append([float(painted[..., :20].mean()), float(painted[..., -20:].mean())])
    assert means[0][0] < means[0][1] - 0.1
    assert means[1][0] > means[1][1] + 0.1


def test_a_region_that_a_style_picture_lacks_comes_from_the_others(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    pictures = style(weights=(0.5, 0.5)).images
    left = 0 * halves(SIZE)
    mixed = Style(pictures, (0.5, 0.5), regions_of(1 - left, halves(SIZE), left))
    alone = Style(pictures[:1], (1.0,), regions_of(1 - left, halves(SIZE)))
    assert torch.equal(paint(compute, shot, look=mixed)[0], paint(compute, shot, look=alone)[0])


# Bad input


@pytest.mark.parametrize("picture", [torch.full((3, 1, 1), 0.3), torch.full((3, 40, 40), 0.5), torch.zeros(3, 40, 40)])
@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
def test_a_flat_style_makes_the_paint_flatter(compute: Compute, picture: Tensor, style_loss: str) -> None:
    shot = steps(frames(0, 1))
    options = {"unrealness": 3.0, "style_loss": style_loss, "iterations": 12}
    painted = paint(compute, shot, look=Style((picture,), (1.0,)), **options)[0]
    assert painted.isfinite().all()
    assert painted.std((1, 2)).mean() < 0.9 * shot[0].frame.image.std((1, 2)).mean()


def test_the_encoder_is_the_run_s(compute: Compute) -> None:
    """``--encoder vgg19`` asks for the weights of that name, and refuses those of the slim one."""
    with pytest.raises(WeightsError, match="not for Vgg"):
        Gatys(
            GatysOptions(), style(), replace(compute, encoder="vgg19", own_weights={"vgg19": compute.weights("slim")})
        )


def test_a_plan_says_how_much_memory_a_frame_takes(slim: Path, tmp_path: Path) -> None:
    for name in ("content.png", "style.png"):
        write_picture(tmp_path / name, texture(0))
    tables = {"stylizer": {"method": "gatys"}, "style": {"images": [str(tmp_path / "style.png")]}}
    look = build_look(tables, where="test")
    assert look.stabilizer.method == "none"
    job = Job(
        input=str(tmp_path / "content.png"), look=look, output="out.png", device="cpu", weights=(("slim", str(slim)),)
    )
    plan = plan_job(job)
    assert plan["job"]["encoder"] == "slim"
    color = replace(job, look=build_look({"stylizer": {"method": "color"}, "style": tables["style"]}, where="test"))
    assert plan["bytes"] - plan_job(color)["bytes"] > 1000 * SIZE[0] * SIZE[1]
