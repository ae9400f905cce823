"""Global color and tone after style pictures: one map of colors per frame, from statistics held over the shot.

Where a pixel lies does not matter, so lines stay lines and nothing is blurred; what could flicker is the map
alone, and it follows colors sampled over the last `hold` frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from math import inf
from typing import TypeVar, final

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
    mixed_marginals,
    reinhard,
    rotations,
    sample_colors,
    transport_steps,
)
from vidstyle.timeline import Values
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
Aim = Callable[[Values], Fit]
"""From the weights of the style pictures to the fit to their mix."""
Known = TypeVar("Known")
"""What is found out about a style picture once."""


@final
class Color:
    """Recolors every frame by one map, from the colors of the last `hold` frames of its shot."""

    def __init__(self, options: ColorOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._style = style
        targets = [sample_colors(image, SAMPLES).cpu() for image in style.images]
        for place, target in enumerate(targets, 1):
            if not target.shape[1]:
                raise InputError(f"style picture {place}: no pixel of it is a finite number")
        # Kept for the frames between two keys of a timeline, or for all.
        self._fit_for = lru_cache(maxsize=1)(_AIMS[options.transfer](targets, compute.seed))

    @property
    def reach(self) -> Reach:
        """The window of held colors."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One recolored image per step, clamped to ``[0, 1]``."""
        window: deque[Tensor] = deque(maxlen=self._options.hold)
        for step in shot:
            frame = step.frame
            strength = self._options.strength * self._style.strength_at(frame)
            with torch.no_grad():
                window.append(self._sampled(frame.image))
                move = self._map_from(window, self._style.weights_at(frame))
                painted = self._recolored(frame.image, move, strength)
            yield painted

    def color_map(self, images: Iterable[Image]) -> ColorMap:
        """The map of a shot of these images at the set strength, without regrain: what a ``.cube`` can hold."""
        with torch.no_grad():
            move = self._map_from([self._sampled(image) for image in images], self._style.weights)
        return lambda colors: torch.lerp(colors, move(colors), self._options.strength)

    def _sampled(self, image: Image) -> Tensor:
        # On the CPU, for float64 and eigenvalues: a window is small, and devices would differ.
        return sample_colors(image, FRAME_SAMPLES).cpu()

    def _map_from(self, window: Iterable[Tensor], weights: Values) -> ColorMap:
        held = list(window)
        stride = -(-sum(colors.shape[1] for colors in held) // SAMPLES) or 1
        samples = torch.cat([colors[:, ::stride] for colors in held], 1)
        # A shot of nothing but broken pixels has no colors to go by.
        return self._fit_for(weights)(samples) if samples.shape[1] else _unmoved

    def _recolored(self, image: Image, move: ColorMap, strength: float) -> Image:
        moved = _by_strips(move, image)
        if self._options.transfer == "idt" and self._options.regrain:
            moved = regrain(image, moved)
        return torch.lerp(image, moved, strength).clamp_(0, 1)


def _by_strips(move: ColorMap, image: Image) -> Image:
    result = torch.empty_like(image, memory_format=torch.contiguous_format)
    rows = max(1, _STRIP // image.shape[2])
    for strip, target in zip(torch.split(image, rows, 1), torch.split(result, rows, 1), strict=True):
        target.copy_(move(strip))
    return result


def _unmoved(colors: Tensor) -> Tensor:
    return colors


def _weighed(known: Sequence[Known], weights: Values) -> tuple[list[Known], list[float]]:
    """What has a weight, and its weights."""
    pairs = [(each, weight) for each, weight in zip(known, weights, strict=True) if weight]
    return [each for each, _ in pairs], [weight for _, weight in pairs]


def _monge_kantorovich(targets: Sequence[Tensor], seed: int) -> Aim:
    found = [color_moments(target) for target in targets]

    def aim(weights: Values) -> Fit:
        goal = gaussian_barycenter(*_weighed(found, weights))
        return lambda samples: affine_between(color_moments(samples), goal)

    return aim


def _reinhard(targets: Sequence[Tensor], seed: int) -> Aim:
    return lambda weights: lambda samples: reinhard(samples, *_weighed(targets, weights))


def _histogram(targets: Sequence[Tensor], seed: int) -> Aim:
    return _marginal_aim(targets, rotations(1, seed))


def _idt(targets: Sequence[Tensor], seed: int) -> Aim:
    # Bounded steps do not converge; regrain takes care of what steep ones do.
    aim = _marginal_aim(targets, rotations(ITERATIONS, seed), steepest=inf)
    return lambda weights: partial(_tabulated, aim(weights))


def _tabulated(fit: Fit, samples: Tensor) -> ColorMap:
    table = tabulate(fit(samples), TABLE)
    return lambda colors: look_up(table, colors)


def _marginal_aim(targets: Sequence[Tensor], bases: Sequence[Tensor], *, steepest: float = MOST_GAIN) -> Aim:
    """Marginals along these bases, matched after the Monge-Kantorovich map.

    Unlike Pitie et al. and plain histogram matching, which start from the content: channels stay together as the
    linear map has them, and colors that no sample showed follow it.
    """
    linear_aim = _monge_kantorovich(targets, 0)
    found = [[marginals_of([target], [1.0], basis) for target in targets] for basis in bases]

    def aim(weights: Values) -> Fit:
        linear = linear_aim(weights)
        goals = [mixed_marginals(*_weighed(marginals, weights)) for marginals in found]

        def fit(samples: Tensor) -> ColorMap:
            first = linear(samples)
            then = transport_steps(first(samples), goals, steepest=steepest)
            return lambda colors: then(first(colors))

        return fit

    return aim


def _tone(targets: Sequence[Tensor], seed: int) -> Aim:
    found = [tone_knots(target) for target in targets]
    return lambda weights: lambda samples: tone_curve(tone_knots(samples), *_weighed(found, weights))


_AIMS: dict[str, Callable[[Sequence[Tensor], int], Aim]] = {
    "monge-kantorovich": _monge_kantorovich,
    "reinhard": _reinhard,
    "histogram": _histogram,
    "idt": _idt,
    "tone": _tone,
}
