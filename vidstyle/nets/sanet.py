"""SANet's painter: style attention on features of the slim encoder, and a decoder shaped for the metal.

At relu4_1 and relu5_1 every place of the content asks the style for what fits it, and the answers are merged (Park
and Lee 2019, SANet). Unlike SANet, whose decoder sees the content through relu4_1 alone, at an eighth of the picture,
finer features come along as skips, restyled by adaptive instance normalization (Huang and Belongie 2017), and
convolutions of the decoder are scaled and shifted by the style's statistics (after MicroAST, Wang et al. 2023).

All statistics of the content are taken from the encoder's features: the decoder is a local function once they are
known, and they can be held over a shot. The encoder stands outside and is never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.attention import CosineAttention, SoftmaxAttention
from vidstyle.nets.layers import Residual, SubPixel, conv, double
from vidstyle.nets.painter import join_code, split_code
from vidstyle.nets.vgg import LIFTED_LAYERS, SLIM_WIDTHS
from vidstyle.ops.statistics import Moments, adain, moments, standardize_by

LAYERS = LIFTED_LAYERS
"""What is asked of the encoder: relu1_1 to relu5_1."""
STRIDE = 16
"""Sides of a picture must be a multiple of this."""
WIDTHS = SLIM_WIDTHS[1:]
"""Channels at 1/2, 1/4, 1/8 and 1/16 of the picture."""
CODE = 2 * sum(WIDTHS)
"""Length of a style code: mean and deviation of every channel of the views."""
HIDDEN = 64
"""Numbers through which the code steers convolutions; 128 would add 0.1 M parameters."""
SILENT = 0.01
"""Deviation of a channel that says nothing, so is not scaled up further."""
FAINT = 0.2
"""Factor of the last layer at the start: untrained, the network paints a soft gray and not noise beyond all colors."""
LEAST_STD = 0.1
"""Least deviation of the content to divide by; the usual one is 1. A channel that was silent over a shot must not
shout when it first speaks."""


class Views(NamedTuple):
    """A picture's features at 1/2, 1/4, 1/8 and 1/16 of its size."""

    half: Tensor
    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor


class Palette(NamedTuple):
    """All that the decoder knows of a style. Palettes mix, see `Sanet.mix`."""

    code: Tensor
    """Moments of the views, ``(N, CODE)``."""
    eighth: Any
    """Memory of the attention at 1/8."""
    sixteenth: Any
    """Memory of the attention at 1/16."""


class Sanet(nn.Module):
    """The network without its encoder; `attention` is ``cosine`` (AdaAttN's, for video) or ``softmax`` (SANet's)."""

    def __init__(self, attention: str = "cosine") -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = WIDTHS
        kind = {"cosine": CosineAttention, "softmax": SoftmaxAttention}[attention]
        self.stem = conv(SLIM_WIDTHS[0], half, stride=2)
        self.beside = conv(half, half, kernel=1)
        self.scale = nn.Parameter(torch.ones(quarter + eighth + sixteenth), requires_grad=False)
        self.at_sixteenth = kind(sixteenth)
        self.at_eighth = kind(eighth)
        self.merge = conv(eighth, eighth)
        self.sizes = [4 * eighth, 4 * quarter, half]
        self.modulate = nn.Sequential(nn.Linear(CODE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, sum(self.sizes)))
        self.block = Residual(eighth)
        self.to_quarter = conv(eighth, quarter, kernel=1)
        self.at_quarter = Residual(quarter)
        self.to_half = conv(quarter, half)
        self.at_half = Residual(half)
        self.to_full = SubPixel(half, 3)
        with torch.no_grad():
            self.to_full.conv.weight.mul_(FAINT)

    @torch.no_grad()
    def calibrate(self, seen: Mapping[str, Tensor]) -> None:
        """Set out from what an encoder gives: scale its features to a usual deviation of 1, channel by channel.

        A start that depends on the data (Salimans and Kingma 2016): encoders differ in scale by channel and layer.
        """
        gains = [1 / moments(seen[layer]).std.mean(0).clamp_min(SILENT) for layer in LAYERS]
        for layer, gain in zip((self.stem, self.beside), gains, strict=False):
            layer.weight.mul_(gain[:, None, None])
        self.scale.copy_(torch.cat(gains[2:]))

    def views(self, seen: Mapping[str, Tensor]) -> Views:
        """Views from the encoder's features at `LAYERS`."""
        fine, second, third, fourth, fifth = (seen[layer] for layer in LAYERS)
        half = F.relu(self.stem(fine) + self.beside(second))
        scales = self.scale.split_with_sizes(WIDTHS[1:])
        coarse = (x * scale[:, None, None] for x, scale in zip((third, fourth, fifth), scales, strict=True))
        return Views(half, *coarse)

    def moments(self, views: Views) -> list[Moments]:
        """What the content's views are standardized by, one pair a view; these may be averaged over frames."""
        found = (moments(view) for view in views)
        return [Moments(m.mean, m.std.clamp_min(LEAST_STD)) for m in found]

    def remember(self, views: Views) -> Palette:
        """What there is to know of style pictures, from their views."""
        found = [moments(view) for view in views]
        eighth, sixteenth = (standardize_by(view, m) for view, m in zip(views[2:], found[2:], strict=True))
        return Palette(
            join_code(found),
            self.at_eighth.remember(eighth, views.eighth),
            self.at_sixteenth.remember(sixteenth, views.sixteenth),
        )

    def mix(self, palettes: Sequence[Palette], weights: Sequence[float]) -> Palette:
        """One palette of several; weights sum to 1."""
        code = torch.stack([w * palette.code for w, palette in zip(weights, palettes, strict=True)]).sum(0)
        eighth = self.at_eighth.mix([palette.eighth for palette in palettes], weights)
        sixteenth = self.at_sixteenth.mix([palette.sixteenth for palette in palettes], weights)
        return Palette(code, eighth, sixteenth)

    def paint(self, views: Views, content: Sequence[Moments], palette: Palette) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]`` but not clamped; `content` is what `moments` gives, held or not."""
        style = split_code(palette.code, WIDTHS)
        half, quarter, eighth, sixteenth = (adain(v, c, s) for v, c, s in zip(views, content, style, strict=True))
        eighth = eighth + self.at_eighth(standardize_by(views.eighth, content[2]), palette.eighth)
        sixteenth = sixteenth + self.at_sixteenth(standardize_by(views.sixteenth, content[3]), palette.sixteenth)
        first, second, gain = self.modulate(palette.code).split(self.sizes, 1)
        x = self.block(F.relu(self.merge(eighth + double(sixteenth))), first)
        x = self.at_quarter(double(self.to_quarter(x)) + quarter, second)
        x = double(F.relu(self.to_half(x)))
        x = self.at_half(torch.addcmul(x, half, gain.to(half.dtype)[..., None, None]))
        painted: Tensor = self.to_full(F.relu(x)) + 0.5
        return painted

    def forward(self, content: Mapping[str, Tensor], style: Mapping[str, Tensor]) -> Tensor:
        """Contents painted like styles, both as the encoder's features at `LAYERS`."""
        views = self.views(content)
        return self.paint(views, self.moments(views), self.remember(self.views(style)))
