"""Small linear filters on images and masks."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.types import Image, Mask

_LUMA = (0.2126, 0.7152, 0.0722)
"""Weights of R, G and B in ITU-R BT.709 luma."""

BINOMIAL_3 = (0.25, 0.5, 0.25)
"""The smallest smooth row of taps, about a Gaussian of 0.7 px."""

BINOMIAL_5 = (0.0625, 0.25, 0.375, 0.25, 0.0625)
"""About a Gaussian of 1 px."""


def luma(image: Image) -> Mask:
    """BT.709 luma of an image, ``(1, H, W)``, in the image's own range.

    >>> luma(torch.ones(3, 1, 1)).item()
    1.0
    """
    red, green, blue = image
    return torch.add(_LUMA[0] * red, green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])[None]


def blur(image: Tensor, taps: tuple[float, ...]) -> Tensor:
    """The image ``(C, H, W)`` filtered along x and y with an odd, symmetric row of taps; replicated border.

    A sum of shifted copies: grouped convolutions are 20 times slower on a CPU (measured at 720p).

    >>> blur(torch.tensor([[[0.0, 4.0, 0.0]]]), (0.25, 0.5, 0.25))
    tensor([[[1., 2., 1.]]])
    """
    radius = len(taps) // 2
    result = torch.empty_like(image, memory_format=torch.contiguous_format)
    # Plane by plane: one fits into a processor's cache, three do not (6 times slower at 720p).
    for source, target in zip(image, result, strict=True):
        padded = F.pad(source[None, None], (radius,) * 4, mode="replicate")[0, 0]
        across = padded.new_empty(padded.shape[0], target.shape[1])
        _sum_shifts(padded, taps, dim=1, out=across)
        _sum_shifts(across, taps, dim=0, out=target)
    return result


def _sum_shifts(plane: Tensor, taps: tuple[float, ...], *, dim: int, out: Tensor) -> None:
    length = out.shape[dim]
    torch.mul(plane.narrow(dim, 0, length), taps[0], out=out)
    for offset in range(1, len(taps)):
        out.add_(plane.narrow(dim, offset, length), alpha=taps[offset])


def gaussian_taps(sigma: float) -> tuple[float, ...]:
    """A Gaussian of `sigma` pixels, cut at three sigma, with sum 1.

    >>> [round(tap, 3) for tap in gaussian_taps(0.8)]
    [0.0, 0.022, 0.228, 0.499, 0.228, 0.022, 0.0]
    """
    radius = max(1, math.ceil(3 * sigma))
    weights = [math.exp(-(x * x) / (2 * sigma * sigma)) for x in range(-radius, radius + 1)]
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def shrink(image: Tensor, factor: int) -> Tensor:
    """Means over cells of about `factor` by `factor` pixels, ``(C, ceil(H / factor), ceil(W / factor))``.

    >>> shrink(torch.arange(8.0).reshape(1, 2, 4), 2)
    tensor([[[2.5000, 4.5000]]])
    """
    height, width = image.shape[-2:]
    if factor % 2 == 0 and height % 2 == 0 and width % 2 == 0:
        # The common case, four times faster than pooling: rows first, since only they lie together in memory.
        rows = image[:, ::2] + image[:, 1::2]
        half = (rows[..., ::2] + rows[..., 1::2]).mul_(0.25)
        return half if factor == 2 else shrink(half, factor // 2)
    return F.adaptive_avg_pool2d(image, (-(-height // factor), -(-width // factor)))


def enlarge(image: Tensor, size: tuple[int, int]) -> Tensor:
    """The image ``(C, H, W)`` brought to ``size = (height, width)`` bilinearly; for smooth maps.

    >>> enlarge(torch.ones(1, 1, 1), (2, 2)).shape
    torch.Size([1, 2, 2])
    """
    if image.shape[-2:] == torch.Size(size):
        return image
    # Each plane by itself: for three at once torch takes a way that is twice as slow (measured to 720p).
    return F.interpolate(image[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def enlarge_rows(wide: Tensor, height: int, rows: slice) -> Tensor:
    """Some rows of a map ``(C, h, W)`` that is brought to `height` as `enlarge` does it: ``(C, n, W)``.

    >>> enlarge_rows(torch.tensor([[[0.0], [1.0]]]), 4, slice(1, 4)).flatten().tolist()
    [0.25, 0.75, 1.0]
    """
    last = wide.shape[-2] - 1
    places = torch.arange(rows.start, rows.stop, dtype=wide.dtype, device=wide.device).add_(0.5)
    places = places.mul_((last + 1) / height).sub_(0.5).clamp_(0, last)
    above = places.long()
    upper, lower = (wide.index_select(1, index) for index in (above, (above + 1).clamp_(max=last)))
    return upper.lerp_(lower, (places - above)[:, None])
