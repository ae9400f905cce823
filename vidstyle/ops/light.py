"""Changes of light between two frames, apart from motion."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.filters import BINOMIAL_5, blur, luma, shrink
from vidstyle.ops.warp import resize_flow, warp
from vidstyle.types import Image, Mask, Motion

_CELL = 16
"""Side of a cell in pixels of the halved frame: wide enough that strokes and edges average out."""


class LightChange(NamedTuple):
    """How luma changed from one frame to the next along the motion, per cell of 32 px, ``(1, h, w)`` each."""

    content: Mask
    painted: Mask


def grays(content: Image, painted: Image) -> Tensor:
    """Luma of a frame and of its painting, halved, ``(2, H / 2, W / 2)``: what `light_change` compares.

    >>> grays(torch.zeros(3, 4, 4), torch.ones(3, 4, 4)).shape
    torch.Size([2, 2, 2])
    """
    return torch.cat((luma(shrink(content, 2)), luma(shrink(painted, 2))))


def light_change(current: Tensor, previous: Tensor, motion: Motion) -> LightChange:
    """The even part of ``Y(I_t) - Y(W(I_t-1))`` of the content and of its painting, over trusted pixels.

    `current` and `previous` are the `grays` of this frame and the one before. The luminance term of Gao et al.,
    *ReCoNet* (2018), eq. 7. Unlike ReCoNet, which takes every pixel's difference, only its mean over cells counts:
    the rest is grain and what motion got wrong.

    >>> still = Motion(torch.zeros(2, 8, 8), torch.ones(1, 8, 8))
    >>> dark, bright = torch.full((3, 8, 8), 0.25), torch.full((3, 8, 8), 0.5)
    >>> change = light_change(grays(bright, dark), grays(dark, dark), still)
    >>> [round(part.mean().item(), 3) for part in change]
    [0.25, 0.0]
    """
    flow = resize_flow(motion.to_previous, (current.shape[-2], current.shape[-1]))
    trust = shrink(motion.trust, 2)
    change = (current - warp(previous, flow)) * trust
    sums = blur(shrink(torch.cat((change, trust)), _CELL), BINOMIAL_5)
    # The constant keeps cells without trusted pixels at no change.
    means = sums[:2] / (sums[2:] + 1e-3)
    return LightChange(means[:1], means[1:])
