"""Distances from style and content, as the run's perceptual network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.measuring.sizes import scaled
from vidstyle.ops.metrics import content_distance, style_distance
from vidstyle.ops.statistics import Moments
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.types import Image

_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Layers of the style distance, as in Huang and Belongie (2017); the deepest is that of the content distance."""

_SHORTEST = 256
"""Shortest side in pixels at which pictures are compared: what the networks of the field were trained at."""

_LONGEST = 2048
"""Most pixels of the longer side, for pictures as slender as no film is."""

_MULTIPLE = 16
"""Sides are cut down to multiples of this, twice the coarsest grid, so that pooling drops nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Percept:
    """What the network sees in a picture."""

    moments: dict[str, Moments]
    """Of the features lifted to VGG-19's channels, by layer."""
    deep: Tensor
    """The deepest layer's features, lifted."""


@final
class Perception:
    """Compares pictures with one style."""

    def __init__(self, style: Image, compute: Compute) -> None:
        self._network = load_encoder(compute)
        self._device = compute.device
        self._style = self.see(style, comparison_size(style))

    @torch.inference_mode()
    def see(self, image: Image, size: tuple[int, int]) -> Percept:
        """The picture at `size` (height, width) through the network."""
        features = self._network(scaled(image.to(self._device), size)[None], _LAYERS)
        deepest = _LAYERS[-1]
        return Percept(self._network.moments(features), self._network.lift({deepest: features[deepest]})[deepest])

    def style_distance(self, picture: Percept) -> float:
        """How far a picture is from the style."""
        return style_distance(picture.moments, self._style.moments)

    def content_distance(self, picture: Percept, content: Percept) -> float:
        """How far a picture is from its content; both of one size."""
        return content_distance(picture.deep, content.deep)


def comparison_size(image: Image) -> tuple[int, int]:
    """Height and width at which an image is compared.

    >>> comparison_size(torch.zeros(3, 1080, 1920))
    (256, 448)
    """
    height, width = image.shape[-2:]
    factor = min(_SHORTEST / min(height, width), _LONGEST / max(height, width))
    rows, columns = (max(_MULTIPLE, round(side * factor) // _MULTIPLE * _MULTIPLE) for side in (height, width))
    return rows, columns
