"""Sizes: scaling pictures, and padding them to what a network needs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F


def resize(images: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """``(..., C, H, W)`` scaled to `size` (height, width); antialiased, so that reducing makes no moire.

    Bicubic overshoots at edges are clamped to the range of the input. An equal size returns the input.

    >>> resize(torch.ones(3, 8, 6), (4, 3)).shape
    torch.Size([3, 4, 3])
    """
    height, width = size
    if tuple(images.shape[-2:]) == (height, width):
        return images
    batch = images if images.ndim == 4 else images[None]
    scaled = F.interpolate(batch, size=(height, width), mode="bicubic", antialias=True, align_corners=False)
    scaled = scaled.clamp(float(images.min()), float(images.max()))
    return scaled if images.ndim == 4 else scaled[0]


def fit_longest(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width scaled so that the longer one is `longest`, the aspect kept as well as whole pixels can.

    >>> fit_longest(1080, 1920, 640)
    (360, 640)
    """
    factor = longest / max(height, width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def pad_to_multiple(images: torch.Tensor, multiple: int, *, at_least: int = 1) -> torch.Tensor:
    """``(N, C, H, W)`` grown at the right and the bottom by its edge pixels to multiples of `multiple`.

    >>> pad_to_multiple(torch.zeros(1, 3, 9, 16), 8).shape
    torch.Size([1, 3, 16, 16])
    """
    height, width = images.shape[2:]
    bottom = max(-(-height // multiple) * multiple, at_least) - height
    right = max(-(-width // multiple) * multiple, at_least) - width
    return F.pad(images, (0, right, 0, bottom), mode="replicate") if bottom or right else images


def crop_to(images: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """The top left of ``(..., H, W)`` of `size` (height, width); undoes `pad_to_multiple`.

    >>> crop_to(torch.zeros(1, 3, 16, 16), (9, 16)).shape
    torch.Size([1, 3, 9, 16])
    """
    height, width = size
    return images[..., :height, :width]
