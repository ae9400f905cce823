"""Finding the image with the least loss: two optimizers that keep every value between 0 and 1."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from vidstyle.ops.curvature import Pair, straightened

Loss: TypeAlias = Callable[[Tensor], Tensor]
"""Of an image; a number with a gradient."""

HISTORY = 10
"""Pairs that L-BFGS remembers, as in crowsonkb/style-transfer-pytorch; each is two images of memory."""

FIRST_MOVE = 0.01
"""Mean change of a value by the first step of L-BFGS, which knows no curvature yet: 2.5 of 255, hardly visible."""

_ENOUGH = 1e-4
"""Share of the foreseen decrease that a step must bring (Nocedal and Wright, c1)."""

_LEAST, _MOST = 0.05, 0.5
"""Bounds of the factor to a step that brought too little."""

_MOST_TRIES = 8
"""A direction that is still useless at 0.5**8 of its length is not downhill in float32."""

_PATIENCE = 5
"""Steps over which a decrease is measured before it is called settled."""

ADAM_RATE = 0.05
"""At the start, of a value between 0 and 1. crowsonkb/style-transfer-pytorch has 0.02 throughout, for ten times the
steps."""

_ADAM_BETAS = (0.9, 0.99)
"""crowsonkb/style-transfer-pytorch."""

_ADAM_FLOOR = 1e-8
"""Kingma and Ba (2015)."""


class Point(NamedTuple):
    """An image, its loss, and the slope of the loss there."""

    image: Tensor
    loss: float
    slope: Tensor

    def downhill(self) -> Tensor:
        """The slope where a value may follow it: 0 where it leads out of ``[0, 1]``."""
        stuck = ((self.image <= 0) & (self.slope > 0)) | ((self.image >= 1) & (self.slope < 0))
        return self.slope.masked_fill(stuck, 0)


def lbfgs(loss: Loss, start: Tensor, *, steps: int, tolerance: float = 0.0, boldness: float = 1.0) -> Tensor:
    """The image after at most `steps` steps of L-BFGS from `start`, each within ``[0, 1]`` and downhill.

    `boldness` scales the first step: below 1 for a start that is nearly right.
    Ends early when the last five steps brought less than `tolerance` of the loss. Nocedal and Wright, *Numerical
    Optimization* (2006), algorithm 7.4, with a backtracking search and projection on the box; about one evaluation
    per step. Unlike there, the first estimate of the curvature is not one number: `straightened` tells octaves of
    spatial frequency and places apart, which halves the steps to the same loss (measured at 160 px).

    >>> lbfgs(lambda x: (x - 0.25).square().sum(), torch.ones(2), steps=10).tolist()
    [0.25, 0.25]
    """
    point = _evaluate(loss, start.clamp(0, 1))
    pairs: deque[Pair] = deque(maxlen=HISTORY)
    losses = [point.loss]
    for _ in range(steps):
        found = _step(loss, point, pairs, first_move=boldness * FIRST_MOVE)
        if found is None and not pairs:
            break
        if found is None:
            pairs.clear()
            continue
        change, bend = found.image - point.image, found.slope - point.slope
        if (change * bend).sum() > 1e-10 * bend.square().sum():
            pairs.append(Pair.of(change, bend))
        point = found
        losses.append(point.loss)
        if _settled(losses, tolerance):
            break
    return point.image


def adam(loss: Loss, start: Tensor, *, steps: int, tolerance: float = 0.0, boldness: float = 1.0) -> Tensor:
    """The image after at most `steps` steps of Adam (Kingma and Ba 2015) from `start`, each within ``[0, 1]``.

    `boldness` scales all steps. Ends early as `lbfgs` does. Unlike crowsonkb/style-transfer-pytorch, which averages
    the last iterates, the rate falls to 0 along the way: both take the optimizer's jitter out, and this serves a
    run of few steps.

    >>> found = adam(lambda x: (x - 0.25).square().sum(), torch.full((2,), 0.3), steps=100)
    >>> bool((found - 0.25).abs().max() < 0.01)
    True
    """
    image = start.clamp(0, 1)
    first, second = torch.zeros_like(image), torch.zeros_like(image)
    losses: list[float] = []
    for step in range(1, steps + 1):
        point = _evaluate(loss, image)
        losses.append(point.loss)
        if _settled(losses, tolerance):
            break
        first.lerp_(point.slope, 1 - _ADAM_BETAS[0])
        second.lerp_(point.slope.square(), 1 - _ADAM_BETAS[1])
        spread = (second / (1 - _ADAM_BETAS[1] ** step)).sqrt_().add_(_ADAM_FLOOR)
        rate = boldness * ADAM_RATE * (1 - (step - 1) / steps) / (1 - _ADAM_BETAS[0] ** step)
        image = (image - rate * first / spread).clamp_(0, 1)
    return image


def _evaluate(loss: Loss, image: Tensor) -> Point:
    image = image.detach().requires_grad_()
    with torch.enable_grad():
        value = loss(image)
        (slope,) = torch.autograd.grad(value, image)
    return Point(image.detach(), float(value.detach()), slope)


def _step(loss: Loss, point: Point, pairs: Sequence[Pair], *, first_move: float) -> Point | None:
    """The next point, or None where the direction leads nowhere."""
    downhill = point.downhill()
    direction = -_newton(downhill, pairs)
    # What is held at a bound stays there, whatever the curvature says.
    direction = direction.masked_fill((downhill == 0) & (point.slope != 0), 0)
    if not (direction * downhill).sum() < 0:
        return None
    length = 1.0 if pairs else first_move / float(direction.abs().mean())
    for _ in range(_MOST_TRIES):
        moved = (point.image + length * direction).clamp_(0, 1)
        foreseen = float(((moved - point.image) * downhill).sum())
        found = _evaluate(loss, moved)
        # A loss that is not a number passes no comparison, so its step is made shorter as well.
        if found.loss <= point.loss + _ENOUGH * foreseen and found.loss < point.loss:
            return found
        length *= _shorter(found.loss - point.loss, foreseen)
    return None


def _shorter(rise: float, foreseen: float) -> float:
    """Where the parabola with this slope at 0 and this rise at 1 is lowest, within bounds."""
    if not (foreseen < 0 and rise < math.inf):
        return _LEAST
    return max(_LEAST, min(_MOST, foreseen / (2 * (foreseen - rise))))


def _newton(slope: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """The slope times the inverse curvature that the pairs tell: Nocedal and Wright, algorithm 7.4."""
    result = slope.clone()
    steps = []
    for change, bend, *_ in reversed(pairs):
        scale = 1 / (change * bend).sum()
        share = scale * (change * result).sum()
        result -= share * bend
        steps.append((change, bend, scale, share))
    result = straightened(result, pairs)
    for change, bend, scale, share in reversed(steps):
        result += change * (share - scale * (bend * result).sum())
    return result


def _settled(losses: list[float], tolerance: float) -> bool:
    """Whether the last five losses are hardly better than the best before them."""
    if tolerance == 0 or len(losses) <= _PATIENCE:
        return False
    before, now = min(losses[:-_PATIENCE]), min(losses[-_PATIENCE:])
    return before - now < tolerance * abs(before)
