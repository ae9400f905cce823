"""Patches of features: which of a style's fits each place best, and what all that were chosen together ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

SIDE = 3
"""Places along a patch's side: Li and Wand (2016)."""

_PLACES = tuple((down, right) for down in range(SIDE) for right in range(SIDE))

MOST_PATCHES = 16384
"""Patches that are kept of all style pictures together, so that a match costs and holds no more for large ones. Four
times what Kolkin et al. (2022) sample; at 320 px nothing is left out."""

MOST_VALUES = 2**22
"""Numbers that one table of scores or of patches may hold, 16 MiB: more places are matched in turns."""

_FLOOR = 1e-6
"""Length that counts as none: a patch of flat paint has no direction."""


class Sample(NamedTuple):
    """Patches of one picture at one layer, as they are."""

    values: Tensor
    """``(N, 9 * C)``: nine places, row by row, each of C channels."""
    mean: Tensor
    """Of the picture's features over space, ``(C,)``."""


class Patches(NamedTuple):
    """What is kept of all style pictures at one layer."""

    values: Tensor
    """Patches less the mean, ``(N, 9 * C)``."""
    lengths: Tensor
    """Of each patch, ``(N,)``, never 0."""
    mean: Tensor
    """Of the pictures' features, ``(C,)``."""


def sample_patches(features: Tensor, *, share: float = 1.0, most: int = MOST_PATCHES) -> Sample:
    """A share of the 3 x 3 patches of ``(C, H, W)``, both sides at least 3; evenly spaced, at most ``share * most``.

    >>> sample_patches(torch.arange(20.0).view(1, 4, 5)).values[:, 4].tolist()
    [6.0, 7.0, 8.0, 11.0, 12.0, 13.0]
    """
    rows = features.permute(1, 2, 0)
    across = rows.shape[1] - SIDE + 1
    there = (rows.shape[0] - SIDE + 1) * across
    count = max(1, int(share * min(there, most)))
    chosen = torch.arange(count, device=features.device) * there // count
    y, x = chosen // across, chosen % across
    return Sample(torch.cat([rows[y + down, x + right] for down, right in _PLACES], 1), features.mean((1, 2)))


def join_patches(samples: Sequence[Sample], weights: Sequence[float]) -> Patches:
    """The patches of several pictures, about the mean of their features by weight; weights sum to 1.

    >>> one, two = (sample_patches(torch.full((1, 3, 3), value)) for value in (1.0, 2.0))
    >>> kept = join_patches([one, two], [0.25, 0.75])
    >>> kept.mean.tolist(), kept.lengths.tolist()
    ([1.75], [2.25, 0.75])
    """
    mean = torch.stack([w * sample.mean for w, sample in zip(weights, samples, strict=True)]).sum(0)
    values = torch.cat([sample.values for sample in samples]) - mean.repeat(SIDE * SIDE)
    return Patches(values, values.norm(dim=1).clamp_min(_FLOOR), mean)


def best_matches(features: Tensor, patches: Patches) -> Tensor:
    """For each 3 x 3 patch of ``(C, H, W)`` the number of the style's patch that is most like it, ``(H - 2, W - 2)``.

    The largest normalized cross-correlation: Li and Wand (2016), eq. 3, as products of matrices. Only the style's
    patches are divided by their length: a place's own changes none of its comparisons. After Kolkin et al. (2022),
    and unlike Li and Wand, both sides are taken about their means, or all patches would point nearly one way.

    >>> style = torch.rand(2, 4, 5)
    >>> best_matches(style, join_patches([sample_patches(style)], [1.0])).tolist()
    [[0, 1, 2], [3, 4, 5]]
    """
    rows = (features - features.mean((1, 2), keepdim=True)).permute(1, 2, 0).contiguous()
    return torch.cat([_best_of(strip, patches) for strip in _strips(rows)])


def votes(matches: Tensor, patches: Patches) -> Tensor:
    """The features that the chosen patches ask for: at each place the mean over all that cover it, ``(C, H, W)``.

    With ``n`` patches over a place, ``sum (x - vote)^2 / n`` over them is ``(x - mean)^2`` and a number that does not
    depend on x; so the distance to these features has the slope that Li and Wand's code descends.

    >>> style = torch.rand(2, 4, 5)
    >>> kept = join_patches([sample_patches(style)], [1.0])
    >>> torch.allclose(votes(best_matches(style, kept), kept), style, atol=1e-6)
    True
    """
    height, width = matches.shape
    channels = len(patches.mean)
    total = patches.mean.new_zeros(height + SIDE - 1, width + SIDE - 1, channels)
    for place, (down, right) in enumerate(_PLACES):
        part = patches.values[:, place * channels : (place + 1) * channels]
        total[down : down + height, right : right + width] += part[matches.flatten()].view(height, width, channels)
    covered = _covered(height)[:, None] * _covered(width)
    return (total / covered.to(total)[..., None] + patches.mean).permute(2, 0, 1)


def _strips(rows: Tensor) -> Iterator[Tensor]:
    """Overlapping strips of ``(H, W, C)`` whose patches fit into a table."""
    height, width, channels = rows.shape
    step = max(1, MOST_VALUES // (width * channels * SIDE * SIDE))
    for top in range(0, height - SIDE + 1, step):
        yield rows[top : top + step + SIDE - 1]


def _best_of(strip: Tensor, patches: Patches) -> Tensor:
    height, width = strip.shape[0] - SIDE + 1, strip.shape[1] - SIDE + 1
    wanted = torch.cat([strip[y : y + height, x : x + width].flatten(0, 1) for y, x in _PLACES], 1)
    best = strip.new_full((len(wanted),), -torch.inf)
    found = torch.zeros(len(wanted), dtype=torch.int64, device=strip.device)
    step = max(1, MOST_VALUES // len(wanted))
    for first in range(0, len(patches.values), step):
        some = slice(first, first + step)
        score, number = (wanted @ patches.values[some].T).div_(patches.lengths[some]).max(1)
        better = score > best
        best = torch.where(better, score, best)
        found = torch.where(better, number + first, found)
    return found.view(height, width)


def _covered(count: int) -> Tensor:
    """How many patches along one side cover each place."""
    places = torch.arange(count + SIDE - 1)
    ends = torch.minimum(places, places.flip(0)) + 1
    return ends.clamp(max=min(SIDE, count)).float()
