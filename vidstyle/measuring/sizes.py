"""Bringing pictures to the size at which they are compared."""

from __future__ import annotations

from vidstyle.ops.metrics import area_means
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.types import Image


def scaled(image: Image, size: tuple[int, int]) -> Image:
    """The image at `size` (height, width): by means over areas where it shrinks both ways, else bicubic.

    >>> import torch
    >>> scaled(torch.ones(3, 8, 8), (4, 16)).shape
    torch.Size([3, 4, 16])
    """
    height, width = image.shape[-2:]
    return area_means(image, size) if size[0] <= height and size[1] <= width else resize(image, size)


def at_most(image: Image, longest: int) -> tuple[int, int]:
    """Height and width of an image once its longest side is at most `longest`.

    >>> import torch
    >>> at_most(torch.zeros(3, 720, 1280), 640), at_most(torch.zeros(3, 4, 6), 640)
    ((360, 640), (4, 6))
    """
    height, width = image.shape[-2:]
    return fit_longest(height, width, longest) if max(height, width) > longest else (height, width)
