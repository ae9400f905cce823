"""Style as second moments: known answers of the algorithms' papers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.second_moments import (
    SecondMoments,
    compact_lift,
    gram_distance,
    mixed,
    second_moments,
    total_variation,
    wasserstein_distance,
)

DISTANCES = pytest.mark.parametrize("distance", [gram_distance, wasserstein_distance])


def features(seed: int, channels: int = 5, size: tuple[int, int] = (6, 7)) -> Tensor:
    return torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed))


def gaussian(variances: list[float], mean: float = 0.0) -> SecondMoments:
    center = torch.full((len(variances),), mean)
    return SecondMoments(center, torch.diag(torch.tensor(variances, dtype=torch.float32)) + torch.outer(center, center))


def test_gram_of_ones() -> None:
    """Divided by channels and pixels it is 1 / channels, the convention of neural-style."""
    gram = second_moments(torch.ones(1, 2, 3, 4)).second / 2
    assert torch.equal(gram, torch.full((2, 2), 0.5))


def test_moments_do_not_see_where_a_pixel_is() -> None:
    x = features(1)
    order = torch.randperm(42, generator=torch.Generator().manual_seed(2))
    shuffled = x.flatten(2)[..., order].view_as(x)
    for a, b in zip(second_moments(x), second_moments(shuffled), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


@DISTANCES
def test_a_picture_is_at_distance_0_of_itself_and_nothing_pulls_it(distance) -> None:  # type: ignore[no-untyped-def]
    x = features(3).double().requires_grad_()
    apart = distance(second_moments(x.detach()))
    loss = apart(second_moments(x))
    loss.backward()
    assert loss.abs() < 1e-12
    assert x.grad is not None and x.grad.abs().max() < 1e-7
    other = float(apart(second_moments(features(4).double())))
    assert other > 1e-3


def test_wasserstein_of_two_diagonal_gaussians() -> None:
    """``sum (sqrt(a) - sqrt(b))^2`` of variances 1, 4, 9 and 4, 9, 16 is 3; the target's energy is 29."""
    found = wasserstein_distance(gaussian([4, 9, 16]))(gaussian([1, 4, 9]))
    assert found * 29 == pytest.approx(3, rel=1e-3)


def test_wasserstein_counts_the_way_between_means() -> None:
    """Means 2 apart in each of 3 channels: 12, over the target's energy of 3 variances and 3 squared means."""
    found = wasserstein_distance(gaussian([1, 1, 1], mean=3))(gaussian([1, 1, 1], mean=1))
    assert found == pytest.approx(12 / 30, rel=1e-4)


@DISTANCES
def test_slopes_are_those_of_finite_differences(distance) -> None:  # type: ignore[no-untyped-def]
    apart = distance(second_moments(features(5, 3).double()))
    x = features(6, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: apart(second_moments(x)), (x,))


@DISTANCES
@pytest.mark.parametrize("wide", [3, 40])
def test_a_compact_lift_measures_as_the_lift_does(distance, wide: int) -> None:  # type: ignore[no-untyped-def]
    """Also where the lift has fewer channels than come in."""
    generator = torch.Generator().manual_seed(7)
    weight = torch.randn(wide, 5, generator=generator, dtype=torch.float64)
    bias = torch.randn(wide, generator=generator, dtype=torch.float64)
    compact = compact_lift(weight, bias)
    assert compact.shape == (min(wide, 6), 6)
    found, target = features(8).double(), features(9).double()
    lifted = [torch.einsum("oc,nchw->nohw", weight, x) + bias[:, None, None] for x in (found, target)]
    direct = distance(second_moments(lifted[1]))(second_moments(lifted[0]))
    short = distance(second_moments(target, compact))(second_moments(found, compact))
    # Regularization is a share of the mean variance, and 40 channels share what 6 have.
    assert float(short) == pytest.approx(float(direct), rel=1e-2)


def test_moments_of_two_halves_are_the_moments_of_the_whole() -> None:
    left, right = features(10), features(11) + 1
    whole = second_moments(torch.cat((left, right), 3))
    halves = mixed((second_moments(left), second_moments(right)), (0.5, 0.5))
    assert torch.allclose(halves.second, whole.second, atol=1e-6)
    assert torch.allclose(halves.covariance(), whole.covariance(), atol=1e-6)


@DISTANCES
def test_flat_features_stay_finite(distance) -> None:  # type: ignore[no-untyped-def]
    for value in (0.0, 0.5):
        flat = torch.full((1, 4, 8, 8), value)
        x = features(12, 4).requires_grad_()
        distance(second_moments(flat))(second_moments(x)).backward()
        assert x.grad is not None and x.grad.isfinite().all()


def test_a_mask_that_is_even_changes_nothing() -> None:
    """Guided Gram matrices of Gatys et al. (2017) under even guidance are the plain ones."""
    x, lift = features(13), torch.rand(4, 6, generator=torch.Generator().manual_seed(14))
    even = torch.full((1, 6, 7), 0.3)
    for plain, guided in zip(second_moments(x, lift), second_moments(x, lift, mask=even), strict=True):
        assert torch.allclose(plain, guided, atol=1e-5)


def test_a_mask_sees_its_own_part_only() -> None:
    x = features(15)
    mask = torch.zeros(1, 6, 7)
    mask[..., :3] = 1
    for part, guided in zip(second_moments(x[..., :3]), second_moments(x, mask=mask), strict=True):
        assert torch.allclose(part, guided, atol=1e-6)


def test_total_variation_of_a_checkerboard_of_a_ramp_and_of_one_pixel() -> None:
    board = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    assert total_variation(board) == 1  # two of four differ along x, two along y
    assert total_variation(torch.arange(4.0).view(1, 1, 4)) == 0.75
    assert total_variation(torch.ones(3, 1, 1)) == 0
