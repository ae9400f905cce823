"""Global color: keeping the content's, and moving one picture's colors to another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.types import Image

REGULARIZATION = 1e-4
"""Added to the diagonal of covariances: flat and gray pictures have singular ones (dossier range 1e-5 .. 1e-3)."""

MOST_GAIN = 3.0
"""Grain and the blocks of a codec are stretched with the colors: more shows (dossier, 14.2)."""


class ColorMoments(NamedTuple):
    """First and second raw moments of a picture's colors, which may be averaged over pictures."""

    mean: Tensor
    """``(3,)``"""
    second: Tensor
    """``(3, 3)``: mean of the outer product."""

    def covariance(self) -> Tensor:
        """The covariance, regularized so that it has an inverse."""
        identity = torch.eye(3, dtype=self.mean.dtype, device=self.mean.device)
        return self.second - torch.outer(self.mean, self.mean) + REGULARIZATION * identity

    @classmethod
    def of(cls, mean: Tensor, covariance: Tensor) -> ColorMoments:
        """The moments with this mean and this regularized covariance."""
        identity = torch.eye(3, dtype=mean.dtype, device=mean.device)
        return cls(mean, covariance - REGULARIZATION * identity + torch.outer(mean, mean))


def color_moments(image: Image) -> ColorMoments:
    """The moments of an image, in float64: a difference of large sums follows.

    >>> color_moments(torch.full((3, 4, 4), 0.5)).mean.tolist()
    [0.5, 0.5, 0.5]
    """
    colors = image.flatten(1).double()
    return ColorMoments(colors.mean(1), colors @ colors.T / colors.shape[1])


def mixed_moments(moments: Sequence[ColorMoments], weights: Sequence[float]) -> ColorMoments:
    """The moments of a picture that is made of pictures with these, in these shares.

    >>> dark, light = color_moments(torch.zeros(3, 2, 2)), color_moments(torch.ones(3, 2, 2))
    >>> mixed_moments((dark, light), (0.25, 0.75)).mean.tolist()
    [0.75, 0.75, 0.75]
    """
    parts = zip(*moments, strict=True)
    return ColorMoments(
        *(torch.stack([w * part for w, part in zip(weights, kind, strict=True)]).sum(0) for kind in parts)
    )


def symmetric_root(matrix: Tensor, power: float = 0.5) -> Tensor:
    """A real power of a symmetric positive matrix, by its eigenvalues.

    >>> symmetric_root(torch.diag(torch.tensor([4.0, 9.0]))).diagonal().tolist()
    [2.0, 3.0]
    """
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors @ torch.diag(values.clamp_min(1e-12) ** power) @ vectors.T
    return root


def monge_kantorovich(source: Tensor, target: Tensor) -> Tensor:
    """The linear map that takes covariance `source` to `target` and moves colors least.

    ``S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2``, Pitie and Kokaram 2007, "The linear Monge-Kantorovitch linear colour
    mapping for example-based colour transfer".

    >>> s, t = torch.diag(torch.tensor([1.0, 4.0, 9.0])), torch.eye(3)
    >>> [round(v, 4) for v in monge_kantorovich(s, t).diagonal().tolist()]
    [1.0, 0.5, 0.3333]
    """
    root, inverse = symmetric_root(source), symmetric_root(source, -0.5)
    return inverse @ symmetric_root(root @ target @ root) @ inverse


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """An affine map of colors: ``matrix @ color + offset``."""

    matrix: Tensor
    """``(3, 3)``"""
    offset: Tensor
    """``(3,)``"""

    def __call__(self, colors: Tensor) -> Tensor:
        """Colors ``(3, ...)`` moved; not clamped.

        >>> Affine(torch.eye(3), torch.ones(3))(torch.zeros(3, 1, 1)).flatten().tolist()
        [1.0, 1.0, 1.0]
        """
        moved = torch.addmm(self.offset.to(colors)[:, None], self.matrix.to(colors), colors.reshape(3, -1))
        return moved.view(colors.shape)


def affine_between(source: ColorMoments, target: ColorMoments) -> Affine:
    """The Monge-Kantorovich map that takes moments `source` to `target`, stretching no color by more than `MOST_GAIN`.

    >>> half = color_moments(torch.full((3, 2, 2), 0.5))
    >>> [round(value, 3) for value in affine_between(half, half).offset.tolist()]
    [0.0, 0.0, 0.0]
    """
    gains, axes = torch.linalg.eigh(monge_kantorovich(source.covariance(), target.covariance()))
    matrix = axes @ torch.diag(gains.clamp(max=MOST_GAIN)) @ axes.T
    return Affine(matrix, target.mean - matrix @ source.mean)


def match_colors(image: Image, source: ColorMoments, target: ColorMoments) -> Image:
    """The image with its colors moved so that moments `source` become `target`; clamped to ``[0, 1]``.

    >>> x = torch.rand(3, 8, 8)
    >>> bool(torch.allclose(match_colors(x, color_moments(x), color_moments(x)), x, atol=1e-5))
    True
    """
    return affine_between(source, target)(image).clamp_(0, 1)


def with_luminance_of(image: Image, painted: Image) -> Image:
    """The colors of `image` with the luminance of `painted`; clamped to ``[0, 1]``.

    Adding one number to R, G and B keeps the color differences: the ``original_colors`` of neural-style.

    >>> with_luminance_of(torch.zeros(3, 1, 1), torch.ones(3, 1, 1)).flatten().tolist()
    [1.0, 1.0, 1.0]
    """
    return (image + luma(painted) - luma(image)).clamp(0, 1)
