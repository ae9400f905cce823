"""What optimized painting minimizes: content, style, smoothness and steadiness of one frame, each relative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
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
    """What a frame should look like where that is known: the painted frame before it, moved along."""

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

    def moments(self, features: Mapping[str, Tensor]) -> dict[str, SecondMoments]:
        """Second moments at the style's layers; those of the lifted features where the network has lifts."""
        return {layer: second_moments(features[layer], self._lifts.get(layer)) for layer in STYLE_LAYERS}

    @torch.no_grad()
    def look(self, image: Image) -> dict[str, SecondMoments]:
        """A picture's own style."""
        return self.moments(self.features(image, STYLE_LAYERS[0]))

    def objective(self, content: Image, look: Look, balance: Balance, *, prior: Prior | None = None) -> Loss:
        """The loss of an image that shows `content` in the style of `look`.

        ``|F - P|^2 / |P|^2 + style * mean over layers of distance + smoothness * TV
        + steadiness * mean(trust * (x - prior)^2)``: Gatys et al. (2016), eq. 7, and Ruder et al. (2016), eq. 7.
        Unlike theirs, every term of features is divided by its target's energy.
        """
        with torch.no_grad():
            target = at_least_float32(self.features(content, balance.content_layer)[balance.content_layer])
        energy = target.square().sum() + FLOOR
        distances = {layer: DISTANCES[balance.style_loss](moments) for layer, moments in look.items()}

        def loss(image: Image) -> Tensor:
            features = self.features(image, balance.content_layer)
            total = (at_least_float32(features[balance.content_layer]) - target).square().sum() / energy
            moments = self.moments(features)
            apart = torch.stack([distance(moments[layer]) for layer, distance in distances.items()])
            total = total + balance.style * apart.mean() + balance.smoothness * total_variation(image)
            if prior is not None:
                total = total + balance.steadiness * (prior.trust * (image - prior.image).square()).mean()
            return total

        return loss
