"""Affine color maps of the regions of a picture, and what they may do to its edges.

Maps are ``(K, 3, 4)``: a matrix and a constant for each of K regions, whose masks are ``(K, H, W)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.ops.tone import in_gamut
from vidstyle.types import Image, Mask

LUMA_STRETCH = 2.0
"""Most by which luma is stretched to reach black or white again (by eye: a black sofa that was milky)."""

_GAINS = (0.1, 2.0)
"""Bounds of the gain of light at edges: a night has a tenth of a day's (a house by day and by night)."""

_DARKEST = 0.1
"""Luma from which on errors count as shares of it (by eye: without, a black sofa turns to haze)."""

_ENDS = (0.01, 0.99)
"""Shares of the pixels that are darker than black and white are said to be; beyond are specks."""

_SPAN = 1e-3
"""Of luma, that counts as none."""

_PULLS = (-4.0, 3.0)
"""Powers of ten between which the weight of the edges is sought: at the ends one term alone is seen."""

_HALVINGS = 7
"""Of that range: to within 13 percent of the weight, which no eye tells apart."""

_RIDGE = 1e-6
"""Keeps the maps of regions without pixels solvable."""


def apply_maps(content: Image, masks: Tensor, maps: Tensor) -> Image:
    """The content with the colors of every region moved by its map; where regions mix, so do the results.

    >>> half = torch.full((3, 1, 1), 0.5)
    >>> apply_maps(half, torch.ones(1, 1, 1), 2 * torch.eye(3, 4)[None]).flatten().tolist()
    [1.0, 1.0, 1.0]
    """
    colors = torch.cat((content, torch.ones_like(content[:1])))
    parts = [mask * torch.einsum("ij,jhw->ihw", each, colors) for mask, each in zip(masks, maps, strict=True)]
    return torch.stack(parts).sum(0)


def bounded_maps(maps: Tensor, means: Tensor, most: float) -> Tensor:
    """Maps that stretch no color difference by more than `most`, and move the `means` ``(K, 3)`` where they did.

    >>> bounded_maps(3 * torch.eye(3, 4)[None], torch.full((1, 3), 0.5), 2.0)[0, 0].tolist()
    [2.0, 0.0, 0.0, 0.5]
    """
    before, axes = maps[:, :, :3].cpu().double(), means.cpu().double()[:, :, None]
    left, gains, right = torch.linalg.svd(before)
    matrices = (left * gains.clamp(max=most)[:, None]) @ right
    constants = maps[:, :, 3:].cpu().double() + (before - matrices) @ axes
    return torch.cat((matrices, constants), 2).to(maps)


def edge_correlation(image: Image, other: Image) -> float:
    """How alike the edges of two pictures are: the correlation of the slopes of luma, 1 for equal ones.

    Pictures without edges are alike.

    >>> image = torch.rand(3, 6, 6)
    >>> round(edge_correlation(image, 0.5 * image + 0.1), 5)
    1.0
    """
    ours, theirs = (_slopes(luma(each).cpu().double()).flatten(2)[0].norm(dim=0) for each in (image, other))
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    shared, size = ours @ theirs, ours.norm() * theirs.norm()
    return float(shared / size) if size > 1e-12 else 1.0


def _slopes(values: Tensor) -> Tensor:
    """Central differences along x and y of ``(C, H, W)``, inside the border: ``(C, 2, H - 2, W - 2)``."""
    inside = values[:, 1:-1, 1:-1].shape
    if 0 in inside:
        return values.new_zeros(inside[0], 2, 1, 1)
    across, down = values[:, 1:-1, 2:] - values[:, 1:-1, :-2], values[:, 2:, 1:-1] - values[:, :-2, 1:-1]
    return torch.stack((across, down), 1)


class Edges(NamedTuple):
    """A content whose edges are to stay."""

    content: Image
    """Small, averaged."""
    sharp: Image
    """Of the same size, but each pixel one of the frame's: its grain and the blocks of its codec are edges as well."""
    masks: Tensor


def keep_edges(edges: Edges, maps: Tensor, least: float) -> Tensor:
    """Maps that show the content with an edge correlation of at least `least` to it, nearest to `maps`.

    Only what they do to luma changes. With the luma ``t`` that `maps` show and that of the content, ``y``, the rows
    that make luma minimize ``mean(w (x - t)^2) + pull * mean(|grad x - gain * grad y|^2)``: the screened Poisson
    equation of Mechrez et al. (2017), over a few maps in place of pixels, with the smallest pull that serves. Unlike
    theirs, errors count as shares of the light ``t``, or black would turn to haze, and `gain` is that of the
    regression of ``t`` on ``y``. What contrast that costs is given back, by one stretch for all.
    """
    shown = luma(in_gamut(apply_maps(edges.content, edges.masks, maps)))
    terms = _terms(edges, shown)

    def serves(found: Tensor) -> bool:
        return edge_correlation(in_gamut(apply_maps(edges.sharp, edges.masks, found)), edges.sharp) >= least

    def pulled(power: float) -> Tensor:
        found = with_luma_rows(maps, terms.rows(10**power).view(-1, 4))
        return _as_contrasted(found, luma(apply_maps(edges.content, edges.masks, found)), shown)

    if serves(maps):
        return maps
    hardly = pulled(_PULLS[0])
    if serves(hardly):
        # A step from no pull to the least would be one in time as well, where a film just begins to need it.
        return _first_that(serves, lambda share: maps.lerp(hardly, share), (0.0, 1.0))
    return _first_that(serves, pulled, _PULLS)


def _first_that(serves: Callable[[Tensor], bool], make: Callable[[float], Tensor], ends: tuple[float, float]) -> Tensor:
    """What is made of the least number between two that serves, by halving; of the greater where none does."""
    low, high = ends
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if serves(make(middle)) else (middle, high)
    return make(high)


def with_luma_rows(maps: Tensor, rows: Tensor) -> Tensor:
    """The maps with the luma of what they show made by `rows` ``(K, 4)``; color differences stay.

    >>> still = torch.eye(3, 4)[None]
    >>> torch.allclose(with_luma_rows(still, _luma_rows(still)), still)
    True
    """
    return maps + (rows.to(maps) - _luma_rows(maps))[:, None]


def _luma_rows(maps: Tensor) -> Tensor:
    return torch.stack([luma(each[:, None])[0, 0] for each in maps])


class _Terms(NamedTuple):
    """Quadratic forms in the rows ``(4 K)`` that make luma: of the error, and of what is changed at edges."""

    near: Tensor
    to_near: Tensor
    steep: Tensor
    to_steep: Tensor

    def rows(self, pull: float) -> Tensor:
        """Those of the least sum."""
        ridge = _RIDGE * torch.eye(len(self.near), dtype=self.near.dtype)
        found: Tensor = torch.linalg.solve(self.near + pull * self.steep + ridge, self.to_near + pull * self.to_steep)
        return found


def _terms(edges: Edges, wanted: Mask) -> _Terms:
    content, sharp, masks, goal = (each.cpu().double() for each in (*edges, wanted))
    weights = 1 / (goal + _DARKEST).square()
    weights = (weights / weights.sum()).flatten()
    goal, light = goal.flatten(), luma(content).flatten()
    apart = weights * (light - weights @ light)
    gain = (apart @ goal / (apart @ light + _RIDGE)).clamp(*_GAINS)
    values = _by_region(content, masks).flatten(1)
    slopes, steps = _slopes(_by_region(sharp, masks)).flatten(1), _slopes(luma(sharp)).flatten()
    # Both terms in the same unit, so that a pull of 1 is as much of either.
    unit = weights @ goal.square() / (gain.square() * steps.square().sum()).clamp_min(_RIDGE)
    return _Terms(
        (weights * values) @ values.T, (weights * values) @ goal, unit * slopes @ slopes.T, unit * gain * slopes @ steps
    )


def _by_region(content: Image, masks: Tensor) -> Tensor:
    """``[red, green, blue, 1]`` of every region by itself, ``(4 K, H, W)``."""
    colors = torch.cat((content, torch.ones_like(content[:1])))
    return (masks[:, None] * colors).flatten(0, 1)


def _as_contrasted(maps: Tensor, light: Mask, wanted: Mask) -> Tensor:
    """Maps that show luma stretched toward the black and the white of `wanted`, if that does not lighten it.

    Where it would, it is stretched around the mean until the first of both is met: a night has few lights. One affine
    function of all luma, so that edges stay as alike as they are.
    """
    (low, high), (black, white) = _ends(light), _ends(wanted)
    mean, goal = light.mean(), wanted.mean()
    stretch = ((white - black) / (high - low).clamp_min(_SPAN)).clamp(1, LUMA_STRETCH)
    middle = (black + white) / 2 + stretch * (mean - (low + high) / 2)
    if middle > goal:
        below, above = (goal - black) / (mean - low).clamp_min(_SPAN), (white - goal) / (high - mean).clamp_min(_SPAN)
        stretch, middle = torch.minimum(below, above).clamp(1, LUMA_STRETCH), goal
    rows = stretch * _luma_rows(maps)
    rows[:, 3] += middle - stretch * mean
    return with_luma_rows(maps, rows)


def _ends(light: Mask) -> Tensor:
    """What is said to be black and white."""
    ordered = light.flatten().sort().values
    return torch.stack([ordered[round(share * (len(ordered) - 1))] for share in _ENDS])
