"""The parts of a frame that take their style from parts of the style pictures, as label maps tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch

from vidstyle.ops.regions import region_masks
from vidstyle.ops.resize import resize
from vidstyle.ops.second_moments import mixed
from vidstyle.stylizers.objective import Area, Look, Perception
from vidstyle.timeline import Values
from vidstyle.types import Frame, Image, Labels, Mask, Style

Looks: TypeAlias = tuple[tuple[Look | None, ...], ...]
"""By region, its look in each style picture; None where a picture does not have the region."""


class Areas:
    """The looks of a style's regions, and where in a frame each holds; without label maps, one look for all."""

    def __init__(self, perception: Perception, style: Style) -> None:
        self._perception = perception
        self._style = style

    def looks(self, factor: float) -> Looks:
        """The looks of the style pictures, scaled by `factor`."""
        found = [self._looks_of(number, factor) for number in range(len(self._style.images))]
        return tuple(zip(*found, strict=True))

    def of_frame(self, frame: Frame, content: Image, looks: Looks, *, strength: float) -> list[Area]:
        """The areas of a frame, each with the style it is to reach: from its own (`strength` 0) to its region's (1).

        `content` shows the frame, in the size of `looks`.
        """
        regions = self._style.regions
        masks = _masks(regions.of_frame(frame.index) if regions else None, len(looks), content)
        weights = self._style.weights_at(frame)
        there = [(look, mask) for look, mask in zip(looks, masks, strict=True) if mask is None or mask.any()]
        areas = [Area(_mixed(look, weights), mask) for look, mask in there]
        if strength == 1:
            return areas
        own = self._perception.looks(content, [area.mask for area in areas])
        return [
            Area({layer: mixed((mine[layer], area.look[layer]), (1 - strength, strength)) for layer in mine}, area.mask)
            for mine, area in zip(own, areas, strict=True)
        ]

    def _looks_of(self, number: int, factor: float) -> list[Look | None]:
        """The looks of a style picture's regions; None for those that it does not have."""
        regions = self._style.regions
        picture = self._style.images[number]
        image = resize(picture, [max(1, round(side * factor)) for side in picture.shape[1:]])
        masks = _masks(regions.of_style[number], regions.count, image) if regions else [None]
        there = [mask is None or bool(mask.any()) for mask in masks]
        looks = iter(self._perception.looks(image, [m for m, is_there in zip(masks, there, strict=True) if is_there]))
        return [next(looks) if is_there else None for is_there in there]


def _mixed(looks: Sequence[Look | None], weights: Values) -> Look:
    """The mean of the looks that are there, by their pictures' weights."""
    known = [(look, weight) for look, weight in zip(looks, weights, strict=True) if look is not None]
    # Pictures of no weight count alike where no other has the region.
    counting = [(look, weight) for look, weight in known if weight] or [(look, 1.0) for look, _ in known]
    total = sum(weight for _, weight in counting)
    shares = [weight / total for _, weight in counting]
    return {layer: mixed([look[layer] for look, _ in counting], shares) for layer in counting[0][0]}


def _masks(labels: Labels | None, count: int, image: Image) -> list[Mask | None]:
    if labels is None:
        return [None]
    size = (image.shape[-2], image.shape[-1])
    return list(torch.split(region_masks(labels, count, size).to(image), 1))
