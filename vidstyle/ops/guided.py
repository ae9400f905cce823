"""Smoothing that stops at the edges of a guide: the guided filter of He, Sun and Tang (TPAMI 2013)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.types import Image, Mask


def guided_filter(image: Image, guide: Mask, *, radius: int, slack: float) -> Image:
    """The image ``(C, H, W)`` as a mean of lines in the guide ``(1, H, W)``, each fitted to a window.

    In every window of ``2 radius + 1`` pixels the image is fitted by ``a * guide + b``, with
    ``a = cov / (var + slack)``, eq. 5 of the paper; where the guide varies by more than the root of `slack`, its
    edges are kept.

    >>> edge = torch.tensor([[[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]])
    >>> bool(torch.allclose(guided_filter(edge, edge, radius=2, slack=1e-8), edge, atol=1e-6))
    True
    >>> bool(torch.allclose(guided_filter(edge, 0 * edge, radius=9, slack=1e-8), edge.mean(), atol=1e-6))
    True
    """
    mean, middle = box_mean(image, radius), box_mean(guide, radius)
    variance = (box_mean(guide.square(), radius) - middle.square()).clamp_min_(0)
    slope = (box_mean(image * guide, radius) - mean * middle) / (variance + slack)
    offset = mean - slope * middle
    return box_mean(slope, radius) * guide + box_mean(offset, radius)


def box_mean(image: Tensor, radius: int) -> Tensor:
    """Means of ``(C, H, W)`` over windows of ``2 radius + 1`` pixels; at the border, over what there is of them.

    >>> box_mean(torch.tensor([[[0.0, 3.0, 6.0]]]), 1)
    tensor([[[1.5000, 3.0000, 4.5000]]])
    """
    # Sums along a line are differences of running sums, in double precision: these grow with the line.
    for dim in (-1, -2):
        length = image.shape[dim]
        sums = F.pad(image.double().cumsum(dim), (1, 0) if dim == -1 else (0, 0, 1, 0))
        places = torch.arange(length, device=image.device)
        last, first = (places + radius + 1).clamp_(max=length), (places - radius).clamp_(min=0)
        total = sums.index_select(dim, last) - sums.index_select(dim, first)
        count = (last - first).view((-1, 1) if dim == -2 else (-1,))
        image = (total / count).to(image.dtype)
    return image
