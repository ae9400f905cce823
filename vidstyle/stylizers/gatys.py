"""Painting by optimization: the pixels themselves are moved until a network sees the content in the style.

Slow, and by people's votes the most beautiful. The first frame is solved coarse to fine; every other starts from
the painted frame before it, moved along, and needs few steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import NamedTuple, final

import torch

from vidstyle.device import Compute
from vidstyle.method_options import GatysOptions
from vidstyle.ops.color import color_moments, match_colors
from vidstyle.ops.detail import restore_detail
from vidstyle.ops.metrics import mean_gradient
from vidstyle.ops.minimize import adam, lbfgs
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.ops.warp import warp
from vidstyle.stylizers.areas import Areas, Looks
from vidstyle.stylizers.chains import paint_chains
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.stylizers.objective import Balance, Perception, Prior
from vidstyle.types import Frame, Image, Motion, Reach, Step, Style

COARSEST = 128
"""Least longest side that is solved at: crowsonkb/style-transfer-pytorch."""

FINER = 2
"""Factor between two scales."""

COARSE_STEPS = 0.5
"""Share of the steps that a coarser scale takes: more of them do not bring the next one nearer, whose fine strokes are
still to come (256 px begin at a loss of 1.36 after 30 steps of 128 px, at 1.39 after 70)."""

OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam}

NEARLY_RIGHT = 0.1
"""Boldness for a frame that starts from the one before: a bolder first step is taken back (measured on two clips)."""

FIRM = 0.5
"""Trust from which a frame starts from the moved one alone. It is below 1 on a quarter of a sound clip's pixels, and
a mean of two paintings has flat strokes: 4 percent of the detail was lost at every frame (measured on bedroom)."""

REST = 6.0
"""Detail to give back beyond what `restore_detail` sees, per share of the gradients that it leaves out. 2.3 makes up
for the move itself, 1 to 2 percent a frame; the rest is for what comes into view and is still flat."""

MOST_REST = 0.1
"""Bound of that, so that no frame is sharpened with a jolt."""


class _Scale(NamedTuple):
    """A size at which a frame is solved, and the style at that size."""

    size: tuple[int, int]
    looks: Looks


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
        self._optimizer = OPTIMIZERS[options.optimizer]
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
        scales = self._scales(first)
        solve = partial(self._solve, scales=scales)
        if self._options.start != "previous":
            return (solve(step.frame) for step in shot)
        return paint_chains(shot, self._relay, solve=solve, follow=partial(self._follow, looks=scales[-1].looks))

    def _scales(self, frame: Frame) -> list[_Scale]:
        """From the coarsest to the frame's own size."""
        height, width = frame.image.shape[1:]
        longest = max(height, width)
        sides = [longest]
        while sides[0] >= FINER * COARSEST:
            sides.insert(0, round(sides[0] / FINER))
        return [_Scale(fit_longest(height, width, side), self._areas.looks(side / longest)) for side in sides]

    def _solve(self, frame: Frame, *, scales: list[_Scale]) -> Image:
        """A frame by itself, coarse to fine."""
        content = finite_image(frame, "gatys cannot paint it")
        if self._style.strength_at(frame) == 0:
            return content.clone()
        shown = resize(content, scales[0].size)
        painted = self._first(frame, shown)
        for scale in scales:
            # What the paint has changed is carried on, so that a change of nothing leaves the content sharp.
            change = resize(painted - shown, scale.size)
            shown = resize(content, scale.size)
            areas = self._areas.of_frame(frame, shown, scale.looks, strength=self._options.strength)
            loss = self._perception.objective(shown, areas, self._balance_at(frame))
            share = 1 if scale is scales[-1] else COARSE_STEPS
            steps = math.ceil(share * self._options.iterations)
            painted = self._optimizer(loss, shown + change, steps=steps, tolerance=self._options.tolerance)
        return painted

    def _balance_at(self, frame: Frame) -> Balance:
        return replace(self._balance, smoothness=self._balance.smoothness * self._style.strength_at(frame))

    def _first(self, frame: Frame, shown: Image) -> Image:
        """What a frame that is solved by itself starts from, at the coarsest scale."""
        if self._options.start == "style":
            weights = self._style.weights_at(frame)
            picture = next(image for image, weight in zip(self._style.images, weights, strict=True) if weight)
            return resize(picture, shown.shape[1:])
        if self._options.start == "noise":
            generator = torch.Generator().manual_seed(self._seed + frame.index)
            return torch.rand(shown.shape, generator=generator).to(shown)
        return shown

    def _follow(self, painted: Image, frame: Frame, motion: Motion, *, looks: Looks) -> Image:
        """The next frame of a chain: from the painted one moved along; from the content where that is not known."""
        content = finite_image(frame, "gatys cannot paint it")
        if self._style.strength_at(frame) == 0:
            return content.clone()
        moved = _moved(painted, motion)
        # In the painting's colors, what comes into view is nearly right before the first step.
        fresh = match_colors(content, color_moments(content), color_moments(moved))
        start = fresh.lerp(moved, (motion.trust / FIRM).clamp(max=1))
        areas = self._areas.of_frame(frame, content, looks, strength=self._options.strength)
        prior = Prior(moved, motion.trust)
        loss = self._perception.objective(content, areas, self._balance_at(frame), prior=prior)
        return self._optimizer(
            loss, start, steps=self._options.follow, tolerance=self._options.tolerance, boldness=NEARLY_RIGHT
        )


def _moved(painted: Image, motion: Motion) -> Image:
    """The painted frame before this one, moved along: sampled between pixels again and again, strokes would fade."""
    whole = warp(painted, motion.to_previous.round())
    between = warp(painted, motion.to_previous, "sharp")
    wanted = mean_gradient(whole)
    lost = 1 - mean_gradient(restore_detail(between, whole, 1.0)) / wanted if wanted else 0.0
    return restore_detail(between, whole, 1 + min(MOST_REST, REST * max(lost, 0.0))).clamp_(0, 1)
