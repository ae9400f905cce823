"""The optimizers on losses whose minimum is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.minimize import adam, lbfgs
from vidstyle.ops.octaves import COUNT, weighed

TOLERANCES = pytest.mark.parametrize(("optimizer", "tolerance"), [(lbfgs, 1e-3), (adam, 0.01)])
"""Adam swings around its goal as long as its steps last."""
OPTIMIZERS = pytest.mark.parametrize("optimizer", [lbfgs, adam])
WANTED = torch.tensor([0.2, 0.9, 0.4])


def bowl(image: Tensor) -> Tensor:
    """A long valley: curvatures 1, 10 and 100."""
    return (torch.tensor([1.0, 10.0, 100.0]) * (image - WANTED).square()).sum()


@TOLERANCES
def test_finds_the_minimum(optimizer, tolerance: float) -> None:  # type: ignore[no-untyped-def]
    assert (optimizer(bowl, torch.full((3,), 0.5), steps=200) - WANTED).abs().max() < tolerance


def test_lbfgs_needs_few_steps_in_a_valley() -> None:
    start = torch.full((3,), 0.5)
    assert (lbfgs(bowl, start, steps=15) - WANTED).abs().max() < 1e-3
    assert (adam(bowl, start, steps=15) - WANTED).abs().max() > 1e-2


def test_lbfgs_learns_that_coarse_changes_bend_the_loss_less() -> None:
    """Curvatures from 1000 for the finest octave to 1 for the coarsest: 1000 steps of plain descent."""
    goal = 0.5 + 0.2 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)
    steepness = [1000 ** (1 - octave / (COUNT - 1)) for octave in range(COUNT)]

    def loss(image: Tensor) -> Tensor:
        return (weighed(image - goal, [s**0.5 for s in steepness])).square().sum()

    start = torch.full((3, 64, 64), 0.5)
    assert loss(lbfgs(loss, start, steps=12)) < 1e-3 * loss(start)


@TOLERANCES
def test_a_minimum_outside_is_met_at_the_border(optimizer, tolerance: float) -> None:  # type: ignore[no-untyped-def]
    """And what is held there does not keep the others from their own minimum."""

    def loss(image: Tensor) -> Tensor:
        return (image - torch.tensor([1.5, -0.5, 0.3])).square().sum()

    found = optimizer(loss, torch.full((3,), 0.5), steps=200)
    assert (found - torch.tensor([1.0, 0.0, 0.3])).abs().max() < tolerance
    assert found.min() >= 0 and found.max() <= 1


@OPTIMIZERS
def test_no_steps_change_nothing(optimizer) -> None:  # type: ignore[no-untyped-def]
    assert torch.equal(optimizer(bowl, WANTED / 2, steps=0), WANTED / 2)


def test_lbfgs_never_goes_uphill() -> None:
    def wild(image: Tensor) -> Tensor:
        return torch.sin(40 * image).sum() + image.square().sum()

    losses = [float(wild(lbfgs(wild, torch.linspace(0, 1, 9), steps=steps))) for steps in range(6)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_lbfgs_steps_back_from_where_the_loss_is_no_number() -> None:
    def cliff(image: Tensor) -> Tensor:
        return torch.where(image < 0.45, torch.nan, image).sum()

    found = lbfgs(cliff, torch.full((4,), 0.5), steps=20)
    assert found.isfinite().all() and (found >= 0.45).all()


@OPTIMIZERS
def test_it_stops_when_the_loss_has_settled(optimizer) -> None:  # type: ignore[no-untyped-def]
    calls: list[Tensor] = []

    def loss(image: Tensor) -> Tensor:
        calls.append(image)
        return 1 + 1e-4 * bowl(image)

    optimizer(loss, torch.full((3,), 0.5), steps=200, tolerance=1e-3)
    assert 6 <= len(calls) <= 8


@OPTIMIZERS
def test_the_start_is_left_alone_and_no_gradient_is_left(optimizer) -> None:  # type: ignore[no-untyped-def]
    start = torch.full((3,), 0.5)
    found = optimizer(bowl, start, steps=3)
    assert torch.equal(start, torch.full((3,), 0.5)) and not start.requires_grad
    assert not found.requires_grad
