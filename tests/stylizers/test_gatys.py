"""Painting by optimization, with an untrained network: what holds whatever it has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import SIZE, frames, steps, style, texture
from tests.conftest import save_random
from vidstyle.device import Compute
from vidstyle.errors import InputError, UsageError, WeightsError
from vidstyle.job import Job, plan_job
from vidstyle.method_options import GatysOptions
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.minimize import lbfgs
from vidstyle.ops.warp import warp
from vidstyle.presets import build_look
from vidstyle.stylizers import gatys
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.gatys import Gatys
from vidstyle.stylizers.objective import Balance, Perception
from vidstyle.types import Image, Motion, Step, Style
from vidstyle.video.stills import write_picture

QUICK = {"iterations": 4, "follow": 2}
PLAIN = Balance(content_layer="relu4_2", style_loss="wasserstein", style=0.0, smoothness=0.0, steadiness=0.0)


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained encoder: seeded, so equal in every run; deep layers see as much as the first (He et al. 2015)."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = Vgg()
        for convolution in network.convs.values():
            torch.nn.init.kaiming_normal_(convolution.weight)  # type: ignore[arg-type]
            torch.nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return save_random(network, tmp_path_factory.mktemp("weights") / "slim.safetensors")


@pytest.fixture
def compute(slim: Path) -> Compute:
    return Compute(torch.device("cpu"), own_weights={"slim": slim})


@pytest.fixture
def perception(compute: Compute) -> Perception:
    return Perception(load_encoder(compute), compute)


def paint(compute: Compute, shot: Iterable[Step], *, look: Style | None = None, **options: Any) -> list[Image]:
    return list(Gatys(GatysOptions(**{**QUICK, **options}), look or style(), compute).stylize(shot))


def moved(shot: list[Step], flow: tuple[float, float], trust: float) -> list[Step]:
    """The shot as if all moved by `flow` from frame to frame, and were trusted as much as `trust`."""
    made = shot[:1]
    for step in shot[1:]:
        size = step.frame.image.shape[1:]
        to_previous = torch.tensor(flow).view(2, 1, 1).expand(2, *size).contiguous()
        made.append(replace(step, motion=Motion(to_previous, torch.full((1, *size), trust))))
    return made


# The loss


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
def test_a_picture_in_its_own_style_has_no_loss_and_nothing_pulls_it(perception: Perception, style_loss: str) -> None:
    balance = replace(PLAIN, style_loss=style_loss, style=1.0)
    loss = perception.objective(texture(0), perception.look(texture(0)), balance)
    pulls = []
    for seed in (0, 1):
        image = texture(0, seed=seed).requires_grad_()
        (slope,) = torch.autograd.grad(loss(image), image)
        pulls.append(float(slope.abs().mean()))
    assert loss(texture(0)).abs() < 1e-5
    assert pulls[0] < 0.01 * pulls[1]


def test_one_more_unrealness_counts_the_style_ten_times(perception: Perception) -> None:
    content, image = texture(0), texture(0, seed=1)
    look = perception.look(texture(0, seed=2))
    losses = [float(perception.objective(content, look, replace(PLAIN, style=s))(image)) for s in (0.0, 1.0, 10.0)]
    assert losses[2] - losses[0] == pytest.approx(10 * (losses[1] - losses[0]), rel=1e-4)
    assert losses[1] > losses[0] > 0


def test_from_noise_to_the_content_alone(perception: Perception) -> None:
    loss = perception.objective(texture(0), perception.look(texture(0)), PLAIN)
    start = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1))
    assert loss(lbfgs(loss, start, steps=50)) < loss(start) / 30


@pytest.mark.parametrize(("style_loss", "times"), [("gram", 100), ("wasserstein", 10)])
def test_from_noise_to_the_style_alone(perception: Perception, style_loss: str, times: float) -> None:
    """As far as a network gets that has learned nothing."""
    balance = replace(PLAIN, style_loss=style_loss, style=1e6)
    loss = perception.objective(texture(0), perception.look(style().images[0]), balance)
    start = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(1))
    assert loss(lbfgs(loss, start, steps=50)) < loss(start) / times


def test_slopes_are_those_of_finite_differences(compute: Compute) -> None:
    perception = Perception(load_encoder(compute).double(), compute)
    content, image, other = (texture(0, size=(8, 8), seed=seed).double() for seed in (0, 1, 2))
    balance = replace(PLAIN, style=1.0, smoothness=1.0)
    loss = perception.objective(content, perception.look(other), balance)
    (slope,) = torch.autograd.grad(loss(image.requires_grad_()), image)
    for seed in range(3):
        way = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed)).double()
        rise = (loss(image.detach() + 1e-6 * way) - loss(image.detach() - 1e-6 * way)) / 2e-6
        assert float(rise) == pytest.approx(float((slope * way).sum()), rel=1e-4)


# The look


def test_strength_0_is_the_content(compute: Compute) -> None:
    shot = steps(frames(0, 3))
    assert all(torch.equal(a, s.frame.image) for a, s in zip(paint(compute, shot, strength=0.0), shot, strict=True))


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


def test_two_equal_styles_are_one_and_a_weight_of_0_is_none(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    picture, other = texture(0, seed=60), texture(0, seed=61)

    def once(*images: Image, weights: tuple[float, ...]) -> Image:
        return paint(compute, shot, look=Style(images, weights), iterations=1)[0]

    alone = once(picture, weights=(1.0,))
    assert torch.equal(alone, once(picture, other, weights=(1.0, 0.0)))
    assert torch.allclose(alone, once(picture, picture, weights=(0.3, 0.7)), atol=1e-3)
    assert not torch.allclose(alone, once(other, weights=(1.0,)), atol=1e-2)
    assert not torch.allclose(alone, once(picture, other, weights=(0.5, 0.5)), atol=2e-3)


def test_every_choice_paints_otherwise(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    choices: list[dict[str, Any]] = [
        {}, {"style_loss": "gram"}, {"content_layer": "relu2_2"}, {"optimizer": "adam"}, {"pooling": "average"},
        {"start": "noise"}, {"start": "style"}, {"unrealness": 3.0}, {"smoothness": 100.0},
    ]  # fmt: skip
    painted = [paint(compute, shot, **choice)[0] for choice in choices]
    for i, one in enumerate(painted):
        assert all(not torch.allclose(one, other, atol=1e-3) for other in painted[:i]), choices[i]


def test_noise_comes_from_the_seed_and_the_frame_s_index(compute: Compute) -> None:
    def noise(index: int, seed: int) -> Image:
        shown = steps([replace(frames(0, 1)[0], index=index)])
        return paint(replace(compute, seed=seed), shown, start="noise", iterations=0)[0]

    assert torch.equal(noise(0, 1), noise(0, 1))
    assert not torch.equal(noise(0, 1), noise(0, 2))
    assert not torch.equal(noise(0, 1), noise(1, 1))


# The shot


def test_without_steps_a_whole_pixel_pan_is_carried_exactly(compute: Compute) -> None:
    first, second = paint(compute, moved(steps(frames(0, 2)), (2.0, 0.0), 1.0), follow=0)
    assert torch.allclose(second[:, :, :-2], first[:, :, 2:], atol=1e-6)


def test_what_stands_still_stays_when_steadiness_outweighs_all(compute: Compute) -> None:
    still = moved(steps(frames(0, 2)), (0.0, 0.0), 1.0)
    held, free = (paint(compute, still, steadiness=s, follow=8) for s in (1e6, 0.0))
    assert (held[1] - held[0]).abs().max() < 2e-3
    assert (free[1] - free[0]).abs().max() > 2e-2


def test_where_nothing_is_trusted_steadiness_counts_nothing(compute: Compute) -> None:
    shot = moved(steps(frames(0, 2)), (0.0, 0.0), 0.0)
    held, free = (paint(compute, shot, steadiness=s)[1] for s in (1e6, 0.0))
    assert torch.equal(held, free)


def test_following_is_steadier_than_painting_each_frame_by_itself(compute: Compute) -> None:
    shot = steps(frames(0, 4))

    def unrest(painted: list[Image]) -> float:
        pairs = zip(shot[1:], painted[1:], painted, strict=False)
        return sum(float((b - warp(a, s.motion.to_previous)).square().mean()) for s, b, a in pairs if s.motion)

    assert unrest(paint(compute, shot)) < 0.35 * unrest(paint(compute, shot, start="noise"))


def test_chains_fade_and_a_late_run_gives_the_same_bytes(compute: Compute) -> None:
    shown = frames(0, 17, size=(16, 24))
    stylizer = Gatys(GatysOptions(iterations=1, follow=1, interval=8, fade=3), style(), compute)
    whole = list(stylizer.stylize(steps(shown)))
    start = 16 - stylizer.reach.before
    late = list(stylizer.stylize(steps(shown[start:])))
    assert all(torch.equal(a, b) for a, b in zip(whole[16:], late[16 - start :], strict=True))
    assert not torch.equal(whole[start], late[0])


# Bad input


@pytest.mark.parametrize("picture", [torch.full((3, 1, 1), 0.3), torch.full((3, 40, 40), 0.5), torch.zeros(3, 40, 40)])
@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
def test_a_flat_style_makes_the_paint_flatter(compute: Compute, picture: Tensor, style_loss: str) -> None:
    shot = steps(frames(0, 1))
    options = {"unrealness": 3.0, "style_loss": style_loss, "iterations": 12}
    painted = paint(compute, shot, look=Style((picture,), (1.0,)), **options)[0]
    assert painted.isfinite().all()
    assert painted.std() < 0.97 * shot[0].frame.image.std()


def test_a_frame_that_holds_no_number_is_refused(compute: Compute) -> None:
    for bad in (0, 1):
        shot = steps(frames(0, 2))
        shot[bad].frame.image[0, 3, 3] = torch.nan
        with pytest.raises(InputError, match=f"frame index {bad}: has values that are no numbers"):
            paint(compute, shot)


def test_a_fade_longer_than_the_interval_is_refused(compute: Compute) -> None:
    with pytest.raises(UsageError, match="fade: 9 frames do not fit into an interval of 8"):
        Gatys(GatysOptions(interval=8, fade=9), style(), compute)


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
    assert plan["bytes"] == 1540 * SIZE[0] * SIZE[1]
    assert plan["job"]["encoder"] == "slim"
    adain = replace(job, look=build_look({"style": tables["style"]}, where="test"))
    assert plan_job(adain)["bytes"] is None
