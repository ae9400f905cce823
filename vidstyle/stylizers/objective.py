"""What optimized painting minimizes: content, style, smoothness and steadiness of one frame, each relative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.nets.vgg import LIFTED_LAYERS, Vgg
from vidstyle.ops.minimize import Loss
from vidstyle.ops.resize import pad_to_multiple
from vidstyle.ops.second_moments import (
    FLOOR,
    Distance,
    SecondMoments,
    at_least_float32,
    compact_lift,
    gram_distance,
    second_moments,
    total_variation,
    wasserstein_distance,
)
from vidstyle.types import Image, Mask

STYLE_LAYERS = LIFTED_LAYERS
"""relu1_1 to relu5_1, as in Gatys et al. (2016)."""

SMALLEST = 32
"""Pixels: smaller pictures are padded to this, which is what reflection on the grid of relu5_1 needs."""

DISTANCES: dict[str, Callable[[SecondMoments], Distance]] = {
    "wasserstein": wasserstein_distance,
    "gram": gram_distance,
}

Look = Mapping[str, SecondMoments]
"""A style as its second moments, by layer."""


class Area(NamedTuple):
    """A part of the frame, and the style that it is to take on."""

    look: Look
    mask: Mask | None = None
    """Of the frame, not all 0; None for all of it."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How the terms of the loss are weighed against the content, which counts 1."""

    content_layer: str
    style_loss: str
    style: float
    smoothness: float
    steadiness: float


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What a frame should look like where that is known: painted frames before it, moved along."""

    image: Image
    trust: Mask


class Perception:
    """The perceptual network as losses see it."""

    def __init__(self, network: Vgg, compute: Compute) -> None:
        self._network = network
        self._compute = compute
        self._lifts = {
            layer: compact_lift(lift.weight[:, :, 0, 0], lift.bias)  # type: ignore[index, arg-type]
            for layer, lift in network.lifts.items()
        }

    def features(self, image: Image, content_layer: str) -> dict[str, Tensor]:
        """Features of an image of any size at the style's layers and the content's, ``(1, C, h, w)``."""
        padded = pad_to_multiple(image[None], 1, at_least=SMALLEST).contiguous(memory_format=torch.channels_last)
        with self._compute.autocast():
            found: dict[str, Tensor] = self._network(padded, (*STYLE_LAYERS, content_layer))
        return found

    def moments(self, features: Mapping[str, Tensor], mask: Mask | None = None) -> dict[str, SecondMoments]:
        """Second moments at the style's layers, where the mask says; of lifted features where the network has lifts."""
        return {
            layer: second_moments(features[layer], self._lifts.get(layer), mask=_on_grid(mask, features[layer]))
            for layer in STYLE_LAYERS
        }

    def look(self, image: Image) -> Look:
        """A picture's own style."""
        return self.looks(image, [None])[0]

    @torch.no_grad()
    def looks(self, image: Image, masks: Sequence[Mask | None]) -> list[Look]:
        """The styles of a picture's parts, by their masks; None is all of it."""
        features = self.features(image, STYLE_LAYERS[0])
        return [self.moments(features, mask) for mask in masks]

    def objective(self, content: Image, areas: Sequence[Area], balance: Balance, *, prior: Prior | None = None) -> Loss:
        """The loss of an image that shows `content` in the style of each of the areas, which cover it.

        ``|F - P|^2 / |P|^2 + style * sum over areas of share * mean over layers of distance + smoothness * TV
        + steadiness * mean(trust * (x - prior)^2)``: Gatys et al. (2016), eq. 7, and Ruder et al. (2016), eq. 7.
        Unlike theirs, every term of features is divided by its target's energy. Unlike Gatys et al. (2017), an area
        counts by its share of the frame: a small one is not painted more strongly than a large one.
        """
        with torch.no_grad():
            target = at_least_float32(self.features(content, balance.content_layer)[balance.content_layer])
        energy = target.square().sum() + FLOOR
        distance_to = DISTANCES[balance.style_loss]
        distances = [{layer: distance_to(moments) for layer, moments in area.look.items()} for area in areas]
        shares = [1.0 if area.mask is None else float(area.mask.mean()) for area in areas]

        def loss(image: Image) -> Tensor:
            features = self.features(image, balance.content_layer)
            total = (at_least_float32(features[balance.content_layer]) - target).square().sum() / energy
            for area, to_look, share in zip(areas, distances, shares, strict=True):
                moments = self.moments(features, area.mask)
                apart = torch.stack([distance(moments[layer]) for layer, distance in to_look.items()])
                total = total + balance.style * share * apart.mean()
            total = total + balance.smoothness * total_variation(image)
            if prior is not None:
                total = total + balance.steadiness * (prior.trust * (image - prior.image).square()).mean()
            return total

        return loss


def _on_grid(mask: Mask | None, features: Tensor) -> Mask | None:
    """A picture's mask on the grid of its features, each cell the mean of what it covers."""
    if mask is None:
        return None
    padded = pad_to_multiple(mask[None], 1, at_least=SMALLEST)
    return F.adaptive_avg_pool2d(padded, (features.shape[2], features.shape[3]))[0]
