"""Painting by patches: every place takes on the features of the style's patch that is most like it.

Where `gatys` asks for the style's statistics over the whole picture, this asks for its very strokes, leaves and eyes
wherever the content is like them: a Markov random field of patches, after Li and Wand (2016), *Combining Markov
random fields and convolutional neural networks for image synthesis*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, product
from typing import final

from vidstyle.device import Compute
from vidstyle.method_options import MrfOptions
from vidstyle.ops.color import color_moments, match_colors, mixed_moments
from vidstyle.ops.minimize import lbfgs
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import resize
from vidstyle.ops.turning import turn
from vidstyle.stylizers.chains import NEARLY_RIGHT, Past, lead, paint_chains
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.stylizers.objective import Prior
from vidstyle.stylizers.patch_objective import Model, PatchPerception, Weights
from vidstyle.stylizers.scales import Scale, coarse_to_fine, noise_like, scales_of
from vidstyle.types import Frame, Image, Reach, Step, Style

COARSEST = 96
"""Least longest side that is solved at: Li and Wand's code has three scales for 384 pixels."""

REMATCH = 10
"""Steps between two searches for the best patches. Unlike Li and Wand, who search at every step; chosen for time."""

TURN = 7.5
"""Degrees from one turned version of a style picture to the next: Li and Wand's code."""

GROWTH = 1.05
"""Factor from one scaled version to the next: Li and Wand's code."""


@final
class Mrf:
    """Paints by minimizing the loss of `PatchPerception.objective` over the pixels, matching patches on the way."""

    def __init__(self, options: MrfOptions, style: Style, compute: Compute) -> None:
        check_finite(style, "mrf cannot paint after it")
        self._options = options
        self._style = style
        self._seed = compute.seed
        self._relay = Relay(options.interval, options.fade)
        self._perception = PatchPerception(load_encoder(compute, pooling="average"), compute)
        self._colors = mixed_moments([color_moments(picture) for picture in style.images], style.weights)
        self._weights = Weights(
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
        steps = iter(shot)
        for first in steps:
            yield from self._painted(chain((first,), steps), first.frame)

    def _painted(self, shot: Iterable[Step], first: Frame) -> Iterator[Image]:
        if self._options.strength == 0:
            return (finite_image(step.frame, "mrf cannot paint it").clone() for step in shot)
        scales = scales_of(first, coarsest=COARSEST, model_at=self._model)
        solve = partial(self._solve, scales=scales)
        if self._options.start != "previous":
            return (solve(step.frame) for step in shot)
        follow = partial(self._follow, model=scales[-1].model)
        return paint_chains(shot, self._relay, solve=solve, follow=follow, memory=self._options.memory)

    def _model(self, factor: float) -> Model:
        """The style pictures scaled by `factor`, each in all its versions."""
        pictures = [[self._version(image, factor, kind) for kind in self._kinds()] for image in self._style.images]
        return self._perception.model(pictures, self._style.weights)

    def _kinds(self) -> list[tuple[int, int]]:
        """Steps of growth and of turning, the picture as it is first."""
        growths, turns = (range(-most, most + 1) for most in (self._options.scales, self._options.rotations))
        return sorted(product(growths, turns), key=lambda kind: kind != (0, 0))

    def _version(self, image: Image, factor: float, kind: tuple[int, int]) -> Image:
        size = [max(1, round(side * factor * GROWTH ** kind[0])) for side in image.shape[1:]]
        return turn(resize(image, size), TURN * kind[1])

    def _solve(self, frame: Frame, *, scales: Sequence[Scale[Model]]) -> Image:
        """A frame by itself, coarse to fine."""
        content = self._recolored(finite_image(frame, "mrf cannot paint it"))

        def paint(start: Image, shown: Image, scale: Scale[Model]) -> Image:
            return self._paint(start, shown, scale.model, steps=self._options.iterations)

        return coarse_to_fine(content, scales, first=partial(self._first, frame), paint=paint)

    def _recolored(self, content: Image) -> Image:
        """The content in the style's colors, as far as `strength` says: then more of the style's patches fit."""
        own, strength = color_moments(content), self._options.strength
        return match_colors(content, own, mixed_moments((own, self._colors), (1 - strength, strength)))

    def _first(self, frame: Frame, shown: Image) -> Image:
        """What a frame that is solved by itself starts from, at the coarsest scale."""
        return noise_like(shown, self._seed + frame.index) if self._options.start == "noise" else shown

    def _follow(self, pasts: Sequence[Past], frame: Frame, *, model: Model, effort: float) -> Image:
        """The next frame of a chain."""
        begun = lead(pasts, finite_image(frame, "mrf cannot paint it"))
        steps = math.ceil(effort * self._options.follow)
        # The content in the painting's colors, as the chain's first frame was.
        return self._paint(begun.start, begun.fresh, model, steps=steps, prior=Prior(begun.moved, begun.trust))

    def _paint(self, start: Image, shown: Image, model: Model, *, steps: int, prior: Prior | None = None) -> Image:
        """Match, move the pixels for some steps, match again."""
        strength, boldness = self._options.strength, 1.0 if prior is None else NEARLY_RIGHT
        own = self._perception.wanted(shown, model, strength)
        painted = start.clamp(0, 1)
        for done in range(0, steps, REMATCH):
            wanted = self._perception.matched(painted, model, own, strength=strength)
            loss = self._perception.objective(wanted, self._weights, prior=prior)
            painted = lbfgs(loss, painted, steps=min(REMATCH, steps - done), boldness=boldness)
        return painted
