"""Well-known networks whose published weights people have, in the shape of our own.

`ClassicAdaIN` (Huang and Belongie 2017) has the interface of `Painter`, `ClassicSanet` (Park and Lee 2019) that of
`Sanet`, `JohnsonNet` (Johnson et al. 2016, with the instance normalization of Ulyanov et al. 2017) that of `FastNet`.
So statistics are held over a shot here as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.attention import Places, SoftmaxAttention
from vidstyle.nets.layers import HeldNorm, conv
from vidstyle.nets.painter import join_code, split_code
from vidstyle.nets.vgg import LAYERS, VGG19_WIDTHS, Vgg, block_of
from vidstyle.ops.statistics import Moments, adain, moments, standardize_by

ENCODER_LAYERS = LAYERS[: LAYERS.index("relu4_1") + 1]
"""VGG-19 as far as AdaIN looks."""
SANET_LAYERS = ("relu4_1", "relu5_1")
"""Where SANet looks."""
DECODER_WIDTHS = (512, 256, 256, 256, 256, 128, 128, 64, 64, 3)
"""Channels along the mirrored decoder."""
DOUBLED_AFTER = (0, 4, 6)
"""Convolutions of the decoder after which the grid doubles."""
JOHNSON_BLOCKS = 5
"""Residual blocks of Johnson's net."""


class ClassicDecoder(nn.Module):
    """From normalized features at relu4_1 back to a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(inputs, outputs) for inputs, outputs in pairwise(DECODER_WIDTHS))

    def forward(self, features: Sequence[Tensor], content: Sequence[Moments], code: Tensor) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]``; arguments as for the painter's decoder, with a single scale."""
        (style,) = split_code(code, VGG19_WIDTHS[3:4])
        return self.picture(adain(features[0], content[0], style))

    def picture(self, x: Tensor) -> Tensor:
        """The picture ``(N, 3, H, W)`` of features at relu4_1, ``(N, 512, H / 8, W / 8)``."""
        for i, layer in enumerate(self.convs):
            x = layer(x) if i == len(self.convs) - 1 else F.relu(layer(x))
            if i in DOUBLED_AFTER:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        return x.float()


class ClassicAdaIN(nn.Module):
    """Huang and Belongie's network: VGG-19 to relu4_1, AdaIN, and a decoder.

    A code is the mean and deviation of a picture at relu4_1. AdaIN is linear in it, so the mean of codes is their
    paper's mean of several styles, and a step between the content's and the style's is its alpha.

    Unlike the published PyTorch code, the variance is the biased one, as in the paper's own.
    """

    stride = 8

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict()
        inputs = 3
        for layer in ENCODER_LAYERS:
            width = VGG19_WIDTHS[block_of(layer)]
            self.encoder[layer] = conv(inputs, width)
            inputs = width
        self.decoder = ClassicDecoder()

    def content(self, images: Tensor) -> tuple[Tensor]:
        """Features of ``(N, 3, H, W)`` in ``[0, 1]`` at relu4_1, a single scale."""
        x, block = images, 0
        for layer, convolution in self.encoder.items():
            if block_of(layer) > block:
                x, block = F.max_pool2d(x, 2), block_of(layer)
            x = F.relu(convolution(x))
        return (x,)

    def encode_style(self, images: Tensor) -> Tensor:
        """The codes ``(N, 1024)`` of style pictures ``(N, 3, H, W)``."""
        return join_code([moments(f) for f in self.content(images)])


class Views(NamedTuple):
    """A picture's features at relu4_1 and relu5_1."""

    eighth: Tensor
    sixteenth: Tensor


class Memories(NamedTuple):
    """What is kept of a style picture's places, at both depths."""

    eighth: Places
    sixteenth: Places


class Shares(NamedTuple):
    """How much is painted after what; all shares sum to 1."""

    styles: tuple[tuple[float, Memories], ...]
    itself: float = 0.0
    """Share of the frame as its own style: Park and Lee's content-style trade-off, section 4.4."""


class ClassicSanet(nn.Module):
    """Park and Lee's network: VGG-19 to relu5_1, attention at relu4_1 and relu5_1, a convolution and a decoder.

    Several styles are the weighted mean of what each would give alone, as in their paper. The queries are
    standardized by statistics that can be held over a shot; by a frame's own, it is the published network.

    Unlike the published code, variances are the biased ones, and of a style larger than 512 x 512 evenly spaced
    places are kept, see `SoftmaxAttention`.
    """

    def __init__(self) -> None:
        super().__init__()
        width = VGG19_WIDTHS[-1]
        self.encoder = Vgg(VGG19_WIDTHS, ())
        self.at_eighth = SoftmaxAttention(width)
        self.at_sixteenth = SoftmaxAttention(width)
        self.merge = conv(width, width)
        self.decoder = ClassicDecoder()

    def see(self, images: Tensor) -> Views:
        """What there is to see in ``(N, 3, H, W)`` in ``[0, 1]``, H and W multiples of 16, 32 at least."""
        seen = self.encoder(images, SANET_LAYERS)
        return Views(seen["relu4_1"], seen["relu5_1"])

    def moments(self, views: Views) -> list[Moments]:
        """What queries are standardized by, one pair a view; these may be averaged over frames."""
        return [moments(view) for view in views]

    def remember(self, views: Views) -> Shares:
        """A picture as the only style."""
        return Shares(((1.0, self._memories(views)),))

    def itself(self, views: Views) -> Shares:
        """The frame at hand as the only style, whatever frame that will be: nothing is kept of `views`."""
        return Shares((), itself=1.0)

    def mix(self, palettes: Sequence[Shares], weights: Sequence[float]) -> Shares:
        """Several as one; weights sum to 1."""
        pairs = [(weight, palette) for weight, palette in zip(weights, palettes, strict=True) if weight]
        styles = tuple((weight * share, kept) for weight, palette in pairs for share, kept in palette.styles)
        return Shares(styles, sum(weight * palette.itself for weight, palette in pairs))

    def paint(self, views: Views, content: Sequence[Moments], palette: Shares) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]`` but not clamped; `content` is what `moments` gives, held or not."""
        queries = Views(*(standardize_by(view, held) for view, held in zip(views, content, strict=True)))
        shares = [*palette.styles, *([(palette.itself, self._memories(views))] if palette.itself else [])]
        # Every answer comes beside the content, and the shares sum to 1: so the content counts once.
        eighth, sixteenth = views
        for share, memory in shares:
            eighth = eighth + share * _answer(self.at_eighth, queries.eighth, memory.eighth)
            sixteenth = sixteenth + share * _answer(self.at_sixteenth, queries.sixteenth, memory.sixteenth)
        merged = self.merge(eighth + F.interpolate(sixteenth, scale_factor=2, mode="nearest"))
        return self.decoder.picture(merged)

    def _memories(self, views: Views) -> Memories:
        eighth, sixteenth = (standardize_by(view, m) for view, m in zip(views, self.moments(views), strict=True))
        return Memories(
            self.at_eighth.remember(eighth, views.eighth), self.at_sixteenth.remember(sixteenth, views.sixteenth)
        )


def _answer(attention: SoftmaxAttention, queries: Tensor, memory: Places) -> Tensor:
    """The weighted mean itself, mapped; our own attention gives what it differs by from the mean of all places."""
    mean = torch.einsum("p,npc->nc", memory.shares, memory.values.float()).to(memory.values.dtype)
    beside: Tensor = attention(queries, memory) + F.conv2d(mean[..., None, None], attention.out.weight)
    return beside


Statistics: TypeAlias = Callable[[Tensor], Moments]
"""Gives the moments to normalize features by."""


class NormedConv(nn.Module):
    """A convolution and instance normalization by given moments."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = conv(inputs, outputs, kernel=kernel, stride=stride)
        self.norm = HeldNorm(outputs)

    def forward(self, x: Tensor, statistics: Statistics) -> Tensor:
        """Features ``(N, outputs, H, W)``, normalized by the moments that `statistics` gives for them."""
        x = self.conv(x)
        normed: Tensor = self.norm(x, statistics(x))
        return normed


class JohnsonBlock(nn.Module):
    """A residual block; nothing after the sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = NormedConv(width, width)
        self.conv2 = NormedConv(width, width)

    def forward(self, x: Tensor, statistics: Statistics) -> Tensor:
        """``(N, C, H, W)`` to the same."""
        out: Tensor = x + self.conv2(F.relu(self.conv1(x, statistics)), statistics)
        return out


class JohnsonNet(nn.Module):
    """Johnson's transform net as pytorch/examples publishes it: one net per style, growing by nearest neighbor.

    Its statistics are those of every layer. They are taken in a pass of their own, in which each layer is normalized
    by the picture itself; then any pass can be normalized by statistics held over a shot. By a picture's own
    statistics, it is the published network.
    """

    stride = 4

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = NormedConv(3, 32, kernel=9)
        self.conv2 = NormedConv(32, 64, stride=2)
        self.conv3 = NormedConv(64, 128, stride=2)
        for i in range(1, JOHNSON_BLOCKS + 1):
            self.add_module(f"res{i}", JohnsonBlock(128))
        self.deconv1 = NormedConv(128, 64)
        self.deconv2 = NormedConv(64, 32)
        self.deconv3 = conv(32, 3, kernel=9)

    def encode(self, images: Tensor) -> tuple[Tensor]:
        """The pictures ``(N, 3, H, W)`` in ``[0, 1]`` themselves: no part of this net comes before its first norm."""
        return (images,)

    def statistics(self, features: Sequence[Tensor]) -> list[Moments]:
        """The moments of every normalized layer, when all are normalized by the picture's own."""
        found: list[Moments] = []

        def note(x: Tensor) -> Moments:
            found.append(moments(x))
            return found[-1]

        self._run(features[0], note)
        return found

    def decode(self, features: Sequence[Tensor], held: Sequence[Moments]) -> Tensor:
        """``(N, 3, H, W)``, about ``[0, 1]`` but not clamped, normalized by `held`, one pair a layer."""
        left = iter(held)
        return self._run(features[0], lambda _: next(left))

    def _run(self, x: Tensor, statistics: Statistics) -> Tensor:
        for layer in (self.conv1, self.conv2, self.conv3):
            x = F.relu(layer(x, statistics))
        for i in range(1, JOHNSON_BLOCKS + 1):
            x = self.get_submodule(f"res{i}")(x, statistics)
        for layer in (self.deconv1, self.deconv2):
            x = F.relu(layer(F.interpolate(x, scale_factor=2, mode="nearest"), statistics))
        painted: Tensor = self.deconv3(x)
        return painted.float()
