"""Pictures as maps of places: which place of which picture every pixel shows.

A map of places is a float32 tensor ``(3, H, W)``: a picture's number, then y and x in pixels of it. Carried along a
motion, places keep what a picture that is warped again and again loses: it is sampled once, however long it is
carried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.ops.warp import Kernel, positions, warp
from vidstyle.types import Flow, Image

_SAME_PATCH = 0.5
"""Pixels by which a place between four may differ from the one that the nearest implies: across the border of two
patches it differs by more, unless they go on in one another."""


class Carried(NamedTuple):
    """What came along a motion."""

    places: Tensor
    beside: Tensor
    """Other maps ``(C, H, W)``, the value of the nearest pixel."""


def show(pictures: Sequence[Image], places: Tensor, kernel: Kernel = "sharp") -> Image:
    """The image ``(3, H, W)`` that a map of places shows; whole places give the very pixels, bit for bit.

    >>> picture = torch.rand(3, 4, 5)
    >>> rows, columns = torch.meshgrid(torch.arange(4.0), torch.arange(5.0), indexing="ij")
    >>> torch.equal(show([picture], torch.stack((0 * rows, rows, columns))), picture)
    True
    """
    shown = _sampled(pictures[0], places[1:], kernel)
    for number, picture in enumerate(pictures[1:], start=1):
        here = places[:1] == number
        if here.any():
            shown = torch.where(here, _sampled(picture, places[1:], kernel), shown)
    return shown.clamp_(0, 1)


def _sampled(picture: Image, places: Tensor, kernel: Kernel) -> Image:
    height, width = places.shape[1:]
    rows, columns = picture.shape[1:]
    y = places[0].clamp(0, rows - 1) - torch.arange(height, device=places.device)[:, None]
    x = places[1].clamp(0, columns - 1) - torch.arange(width, device=places.device)
    # One canvas for both: a flow lies on the grid of what it samples.
    down, right = max(rows, height), max(columns, width)
    flow = F.pad(torch.stack((x, y)), (0, right - width, 0, down - height))
    canvas = F.pad(picture[None], (0, right - columns, 0, down - rows), mode="replicate")[0]
    return warp(canvas, flow, kernel)[:, :height, :width]


def carry(places: Tensor, beside: Tensor, to_previous: Flow) -> Carried:
    """Places and other maps of the previous frame brought to this one along its flow to the previous.

    Inside of a patch places are interpolated. At its border a pixel takes the place of the nearest pixel that it comes
    from, moved on by what lies between the two. What comes in from outside continues its nearest patch.

    >>> places = torch.stack((torch.zeros(1, 3), torch.zeros(1, 3), torch.tensor([[4.0, 5.0, 9.0]])))
    >>> flow = torch.stack((torch.full((1, 3), 0.75), torch.zeros(1, 3)))
    >>> carry(places, places[:1], flow).places[2].tolist()
    [[4.75, 8.75, 9.75]]
    """
    height, width = places.shape[1:]
    x, y = positions(to_previous)
    column, row = x.round().clamp_(0, width - 1), y.round().clamp_(0, height - 1)
    pixel = (row * width + column).long()
    maps = torch.cat((places, beside)).flatten(1)[:, pixel]
    maps[1] += y - row
    maps[2] += x - column
    between = warp(places[1:], to_previous)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    smooth = inside & ((between - maps[1:3]).abs() < _SAME_PATCH).all(0)
    return Carried(torch.cat((maps[:1], torch.where(smooth, between, maps[1:3]))), maps[3:])


def enlarge_places(places: Tensor, size: tuple[int, int], factors: Sequence[tuple[float, float]]) -> Tensor:
    """A map of places for `size` (height, width), of pictures that are larger by their `factors` (y, x).

    Every pixel belongs to the patch of the small map's nearest pixel, and shows the place that lies as far from
    that pixel's place as it lies from that pixel.

    >>> rows, columns = torch.meshgrid(torch.arange(2.0), torch.arange(2.0), indexing="ij")
    >>> enlarge_places(torch.stack((0 * rows, rows, columns)), (4, 4), [(2.0, 2.0)])[2, 0].tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    height, width = places.shape[1:]
    if (height, width) == size:
        return places
    row, past_row = _nearest(size[0], height, places.device)
    column, past_column = _nearest(size[1], width, places.device)
    number, y, x = places[:, row[:, None], column]
    scale = torch.tensor(factors, device=places.device)[number.long()]
    y = (y + 0.5) * scale[..., 0] - 0.5 + past_row[:, None]
    x = (x + 0.5) * scale[..., 1] - 0.5 + past_column
    return torch.stack((number, y, x))


def _nearest(large: int, small: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """For each of `large` pixels the one of `small` over it, and how far it lies from that one's center."""
    centers = torch.arange(large, device=device) + 0.5
    nearest = (centers * (small / large)).floor().clamp_max(small - 1)
    return nearest.long(), centers - (nearest + 0.5) * (large / small)
