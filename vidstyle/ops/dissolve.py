"""Going over from one painting to another without a flat moment in between."""

from __future__ import annotations

import torch
from torch import Tensor

from vidstyle.ops.detail import restore_detail
from vidstyle.ops.filters import BINOMIAL_3, blur, enlarge, shrink
from vidstyle.types import Image

_STROKE = 8
"""Side in pixels of the cells whose means are not strokes: what is finer cancels where two paintings differ."""

_AROUND = 4
"""Cells over which the amount of strokes is compared: 32 px."""

_MOST_GAIN = 1.5
"""Strokes that have nothing in common keep 0.71 of their amplitude half way, so need 1.41."""

_FLOOR = 1e-3
"""Amplitude, a share of the range, that counts as flat: no gain is found from rounding noise."""


def dissolve(old: Image, new: Image, weight: float) -> Image:
    """`old` at weight 0, `new` at weight 1; in between their mix, its strokes as strong as those of the two.

    Variance-preserving blending after Heitz and Neyret (2018), in two bands: strokes about the mean of cells of
    8 px, and the finest detail by `restore_detail`. Unlike theirs, the loss is measured, for the strokes of two
    paintings of one frame have much in common.

    >>> image = torch.rand(3, 32, 32)
    >>> torch.allclose(dissolve(image, image, 0.5), image, atol=1e-5)
    True
    """
    if weight in (0.0, 1.0):
        return (old, new)[int(weight)].clone()
    size = (old.shape[-2], old.shape[-1])
    mixed = torch.lerp(old, new, weight)
    ground = _ground(mixed)
    wanted = torch.lerp(_amount(old - _ground(old)), _amount(new - _ground(new)), weight)
    gain = (wanted + _FLOOR) / (_amount(mixed - ground) + _FLOOR)
    strokes = (mixed - ground) * enlarge(gain.clamp_(1, _MOST_GAIN), size)
    return restore_detail(ground + strokes, old if weight < 0.5 else new, 1.0).clamp_(0, 1)


def _ground(image: Image) -> Image:
    return enlarge(blur(shrink(image, _STROKE), BINOMIAL_3), (image.shape[-2], image.shape[-1]))


def _amount(strokes: Tensor) -> Tensor:
    return blur(shrink(strokes.abs().mean(0, keepdim=True), _STROKE * _AROUND), BINOMIAL_3)
