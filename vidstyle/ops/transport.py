"""Moving one distribution of colors onto another: Gaussians, single channels, and clouds of any form.

Colors are columns, ``(3, N)`` or ``(3, ...)``. Several targets are mixed by their Wasserstein barycenter: the one
distribution to which all of them, by their weights, are nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.color import MOST_GAIN, ColorMoments, symmetric_root
from vidstyle.types import Image

ColorMap = Callable[[Tensor], Tensor]
"""Colors ``(3, ...)`` to colors; each by itself, and not clamped."""

BINS = 300
"""Of a marginal's distribution function: the number of Pitie's code."""
LEVELS = 1024
"""At which a target's quantiles are kept: more than a picture of 8 bits can show."""
_LEAST_DENSITY = 1e-6
"""Share of the samples that every bin holds at least, so that the distribution function rises: of Pitie's code."""
_BARYCENTER_STEPS = 30
"""Measured on triples of random covariances of condition 1000: within 1e-5 of the fixed point; after ten, 0.01."""


def sample_colors(image: Image, count: int) -> Tensor:
    """About `count` pixels of an image on an even grid, all of them where there are fewer: float32 ``(3, n)``.

    Pixels that are not finite are left out.

    >>> sample_colors(torch.rand(3, 100, 200), 200).shape, sample_colors(torch.rand(3, 1, 7), 200).shape
    (torch.Size([3, 200]), torch.Size([3, 7]))
    """
    height, width = image.shape[1:]
    step = max(1.0, (height * width / count) ** 0.5)
    rows, columns = (_spread(side, max(1, int(side / step))).to(image.device) for side in (height, width))
    colors = image[:, rows][:, :, columns].flatten(1)
    return colors[:, colors.isfinite().all(0)]


def _spread(length: int, count: int) -> Tensor:
    return (2 * torch.arange(count) + 1) * length // (2 * count)


def gaussian_barycenter(targets: Sequence[ColorMoments], weights: Sequence[float]) -> ColorMoments:
    """The Gaussian in the middle of Gaussians: the fixed point of Alvarez-Esteban et al. (2016), eq. 7.

    ``S <- S^-1/2 (sum w_i (S^1/2 C_i S^1/2)^1/2)^2 S^-1/2``. Of one target it is the target.

    >>> one, two = (ColorMoments.of(torch.zeros(3), torch.diag(torch.tensor([s * s, 1.0, 1.0]))) for s in (1.0, 3.0))
    >>> round(gaussian_barycenter([one, two], [0.5, 0.5]).covariance()[0, 0].sqrt().item(), 3)
    2.0
    """
    if len(targets) == 1:
        return targets[0]
    mean = sum((w * t.mean for w, t in zip(weights, targets, strict=True)), torch.zeros_like(targets[0].mean))
    covariances = [target.covariance() for target in targets]
    middle = sum((w * c for w, c in zip(weights, covariances, strict=True)), torch.zeros_like(covariances[0]))
    for _ in range(_BARYCENTER_STEPS):
        root, inverse = symmetric_root(middle), symmetric_root(middle, -0.5)
        roots = [w * symmetric_root(root @ c @ root) for w, c in zip(weights, covariances, strict=True)]
        total = torch.stack(roots).sum(0)
        middle = inverse @ total @ total @ inverse
    return ColorMoments.of(mean, middle)


class OpponentAxes(NamedTuple):
    """Ruderman's opponent axes, in which Reinhard et al. (2001) move mean and deviation of each channel alone."""

    to_cones: Tensor
    to_axes: Tensor
    from_axes: Tensor
    from_cones: Tensor

    def encode(self, colors: Tensor) -> Tensor:
        """Lightness, yellow-blue and red-green of RGB colors ``(3, ...)``."""
        cones = self.to_cones.to(colors) @ colors.reshape(3, -1)
        return self.to_axes.to(colors) @ cones.clamp_(min=0).add_(_DARKEST).log10_()

    def decode(self, axes: Tensor) -> Tensor:
        """RGB ``(3, N)`` of what `encode` gave, however it was moved."""
        cones = torch.pow(10.0, self.from_axes.to(axes) @ axes).sub_(_DARKEST)
        return self.from_cones.to(axes) @ cones


_DARKEST = 1 / 255
"""Added before the logarithm. Unlike Reinhard et al., who leave black to itself: its logarithm has no bottom, and one
black bar would outweigh the picture."""


def opponent_axes() -> OpponentAxes:
    """The matrices of Reinhard et al. (2001), eq. 4 and 6. Unlike the printed inverse, which is rounded (M1 times it
    is off by 0.014), ours is computed.

    >>> axes, x = opponent_axes(), torch.rand(3, 5)
    >>> bool(torch.allclose(axes.decode(axes.encode(x)), x, atol=1e-5))
    True
    """
    cones = torch.tensor(
        [[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]], dtype=torch.float64
    )
    scale = torch.tensor([3.0, 6.0, 2.0], dtype=torch.float64).rsqrt()
    signs = torch.tensor([[1, 1, 1], [1, 1, -2], [1, -1, 0]], dtype=torch.float64)
    axes = scale[:, None] * signs
    return OpponentAxes(cones, axes, torch.linalg.inv(axes), torch.linalg.inv(cones))


def reinhard(source: Tensor, targets: Sequence[Tensor], weights: Sequence[float]) -> ColorMap:
    """The map of Reinhard et al. (2001), eq. 10 and 11, from samples `source` to the targets' mean statistics.

    >>> x = torch.rand(3, 50)
    >>> bool(torch.allclose(reinhard(x, [x], [1.0])(x), x, atol=1e-4))
    True
    """
    axes = opponent_axes()
    mean, deviation = _spread_of(axes, source)
    wanted = [_spread_of(axes, target) for target in targets]
    # Along one axis, the barycenter of Gaussians has the mean of their means and of their deviations.
    goal = [sum(w * pair[i] for w, pair in zip(weights, wanted, strict=True)) for i in (0, 1)]
    gain = (goal[1] / deviation).clamp(max=MOST_GAIN)
    shift = goal[0] - gain * mean

    def move(colors: Tensor) -> Tensor:
        moved = torch.addcmul(shift.to(colors), gain.to(colors), axes.encode(colors))
        return axes.decode(moved).view(colors.shape)

    return move


def _spread_of(axes: OpponentAxes, colors: Tensor) -> tuple[Tensor, Tensor]:
    encoded = axes.encode(colors.double())
    return encoded.mean(1, keepdim=True), encoded.std(1, correction=0, keepdim=True).clamp_min(_LEAST_DEVIATION)


_LEAST_DEVIATION = 1e-3
"""Of a channel's logarithms: a flat or gray picture has none to divide by."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """One function per channel, as what it adds at even places between two ends; beyond them it adds the same."""

    low: Tensor
    """``(C, 1)``"""
    high: Tensor
    """``(C, 1)``"""
    shift: Tensor
    """``(C, K)``"""

    def __call__(self, values: Tensor) -> Tensor:
        """Values ``(C, ...)`` moved along each channel."""
        result = torch.empty_like(values)
        count = self.shift.shape[1]
        shift = self.shift.to(values)
        rise = shift.diff(dim=1)
        for channel, (value, moved) in enumerate(zip(values, result, strict=True)):
            scale = (count - 1) / float(self.high[channel] - self.low[channel])
            place = ((value - float(self.low[channel])) * scale).clamp_(0, count - 1)
            index = place.to(torch.int32).clamp_(0, count - 2)
            part, index = place.sub_(index), index.flatten()
            at = shift[channel].index_select(0, index).view_as(value)
            moved.copy_(torch.addcmul(at, rise[channel].index_select(0, index).view_as(value), part).add_(value))
        return result


class Marginals(NamedTuple):
    """A rotation, and what distribution each of its axes should show."""

    rotation: Tensor
    """``(3, 3)``, orthonormal rows."""
    quantiles: Tensor
    """``(3, LEVELS)``: values at even shares from 0 to 1."""


def marginals_of(targets: Sequence[Tensor], weights: Sequence[float], rotation: Tensor) -> Marginals:
    """The marginals of targets ``(3, N)`` along rotated axes; several are mixed by the mean of their quantiles.

    The mean of quantiles is the barycenter along one axis: Rabin et al. (2011), "Wasserstein barycenter and its
    application to texture mixing".

    >>> marginals_of([torch.tensor([[0.0, 1.0]] * 3)], [1.0], torch.eye(3)).quantiles[0, [0, -1]].tolist()
    [0.0, 1.0]
    """
    return mixed_marginals([Marginals(rotation, _quantiles(rotation @ target, LEVELS)) for target in targets], weights)


def mixed_marginals(marginals: Sequence[Marginals], weights: Sequence[float]) -> Marginals:
    """The barycenter of marginals along the same axes.

    >>> low, high = (marginals_of([torch.full((3, 2), value)], [1.0], torch.eye(3)) for value in (0.0, 1.0))
    >>> mixed_marginals([low, high], [0.75, 0.25]).quantiles.unique().tolist()
    [0.25]
    """
    parts = [weight * each.quantiles for weight, each in zip(weights, marginals, strict=True)]
    return Marginals(marginals[0].rotation, torch.stack(parts).sum(0))


def _quantiles(values: Tensor, count: int) -> Tensor:
    ordered = values.sort(dim=1).values
    places = torch.linspace(0, values.shape[1] - 1, count, dtype=torch.float64)
    index = places.long().clamp(max=max(0, values.shape[1] - 2))
    following = (index + 1).clamp(max=values.shape[1] - 1)
    return torch.lerp(ordered[:, index], ordered[:, following], (places - index).to(values))


def match_marginals(values: Tensor, quantiles: Tensor, *, steepest: float = MOST_GAIN) -> Curves:
    """The rising curves that give values ``(C, N)`` the distribution of `quantiles`: ``cdf_target^-1 o cdf_values``.

    Unlike Pitie et al., no steeper than `steepest`: on a clip of gray asphalt the blocks of the codec became a mosaic.

    >>> x = torch.rand(3, 5000)
    >>> curves = match_marginals(x, marginals_of([x], [1.0], torch.eye(3)).quantiles)
    >>> bool((curves(x) - x).abs().max() < 1 / BINS)
    True
    """
    low, high = values.amin(1, keepdim=True), values.amax(1, keepdim=True)
    # A channel of one value has no width; it is moved as a whole.
    high = torch.maximum(high, low + 1 / 255)
    edges = torch.lerp(low, high, torch.linspace(0, 1, BINS + 1, dtype=values.dtype))
    bins = ((values - low) / (high - low) * BINS).long().clamp_(0, BINS - 1)
    counts = torch.stack([torch.bincount(channel, minlength=BINS) for channel in bins]) / values.shape[1]
    share = torch.cat((torch.zeros_like(low), (counts + _LEAST_DENSITY).cumsum(1).to(values)), 1)
    inverse = Curves(torch.zeros_like(low), torch.ones_like(low), quantiles - torch.linspace(0, 1, LEVELS).to(values))
    goal = inverse(share / share[:, -1:])
    rise = torch.minimum(goal.diff(dim=1), steepest * edges.diff(dim=1))
    bounded = torch.cat((torch.zeros_like(low), rise.cumsum(1)), 1)
    # Bounded slopes leave the curve's level open: the mean over all values stays as asked for.
    away = goal - bounded
    level = ((away[:, 1:] + away[:, :-1]) / 2 * counts.to(values)).sum(1, keepdim=True)
    return Curves(low, high, bounded + level - edges)


def rotations(count: int, seed: int) -> list[Tensor]:
    """Bases for `transport_steps`: the axes themselves, a second basis, then random ones of a seed.

    The second is Pitie's, with entries of 2/3 and -1/3. Unlike his first step, which matches along both at once,
    each is a step of its own: six axes in three dimensions cannot all be right.

    >>> bool(torch.allclose(rotations(3, 0)[2] @ rotations(3, 0)[2].T, torch.eye(3), atol=1e-6))
    True
    """
    generator = torch.Generator().manual_seed(seed)
    random = [torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q for _ in range(count - 2)]
    return [torch.eye(3), torch.full((3, 3), 2 / 3) - torch.eye(3), *random][:count]


def transport_steps(source: Tensor, goals: Sequence[Marginals], *, steepest: float = MOST_GAIN) -> ColorMap:
    """Iterative distribution transfer: per goal, rotate, match the three marginals, rotate back.

    It converges where `steepest` does not hold it back.

    Pitie, Kokaram and Dahyot (2007), in Computer Vision and Image Understanding 107, section 3.

    >>> x, y = torch.rand(3, 4000), 0.5 * torch.rand(3, 4000)
    >>> moved = transport_steps(x, [marginals_of([y], [1.0], r) for r in rotations(4, 0)])(x)
    >>> bool((moved.mean(1) - y.mean(1)).abs().max() < 0.01)
    True
    """
    steps: list[tuple[Tensor, Curves]] = []
    moved = source
    for goal in goals:
        turned = goal.rotation.to(moved) @ moved
        curves = match_marginals(turned, goal.quantiles.to(moved), steepest=steepest)
        moved = goal.rotation.to(moved).T @ curves(turned)
        steps.append((goal.rotation, curves))

    def move(colors: Tensor) -> Tensor:
        flat = colors.reshape(3, -1)
        for rotation, curves in steps:
            flat = rotation.to(flat).T @ curves(rotation.to(flat) @ flat)
        return flat.view(colors.shape)

    return move
