"""Painting by patches: every place takes on the features of the style's patch that is most like it.

Where `gatys` asks for the style's statistics over the whole picture, this asks for its very strokes, leaves and eyes
wherever the content is like them: a Markov random field of patches, after Li and Wand (2016), *Combining Markov
random fields and convolutional neural networks for image synthesis*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, product
from typing import NamedTuple, final

import torch

from vidstyle.device import Compute
from vidstyle.method_options import MrfOptions
from vidstyle.ops.color import ColorMoments, color_moments, match_colors
from vidstyle.ops.minimize import lbfgs
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.ops.turning import turn
from vidstyle.stylizers.chains import carried, paint_chains, start_between
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.stylizers.objective import Prior
from vidstyle.stylizers.patch_objective import Model, PatchPerception, Weights
from vidstyle.types import Frame, Image, Motion, Reach, Step, Style

COARSEST = 96
"""Least longest side that is solved at: Li and Wand's code has three scales for 384 pixels."""

FINER = 2
"""Factor between two scales: Li and Wand's code."""

REMATCH = 10
"""Steps between two searches for the best patches. Unlike Li and Wand, who search at every step; chosen for time."""

TURN = 7.5
"""Degrees from one turned version of a style picture to the next: Li and Wand's code."""

GROWTH = 1.05
"""Factor from one scaled version to the next: Li and Wand's code."""

NEARLY_RIGHT = 0.1
"""Boldness for a frame that starts from the one before, as in `gatys`."""


class _Scale(NamedTuple):
    """A size at which a frame is solved, and the style at that size."""

    size: tuple[int, int]
    model: Model


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
        self._colors = _mixed_colors([color_moments(picture) for picture in style.images], style.weights)
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
            yield from self._paint_all(chain((first,), steps), self._scales(first.frame))

    def _paint_all(self, shot: Iterable[Step], scales: list[_Scale]) -> Iterator[Image]:
        solve = partial(self._solve, scales=scales)
        if self._options.strength == 0:
            return (finite_image(step.frame, "mrf cannot paint it").clone() for step in shot)
        if self._options.start != "previous":
            return (solve(step.frame) for step in shot)
        return paint_chains(shot, self._relay, solve=solve, follow=partial(self._follow, model=scales[-1].model))

    def _scales(self, frame: Frame) -> list[_Scale]:
        """From the coarsest to the frame's own size; none where nothing will be painted."""
        if self._options.strength == 0:
            return []
        height, width = frame.image.shape[1:]
        longest = max(height, width)
        sides = [longest]
        while sides[0] >= FINER * COARSEST:
            sides.insert(0, round(sides[0] / FINER))
        return [_Scale(fit_longest(height, width, side), self._model(side / longest)) for side in sides]

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

    def _solve(self, frame: Frame, *, scales: list[_Scale]) -> Image:
        """A frame by itself, coarse to fine."""
        content = self._recolored(finite_image(frame, "mrf cannot paint it"))
        shown = resize(content, scales[0].size)
        painted = self._first(frame, shown)
        for scale in scales:
            # What the paint has changed is carried on, so that a change of nothing leaves the content sharp.
            change = resize(painted - shown, scale.size)
            shown = resize(content, scale.size)
            painted = self._paint(shown + change, shown, scale.model)
        return painted

    def _recolored(self, content: Image) -> Image:
        """The content in the style's colors, as far as `strength` says: then more of the style's patches fit."""
        own, strength = color_moments(content), self._options.strength
        return match_colors(content, own, _mixed_colors((own, self._colors), (1 - strength, strength)))

    def _first(self, frame: Frame, shown: Image) -> Image:
        """What a frame that is solved by itself starts from, at the coarsest scale."""
        if self._options.start != "noise":
            return shown
        generator = torch.Generator().manual_seed(self._seed + frame.index)
        return torch.rand(shown.shape, generator=generator).to(shown)

    def _paint(self, start: Image, shown: Image, model: Model, *, prior: Prior | None = None) -> Image:
        """Match, move the pixels for some steps, match again."""
        strength = self._options.strength
        steps, boldness = (self._options.iterations, 1.0) if prior is None else (self._options.follow, NEARLY_RIGHT)
        own = self._perception.wanted(shown, model, strength)
        painted = start.clamp(0, 1)
        for done in range(0, steps, REMATCH):
            wanted = self._perception.matched(painted, model, own, strength=strength)
            loss = self._perception.objective(wanted, self._weights, prior=prior)
            painted = lbfgs(loss, painted, steps=min(REMATCH, steps - done), boldness=boldness)
        return painted

    def _follow(self, painted: Image, frame: Frame, motion: Motion, *, model: Model) -> Image:
        """The next frame of a chain: from the painted one moved along; from the content where that is not known."""
        content = finite_image(frame, "mrf cannot paint it")
        moved = carried(painted, motion)
        # In the painting's colors, as the chain's first frame was.
        fresh = match_colors(content, color_moments(content), color_moments(moved))
        start = start_between(fresh, moved, motion.trust)
        return self._paint(start, fresh, model, prior=Prior(moved, motion.trust))


def _mixed_colors(moments: Sequence[ColorMoments], weights: Sequence[float]) -> ColorMoments:
    """The moments of a picture that is made of these in these shares."""
    parts = zip(*moments, strict=True)
    return ColorMoments(
        *(torch.stack([w * part for w, part in zip(weights, kind, strict=True)]).sum(0) for kind in parts)
    )
