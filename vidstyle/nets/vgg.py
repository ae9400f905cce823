"""VGG-19's topology at any widths: the perceptual network of losses and of the optimizing methods.

Simonyan and Zisserman (2015), to relu5_1, the deepest layer that style transfer asks for. Unlike VGG-19, borders
are reflected (zeros paint dark frames), and input normalization is folded into the first convolution, so images
go in as they are. A narrow network may carry *lifts*: linear 1x1 maps that predict VGG-19's own channels at every
``reluN_1`` (Wang et al. 2020, Collaborative Distillation), which make the better loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.layers import conv
from vidstyle.ops.statistics import Moments, lifted_moments, moments

DEPTHS = (2, 2, 4, 4, 1)
"""Convolutions per block, 2x2 pooling between blocks."""
VGG19_WIDTHS = (64, 128, 256, 512, 512)
"""Channels per block of VGG-19 itself."""
SLIM_WIDTHS = (16, 32, 64, 128, 128)
"""Channels per block of our own network: a quarter, so about a sixteenth of the work."""
LAYERS = tuple(f"relu{block}_{i}" for block, depth in enumerate(DEPTHS, 1) for i in range(1, depth + 1))
"""Every layer that can be asked for, from the shallowest."""
LIFTED_LAYERS = tuple(f"relu{block}_1" for block in range(1, len(DEPTHS) + 1))
"""Where a narrow network has lifts."""

POOLINGS: Mapping[str, type[nn.Module]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class Vgg(nn.Module):
    """Features of images at named layers.

    `widths` are the channels per block; `lifted` the channels that lifts predict per block, empty for a network
    without lifts. `pooling` is ``max`` (VGG-19's) or ``average`` (smoother gradients, Gatys et al. 2016).
    """

    def __init__(
        self, widths: Sequence[int] = SLIM_WIDTHS, lifted: Sequence[int] = VGG19_WIDTHS, *, pooling: str = "max"
    ) -> None:
        super().__init__()
        self.pool = POOLINGS[pooling](2)
        self.convs = nn.ModuleDict()
        inputs = 3
        for layer in LAYERS:
            width = widths[block_of(layer)]
            self.convs[layer] = conv(inputs, width)
            inputs = width
        pairs = zip(LIFTED_LAYERS, widths, lifted, strict=True) if lifted else ()
        self.lifts = nn.ModuleDict({layer: conv(width, wide, kernel=1) for layer, width, wide in pairs})

    def forward(self, images: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features after the named ReLUs of ``(N, 3, H, W)`` in ``[0, 1]``, in the network's own widths.

        Nothing beyond the deepest layer asked for is computed. Reflection needs two pixels to a side on every
        grid: an image at least ``2 * 2**block_of(layer)`` pixels a side, 32 for ``relu5_1``.
        """
        wanted = set(layers)
        found: dict[str, Tensor] = {}
        x, block = images, 0
        for layer in LAYERS:
            if len(found) == len(wanted):
                break
            if block_of(layer) > block:
                x, block = self.pool(x), block_of(layer)
            x = F.relu(self.convs[layer](x))
            if layer in wanted:
                found[layer] = x
        return found

    def inputs(self, images: Tensor, layer: str) -> Tensor:
        """What the convolution of a layer sees of images, before it is padded."""
        at = LAYERS.index(layer)
        if at == 0:
            return images
        before = self(images, [LAYERS[at - 1]])[LAYERS[at - 1]]
        inputs: Tensor = self.pool(before) if block_of(layer) > block_of(LAYERS[at - 1]) else before
        return inputs

    def lift(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Features as VGG-19's channels where there is a lift; as they are elsewhere."""
        return {layer: self.lifts[layer](x) if layer in self.lifts else x for layer, x in features.items()}

    def moments(self, features: Mapping[str, Tensor]) -> dict[str, Moments]:
        """`Moments` of the lifted features, without computing them."""
        return {layer: self._moments(layer, x) for layer, x in features.items()}

    def _moments(self, layer: str, x: Tensor) -> Moments:
        if layer not in self.lifts:
            return moments(x)
        weight, bias = (self.lifts.get_parameter(f"{layer}.{kind}") for kind in ("weight", "bias"))
        return lifted_moments(x, weight[:, :, 0, 0], bias)


def block_of(layer: str) -> int:
    """The block of a layer, from 0: its features lie on a grid ``2**block`` pixels wide.

    >>> block_of("relu4_2")
    3
    """
    return int(layer[len("relu")]) - 1
