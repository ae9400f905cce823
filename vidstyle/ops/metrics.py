"""How a styled clip is judged: flicker along the motion, sharpness, colors, nearness to content and style."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.ops.statistics import Moments, standardize
from vidstyle.ops.trust import motion_boundary, uncovered
from vidstyle.ops.warp import positions, warp
from vidstyle.types import Flow, Image, Mask

_LOWEST, _HIGHEST = 1.5 / 255, 253.5 / 255
"""Beyond these a sample counts as clipped: the two outermost codes of 8 bits, because coding moves samples by one."""

_BLUE_SPAN, _RED_SPAN = 1.8556, 1.5748
"""Divisors that bring B - Y and R - Y to -0.5 .. 0.5, ITU-R BT.709."""


def comparable(to_previous: Flow, to_next: Flow) -> Mask:
    """1 where a frame may be compared with an earlier one: seen in both, inside both, and no motion boundary.

    The mask of warping errors, Lai et al., *Learning blind video temporal consistency* (2018), with the constants
    of Ruder et al. (2016). Unlike `trust.flow_trust` it is hard, 0 or 1.

    >>> still = torch.zeros(2, 4, 4)
    >>> comparable(still, still).mean().item(), comparable(still - 2, still + 2)[0, 0].tolist()
    (1.0, [0.0, 0.0, 0.0, 0.0])
    """
    height, width = to_previous.shape[-2:]
    x, y = positions(to_previous)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside * (1 - uncovered(to_previous, to_next)) * (1 - motion_boundary(to_previous))


def warp_error(images: tuple[Image, Image], to_earlier: Flow, mask: Mask) -> float:
    """Mean squared difference of an image and an earlier one brought along the motion, where `mask` is 1.

    The warping error of Lai et al. (2018), per channel. Unlike theirs, the earlier frame is brought to the later
    one, where the mask lies. NaN for an empty mask.

    >>> image, still = torch.rand(3, 4, 4), torch.zeros(2, 4, 4)
    >>> round(warp_error((image + 0.25, image), still, torch.ones(1, 4, 4)), 4)
    0.0625
    """
    current, earlier = images
    squares = (current - warp(earlier, to_earlier)).square_().mean(0, keepdim=True)
    return float((squares * mask).sum() / mask.sum())


def mean_change(image: Image, previous: Image) -> float:
    """Mean absolute difference of two frames, pixel by pixel, motion and all.

    >>> mean_change(torch.full((3, 2, 2), 0.75), torch.full((3, 2, 2), 0.5))
    0.25
    """
    return float((image - previous).abs_().mean())


def mean_gradient(image: Image) -> float:
    """Mean length of the luma gradient by forward differences, per pixel: how sharp a picture is. 0 below 2 x 2.

    >>> round(mean_gradient(torch.arange(4.0).expand(3, 4, 4)), 4)
    1.0
    """
    gray = luma(image)[0]
    if min(gray.shape) < 2:
        return 0.0
    along, down = gray[1:, 1:] - gray[1:, :-1], gray[1:, 1:] - gray[:-1, 1:]
    return float(torch.hypot(along, down).mean())


def clipped_share(image: Image) -> float:
    """Share of the pixels with at least one channel at the end of its range.

    >>> clipped_share(torch.tensor([0.0, 0.5, 1.0, 0.5]).expand(3, 1, 4))
    0.5
    """
    at_the_end = (image < _LOWEST) | (image > _HIGHEST)
    return float(at_the_end.any(0).float().mean())


def palette(image: Image) -> Tensor:
    """What an image's colors are like, ``(5,)``: mean luma, then mean and deviation of both color differences.

    The distance of two palettes without the luma is the Frechet (2-Wasserstein) distance of their color
    differences, taken as independent Gaussians (Dowson and Landau 1982).

    >>> [round(value, 4) for value in palette(torch.full((3, 2, 2), 0.5)).tolist()]
    [0.5, 0.0, 0.0, 0.0, 0.0]
    """
    gray = luma(image)[0]
    blue, red = (image[2] - gray) / _BLUE_SPAN, (image[0] - gray) / _RED_SPAN
    means = [part.mean() for part in (gray, blue, red)]
    return torch.stack([*means, blue.std(correction=0), red.std(correction=0)])


def style_distance(image: Mapping[str, Moments], style: Mapping[str, Moments]) -> float:
    """How far an image's features are from a style's: the squared distance of their moments, relative to the style's.

    Per layer ``(|m - m_s|^2 + |d - d_s|^2) / (|m_s|^2 + |d_s|^2)`` with means m and deviations d per channel, after
    the style loss of Huang and Belongie (2017), eq. 13; the mean over the layers. 0 is the style itself.

    >>> one = {"relu1_1": Moments(torch.ones(1, 2), torch.ones(1, 2))}
    >>> two = {"relu1_1": Moments(torch.full((1, 2), 3.0), torch.ones(1, 2))}
    >>> style_distance(one, one), style_distance(two, one)
    (0.0, 2.0)
    """
    distances = []
    for layer, target in style.items():
        apart = sum((mine - aim).square().sum() for mine, aim in zip(image[layer], target, strict=True))
        size = sum(aim.square().sum() for aim in target)
        distances.append(float(apart / size))
    return math.fsum(distances) / len(distances)


def content_distance(image: Tensor, content: Tensor) -> float:
    """How far features ``(N, C, H, W)`` are from the content's, after each channel is standardized; relative.

    The content loss of SANet (Park and Lee 2019). 0 is the content itself, 2 is what unrelated pictures have.

    >>> x = torch.randn(1, 4, 8, 8)
    >>> content_distance(x, x), round(content_distance(-x, x), 2)
    (0.0, 4.0)
    """
    mine, aim = standardize(image), standardize(content)
    return float((mine - aim).square().sum() / aim.square().sum())


def area_means(image: Image, size: tuple[int, int]) -> Image:
    """The image reduced to `size` (height, width), each pixel the exact mean of the area that it covers.

    As OpenCV's ``INTER_AREA`` reduces; sizes may divide in any way. `size` is at most the image's own.

    >>> area_means(torch.tensor([[[0.0, 3.0, 6.0]]]), (1, 2))
    tensor([[[1., 5.]]])
    """
    rows = _means_along(image.transpose(-1, -2), size[0]).transpose(-1, -2)
    return _means_along(rows, size[1]).contiguous()


def _means_along(image: Tensor, length: int) -> Tensor:
    """`area_means` along the last dimension only."""
    full = image.shape[-1]
    if full == length:
        return image
    edges = torch.arange(length + 1, dtype=torch.float64) * full / length
    first = edges[:-1].floor()
    total = image.new_zeros(*image.shape[:-1], length)
    for offset in range(math.ceil(full / length) + 1):
        place = first + offset
        weight = (torch.minimum(edges[1:], place + 1) - torch.maximum(edges[:-1], place)).clamp_min(0) * length / full
        taps = image.index_select(-1, place.long().clamp_max(full - 1).to(image.device))
        total.addcmul_(taps, weight.to(image))
    return total
