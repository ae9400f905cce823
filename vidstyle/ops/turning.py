"""Turning pictures about their middle."""

from __future__ import annotations

import math

import torch.nn.functional as F

from vidstyle.types import Image


def turn(image: Image, degrees: float) -> Image:
    """The picture turned clockwise about its middle, of the same size; corners are filled with its mirror image.

    >>> import torch
    >>> turn(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 90).round().tolist()
    [[[3.0, 1.0], [4.0, 2.0]]]
    """
    if degrees == 0:
        return image
    height, width = image.shape[-2:]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Sides are 2 long whatever their pixels: the aspect keeps the turn from becoming a shear.
    matrix = image.new_tensor([[cosine, sine * height / width, 0.0], [-sine * width / height, cosine, 0.0]])
    grid = F.affine_grid(matrix[None], [1, 3, height, width], align_corners=False)
    return F.grid_sample(image[None], grid, mode="bilinear", padding_mode="reflection", align_corners=False)[0]
