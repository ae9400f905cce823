"""Keeping the grain of a picture whose colors were moved."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from vidstyle.ops.filters import enlarge, shrink
from vidstyle.types import Image, Mask

ITERATIONS = (4, 16, 32, 64, 64, 64)
"""From the full size down, each level half the one before: of Pitie's code, as all numbers here."""
_SMALLEST = 20
"""Pixels: a side below this ends the pyramid."""
_KEPT = 1 / 5
"""Share of the old value in each step."""
_LEAST_TRUST = 1e-3
"""In the change of a pixel on flat ground. Unlike Pitie et al., who have none: a flat picture would keep no level."""


def regrain(image: Image, moved: Image) -> Image:
    """`moved`, a recolored `image`, with the gradients of `image` back where it is smooth; not clamped.

    Minimizes ``psi (J - moved)^2 + phi |grad J - grad image|^2`` over J, coarse to fine: Pitie, Kokaram and Dahyot
    (2007), section 4. Unlike there, what is solved for is the change ``J - image``: the same numbers with fewer sums.

    >>> import torch
    >>> x = torch.rand(3, 30, 40)
    >>> bool(torch.allclose(regrain(x, x), x, atol=1e-6))
    True
    """
    return image + _smooth_change(image, moved - image, 0)


def _smooth_change(image: Image, change: Tensor, level: int) -> Tensor:
    height, width = image.shape[-2:]
    start = change
    if level + 1 < len(ITERATIONS) and min(height, width) > 2 * _SMALLEST:
        coarse = _smooth_change(shrink(image, 2), shrink(change, 2), level + 1)
        start = enlarge(coarse, (height, width))
    return _relaxed(start, change, _edges(image), level=level)


def _edges(image: Image) -> Mask:
    """Length of the gradient over all channels, ``(1, H, W)``."""
    padded = F.pad(image[None], (1, 1, 1, 1), mode="replicate")[0]
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    return (across.square() + down.square()).sum(0, keepdim=True).sqrt_()


def _relaxed(start: Tensor, change: Tensor, edges: Mask, *, level: int) -> Tensor:
    trust = (256 / 5 * edges).clamp_(_LEAST_TRUST, 1)
    smooth = 30 * 2.0**-level / (1 + 10 * edges)
    # A neighbor's weight is the mean of both pixels'; beyond the border there is none.
    right = (smooth[..., 1:] + smooth[..., :-1]) / 2
    below = (smooth[..., 1:, :] + smooth[..., :-1, :]) / 2
    total = trust.clone()
    total[..., :-1] += right
    total[..., 1:] += right
    total[..., :-1, :] += below
    total[..., 1:, :] += below
    wanted, inverse = change * trust, (1 - _KEPT) / total
    state = start
    for _ in range(ITERATIONS[level]):
        drawn = wanted.clone()
        drawn[..., :-1].addcmul_(right, state[..., 1:])
        drawn[..., 1:].addcmul_(right, state[..., :-1])
        drawn[..., :-1, :].addcmul_(below, state[..., 1:, :])
        drawn[..., 1:, :].addcmul_(below, state[..., :-1, :])
        state = drawn.mul_(inverse).add_(state, alpha=_KEPT)
    return state
