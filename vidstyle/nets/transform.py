"""The transform net: one small network for one style, shaped for the metal.

Feed-forward stylization by a network per style (Johnson et al. 2016) with instance normalization (Ulyanov et al.
2017). Unlike theirs, only features of the encoder are normalized, at three scales, so the decoder is a local function
once their moments are known: they can be held over a shot, and frames do not pump (docs/decisions/0001). And unlike
theirs nothing wide stands at full resolution: the stem is a pixel-unshuffle by 4, most of the work is done at an
eighth, the grid grows by linear interpolation, and only the last layer shuffles pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.layers import HeldNorm, Residual, SubPixel, conv, double
from vidstyle.ops.statistics import Moments, moments

WIDTHS = (16, 32, 40)
"""Channels at 1/2, 1/4 and 1/8 of the picture: 0.11 M parameters, so that three networks weigh less than a megabyte."""
BLOCKS = 2
"""Residual blocks at an eighth: with them a pixel sees about 60 pixels to every side."""

LEAST_DEVIATION = 0.03
"""Added to every deviation: unlike Ulyanov's norm, the grain of an almost empty frame is not blown up to strokes.
A sixth, a ninth and a twentieth of what a trained encoder has at its three scales (measured on photos)."""
STRIDE = 8
"""Sides of a picture must be a multiple of this."""


class Features(NamedTuple):
    """The encoder's features at 1/2, 1/4 and 1/8 of the picture."""

    half: Tensor
    quarter: Tensor
    eighth: Tensor


class FastNet(nn.Module):
    """Paints pictures in the one style that it was trained for."""

    stride = STRIDE

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.edges = conv(12, half)
        self.stem = conv(48, quarter)
        self.to_eighth = conv(quarter, eighth, stride=2)
        self.norms = nn.ModuleList(HeldNorm(width) for width in WIDTHS)
        self.blocks = nn.ModuleList(Residual(eighth) for _ in range(BLOCKS))
        self.to_quarter = conv(eighth, quarter, kernel=1)
        self.at_quarter = Residual(quarter)
        self.to_half = conv(quarter, half)
        self.to_full = SubPixel(half, 3)

    def encode(self, images: Tensor) -> Features:
        """Features of ``(N, 3, H, W)`` in ``[0, 1]``, before normalization."""
        centered = images - 0.5
        half = F.relu(self.edges(F.pixel_unshuffle(centered, 2)))
        quarter = F.relu(self.stem(F.pixel_unshuffle(centered, 4)))
        eighth = F.relu(self.to_eighth(quarter))
        return Features(half, quarter, eighth)

    def statistics(self, features: Sequence[Tensor]) -> list[Moments]:
        """What to normalize by, one pair a scale; they may be averaged over frames."""
        return [Moments(mean, std + LEAST_DEVIATION) for mean, std in map(moments, features)]

    def decode(self, features: Sequence[Tensor], held: Sequence[Moments]) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]`` but not clamped; `held` as `statistics` gives it."""
        half, quarter, eighth = (norm(f, m) for norm, f, m in zip(self.norms, features, held, strict=True))
        for block in self.blocks:
            eighth = block(eighth)
        x = self.at_quarter(double(self.to_quarter(eighth)) + quarter)
        x = double(F.relu(self.to_half(x))) + half
        painted: Tensor = self.to_full(F.relu(x)) + 0.5
        return painted

    def forward(self, images: Tensor) -> Tensor:
        """Pictures painted by their own statistics."""
        features = self.encode(images)
        return self.decode(features, self.statistics(features))
