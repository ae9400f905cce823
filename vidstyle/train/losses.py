"""Losses of style transfer, each relative to its target's own energy, so weights hold for any loss network."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.ops.statistics import Moments, standardize

FLOOR = 1e-8
"""Least energy to divide by."""
WEAVE = 9
"""Pixels: the side of the neighborhood against which `unrest` compares. The weave that networks lay over skies and
walls repeats every 4 to 6 pixels (measured); strokes are wider."""
EMPTY = 0.02
"""Mean difference to the neighborhood, as a share of the range, at which content no longer counts as empty: above the
grain and the blocks of compressed films (0.002 to 0.008), below leaves, fabric and bricks (chosen by eye)."""


def content_loss(painted: Tensor, content: Tensor) -> Tensor:
    """Squared difference of channel-standardized features over the content's energy, a mean over pictures.

    Standardized, because the style owns mean and deviation (as in SANet's content loss).
    """
    target = standardize(content)
    difference = (standardize(painted) - target).square().flatten(1).sum(1)
    return (difference / (target.square().flatten(1).sum(1) + FLOOR)).mean()


def style_loss(painted: Mapping[str, Moments], style: Mapping[str, Moments]) -> Tensor:
    """Squared difference of means and deviations over the style's energy: a mean over layers and pictures.

    The statistics of Huang and Belongie (2017), Eq. 13.
    """
    terms = []
    for layer, b in style.items():
        a = painted[layer]
        difference = (a.mean - b.mean).square().sum(1) + (a.std - b.std).square().sum(1)
        energy = b.mean.square().sum(1) + b.std.square().sum(1)
        terms.append((difference / (energy + FLOOR)).mean())
    return sum(terms[1:], terms[0]) / len(terms)


def covariance(features: Tensor) -> Tensor:
    """Covariance between the channels of ``(N, C, H, W)`` over space, ``(N, C, C)``, in float32.

    >>> covariance(torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]]))
    tensor([[[1., 2.],
             [2., 4.]]])
    """
    flat = features.float().flatten(2)
    centered = flat - flat.mean(2, keepdim=True)
    return centered @ centered.transpose(1, 2) / flat.shape[2]


def texture_loss(painted: Mapping[str, Tensor], style: Mapping[str, Tensor], *, lifts: nn.Module) -> Tensor:
    """Squared difference of the covariances of *lifted* features over the style's own square: a mean over layers.

    What channels have in common is texture (the Gram matrix of Gatys et al. 2016, without the mean, which the style
    loss compares). Lifted covariances are ``W S W^T``, and the square of ``W D W^T`` is the trace of ``M D M D`` with
    ``M = W^T W``: so they are compared without being computed.
    """
    terms = []
    for layer, target in style.items():
        weight = lifts.get_parameter(f"{layer}.weight")[:, :, 0, 0]
        metric = weight.T @ weight
        terms.append((_square(painted[layer] - target, metric) / (_square(target, metric) + FLOOR)).mean())
    return torch.stack(terms).mean()


def _square(difference: Tensor, metric: Tensor) -> Tensor:
    product = metric @ difference
    return (product * product.transpose(1, 2)).sum((1, 2))


def unrest(painted: Tensor, content: Tensor) -> Tensor:
    """How far pixels of `painted` stand out from their neighborhood where `content` is empty; both ``(N, 3, H, W)``.

    Statistics ask for texture everywhere, and where the content has none a network weaves one of its own, finer than
    any stroke. This is total variation's task with two of its faults taken away: it spares outlines, and wide strokes.
    """
    weight = torch.exp(-(_standing_out(content).mean(1, keepdim=True) / EMPTY).square())
    return (weight * (painted - _neighborhood(painted)).abs()).mean()


def _standing_out(images: Tensor) -> Tensor:
    return _neighborhood((images - _neighborhood(images)).abs())


def _neighborhood(images: Tensor) -> Tensor:
    return F.avg_pool2d(images, WEAVE, stride=1, padding=WEAVE // 2, count_include_pad=False)
