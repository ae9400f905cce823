"""The matting Laplacian of Levin, Lischinski and Weiss (TPAMI 2008): how far values are from following colors.

In every window of 3x3 pixels, values are compared with the affine function of the colors that fits them best; what
is left, summed over the windows, is the quadratic form of the Laplacian. It is 0 for affine functions of the colors.
"""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.types import Image, Mask

EPSILON = 1e-7
"""Of Levin et al.'s code: keeps windows of one color solvable."""

_WINDOW = 9
"""Pixels of a window."""


@final
class MattingLaplacian:
    """The matrix of an image, as a function: values ``(C, H, W)`` to the product with them.

    Unlike Levin et al., no matrix is built: a product fits every window's values by its colors and sums up what is
    left over, in a few box filters. In float64: windows of nearly one color need it.

    Attributes:
        windows: How many windows a pixel lies in, ``(1, H, W)``, which bounds the diagonal.
    """

    def __init__(self, image: Image, epsilon: float = EPSILON) -> None:
        self._colors = image.double()
        self._mean = _window_means(self._colors)
        products = torch.einsum("ihw,jhw->ijhw", self._colors, self._colors).flatten(0, 1)
        spread = _by_color(_window_means(products)) - torch.einsum("ihw,jhw->ijhw", self._mean, self._mean)
        ridge = epsilon / _WINDOW * torch.eye(3, dtype=torch.float64, device=image.device)
        self._inverse = torch.linalg.inv(spread.permute(2, 3, 0, 1) + ridge)
        self.windows = _window_sums(torch.ones_like(self._mean[:1]))

    def __call__(self, values: Tensor) -> Tensor:
        """The product with values ``(C, H, W)``, in float64. Differentiable.

        >>> picture = torch.rand(3, 5, 5)
        >>> bool(MattingLaplacian(picture)(0.5 * picture[:1] - picture[1:2] + 2).abs().max() < 1e-5)
        True
        """
        values = values.double()
        mean = _window_means(values)
        products = torch.einsum("chw,jhw->cjhw", values, self._colors).flatten(0, 1)
        shared = _by_color(_window_means(products)) - torch.einsum("chw,jhw->cjhw", mean, self._mean)
        slope = torch.einsum("hwij,cjhw->cihw", self._inverse, shared)
        offset = mean - torch.einsum("cihw,ihw->chw", slope, self._mean)
        slopes = _by_color(_window_sums(slope.flatten(0, 1)))
        fitted = torch.einsum("cihw,ihw->chw", slopes, self._colors) + _window_sums(offset)
        return self.windows * values - fitted

    def energy(self, values: Tensor) -> Tensor:
        """The mean over pixels of the quadratic form, summed over channels: 0 for affine functions of the colors."""
        return (values * self(values)).sum() / values[0].numel()


def _window_means(values: Tensor) -> Tensor:
    """Of all windows that lie within the picture, ``(C, H - 2, W - 2)``."""
    return F.avg_pool2d(values[None], 3, stride=1)[0]


def _by_color(values: Tensor) -> Tensor:
    return values.reshape(-1, 3, *values.shape[1:])


def _window_sums(values: Tensor) -> Tensor:
    """The sum over the windows that a pixel lies in; the transpose of `_window_means`, times their pixels."""
    return _WINDOW * F.avg_pool2d(F.pad(values, (2, 2, 2, 2))[None], 3, stride=1)[0]


FIRMNESS = 100.0
"""How much more a told pixel counts than a window of colors: of Levin et al.'s code."""

_COARSEST = 16
"""Shortest side at which masks are spread first; from there they are only brought to finer and finer edges."""

_FILL_STEPS = 60
"""Of conjugate gradients at each size: enough to cross the coarsest some four times, as far as a step reaches."""


def refine_masks(masks: Tensor, image: Image, *, pull: float, steps: int, trust: Mask | None = None) -> Tensor:
    """Rough masks ``(K, H, W)`` made to follow the image's edges, in ``[0, 1]`` and summing to 1.

    Closed-form matting: ``(L + pull) a = pull * masks`` (Levin et al., eq. 12, with equal trust in all pixels, or
    with `trust`), by `steps` steps of conjugate gradients. Pictures of fewer than 3 pixels a side have no windows:
    masks stay.

    >>> refine_masks(torch.ones(1, 4, 4), torch.rand(3, 4, 4), pull=0.1, steps=5).unique().tolist()
    [1.0]
    """
    if min(image.shape[1:]) < 3:
        return masks
    weight = torch.full_like(image[:1].double(), pull) if trust is None else pull * trust.double()
    rough = masks.double()
    return _shares(_solved(MattingLaplacian(image), weight, (rough, rough), steps=steps)).to(masks)


def fill_masks(masks: Tensor, known: Mask, image: Image) -> Tensor:
    """Masks ``(K, H, W)`` that are told where `known` is 1, spread along the image to where it is 0; they sum to 1.

    Closed-form matting of a trimap or of scribbles: Levin et al., eq. 12. Unlike them, who solve a sparse system,
    by conjugate gradients, from small to large: what is far from all scribbles is decided where it is near.

    >>> sides = torch.zeros(3, 4, 6); sides[:, :, 3:] = 1
    >>> known = torch.zeros(1, 4, 6); known[0, 0, 0] = known[0, 3, 5] = 1
    >>> fill_masks(torch.stack((1 - sides[0], sides[0])), known, sides)[1].round().tolist()[1]
    [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    height, width = image.shape[1:]
    told = masks * known
    if min(height, width) < 2 * _COARSEST:
        start = (told.flatten(1).sum(1) / known.sum().clamp_min(1e-6)).view(-1, 1, 1).expand_as(told)
    else:
        half = (-(-height // 2), -(-width // 2))
        part, smaller = F.adaptive_avg_pool2d(known, half), F.adaptive_avg_pool2d(image, half)
        found = fill_masks(F.adaptive_avg_pool2d(told, half) / part.clamp_min(1e-6), part, smaller)
        start = F.interpolate(found[None], size=(height, width), mode="bilinear", align_corners=False)[0]
    start = torch.lerp(start, masks, known)
    if min(height, width) < 3:
        return start
    laplacian, weight = MattingLaplacian(image), FIRMNESS * known.double()
    return _shares(_solved(laplacian, weight, (masks.double(), start.double()), steps=_FILL_STEPS)).to(masks)


def _solved(laplacian: MattingLaplacian, weight: Tensor, masks: tuple[Tensor, Tensor], *, steps: int) -> Tensor:
    """``(L + weight) a = weight * rough`` for ``masks = (rough, start)``, by conjugate gradients from the start.

    Mask by mask; scaled by what bounds the diagonal, as weights that differ much from place to place need it.
    """
    rough, found = masks
    scale = laplacian.windows + weight
    left = weight * (rough - found) - laplacian(found)
    direction = left / scale
    error = (left * direction).sum((1, 2), keepdim=True)
    for _ in range(steps):
        moved = laplacian(direction) + weight * direction
        # A mask that is solved has no direction left.
        length = error / (direction * moved).sum((1, 2), keepdim=True).clamp_min(1e-30)
        found, left = found + length * direction, left - length * moved
        before, error = error, (left * left / scale).sum((1, 2), keepdim=True)
        direction = left / scale + error / before.clamp_min(1e-30) * direction
    return found


def _shares(masks: Tensor) -> Tensor:
    masks = masks.clamp(0, 1)
    return masks / masks.sum(0).clamp_min(1e-6)
