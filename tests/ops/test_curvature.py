"""What L-BFGS makes of its steps before it takes them one by one: curvature by octave and by place."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.curvature import Pair, straightened


def noise(seed: int, shape: tuple[int, ...] = (3, 64, 64)) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def pairs_of(steepness: Tensor, count: int = 4) -> list[Pair]:
    """Steps anywhere, on a loss of this curvature at every place."""
    return [Pair.of(noise(seed), steepness * noise(seed)) for seed in range(count)]


def halves(left: float, right: float) -> Tensor:
    steepness = torch.full((64, 64), left)
    steepness[:, 32:] = right
    return steepness


def test_a_slope_is_made_as_long_where_the_loss_is_steep_as_where_it_is_flat() -> None:
    """Eight times as steep on the right: the slope is eight times as long there, the way to the bottom is not."""
    steepness, way = halves(1.0, 8.0), noise(9)
    found = straightened(steepness * way, pairs_of(steepness))
    left, right = ((found[..., part].norm() / way[..., part].norm()).item() for part in (slice(8), slice(56, 64)))
    assert right / left == pytest.approx(1, abs=0.15)


def test_two_steps_say_nothing_of_places() -> None:
    steepness, way = halves(1.0, 8.0), noise(9)
    found = straightened(steepness * way, pairs_of(steepness, 2))
    assert (found[..., 56:].norm() / found[..., :8].norm()).item() == pytest.approx(8, rel=0.2)


def test_the_map_is_symmetric_and_positive() -> None:
    pairs, one, other = pairs_of(halves(1.0, 5.0)), noise(10), noise(11)
    there, back = (one * straightened(other, pairs)).sum(), (other * straightened(one, pairs)).sum()
    assert there == pytest.approx(float(back), rel=1e-3, abs=1e-2)
    assert (one * straightened(one, pairs)).sum() > 0


@pytest.mark.parametrize("shape", [(5,), (1, 7), (3, 1, 1), (2, 3, 40, 17)])
def test_any_shape_is_kept_and_what_never_moved_stays_finite(shape: tuple[int, ...]) -> None:
    moved = noise(0, shape)
    moved[..., shape[-1] // 2 + 1 :] = 0
    found = straightened(noise(1, shape), [Pair.of(moved, 2 * moved)] * 3)
    assert found.shape == shape and found.isfinite().all()
