"""The painter: a small arbitrary-style network shaped for the metal.

Two encoders of one form look at the content and at the style; their features meet in adaptive instance
normalization (Huang and Belongie 2017) at three scales, and convolutions of the decoder are scaled and
shifted by a code of the style (after MicroAST, Wang et al. 2023). What counts is time, not FLOPs: the stem
is a pixel-unshuffle, little happens at full resolution, and the wide layers stand at an eighth.

Unlike AdaIN and MicroAST, *all* statistics of the content are taken from the encoder: the decoder is a
local function once they are known. So they can be held over a shot, and frames can be cut into strips
without changing a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.layers import Residual, SubPixel, conv, double
from vidstyle.ops.statistics import Moments, adain, moments

WIDTHS = (32, 64, 128)
"""Channels at 1/2, 1/4 and 1/8 of the picture."""
STRIDE = 8
"""Sides of a picture must be a multiple of this."""
CODE = 2 * sum(WIDTHS)
"""Length of a style code: mean and deviation of every channel of the style encoder."""


class Features(NamedTuple):
    """An encoder's features at 1/2, 1/4 and 1/8 of the picture."""

    half: Tensor
    quarter: Tensor
    eighth: Tensor


class Encoder(nn.Module):
    """A picture's features at three scales."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.stem = conv(12, half)
        self.to_quarter = conv(half, quarter, stride=2)
        self.at_quarter = Residual(quarter)
        self.to_eighth = conv(quarter, eighth, stride=2)
        self.at_eighth = Residual(eighth)

    def forward(self, image: Tensor) -> Features:
        """Features of ``(N, 3, H, W)`` in ``[0, 1]``, H and W multiples of `STRIDE`."""
        half = F.relu(self.stem(F.pixel_unshuffle(image - 0.5, 2)))
        quarter = self.at_quarter(F.relu(self.to_quarter(half)))
        eighth = self.at_eighth(F.relu(self.to_eighth(quarter)))
        return Features(half, quarter, eighth)


class Decoder(nn.Module):
    """Paints from content features, their statistics, and a style code."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.blocks = nn.ModuleList([Residual(eighth), Residual(eighth), Residual(quarter)])
        self.sizes = [4 * eighth, 4 * eighth, 4 * quarter, half]
        self.modulate = nn.Sequential(nn.Linear(CODE, 128), nn.ReLU(), nn.Linear(128, sum(self.sizes)))
        self.to_quarter = conv(eighth, quarter, kernel=1)
        self.to_half = conv(quarter, half)
        self.at_half = Residual(half)
        self.to_full = SubPixel(half, 3)

    def forward(self, features: Features, content: Sequence[Moments], code: Tensor) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]`` but not clamped; `code` is ``(N, CODE)``, `content` one pair a scale."""
        style = split_code(code)
        half, quarter, eighth = (adain(f, c, s) for f, c, s in zip(features, content, style, strict=True))
        first, second, third, gain = self.modulate(code).split(self.sizes, 1)
        x = self.blocks[1](self.blocks[0](eighth, first), second)
        x = self.blocks[2](double(self.to_quarter(x)) + quarter, third)
        x = double(F.relu(self.to_half(x)))
        x = self.at_half(torch.addcmul(x, half, gain.to(half.dtype)[..., None, None]))
        painted: Tensor = self.to_full(F.relu(x)) + 0.5
        return painted


class Painter(nn.Module):
    """The whole network: content encoder, style encoder, decoder."""

    stride = STRIDE

    def __init__(self) -> None:
        super().__init__()
        self.content = Encoder()
        self.style = Encoder()
        self.decoder = Decoder()

    def encode_style(self, image: Tensor) -> Tensor:
        """The code ``(N, CODE)`` of style pictures ``(N, 3, H, W)``; codes may be averaged."""
        return join_code([moments(f) for f in self.style(image)])

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        """`content` painted by `code`, with its own statistics."""
        features = self.content(content)
        painted: Tensor = self.decoder(features, [moments(f) for f in features], code)
        return painted


def join_code(parts: Sequence[Moments]) -> Tensor:
    """Moments of every scale as one vector a picture."""
    return torch.cat([torch.cat(m, 1) for m in parts], 1)


def split_code(code: Tensor, widths: Sequence[int] = WIDTHS) -> list[Moments]:
    """The moments of every scale from a code, `widths` its channels; the inverse of `join_code`."""
    parts = code.split_with_sizes([2 * width for width in widths], 1)
    return [Moments(*part.chunk(2, 1)) for part in parts]
