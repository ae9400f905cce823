"""Painting by optimization: the pixels themselves are moved until a network sees the content in the style.

Slow, and by people's votes the most beautiful. The first frame is solved coarse to fine; every other starts from
the painted frame before it, moved along, and from earlier ones where that one is no help. It needs few steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import final

from vidstyle.device import Compute
from vidstyle.method_options import GatysOptions
from vidstyle.ops.minimize import Loss, adam, lbfgs
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import resize
from vidstyle.stylizers.areas import Areas, Looks
from vidstyle.stylizers.chains import NEARLY_RIGHT, Past, lead, paint_chains
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.stylizers.objective import Balance, Perception, Prior
from vidstyle.stylizers.scales import Scale, coarse_to_fine, noise_like, scales_of
from vidstyle.types import Frame, Image, Reach, Step, Style

COARSEST = 128
"""Least longest side that is solved at: crowsonkb/style-transfer-pytorch."""

COARSE_STEPS = 0.5
"""Share of the steps that a coarser scale takes. 42 evaluations' time at 256 px, that at 128 px counted in, ends at a
loss of 0.497 after 12 steps of 128 px and at 0.475 after 25; 40 and 80 of them bring the finer one no nearer."""

OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam}


def balance_of(options: GatysOptions) -> Balance:
    """The weights of the loss that options ask for."""
    return Balance(
        content_layer=options.content_layer,
        style_loss=options.style_loss,
        style=10**options.unrealness,
        # As the style does, so that strength 0 has nothing to change.
        smoothness=options.smoothness * options.strength,
        steadiness=options.steadiness,
    )


@final
class Gatys:
    """Paints by minimizing the loss of `Perception.objective` over the pixels."""

    def __init__(self, options: GatysOptions, style: Style, compute: Compute) -> None:
        check_finite(style, "gatys cannot paint after it")
        self._options = options
        self._style = style
        self._seed = compute.seed
        self._relay = Relay(options.interval, options.fade)
        self._perception = Perception(load_encoder(compute, pooling=options.pooling), compute)
        self._areas = Areas(self._perception, style)
        self._balance = balance_of(options)

    @property
    def reach(self) -> Reach:
        """The length of a chain, where frames follow one another."""
        return self._relay.reach if self._options.start == "previous" else Reach()

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, in ``[0, 1]``; `InputError` for a frame with values that are no numbers."""
        steps = iter(shot)
        for first in steps:
            yield from self._painted(chain((first,), steps), first.frame)

    def _painted(self, shot: Iterable[Step], first: Frame) -> Iterator[Image]:
        if self._options.strength == 0:
            return (finite_image(step.frame, "gatys cannot paint it").clone() for step in shot)
        scales = scales_of(first, coarsest=COARSEST, model_at=self._areas.looks)
        solve = partial(self._solve, scales=scales)
        if self._options.start != "previous":
            return (solve(step.frame) for step in shot)
        follow = partial(self._follow, looks=scales[-1].model)
        return paint_chains(shot, self._relay, solve=solve, follow=follow, memory=self._options.memory)

    def _solve(self, frame: Frame, *, scales: Sequence[Scale[Looks]]) -> Image:
        """A frame by itself, coarse to fine."""
        content = finite_image(frame, "gatys cannot paint it")
        if self._style.strength_at(frame) == 0:
            return content.clone()

        def paint(start: Image, shown: Image, scale: Scale[Looks]) -> Image:
            share = 1 if scale is scales[-1] else COARSE_STEPS
            steps = math.ceil(share * self._options.iterations)
            return self._minimized(self._loss(frame, shown, scale.model), start, steps=steps)

        return coarse_to_fine(content, scales, first=partial(self._first, frame), paint=paint)

    def _loss(self, frame: Frame, content: Image, looks: Looks, *, prior: Prior | None = None) -> Loss:
        """Of a frame, whose content is shown in the size of the looks."""
        areas = self._areas.of_frame(frame, content, looks, strength=self._options.strength)
        smoothness = self._balance.smoothness * self._style.strength_at(frame)
        return self._perception.objective(content, areas, replace(self._balance, smoothness=smoothness), prior=prior)

    def _minimized(self, loss: Loss, start: Image, *, steps: int, boldness: float = 1.0) -> Image:
        minimize = OPTIMIZERS[self._options.optimizer]
        return minimize(loss, start, steps=steps, tolerance=self._options.tolerance, boldness=boldness)

    def _first(self, frame: Frame, shown: Image) -> Image:
        """What a frame that is solved by itself starts from, at the coarsest scale."""
        if self._options.start == "style":
            weights = self._style.weights_at(frame)
            picture = next(image for image, weight in zip(self._style.images, weights, strict=True) if weight)
            return resize(picture, shown.shape[1:])
        if self._options.start == "noise":
            return noise_like(shown, self._seed + frame.index)
        return shown

    def _follow(self, pasts: Sequence[Past], frame: Frame, *, looks: Looks, effort: float) -> Image:
        """The next frame of a chain."""
        content = finite_image(frame, "gatys cannot paint it")
        if self._style.strength_at(frame) == 0:
            return content.clone()
        begun = lead(pasts, content)
        loss = self._loss(frame, content, looks, prior=Prior(begun.moved, begun.trust))
        return self._minimized(loss, begun.start, steps=math.ceil(effort * self._options.follow), boldness=NEARLY_RIGHT)
