"""Even changes of a picture, apart from motion: of light between two frames, and of paint over many."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.filters import BINOMIAL_5, blur, luma, shrink
from vidstyle.ops.warp import resize_flow, warp
from vidstyle.types import Image, Mask, Motion

_CELL = 8
"""Side of a cell in pixels of the quartered frame: wide enough that strokes and edges average out."""

_TREND_MEMORY = 0.75
"""Share of the past in the running means of a `Trend`: about four frames."""

_CHANCE = 0.7
"""Share of a trend's power that its mean has by chance. Flicker without a memory has (1 - 0.75) / (1 + 0.75) = 0.14 on
average; with 0.5 the flicker of a loop of twelve frames was taken for a trend now and then (seen in its test)."""

_TREND_FLOOR = 1e-6
"""Power below which nothing is a trend: (1/1000 of the range) squared."""


class LightChange(NamedTuple):
    """How luma changed from one frame to the next along the motion, per cell of 32 px, ``(1, h, w)`` each."""

    content: Mask
    painted: Mask


def grays(content: Image, half: Image) -> Tensor:
    """Luma of a frame and of its painting, quartered, ``(2, H / 4, W / 4)``: what `light_change` compares.

    `half` is the painting at half size.

    >>> grays(torch.zeros(3, 8, 8), torch.ones(3, 4, 4)).shape
    torch.Size([2, 2, 2])
    """
    return torch.cat((shrink(luma(content), 4), shrink(luma(half), 2)))


def light_change(current: Tensor, previous: Tensor, motion: Motion) -> LightChange:
    """The even part of ``Y(I_t) - Y(W(I_t-1))`` of the content and of its painting, over trusted pixels.

    `current` and `previous` are the `grays` of this frame and the one before, `motion` is of halved frames. The
    luminance term of Gao et al., *ReCoNet* (2018), eq. 7. Unlike ReCoNet, which takes every pixel's difference, only
    its mean over cells counts: the rest is grain and what motion got wrong.

    >>> still = Motion(torch.zeros(2, 4, 4), torch.ones(1, 4, 4))
    >>> dark, bright = torch.full((3, 8, 8), 0.25), torch.full((3, 8, 8), 0.5)
    >>> half = shrink(dark, 2)
    >>> change = light_change(grays(bright, half), grays(dark, half), still)
    >>> [round(part.mean().item(), 3) for part in change]
    [0.25, 0.0]
    """
    flow = resize_flow(motion.to_previous, (current.shape[-2], current.shape[-1]))
    means = even_part(current - warp(previous, flow), shrink(motion.trust, 2))
    return LightChange(means[:1], means[1:])


def even_part(change: Tensor, trust: Mask) -> Tensor:
    """Means of a quartered picture over cells of 32 px and their neighbors, from trusted pixels; ``(C, h, w)``.

    >>> even_part(torch.ones(3, 16, 16), torch.ones(1, 16, 16)).shape
    torch.Size([3, 2, 2])
    """
    sums = blur(shrink(torch.cat((change * trust, trust)), _CELL), BINOMIAL_5)
    # The constant keeps cells without trusted pixels at no change.
    return sums[:-1] / (sums[-1:] + 1e-3)


class Trend(NamedTuple):
    """Whether what a memory is off by keeps its sign."""

    mean: Image
    """Running mean of the error per cell, ``(3, h, w)``."""
    power: Mask
    """Running mean of its square, summed over the channels, ``(1, h, w)``."""


def lasting_part(off: Image, trend: Trend) -> Image:
    """How much of a frame's error, per cell, is of a change that goes on: none of flicker, nearly all of a fade.

    `trend` is that of the frames so far, this one included. The more its mean stands out of its power, the more of
    it counts; and no more than the error of this frame, so that nothing runs on when the fade has ended.

    >>> off, power = torch.full((3, 1, 1), 0.1), torch.full((1, 1, 1), 0.03)
    >>> [round(lasting_part(off, Trend(off * part, power))[0].item(), 3) for part in (1, 0.2, -1)]
    [0.1, 0.0, 0.0]
    """
    steady = trend.mean.square().sum(0, keepdim=True) / (trend.power + _TREND_FLOOR)
    share = ((steady - _CHANCE) / (1 - _CHANCE)).clamp_(0, 1)
    return share * trend.mean.clamp(off.clamp(max=0), off.clamp(min=0))


def trend_with(trend: Trend | None, off: Image) -> Trend:
    """The trend after one more frame's error, per cell; None before the first.

    >>> trend_with(None, torch.ones(3, 1, 1)).power.item()
    0.75
    """
    square = off.square().sum(0, keepdim=True)
    before = Trend(torch.zeros_like(off), torch.zeros_like(square)) if trend is None else trend
    return Trend(*(now.lerp(past, _TREND_MEMORY) for now, past in zip((off, square), before, strict=True)))
