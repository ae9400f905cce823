"""Painting a frame by itself, coarse to fine: the sizes, and how paint gets from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import torch

from vidstyle.ops.resize import fit_longest, resize
from vidstyle.types import Frame, Image

FINER = 2
"""Factor between two scales: Li and Wand's code. A factor of its root costs twice as much and brings the next scale no
nearer (181 px before 256 instead of 128, measured with `gatys`)."""

Model = TypeVar("Model")
"""What a method knows of the style at one scale."""


class Scale(NamedTuple, Generic[Model]):
    """A size at which a frame is solved, and the style at that size."""

    size: tuple[int, int]
    model: Model


def scales_of(frame: Frame, *, coarsest: int, model_at: Callable[[float], Model]) -> list[Scale[Model]]:
    """From a longest side of `coarsest` to twice that, to the frame's own; `model_at` scales the style by a factor."""
    height, width = frame.image.shape[1:]
    longest = max(height, width)
    sides = [longest]
    while sides[0] >= FINER * coarsest:
        sides.insert(0, round(sides[0] / FINER))
    return [Scale(fit_longest(height, width, side), model_at(side / longest)) for side in sides]


def coarse_to_fine(
    content: Image,
    scales: Sequence[Scale[Model]],
    *,
    first: Callable[[Image], Image],
    paint: Callable[[Image, Image, Scale[Model]], Image],
) -> Image:
    """The content painted at every scale by ``paint(start, content, scale)``, at the coarsest from ``first(content)``.

    What the paint has changed is carried on, so that a change of nothing leaves the content sharp.
    """
    shown = resize(content, scales[0].size)
    painted = first(shown)
    for scale in scales:
        change = resize(painted - shown, scale.size)
        shown = resize(content, scale.size)
        painted = paint(shown + change, shown, scale)
    return painted


def noise_like(shown: Image, seed: int) -> Image:
    """Even noise of a picture's size, from 0 to 1."""
    return torch.rand(shown.shape, generator=torch.Generator().manual_seed(seed)).to(shown)
