"""What training tasks have in common."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import texture
from vidstyle.train.terms import BEYOND, FAINTEST, GRAIN, Moved, camera_motion, moved, unsteadiness


def later_frames(pictures: Tensor) -> list[Moved]:
    return [moved(pictures, torch.Generator().manual_seed(seed), stride=8) for seed in range(12)]


def test_a_still_camera_leaves_all_but_grain_that_counts_in_proportion() -> None:
    pictures = torch.stack([texture(0, size=(64, 64), seed=i) for i in range(2)])
    still = [later for later in later_frames(pictures) if not later.motion.any()]
    assert 2 < len(still) < 10
    for later in still:
        assert later.pictures.shape == (2, 3, 32, 32)
        noise = later.weight * (later.pictures - pictures[..., 16:-16, 16:-16])
        assert 0.5 * GRAIN < noise.std() < GRAIN
        assert abs(noise.mean()) < GRAIN / 8
        assert torch.equal(later.follow(pictures), pictures[..., 16:-16, 16:-16])
    weights = [later.weight for later in still]
    assert 1 < min(weights) < max(weights) < 1 / FAINTEST


def test_what_is_painted_pixel_by_pixel_follows() -> None:
    x = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    for later in later_frames(x):
        assert (later.follow(1 - x) - (1 - later.pictures)).abs().mean() < GRAIN


@pytest.mark.parametrize("side", [64, 160])
def test_motion_is_of_parts_of_a_pixel_and_stays_within_the_margin(side: int) -> None:
    flows = [camera_motion(side, torch.Generator().manual_seed(seed), shift=8.0) for seed in range(60)]
    middles = torch.stack([flow[:, side // 2, side // 2] for flow in flows])
    assert middles.abs().max() < 8.1 and middles.abs().max(0).values.min() > 4
    # As often slow as fast.
    assert 0.4 < (middles.abs().amax(1) < 1).float().mean() < 0.8
    inside = torch.stack(flows)[..., 8 + BEYOND : -8 - BEYOND, 8 + BEYOND : -8 - BEYOND]
    assert inside.abs().max() < 8 + BEYOND


@pytest.mark.parametrize("stride", [8, 16])
@pytest.mark.parametrize("side", range(64, 200, 16))
def test_what_moved_fits_the_networks_grid(side: int, stride: int) -> None:
    later = moved(torch.rand(1, 3, side, side), torch.Generator().manual_seed(1), stride=stride)
    assert later.pictures.shape[-1] == side - 2 * later.margin > side // 3
    assert later.pictures.shape[-1] % stride == 0


def test_steadiness_leaves_the_border_out() -> None:
    painted = torch.zeros(1, 3, 64, 64)
    again = painted.clone()
    again[..., :16, :] = 1
    assert unsteadiness(painted, again) < 1e-5
    assert unsteadiness(painted, painted + 0.5) == 0.5
    again[..., 32:] = 1
    assert unsteadiness(painted, again) == pytest.approx(0.5**0.5)
    again[..., 32:] = 0
    assert unsteadiness(painted[..., :16, :16], again[..., :16, :16]) == 1
