"""What the steps of a minimization have told of its curvature: by octave of spatial frequency, and by place.

The first estimate of L-BFGS, from which its remembered steps take over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.filters import BINOMIAL_3, blur, enlarge, shrink
from vidstyle.ops.octaves import shared_by_octave, spectrum, weighed

FIRST_GUESS = (1.0, 1.0, 1.0, 2.0, 3.0, 5.0, 14.0)
"""How far a slope leads before curvature is known, by octave of frequency, the finest first: perceptual losses
bend the less the coarser a change is (measured after 60 steps on the sample clip with `samples/starry.jpg`)."""

_WIDEST = 30.0
"""Most by which an octave's curvature is taken to differ from that of all: beyond, its few coefficients are noise."""

_CELL = 16
"""Side in pixels of the cells whose curvature is told apart. 41 evaluations for the loss that needs 48 without cells,
43 with cells of 8 px (measured at 256 px on the sample clip)."""

_WIDEST_PLACES = 4.0
"""Most by which a place's curvature is taken to differ from that of all: 95 of 100 cells differ by less."""

_FIRST_PLACES = 3
"""Steps from which places are told apart; a single one says little of them."""

_STILL = 1e-3
"""Share of the mean that is added to every cell, so that one where nothing moves counts as all do."""


class Pair(NamedTuple):
    """A step of a picture, what it did to the slope, and the squared lengths of both."""

    change: Tensor
    bend: Tensor
    octaves: Tensor
    """By octave, ``(2, COUNT)``."""
    places: Tensor
    """By cell, ``(2, h, w)``."""

    @classmethod
    def of(cls, change: Tensor, bend: Tensor) -> Pair:
        """Of any shape ``(..., H, W)``; fewer than two dimensions count as one row."""
        width = change.shape[-1]
        parts = (spectrum(change), spectrum(bend))
        octaves = torch.stack([shared_by_octave(part, part, width) for part in parts])
        squares = [part.square().reshape(-1, *_grid(part)).sum(0, keepdim=True) for part in (change, bend)]
        return cls(change, bend, octaves, torch.cat([shrink(square, _CELL) for square in squares]))


def straightened(slope: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """The slope as if the loss bent alike in every octave and at every place: a symmetric, positive map of it.

    >>> straightened(torch.ones(4), []).tolist()
    [14.0, 14.0, 14.0, 14.0]
    """
    if len(pairs) < _FIRST_PLACES:
        return weighed(slope, inverse_curvatures(pairs))
    # Half before and half after, so that the map is symmetric.
    half = _reach_of_places(pairs, _grid(slope)).sqrt_().reshape(slope.shape[-2:])
    return weighed(slope * half, inverse_curvatures(pairs)).mul_(half)


def inverse_curvatures(pairs: Sequence[Pair]) -> Sequence[float]:
    """By octave, the length of the remembered steps over that of what they did to the slope.

    The geometric mean of the two step sizes of Barzilai and Borwein (1988).
    """
    if not pairs:
        return FIRST_GUESS
    steps, bends = torch.stack([pair.octaves for pair in pairs]).sum(0)
    overall = (steps.sum() / bends.sum()).sqrt()
    # An octave that a small picture does not have is empty.
    found = (steps / bends.clamp_min(torch.finfo(bends.dtype).tiny)).sqrt().clamp(overall / _WIDEST, overall * _WIDEST)
    return [float(value) for value in found]


def _reach_of_places(pairs: Sequence[Pair], size: tuple[int, int]) -> Tensor:
    """The same by place, about a mean of 1, smooth: ``(1, H, W)``."""
    lengths = blur(torch.stack([pair.places for pair in pairs]).sum(0), BINOMIAL_3)
    steps, bends = lengths + _STILL * lengths.mean((1, 2), keepdim=True)
    found = (steps / bends).sqrt_()[None]
    found /= found.log().mean().exp()
    return enlarge(found.clamp_(1 / _WIDEST_PLACES, _WIDEST_PLACES), size)


def _grid(picture: Tensor) -> tuple[int, int]:
    """Rows and columns; one row of what has no rows."""
    return (1 if picture.ndim < 2 else picture.shape[-2], picture.shape[-1])
