"""Losses of style transfer, each relative to its target's own energy, so weights hold for any loss network."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from vidstyle.ops.statistics import Moments, standardize

FLOOR = 1e-8
"""Least energy to divide by."""


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
