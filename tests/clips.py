"""Procedural clips with known motion: textures that move in ways whose flow and occlusion can be written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import cos, radians, sin

import torch
import torch.nn.functional as F

from vidstyle.ops.warp import warp
from vidstyle.types import Flow, Frame, Image

SIZE = (64, 96)
"""Height and width of the clips."""


@dataclass(frozen=True)
class Pair:
    """Two frames and the exact motion between them."""

    previous: Image
    current: Image
    to_previous: Flow
    to_next: Flow


def texture(size: tuple[int, int] = SIZE, *, seed: int = 0, cell: int = 6) -> Image:
    """A smooth random picture; details of about `cell` pixels, values within 0.1 .. 0.9."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, size[0] // cell + 2, size[1] // cell + 2, generator=generator)
    smooth = F.interpolate(coarse, size=size, mode="bicubic", align_corners=True)[0]
    return (0.1 + 0.8 * smooth).clamp(0.1, 0.9)


def constant_flow(dx: float, dy: float, size: tuple[int, int] = SIZE) -> Flow:
    return torch.tensor((float(dx), float(dy))).view(2, 1, 1).expand(2, *size).contiguous()


def linear_flow(matrix: tuple[tuple[float, float], tuple[float, float]], size: tuple[int, int] = SIZE) -> Flow:
    """The flow ``M (x - center) - (x - center)``."""
    height, width = size
    rows, columns = torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    (a, b), (c, d) = matrix
    return torch.stack((a * x + b * y - x, c * x + d * y - y))


def pan(dx: int, dy: int, *, seed: int = 0, cell: int = 6) -> Pair:
    """The camera moves by whole pixels: what was at x is now at x + (dx, dy)."""
    margin = max(abs(dx), abs(dy))
    height, width = SIZE
    wide = texture((height + 2 * margin, width + 2 * margin), seed=seed, cell=cell)
    previous = wide[:, margin : margin + height, margin : margin + width]
    current = wide[:, margin - dy : margin - dy + height, margin - dx : margin - dx + width]
    return Pair(previous, current, constant_flow(-dx, -dy), constant_flow(dx, dy))


def sub_pixel_pan(dx: float, dy: float) -> Pair:
    """The camera moves by parts of a pixel."""
    previous = texture(cell=8)
    to_previous = constant_flow(-dx, -dy)
    return Pair(previous, warp(previous, to_previous, "bicubic"), to_previous, constant_flow(dx, dy))


def zoom(factor: float, *, size: tuple[int, int] = SIZE) -> Pair:
    """The picture grows by `factor` about its center."""
    to_previous = linear_flow(((1 / factor, 0.0), (0.0, 1 / factor)), size)
    previous = texture(size, cell=10)
    to_next = linear_flow(((factor, 0.0), (0.0, factor)), size)
    return Pair(previous, warp(previous, to_previous, "bicubic"), to_previous, to_next)


def rotation(degrees: float, *, size: tuple[int, int] = SIZE) -> Pair:
    """The picture turns about its center."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    to_previous = linear_flow(((c, s), (-s, c)), size)
    previous = texture(size, cell=10)
    return Pair(previous, warp(previous, to_previous, "bicubic"), to_previous, linear_flow(((c, -s), (s, c)), size))


def moving_square() -> Pair:
    """A 20 x 20 square at x = 20 .. 39 of the previous frame moves by +8 over a still ground (dossier 9.2)."""
    ground, square = texture(seed=1), texture((20, 20), seed=2, cell=4)
    previous, current = ground.clone(), ground.clone()
    previous[:, 20:40, 20:40] = square
    current[:, 20:40, 28:48] = square
    to_previous, to_next = torch.zeros(2, *SIZE), torch.zeros(2, *SIZE)
    to_previous[0, 20:40, 28:48] = -8
    to_next[0, 20:40, 20:40] = 8
    return Pair(previous, current, to_previous, to_next)


def frames(images: Sequence[Image], start: int = 0, rate: int = 25) -> list[Frame]:
    """The images as frames with even times, the first at absolute index `start`."""
    return [Frame(start + i, start + i, Fraction(1, rate), image) for i, image in enumerate(images)]


def panning(count: int, step: int = 1, *, seed: int = 0) -> list[Image]:
    """A pan to the left, `step` pixels a frame."""
    wide = texture((SIZE[0], SIZE[1] + step * count), seed=seed)
    return [wide[..., step * i : step * i + SIZE[1]].contiguous() for i in range(count)]


def ramp(count: int, change: float) -> list[Image]:
    """A still picture whose light changes evenly, by `change` in all."""
    still = texture() * 0.5 + 0.25
    return [still + change * (i / (count - 1) - 0.5) for i in range(count)]


def with_grain(images: Sequence[Image], sigma: float, seed: int = 0) -> list[Image]:
    """The images under fresh noise each."""
    generator = torch.Generator().manual_seed(seed)
    return [(image + sigma * torch.randn(image.shape, generator=generator)).clamp(0, 1) for image in images]


def with_flicker(images: Sequence[Image], sigma: float, seed: int = 0) -> list[Image]:
    """The images, each a little brighter or darker as a whole."""
    offsets = sigma * torch.randn(len(images), generator=torch.Generator().manual_seed(seed))
    return [(image + offset).clamp(0, 1) for image, offset in zip(images, offsets, strict=True)]


def with_flash(images: Sequence[Image], at: int, strength: float = 0.6) -> list[Image]:
    """One frame overexposed."""
    return [(image + strength).clamp(0, 1) if i == at else image for i, image in enumerate(images)]


def with_cut(count: int, at: int) -> list[Image]:
    """Two pans, one after the other."""
    return panning(at, seed=3) + panning(count - at, seed=4)
