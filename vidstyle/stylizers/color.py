"""Global color and tone after style pictures: one map of colors per frame, from statistics held over the shot.

Where a pixel lies does not matter, so lines stay lines and nothing is blurred; what could flicker is the map
alone, and it follows colors sampled over the last `hold` frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf
from typing import final

import torch
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.method_options import ColorOptions
from vidstyle.ops.color import MOST_GAIN, affine_between, color_moments
from vidstyle.ops.grain import regrain
from vidstyle.ops.lut import look_up, tabulate
from vidstyle.ops.tone import tone_curve, tone_knots
from vidstyle.ops.transport import (
    ColorMap,
    gaussian_barycenter,
    marginals_of,
    reinhard,
    rotations,
    sample_colors,
    transport_steps,
)
from vidstyle.types import Image, Reach, Step, Style

SAMPLES = 2**17
"""Colors that stand for a window or a style picture at most: marginals of 300 bins then hold 400 colors each."""

FRAME_SAMPLES = 2**14
"""Colors that stand for a frame at most, which a still has to live on: a grid of some 170 by 96."""

ITERATIONS = 10
"""Of `idt`: the number of Pitie's demonstration."""

TABLE = 33
"""Points along each axis of the table by which `idt` reaches every pixel: the usual size of a ``.cube``."""

_STRIP = 2**18
"""Pixels recolored at a time, so that what is in between stays in a processor's cache: four times faster at 4K."""

Fit = Callable[[Tensor], ColorMap]
"""From samples of the content to the map onto the style."""


@final
class Color:
    """Recolors every frame by one map, from the colors of the last `hold` frames of its shot."""

    def __init__(self, options: ColorOptions, style: Style, compute: Compute) -> None:
        self._options = options
        targets = [sample_colors(image, SAMPLES).cpu() for image in style.images]
        for place, target in enumerate(targets, 1):
            if not target.shape[1]:
                raise InputError(f"style picture {place}: no pixel of it is a finite number")
        self._fit = _FITS[options.transfer](targets, style.weights, compute.seed)

    @property
    def reach(self) -> Reach:
        """The window of held colors."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One recolored image per step, clamped to ``[0, 1]``."""
        window: deque[Tensor] = deque(maxlen=self._options.hold)
        for step in shot:
            with torch.no_grad():
                window.append(self._sampled(step.frame.image))
                painted = self._recolored(step.frame.image, self._map_from(window))
            yield painted

    def color_map(self, images: Iterable[Image]) -> ColorMap:
        """The map of a shot of these images at the set strength, without regrain: what a ``.cube`` can hold."""
        with torch.no_grad():
            move = self._map_from([self._sampled(image) for image in images])
        return lambda colors: torch.lerp(colors, move(colors), self._options.strength)

    def _sampled(self, image: Image) -> Tensor:
        # On the CPU, for float64 and eigenvalues: a window is small, and devices would differ.
        return sample_colors(image, FRAME_SAMPLES).cpu()

    def _map_from(self, window: Iterable[Tensor]) -> ColorMap:
        held = list(window)
        stride = -(-sum(colors.shape[1] for colors in held) // SAMPLES) or 1
        samples = torch.cat([colors[:, ::stride] for colors in held], 1)
        # A shot of nothing but broken pixels has no colors to go by.
        return self._fit(samples) if samples.shape[1] else _unmoved

    def _recolored(self, image: Image, move: ColorMap) -> Image:
        moved = _by_strips(move, image)
        if self._options.transfer == "idt" and self._options.regrain:
            moved = regrain(image, moved)
        return torch.lerp(image, moved, self._options.strength).clamp_(0, 1)


def _by_strips(move: ColorMap, image: Image) -> Image:
    result = torch.empty_like(image, memory_format=torch.contiguous_format)
    rows = max(1, _STRIP // image.shape[2])
    for strip, target in zip(torch.split(image, rows, 1), torch.split(result, rows, 1), strict=True):
        target.copy_(move(strip))
    return result


def _unmoved(colors: Tensor) -> Tensor:
    return colors


def _monge_kantorovich(targets: Sequence[Tensor], weights: Sequence[float], seed: int) -> Fit:
    goal = gaussian_barycenter([color_moments(target) for target in targets], weights)
    return lambda samples: affine_between(color_moments(samples), goal)


def _reinhard(targets: Sequence[Tensor], weights: Sequence[float], seed: int) -> Fit:
    return lambda samples: reinhard(samples, targets, weights)


def _histogram(targets: Sequence[Tensor], weights: Sequence[float], seed: int) -> Fit:
    return _marginal_fit(targets, weights, rotations(1, seed))


def _idt(targets: Sequence[Tensor], weights: Sequence[float], seed: int) -> Fit:
    # Bounded steps do not converge; regrain takes care of what steep ones do.
    fit = _marginal_fit(targets, weights, rotations(ITERATIONS, seed), steepest=inf)

    def tabulated(samples: Tensor) -> ColorMap:
        table = tabulate(fit(samples), TABLE)
        return lambda colors: look_up(table, colors)

    return tabulated


def _marginal_fit(
    targets: Sequence[Tensor], weights: Sequence[float], bases: Sequence[Tensor], *, steepest: float = MOST_GAIN
) -> Fit:
    """Marginals along these bases, matched after the Monge-Kantorovich map.

    Unlike Pitie et al. and plain histogram matching, which start from the content: channels stay together as the
    linear map has them, and colors that no sample showed follow it.
    """
    linear = _monge_kantorovich(targets, weights, 0)
    goals = [marginals_of(targets, weights, basis) for basis in bases]

    def fit(samples: Tensor) -> ColorMap:
        first = linear(samples)
        then = transport_steps(first(samples), goals, steepest=steepest)
        return lambda colors: then(first(colors))

    return fit


def _tone(targets: Sequence[Tensor], weights: Sequence[float], seed: int) -> Fit:
    goals = [tone_knots(target) for target in targets]
    return lambda samples: tone_curve(tone_knots(samples), goals, weights)


_FITS: dict[str, Callable[[Sequence[Tensor], Sequence[float], int], Fit]] = {
    "monge-kantorovich": _monge_kantorovich,
    "reinhard": _reinhard,
    "histogram": _histogram,
    "idt": _idt,
    "tone": _tone,
}
