"""Painting by optimization: the pixels themselves are moved until a network sees the content in the style.

Slow, and by people's votes the most beautiful. The first frame is solved coarse to fine; every other starts from
the painted frame before it, moved along, and needs few steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import torch

from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.method_options import GatysOptions
from vidstyle.ops.color import color_moments, match_colors
from vidstyle.ops.detail import restore_detail
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.minimize import adam, lbfgs
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.ops.second_moments import mixed
from vidstyle.ops.warp import warp
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.objective import Balance, Look, Perception, Prior
from vidstyle.types import Frame, Image, Motion, Reach, Step, Style

COARSEST = 128
"""Least longest side that is solved at: crowsonkb/style-transfer-pytorch."""

FINER = 2
"""Factor between two scales."""

OPTIMIZERS = {"lbfgs": lbfgs, "adam": adam}


NEARLY_RIGHT = 0.1
"""Boldness for a frame that starts from the one before: a bolder first step is taken back (measured on two clips)."""


class _Scale(NamedTuple):
    """A size at which a frame is solved, and the style at that size."""

    size: tuple[int, int]
    look: Look


@final
class Gatys:
    """Paints by minimizing the loss of `Perception.objective` over the pixels."""

    def __init__(self, options: GatysOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._style = style
        self._seed = compute.seed
        self._optimizer = OPTIMIZERS[options.optimizer]
        self._relay = Relay(options.interval, options.fade)
        self._perception = Perception(load_encoder(compute, pooling=options.pooling), compute)
        self._balance = Balance(
            content_layer=options.content_layer,
            style_loss=options.style_loss,
            style=10**options.unrealness,
            # As the style does, so that strength 0 has nothing to change.
            smoothness=options.smoothness * options.strength,
            steadiness=options.steadiness,
        )

    @property
    def reach(self) -> Reach:
        """The length of a chain, where frames follow one another."""
        return self._relay.reach if self._options.start == "previous" else Reach()

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, in ``[0, 1]``; `InputError` for a frame with values that are no numbers."""
        scales: list[_Scale] = []
        chains: tuple[Image, ...] = ()
        before: int | None = None
        for step in shot:
            if self._options.strength == 0:
                yield _sound(step.frame).clone()
                continue
            scales = scales or self._scales(step.frame)
            index = step.frame.index
            chains = self._followed(chains, step, scales[-1])
            if not chains or self._relay.number(index) != before:
                chains = (*chains[-1:], self._solve(step.frame, scales))
            weight = self._relay.weight(index)
            # A copy: the taker may change it.
            yield dissolve(chains[0], chains[-1], weight if len(chains) > 1 else 1.0)
            if self._options.start != "previous":
                chains = ()
            elif weight >= 1:
                chains = chains[-1:]
            before = self._relay.number(index)

    def _scales(self, frame: Frame) -> list[_Scale]:
        """From the coarsest to the frame's own size."""
        height, width = frame.image.shape[1:]
        longest = max(height, width)
        sides = [longest]
        while sides[0] >= FINER * COARSEST:
            sides.insert(0, round(sides[0] / FINER))
        return [_Scale(fit_longest(height, width, side), self._look(side / longest)) for side in sides]

    def _look(self, factor: float) -> Look:
        """The mixed style of the style pictures, scaled by `factor`."""
        looks = []
        for image in self._style.images:
            size = [max(1, round(side * factor)) for side in image.shape[1:]]
            looks.append(self._perception.look(resize(image, size)))
        return {layer: mixed([look[layer] for look in looks], self._style.weights) for layer in looks[0]}

    def _wanted(self, content: Image, look: Look) -> Look:
        """The style to reach: on the way from the content's own to `look`, as far as `strength` says."""
        strength = self._options.strength
        if strength == 1:
            return look
        own = self._perception.look(content)
        return {layer: mixed((own[layer], look[layer]), (1 - strength, strength)) for layer in look}

    def _solve(self, frame: Frame, scales: list[_Scale]) -> Image:
        """A frame by itself, coarse to fine."""
        content = _sound(frame)
        shown = resize(content, scales[0].size)
        painted = self._first(frame, shown, scales[0])
        for scale in scales:
            # What the paint has changed is carried on, so that a change of nothing leaves the content sharp.
            change = resize(painted - shown, scale.size)
            shown = resize(content, scale.size)
            loss = self._perception.objective(shown, self._wanted(shown, scale.look), self._balance)
            painted = self._optimizer(
                loss, shown + change, steps=self._options.iterations, tolerance=self._options.tolerance
            )
        return painted

    def _first(self, frame: Frame, shown: Image, scale: _Scale) -> Image:
        """What a frame that is solved by itself starts from, at the coarsest scale."""
        if self._options.start == "style":
            return resize(self._style.images[0], scale.size)
        if self._options.start == "noise":
            generator = torch.Generator().manual_seed(self._seed + frame.index)
            return torch.rand(shown.shape, generator=generator).to(shown)
        return shown

    def _followed(self, chains: tuple[Image, ...], step: Step, scale: _Scale) -> tuple[Image, ...]:
        motion = step.motion
        if motion is None:
            return ()
        return tuple(self._follow(painted, step.frame, (motion, scale.look)) for painted in chains)

    def _follow(self, painted: Image, frame: Frame, how: tuple[Motion, Look]) -> Image:
        """The next frame of a chain: from the painted one moved along; from the content where that is not known."""
        motion, look = how
        content = _sound(frame)
        # Sampled between pixels again and again, strokes would fade; they stay as strong as whole pixels would be.
        whole = warp(painted, motion.to_previous.round())
        moved = restore_detail(warp(painted, motion.to_previous, "sharp"), whole, 1.0).clamp_(0, 1)
        # In the painting's colors, what comes into view is nearly right before the first step.
        fresh = match_colors(content, color_moments(content), color_moments(moved))
        prior = Prior(moved, motion.trust)
        loss = self._perception.objective(content, self._wanted(content, look), self._balance, prior=prior)
        start = fresh.lerp(moved, motion.trust)
        return self._optimizer(
            loss, start, steps=self._options.follow, tolerance=self._options.tolerance, boldness=NEARLY_RIGHT
        )


def _sound(frame: Frame) -> Image:
    if not frame.image.isfinite().all():
        raise InputError(f"frame index {frame.index}: has values that are no numbers; gatys cannot paint it")
    return frame.image
