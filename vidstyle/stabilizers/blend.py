"""Stabilizing by a running mean of the painted frames along the motion, sharp and in exact chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import torch

from vidstyle.method_options import BlendOptions
from vidstyle.ops.detail import clip_to_neighborhood, restore_detail
from vidstyle.ops.filters import enlarge
from vidstyle.ops.light import LightChange, light_change
from vidstyle.ops.relay import Relay
from vidstyle.ops.warp import warp
from vidstyle.types import Image, Mask, Motion, Reach, StyledStep

_FIRST_COUNT = 8.0
"""How many frames a freshly painted pixel counts for: 1 is the plain mean, which washes strokes out before it has
any; more keeps the strokes of the chain's first frame. By eye on schoolgirls: 16 leaves ghosts."""

_LIGHT_MEMORY = 0.9
"""Share of the past in the estimate of how the painting answers to light: about ten frames."""

_LIGHT_FLOOR = 1e-6
"""Mean square change of light below which none is passed on: (1/1000 of the range) squared."""

_MOST_LIGHT_GAIN = 1.5
"""Bounds the estimate: a painting that doubles the content's contrast answers by 2, few do by more than 1."""


_LEAST_TRUST = 0.3
"""Trust below which the memory is given up quickly, not only shortened."""

_DEVIATIONS = 2.5
"""How many local standard deviations the memory may stray from the painted frame. Chosen by eye on schoolgirls:
at 3 the walkers' faces leave ghosts; at 2 strokes of car-detection pale by 6 percent (measured)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """A running mean that started at some frame: what the stabilizer remembers."""

    image: Image
    """The mean so far, as of the latest frame."""
    count: Mask
    """How many frames each pixel's mean weighs."""
    light: tuple[float, float] = (0.0, 0.0)
    """Running means of content's change times painting's, and of content's change squared."""


@final
class Blend:
    """The trust-weighted running mean of a shot's painted frames.

    Per frame, with ``n`` the pixel's count, ``W`` the warp along the motion and ``P`` the painted frame::

        prior = W(mean) + gain * light         the content's change of light passes as the painting follows it
        prior = clip_to_neighborhood(prior, P) nothing trails behind moving edges
        n     = W(n) * trust                   W(n) between 8 and what `memory` allows
        mean  = (n * prior + P) / (n + 1)
        n     = n + 1
        mean  = restore_detail(mean, P)        no blur bought for steadiness

    Chains of such means start and fade as `Relay` says, so a frame depends on no more than
    ``interval + fade - 1`` frames before it, wherever the run began.
    """

    def __init__(self, options: BlendOptions, device: torch.device) -> None:
        self._options = options
        self._relay = Relay(options.interval, options.fade)
        self._most = options.memory / (1 - options.memory)

    @property
    def reach(self) -> Reach:
        """From the last frame of an interval back to where its chain started."""
        return self._relay.reach

    def stabilize(self, shot: Iterable[StyledStep]) -> Iterator[Image]:
        """One steadied image per step, in ``[0, 1]``; the first is as it was painted."""
        chains: tuple[_Chain, ...] = ()
        previous: StyledStep | None = None
        for styled in shot:
            if previous is not None and styled.step.motion is not None:
                chains = self._advanced(chains, styled, previous)
            index = styled.step.frame.index
            if previous is None or self._relay.number(index) != self._relay.number(previous.step.frame.index):
                chains = (*chains[-1:], _fresh(styled.image))
            weight = self._relay.weight(index)
            if weight >= 1:
                chains = chains[-1:]
            yield self._shown(chains, weight, styled.image)
            previous = styled

    def _shown(self, chains: tuple[_Chain, ...], weight: float, painted: Image) -> Image:
        if len(chains) == 1:
            return chains[0].image
        old, new = chains
        # Two means have different strokes; half of each would be flat.
        mixed = torch.lerp(old.image, new.image, weight)
        return restore_detail(mixed, painted, self._options.sharpness).clamp_(0, 1)

    def _advanced(self, chains: tuple[_Chain, ...], styled: StyledStep, previous: StyledStep) -> tuple[_Chain, ...]:
        motion = styled.step.motion
        if motion is None:
            return ()
        content = (styled.step.frame.image, previous.step.frame.image)
        light = light_change(content, (styled.image, previous.image), motion)
        return tuple(self._next(chain, styled.image, (motion, light)) for chain in chains)

    def _next(self, chain: _Chain, painted: Image, change: tuple[Motion, LightChange]) -> _Chain:
        motion, light = change
        answer = _light_answer(chain.light, light)
        gain = self._options.light * min(_MOST_LIGHT_GAIN, max(0.0, answer[0] / (answer[1] + _LIGHT_FLOOR)))
        moved = warp(torch.cat((chain.image, chain.count)), motion.to_previous, "sharp")
        prior = moved[:3] + enlarge(light.content * gain, (painted.shape[-2], painted.shape[-1]))
        prior = clip_to_neighborhood(prior, painted, _DEVIATIONS)
        count = moved[3:].clamp(min(_FIRST_COUNT, self._most), self._most)
        count = count * _worth(motion.trust)
        mean = torch.lerp(painted, prior, count / (count + 1))
        mean = restore_detail(mean, painted, self._options.sharpness).clamp_(0, 1)
        return _Chain(mean, count + 1, answer)


def _worth(trust: Mask) -> Mask:
    """What trust a count is multiplied by: little trust is none, for a count of fifty outvotes a trust of 0.05."""
    return trust * (trust / _LEAST_TRUST).clamp(max=1).square()


def _fresh(image: Image) -> _Chain:
    return _Chain(image, torch.full_like(image[:1], _FIRST_COUNT))


def _light_answer(before: tuple[float, float], light: LightChange) -> tuple[float, float]:
    """Running means of the products from which the painting's answer to light follows by least squares."""
    products = (light.content * light.painted).mean(), light.content.square().mean()
    return (
        _LIGHT_MEMORY * before[0] + (1 - _LIGHT_MEMORY) * float(products[0]),
        _LIGHT_MEMORY * before[1] + (1 - _LIGHT_MEMORY) * float(products[1]),
    )
