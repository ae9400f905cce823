"""Moving colors onto colors, against known answers."""

from __future__ import annotations

from math import inf

import pytest
import torch
from torch import Tensor

from vidstyle.ops.color import MOST_GAIN, REGULARIZATION, ColorMoments, affine_between, color_moments
from vidstyle.ops.color import monge_kantorovich as mk
from vidstyle.ops.color import symmetric_root as root
from vidstyle.ops.transport import (
    BINS,
    gaussian_barycenter,
    marginals_of,
    match_marginals,
    opponent_axes,
    reinhard,
    rotations,
    sample_colors,
    transport_steps,
)

AXES = torch.eye(3)


def random(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def covariance(seed: int) -> Tensor:
    factor = torch.randn(3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return factor @ factor.T + 0.1 * torch.eye(3, dtype=torch.float64)


def gaussian(covariance: Tensor, mean: float = 0.0) -> ColorMoments:
    return ColorMoments.of(torch.full((3,), mean, dtype=torch.float64), covariance)


def bent(seed: int, count: int = 6000) -> Tensor:
    """Colors along a curve: no Gaussian, so no linear map of another cloud."""
    along, noise = random(seed, 1, count), 0.05 * random(seed + 1, 3, count)
    return torch.cat((along, (along - 0.5).square() * 2, 0.3 + 0.4 * (along > 0.6).float())) * 0.8 + noise


def sliced_distance(one: Tensor, other: Tensor) -> float:
    """Mean distance of the sorted projections along forty directions."""
    directions = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    directions = directions / directions.norm(dim=1, keepdim=True)
    a, b = ((directions @ cloud).sort(dim=1).values for cloud in (one, other))
    return float((a - b).abs().mean())


def test_samples_lie_on_an_even_grid() -> None:
    y, x = torch.meshgrid(torch.arange(90.0), torch.arange(160.0), indexing="ij")
    found = sample_colors(torch.stack((y, x, y)), 144)
    assert found.shape == (3, 9 * 16)
    assert found[0].unique().tolist() == [5.0 + 10 * i for i in range(9)]
    assert found[1].unique().tolist() == [5.0 + 10 * i for i in range(16)]


def test_few_pixels_are_all_sampled_but_for_broken_ones() -> None:
    image = random(1, 3, 4, 5)
    assert torch.equal(sample_colors(image, 1000), image.flatten(1))
    image[1, 2, 3], image[0, 0, 0] = float("nan"), float("inf")
    found = sample_colors(image, 1000)
    assert found.shape == (3, 18) and found.isfinite().all()


@pytest.mark.parametrize("seed", range(4))
def test_monge_kantorovich_moves_colors_less_than_other_maps_that_arrive(seed: int) -> None:
    s, t = covariance(seed), covariance(seed + 10)
    best = mk(s, t)
    others = (root(t) @ root(s, -0.5), torch.linalg.cholesky(t) @ torch.linalg.inv(torch.linalg.cholesky(s)))

    def displacement(transform: Tensor) -> float:
        away = transform - torch.eye(3, dtype=transform.dtype)
        return float(torch.trace(away @ s @ away.T))

    for other in others:
        assert torch.allclose(other @ s @ other.T, t)
        assert displacement(best) < displacement(other)


def test_monge_kantorovich_does_not_depend_on_the_axes_of_color() -> None:
    s, t, turn = covariance(1), covariance(2), rotations(3, 5)[2].double()
    assert torch.allclose(mk(turn @ s @ turn.T, turn @ t @ turn.T), turn @ mk(s, t) @ turn.T, atol=1e-6)


def test_no_color_is_stretched_beyond_the_bound() -> None:
    flat, rich = 0.5 + 0.02 * random(1, 3, 400), random(2, 3, 400)
    found = affine_between(color_moments(flat), color_moments(rich))
    assert torch.linalg.matrix_norm(found.matrix, 2) <= MOST_GAIN * 1.000001
    assert torch.allclose(found(flat).mean(1), rich.mean(1), atol=1e-5)


def test_the_middle_of_gaussians_with_equal_axes_has_the_mean_of_their_deviations() -> None:
    deviations = torch.tensor([[1.0, 2.0, 0.5], [3.0, 1.0, 0.5]], dtype=torch.float64)
    weights = (0.25, 0.75)
    targets = [gaussian(torch.diag(d.square()), mean) for d, mean in zip(deviations, (0.0, 1.0), strict=True)]
    middle = gaussian_barycenter(targets, weights)
    expected = (torch.tensor(weights, dtype=torch.float64)[:, None] * deviations).sum(0).square()
    assert torch.allclose(middle.covariance(), torch.diag(expected), atol=1e-9)
    assert torch.allclose(middle.mean, torch.full((3,), 0.75, dtype=torch.float64))


def test_from_the_middle_the_ways_to_all_targets_cancel() -> None:
    """The barycenter's first-order condition: ``sum w_i T_i = identity``."""
    weights, covariances = (0.2, 0.5, 0.3), [covariance(seed) for seed in (1, 2, 3)]
    middle = gaussian_barycenter([gaussian(c) for c in covariances], weights).covariance()
    ways = [w * mk(middle, c) for w, c in zip(weights, covariances, strict=True)]
    assert torch.allclose(torch.stack(ways).sum(0), torch.eye(3, dtype=torch.float64), atol=1e-7)


def test_the_axes_of_reinhard_turn_back_exactly_and_put_gray_on_one_of_them() -> None:
    axes, colors = opponent_axes(), random(3, 3, 200).double()
    assert torch.allclose(axes.decode(axes.encode(colors)), colors, atol=1e-12)
    gray = axes.encode(torch.linspace(0.1, 1, 10, dtype=torch.float64).expand(3, 10))
    # The rows of M1 sum to 0.9996, 0.9993 and 0.9973, so gray is not quite on the axis.
    assert gray[1:].abs().max() < 2e-3


def test_reinhard_gives_mean_and_deviation_of_each_channel() -> None:
    source, target = 0.1 + 0.8 * random(4, 3, 500), 0.4 + 0.3 * random(5, 3, 500)
    axes = opponent_axes()
    found = axes.encode(reinhard(source, [target], [1.0])(source).double())
    wanted = axes.encode(target.double())
    assert torch.allclose(found.mean(1), wanted.mean(1), atol=1e-5)
    assert torch.allclose(found.std(1), wanted.std(1), atol=1e-5)


def test_marginals_of_equal_clouds_leave_each_value_within_a_bin() -> None:
    values = random(6, 3, 9000)
    curves = match_marginals(values, marginals_of([values], [1.0], AXES).quantiles)
    assert (curves(values) - values).abs().max() < 1 / BINS


def test_matched_values_sorted_are_the_reference_sorted() -> None:
    values, reference = random(7, 3, 4000), random(8, 3, 4000).square()
    quantiles = marginals_of([reference], [1.0], AXES).quantiles
    found = match_marginals(values, quantiles, steepest=inf)(values)
    away = (found.sort(dim=1).values - reference.sort(dim=1).values).abs()
    assert away.max() < 2 / BINS


def test_curves_rise_and_go_on_beyond_their_ends() -> None:
    values, reference = 0.2 + 0.5 * random(9, 3, 4000), random(10, 3, 4000).sqrt()
    curves = match_marginals(values, marginals_of([reference], [1.0], AXES).quantiles)
    line = torch.linspace(-0.5, 1.5, 2001).expand(3, -1)
    steps = curves(line).diff(dim=1) / line.diff(dim=1)
    assert steps.min() >= -1e-3 and steps.max() <= MOST_GAIN + 1e-2
    assert torch.allclose(steps[:, :600], torch.ones(()), atol=1e-2)


def test_a_flat_channel_moves_to_the_mean_of_its_target() -> None:
    values, reference = torch.full((3, 500), 0.3), random(11, 3, 500)
    found = match_marginals(values, marginals_of([reference], [1.0], AXES).quantiles)(values)
    assert torch.allclose(found.mean(1), reference.mean(1), atol=0.02)


def test_targets_mix_by_their_quantiles() -> None:
    low, high = 0.2 * random(12, 3, 2000), 0.6 + 0.4 * random(13, 3, 2000)
    quantiles = marginals_of([low, high], [0.5, 0.5], AXES).quantiles
    # From 0 .. 0.2 and 0.6 .. 1: half of each would have two heaps, the middle is one from 0.3 to 0.6.
    expected = torch.linspace(0.3, 0.6, quantiles.shape[1]).expand(3, -1)
    assert torch.allclose(quantiles, expected, atol=0.02)


def test_transport_converges() -> None:
    source, target = random(14, 3, 6000), bent(15)
    left = [sliced_distance(source, target)]
    for count in (1, 3, 10, 20):
        goals = [marginals_of([target], [1.0], basis) for basis in rotations(count, 0)]
        left.append(sliced_distance(transport_steps(source, goals, steepest=inf)(source), target))
    floor = sliced_distance(bent(40), target)
    assert left == sorted(left, reverse=True)
    assert left[3] < 0.05 * left[0]
    assert left[4] < 3 * floor


def test_rotations_are_rotations_and_repeat() -> None:
    for one, again in zip(rotations(6, 3), rotations(6, 3), strict=True):
        assert torch.equal(one, again)
        assert torch.allclose(one @ one.T, torch.eye(3), atol=1e-6)
    assert not torch.equal(rotations(6, 3)[5], rotations(6, 4)[5])


def test_moments_of_a_covariance_have_that_covariance() -> None:
    moments = gaussian(covariance(3), 0.4)
    assert torch.allclose(moments.covariance(), covariance(3))
    identity = torch.eye(3, dtype=torch.float64)
    assert torch.allclose(
        moments.second - torch.outer(moments.mean, moments.mean) + REGULARIZATION * identity, covariance(3)
    )
