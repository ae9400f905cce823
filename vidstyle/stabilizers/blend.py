"""Stabilizing by a running mean of the painted frames along the motion, sharp and in exact chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, final

import torch
from torch import Tensor

from vidstyle.device import one_thread
from vidstyle.method_options import BlendOptions
from vidstyle.ops.bands import bands
from vidstyle.ops.detail import color_range, share_within, sharpen_to, sharpness
from vidstyle.ops.filters import enlarge, enlarge_rows, shrink
from vidstyle.ops.light import LightChange, Trend, even_part, grays, lasting_part, light_change, trend_with
from vidstyle.ops.relay import Relay
from vidstyle.ops.warp import Canvas, resize_flow, warp
from vidstyle.types import Flow, Image, Mask, Motion, Reach, StyledStep

_FIRST_COUNT = 12.0
"""How many frames a freshly painted pixel counts for: 1 is the plain mean, which washes strokes out before it has
any; more keeps the strokes of the chain's first frame. 16 is a little steadier (0.02 of the per-frame warping error on
schoolgirls and bunny_cut), but shirts and faces of the walkers lag behind (by eye)."""

_GROWTH = 2.0
"""How many times as much a pixel that was painted anew may count at the next frame, up to `_FIRST_COUNT`. At once, as
before, what a passing thing left in the first frames stays for a dozen (the apple of bunny_cut). That adds 1 to 4
percent to the warping error from frame to frame and takes up to 1.5 off that over eight (bunny_cut, bedroom)."""

_LIGHT_MEMORY = 0.9
"""Share of the past in the estimate of how the painting answers to light: about ten frames."""

_LIGHT_FLOOR = 1e-6
"""Mean square change of light below which less and less is passed on: (1/1000 of the range) squared."""

_MOST_LIGHT_GAIN = 1.5
"""Bounds the estimate: a painting that doubles the content's contrast answers by 2, few do by more than 1."""

_LEAST_TRUST = 0.3
"""Trust below which the memory is given up quickly, not only shortened."""

_DEVIATIONS = 2.5
"""How many local standard deviations the memory may stray from the painted frame. Chosen by eye on schoolgirls: 1.8
looks the same and is less steady (measured)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A painted frame, and what every chain needs to know of it."""

    index: int
    painted: Image
    half: Image
    """The painted frame at half size, where all is decided but the picture itself."""
    grays: Tensor
    sharpness: Mask
    """As sharp as the mean shall be."""
    limit: Image
    """How far the memory may stray."""


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """A running mean that started at some frame: what the stabilizer remembers."""

    mean: Canvas
    """So far, as of the latest frame."""
    count: Mask
    """How many frames each pixel's mean weighs, at half size."""
    light: tuple[float, float] = (0.0, 0.0)
    """Running means of content's change times painting's, and of content's change squared."""
    trend: Trend | None = None
    """Whether it lags behind."""


class _Change(NamedTuple):
    """What happened between two frames."""

    to_previous: Flow
    half: Motion
    """Of frames of half the size."""
    light: LightChange


@final
class Blend:
    """The trust-weighted running mean of a shot's painted frames.

    Per frame, with ``n`` the pixel's count, ``W`` the warp along the motion and ``P`` the painted frame::

        prior = W(mean) + gain * light         the content's change of light passes as the painting follows it
        prior = prior + trend * even(P - prior)    and so does a change of paint that goes on, as in a fade of styles
        n     = W(n) * trust                   W(n) twice what it was, up to 12, and at most what `memory` allows
        share = min(n / (n + 1), share_within(prior, P))    nothing trails behind moving edges
        share = (1 - boil) * share             at every frame of the boil's beat
        mean  = share * prior + (1 - share) * P
        n     = 1 / (1 - share)
        mean  = sharpen_to(mean, sharpness(P)) no blur bought for steadiness

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
        previous: _Seen | None = None
        for styled in shot:
            with one_thread():
                seen = self._look(styled)
                chains = self._continued(chains, (seen, previous), styled.step.motion)
                image = self._shown(chains, seen)
            yield image
            previous = seen

    def _look(self, styled: StyledStep) -> _Seen:
        frame, painted = styled.step.frame, styled.image
        half = shrink(painted, 2)
        wanted = sharpness(painted).mul_(self._options.sharpness)
        return _Seen(frame.index, painted, half, grays(frame.image, half), wanted, color_range(half, _DEVIATIONS))

    def _continued(
        self, chains: tuple[_Chain, ...], pair: tuple[_Seen, _Seen | None], motion: Motion | None
    ) -> tuple[_Chain, ...]:
        """The chains as of the first frame of the pair; those that show there."""
        seen, previous = pair
        if previous is not None:
            chains = self._advanced(chains, (seen, previous), motion)
        if previous is None or self._relay.number(seen.index) != self._relay.number(previous.index):
            chains = (*chains[-1:], _fresh(seen))
        return chains[-1:] if self._relay.weight(seen.index) >= 1 else chains

    def _shown(self, chains: tuple[_Chain, ...], seen: _Seen) -> Image:
        if len(chains) == 1:
            return chains[0].mean.image
        old, new = chains
        weight = self._relay.weight(seen.index)
        # Two means have different strokes; half of each would be flat.
        return self._sharp(torch.lerp(old.mean.image, new.mean.image, weight), seen).image

    def _advanced(
        self, chains: tuple[_Chain, ...], pair: tuple[_Seen, _Seen], motion: Motion | None
    ) -> tuple[_Chain, ...]:
        if motion is None:
            return ()
        seen, previous = pair
        half = Motion(resize_flow(motion.to_previous, _size(seen.half)), shrink(motion.trust, 2))
        light = light_change(seen.grays, previous.grays, half)
        return tuple(self._next(chain, seen, _Change(motion.to_previous, half, light)) for chain in chains)

    def _next(self, chain: _Chain, seen: _Seen, change: _Change) -> _Chain:
        light, half = change.light, change.half
        answer = _light_answer(chain.light, light)
        gain = self._options.light * min(_MOST_LIGHT_GAIN, max(0.0, answer[0] / max(answer[1], _LIGHT_FLOOR)))
        prior = warp(chain.mean, change.to_previous, "bicubic")
        shift = light.content * gain
        off = shrink(prior, 2).sub_(seen.half).add_(enlarge(shift, _size(seen.half)))
        even = even_part(shrink(off, 2), shrink(half.trust, 2))
        trend = trend_with(chain.trend, even)
        late = lasting_part(even, trend)
        count = _grown(warp(chain.count, half.to_previous)).clamp_(max=self._most).mul_(_worth(half.trust))
        share = torch.minimum(count / (count + 1), share_within(off.sub_(enlarge(late, _size(off))), seen.limit))
        boil = self._options.boil if seen.index % self._options.boil_every == 0 else 0
        share *= 1 - boil
        mean = _mixed(seen.painted, prior, (shift - late, share))
        # Paint that is new on purpose holds as at a chain's start.
        count = (1 / (1 - share)).clamp_(min=_FIRST_COUNT if boil > 0 else 1)
        return _Chain(self._sharp(mean, seen), count, answer, trend)

    def _sharp(self, image: Image, seen: _Seen) -> Canvas:
        sharp = Canvas.like(image)
        if self._options.sharpness > 0:
            sharpen_to(image, seen.sharpness, out=sharp.image)
        else:
            torch.clamp(image, 0, 1, out=sharp.image)
        return sharp


def _mixed(painted: Image, prior: Image, coarse: tuple[Image, Mask]) -> Image:
    """`prior` plus the first of the coarse maps, as much of it as the second says, and painted frame; in place."""
    height, width = _size(prior)
    shift, share = (enlarge(part, (part.shape[-2], width)) for part in coarse)
    for band in bands(prior):
        mean = prior[:, band.own].add_(enlarge_rows(shift, height, band.own))
        torch.lerp(painted[:, band.own], mean, enlarge_rows(share, height, band.own), out=mean)
    return prior


def _worth(trust: Mask) -> Mask:
    """What trust a count is multiplied by: little trust is none, for a count of fifty outvotes a trust of 0.05."""
    return trust * (trust / _LEAST_TRUST).clamp_(max=1).pow_(3)


def _grown(count: Mask) -> Mask:
    """What a count may be at the next frame: young paint soon counts as much as any."""
    return torch.maximum(count, (count * _GROWTH).clamp_(max=_FIRST_COUNT))


def _fresh(seen: _Seen) -> _Chain:
    return _Chain(Canvas.of(seen.painted), torch.full_like(seen.half[:1], _FIRST_COUNT))


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def _light_answer(before: tuple[float, float], light: LightChange) -> tuple[float, float]:
    """Running means of the products from which the painting's answer to light follows by least squares."""
    products = (light.content * light.painted).mean(), light.content.square().mean()
    return (
        _LIGHT_MEMORY * before[0] + (1 - _LIGHT_MEMORY) * float(products[0]),
        _LIGHT_MEMORY * before[1] + (1 - _LIGHT_MEMORY) * float(products[1]),
    )
