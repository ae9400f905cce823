"""Painting by patches, with an untrained network: what holds whatever it has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import SIZE, frames, steps, style, texture
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.job import Job, plan_job
from vidstyle.method_options import MrfOptions
from vidstyle.ops.minimize import lbfgs
from vidstyle.ops.patch_votes import best_matches
from vidstyle.ops.resize import resize
from vidstyle.ops.turning import turn
from vidstyle.presets import build_look
from vidstyle.stylizers import mrf, patch_objective
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.mrf import Mrf
from vidstyle.stylizers.patch_objective import MATCHED, PatchPerception, Wanted, Weights
from vidstyle.types import Image, Step, Style
from vidstyle.video.stills import write_picture

QUICK = {"iterations": 4, "follow": 2}
PLAIN = Weights(style=0.0, smoothness=0.0, steadiness=0.0)
STYLED = replace(PLAIN, style=10.0)


@pytest.fixture
def compute(slim: Path) -> Compute:
    return Compute(torch.device("cpu"), own_weights={"slim": slim})


@pytest.fixture
def perception(compute: Compute) -> PatchPerception:
    return PatchPerception(load_encoder(compute, pooling="average"), compute)


def paint(compute: Compute, shot: Iterable[Step], *, look: Style | None = None, **options: Any) -> list[Image]:
    return list(Mrf(MrfOptions(**{**QUICK, **options}), look or style(), compute).stylize(shot))


def matched(perception: PatchPerception, image: Image, *pictures: Image, content: Image | None = None) -> Wanted:
    """What is wanted of an image in the style of pictures of equal weight."""
    model = perception.model([[picture] for picture in pictures], [1 / len(pictures)] * len(pictures))
    own = perception.wanted(image if content is None else content, model, 1.0)
    return perception.matched(image, model, own, strength=1.0)


# The loss


def test_a_picture_in_its_own_style_has_no_loss_and_no_slope(perception: PatchPerception) -> None:
    image = texture(0).requires_grad_()
    loss = perception.objective(matched(perception, image.detach(), image.detach()), STYLED)(image)
    (slope,) = torch.autograd.grad(loss, image)
    assert loss.abs() < 1e-5
    other = texture(0, seed=1).requires_grad_()
    (pull,) = torch.autograd.grad(
        perception.objective(matched(perception, other.detach(), image), STYLED)(other), other
    )
    assert slope.abs().mean() < 0.01 * pull.abs().mean()


def test_slopes_are_those_of_finite_differences(compute: Compute) -> None:
    perception = PatchPerception(load_encoder(compute, pooling="average").double(), compute)
    content, image, other = (texture(0, size=(8, 8), seed=seed).double() for seed in (0, 1, 2))
    wanted = matched(perception, image, other, content=content)
    loss = perception.objective(wanted, replace(STYLED, smoothness=1.0))
    (slope,) = torch.autograd.grad(loss(image.requires_grad_()), image)
    for seed in range(3):
        way = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed)).double()
        rise = (loss(image.detach() + 1e-6 * way) - loss(image.detach() - 1e-6 * way)) / 2e-6
        assert float(rise) == pytest.approx(float((slope * way).sum()), rel=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_steps_bring_a_picture_to_the_patches_that_it_matched(perception: PatchPerception, seed: int) -> None:
    start, picture = texture(0, seed=seed), style().images[0]
    loss = perception.objective(matched(perception, start, picture), replace(PLAIN, style=1e3))
    assert loss(lbfgs(loss, start, steps=15)) < loss(start) / 3


def test_every_place_takes_the_patches_of_the_picture_it_is_like(perception: PatchPerception) -> None:
    """Of two pictures of equal weight, the one that is the image itself gives all patches."""
    image, other = texture(0), texture(0, seed=1)
    wanted = matched(perception, image, image, other)
    alone = matched(perception, image, image)
    assert all(torch.allclose(wanted.planes[layer], alone.planes[layer], atol=1e-4) for layer in MATCHED)


@pytest.mark.parametrize("kind", ["rotations", "scales"])
def test_a_turned_or_grown_picture_is_found_among_the_versions(
    compute: Compute, perception: PatchPerception, kind: str
) -> None:
    picture = texture(0, size=(40, 40))
    options = MrfOptions(rotations=1) if kind == "rotations" else MrfOptions(scales=1)
    model = Mrf(options, Style((picture,), (1.0,)), compute)._model(1.0)
    content = turn(picture, -7.5) if kind == "rotations" else resize(picture, (42, 42))
    own = perception.wanted(content, model, 1.0)
    wanted = perception.matched(content, model, own, strength=1.0)
    plain = matched(perception, content, picture)
    for layer in MATCHED:
        scale = own.planes[layer].abs().mean()
        assert (wanted.planes[layer] - own.planes[layer]).abs().max() < 1e-4 * scale
        assert (plain.planes[layer] - own.planes[layer]).abs().mean() > 0.05 * scale


def test_patches_are_matched_again_every_ten_steps(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []

    def counted(features: Tensor, patches: Any) -> Tensor:
        searches.append(features.shape)
        return found(features, patches)

    found = best_matches
    monkeypatch.setattr(patch_objective, "best_matches", counted)
    paint(compute, steps(frames(0, 2)), iterations=21, follow=3)
    assert len(searches) == 2 * (3 + 1)


# The look


def test_strength_moves_away_from_the_content_step_by_step(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    distances = [
        float((paint(compute, shot, strength=s, iterations=6)[0] - shot[0].frame.image).abs().mean())
        for s in (0.0, 0.01, 0.3, 0.6, 1.0)
    ]
    assert distances == sorted(set(distances))
    assert distances[1] < 0.01


def test_coarse_to_fine_keeps_what_the_paint_does_not_change(compute: Compute, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without steps the content comes through two scales as sharp as it was, in the style's colors."""
    monkeypatch.setattr(mrf, "COARSEST", 12)
    shot = steps(frames(0, 1))
    content = shot[0].frame.image
    own = Style((content,), (1.0,))
    assert torch.allclose(paint(compute, shot, look=own, iterations=0)[0], content, atol=1e-5)
    assert not torch.allclose(paint(compute, shot, look=own)[0], content, atol=1e-3)


def test_the_content_starts_in_the_style_s_colors(compute: Compute) -> None:
    red = texture(0) * torch.tensor([1.0, 0.3, 0.2]).view(3, 1, 1)
    (start,) = paint(compute, steps(frames(0, 1)), look=Style((red,), (1.0,)), iterations=0)
    assert torch.allclose(start.mean((1, 2)), red.mean((1, 2)), atol=0.02)
    assert torch.allclose(start.std((1, 2)), red.std((1, 2)), atol=0.02)


# Bad input


@pytest.mark.parametrize("picture", [torch.full((3, 1, 1), 0.3), torch.full((3, 40, 40), 0.5), torch.zeros(3, 40, 40)])
def test_a_flat_style_makes_flat_paint_of_its_color(compute: Compute, picture: Tensor) -> None:
    painted = paint(compute, steps(frames(0, 2)), look=Style((picture,), (1.0,)))
    for image in painted:
        assert image.isfinite().all()
        assert (image - picture[0, 0, 0]).abs().mean() < 0.03


def test_a_gray_style_paints_gray(compute: Compute) -> None:
    gray = texture(0, seed=3).mean(0, keepdim=True).expand(3, *SIZE)
    (painted,) = paint(compute, steps(frames(0, 1)), look=Style((gray,), (1.0,)))
    assert (painted - painted.mean(0)).abs().mean() < 0.05 < painted.std()


def test_the_encoder_is_the_run_s(compute: Compute) -> None:
    """``--encoder vgg19`` asks for the weights of that name, and refuses those of the slim one."""
    other = replace(compute, encoder="vgg19", own_weights={"vgg19": compute.weights("slim")})
    with pytest.raises(WeightsError, match="not for Vgg"):
        Mrf(MrfOptions(), style(), other)


def test_a_plan_says_how_much_memory_a_frame_takes(slim: Path, tmp_path: Path) -> None:
    for name in ("content.png", "style.png"):
        write_picture(tmp_path / name, texture(0))
    tables = {"stylizer": {"method": "mrf"}, "style": {"images": [str(tmp_path / "style.png")]}}
    job = Job(
        input=str(tmp_path / "content.png"),
        look=build_look(tables, where="test"),
        output=str(tmp_path / "out.png"),
        device="cpu",
        weights=(("slim", str(slim)),),
    )
    assert job.look.stabilizer.method == "none"
    planned = [plan_job(replace(job, size=side))["bytes"] for side in (480, 960)]
    per_pixel = (planned[1] - planned[0]) / (960 * 800 - 480 * 400)
    assert 1000 < per_pixel < 3000
