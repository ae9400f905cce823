"""Pictures worked on some rows at a time, so that what is in between stays in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

PIXELS = 2**17
"""Of a band. Measured on a core with 1 MiB of its own cache: warping 1280x720 takes 12.6 ms in bands of 2**17, 13.1 of
2**16 and 16.7 at once."""

_STEP = 8
"""Rows of a band come in multiples of this."""


class Band(NamedTuple):
    """Some rows of a picture, and what a filter reads to find them."""

    own: slice
    """Of the picture."""
    seen: slice
    """Of the picture: the same and the margin, as far as there is one."""
    inner: slice
    """Of what is seen: the rows of `own`."""


def bands(image: Tensor, margin: int = 0) -> Iterator[Band]:
    """Bands that cover a picture ``(..., H, W)`` from top to bottom; one where there is no such cache, as on a GPU.

    >>> import torch
    >>> [(band.own.stop, band.seen.start) for band in bands(torch.zeros(1, 300, 1280), 1)]
    [(96, 0), (192, 95), (288, 191), (300, 287)]
    """
    height, width = image.shape[-2:]
    rows = max(_STEP, PIXELS // width // _STEP * _STEP) if image.device.type == "cpu" else height
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first = max(0, top - margin)
        inner = slice(top - first, bottom - first)
        yield Band(slice(top, bottom), slice(first, min(height, bottom + margin)), inner)
