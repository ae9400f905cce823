"""What painting by patches minimizes: the content, the style's best fitting patches, its color, and steadiness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.minimize import Loss
from vidstyle.ops.patch_votes import MOST_PATCHES, Patches, Sample, best_matches, join_patches, sample_patches, votes
from vidstyle.ops.second_moments import (
    FLOOR,
    SecondMoments,
    at_least_float32,
    compact_lift,
    mixed,
    second_moments,
    total_variation,
    wasserstein_distance,
)
from vidstyle.stylizers.objective import Perception, Prior
from vidstyle.types import Image

MATCHED = ("relu3_1", "relu4_1")
"""Where patches are compared: Li and Wand (2016)."""

COLORED = ("relu1_1", "relu2_1")
"""Where the style's second moments are asked for: patches of the deeper layers say little of color and fine grain."""

CONTENT = "relu4_2"
"""Where the content is compared: Li and Wand (2016)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How the terms of the loss are weighed against the content, which counts 1."""

    style: float
    smoothness: float
    steadiness: float


class Model(NamedTuple):
    """The style pictures at one size, by layer."""

    patches: Mapping[str, Patches]
    moments: Mapping[str, SecondMoments]


class Wanted(NamedTuple):
    """What the features of one image should be."""

    content: Tensor
    """``(1, C, h, w)``"""
    planes: Mapping[str, Tensor]
    """By matched layer, ``(C, h, w)``."""
    moments: Mapping[str, SecondMoments]


class _Seen(NamedTuple):
    content: Tensor
    planes: dict[str, Tensor]
    moments: dict[str, SecondMoments]


class PatchPerception:
    """The perceptual network as the patch loss sees it.

    Features are compared as VGG-19's channels where the network has lifts: they tell patches apart that the narrow
    ones take for alike. Of the lift, only what keeps lengths and angles is needed: see `compact_lift`.
    """

    def __init__(self, network: Vgg, compute: Compute) -> None:
        self._perception = Perception(network, compute)
        self._lifts = {
            layer: compact_lift(*_linear(network, layer)) for layer in (*COLORED, *MATCHED) if layer in network.lifts
        }

    def _see(self, image: Image) -> _Seen:
        features = self._perception.features(image, CONTENT)
        return _Seen(
            at_least_float32(features[CONTENT]),
            {layer: self._lifted(layer, features[layer]) for layer in MATCHED},
            {layer: second_moments(features[layer], self._lifts.get(layer)) for layer in COLORED},
        )

    def _lifted(self, layer: str, features: Tensor) -> Tensor:
        features = at_least_float32(features)
        lift = self._lifts.get(layer)
        return features[0] if lift is None else F.conv2d(features, lift[:, :-1, None, None], lift[:, -1])[0]

    @torch.no_grad()
    def model(self, pictures: Sequence[Sequence[Image]], weights: Sequence[float]) -> Model:
        """The style of pictures, each given as its versions, of which the first is the picture itself.

        Weights sum to 1. The picture with the largest offers all its patches, one with half of it half of them.
        """
        shown = [(versions, weight) for versions, weight in zip(pictures, weights, strict=True) if weight > 0]
        most = MOST_PATCHES // sum(len(versions) for versions, _ in shown)
        samples: dict[str, list[Sample]] = {layer: [] for layer in MATCHED}
        moments: list[Mapping[str, SecondMoments]] = []
        for versions, weight in shown:
            for number, version in enumerate(versions):
                seen = self._see(version)
                moments += [] if number else [seen.moments]
                for layer, found in samples.items():
                    found.append(sample_patches(seen.planes[layer], share=weight / max(weights), most=most))
        by_version = [weight / len(versions) for versions, weight in shown for _ in versions]
        return Model(
            {layer: join_patches(found, by_version) for layer, found in samples.items()},
            {layer: mixed([m[layer] for m in moments], [weight for _, weight in shown]) for layer in COLORED},
        )

    @torch.no_grad()
    def wanted(self, content: Image, model: Model, strength: float) -> Wanted:
        """What an image that shows `content` should be, before its patches are matched: its own at strength 0."""
        seen = self._see(content)
        shares = (1 - strength, strength)
        moments = {layer: mixed((seen.moments[layer], model.moments[layer]), shares) for layer in COLORED}
        return Wanted(seen.content, seen.planes, moments)

    @torch.no_grad()
    def matched(self, image: Image, model: Model, own: Wanted, *, strength: float) -> Wanted:
        """What is wanted now that the image looks as it does: the patches that fit it best."""
        seen = self._see(image)
        planes = {}
        for layer, patches in model.patches.items():
            found = votes(best_matches(seen.planes[layer], patches), patches)
            planes[layer] = own.planes[layer].lerp(found, strength)
        return own._replace(planes=planes)

    def objective(self, wanted: Wanted, weights: Weights, *, prior: Prior | None = None) -> Loss:
        """The loss of an image.

        ``|F - P|^2 / |P|^2 + style * (mean over matched layers of |F - V|^2 / |V|^2 + mean over colored layers of
        distance) + smoothness * TV + steadiness * mean(trust * (x - prior)^2)``: Li and Wand (2016), eq. 1 and 2,
        with V the votes of the matched patches; the last term is Ruder et al. (2016), eq. 7. Unlike theirs, every
        term of features is divided by its target's energy, and the distance of Gaussians is added.
        """
        distances = {layer: wasserstein_distance(moments) for layer, moments in wanted.moments.items()}

        def loss(image: Image) -> Tensor:
            seen = self._see(image)
            patches = torch.stack([_apart(seen.planes[layer], planes) for layer, planes in wanted.planes.items()])
            color = torch.stack([distance(seen.moments[layer]) for layer, distance in distances.items()])
            total = _apart(seen.content, wanted.content) + weights.style * (patches.mean() + color.mean())
            total = total + weights.smoothness * total_variation(image)
            if prior is not None:
                total = total + weights.steadiness * (prior.trust * (image - prior.image).square()).mean()
            return total

        return loss


def _apart(features: Tensor, target: Tensor) -> Tensor:
    return (features - target).square().sum() / (target.square().sum() + FLOOR)


def _linear(network: Vgg, layer: str) -> tuple[Tensor, Tensor]:
    weight, bias = (network.lifts.get_parameter(f"{layer}.{kind}") for kind in ("weight", "bias"))
    return weight[:, :, 0, 0], bias
