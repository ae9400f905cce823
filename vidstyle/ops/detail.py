"""What a picture's neighborhoods hold: fine detail to bring back, and the range that a memory may keep."""

from __future__ import annotations

import torch

from vidstyle.ops.filters import BINOMIAL_3, blur, enlarge, luma, shrink
from vidstyle.types import Image, Mask

_CELL = 8
"""Side in pixels of the cells over which detail is compared: a few strokes of a painting."""

_MOST_GAIN = 1.8
"""Largest gain of one call. Called once per frame it makes up for any loss within a few frames, without a jolt."""

_FLOOR = 1e-3
"""Amplitude, a share of the range, that counts as flat: no gain is found from rounding noise."""


_BOX = (0.2,) * 5
"""Even weights over five pixels of the halved frame."""

_SLACK = 0.04
"""Least half width of the range that a memory may keep: flicker of flat paint up to 10/255 is still evened out."""


def restore_detail(image: Image, like: Image, share: float) -> Image:
    """The image with its finest detail amplified where `like` has more, up to `share` of its amplitude.

    Detail is the picture minus its 3 x 3 binomial blur; its gain is ``share * A(like) / A(image)``, with ``A``
    the mean absolute detail of luma over some 16 px, between 1 and 1.8. It amplifies what is there and adds
    nothing of `like`, so what a running mean has settled on stays settled.

    Variance-preserving blending after Heitz and Neyret, *High-performance by-example noise using a
    histogram-preserving blending operator* (2018). Unlike theirs, the loss is measured, not derived from the
    weights, so it covers resampling too; and as mean amplitude: a mean of strokes has few, strong peaks, which
    weigh more in a variance than to the eye.

    >>> image = torch.rand(3, 16, 16)
    >>> torch.allclose(restore_detail(image, image, 1.0), image, atol=1e-6)
    True
    """
    fine = blur(image, BINOMIAL_3).neg_().add_(image)
    wanted = luma(like)
    wanted -= blur(wanted, BINOMIAL_3)
    ratio = (_amount(wanted) * share + _FLOOR) / (_amount(luma(fine)) + _FLOOR)
    gain = enlarge(ratio.clamp_(1, _MOST_GAIN).sub_(1), (image.shape[-2], image.shape[-1]))
    return torch.addcmul(image, fine, gain)


def clip_to_neighborhood(image: Image, like: Image, deviations: float) -> Image:
    """The image with each channel kept within mean +- `deviations` * standard deviation of `like` around there.

    The neighborhood is 10 x 10 px, taken at half size; the range is at least +- `_SLACK` wide. A stroke that was
    carried over something it does not belong to leaves the range; strokes of the same paint lie inside it.

    Variance clipping after Salvi, *An excursion in temporal supersampling* (GDC 2016).

    >>> round(clip_to_neighborhood(torch.ones(3, 8, 8), torch.zeros(3, 8, 8), 1.5).max().item(), 3)
    0.04
    """
    half = shrink(like, 2)
    mean = blur(half, _BOX)
    spread = blur(half.square(), _BOX).sub_(mean.square()).clamp_min_(0).sqrt_().mul_(deviations).clamp_min_(_SLACK)
    result = torch.empty_like(image)
    # Plane by plane, for the cache's sake.
    for channel, target in enumerate(result):
        center, width = (
            enlarge(part[channel : channel + 1], (target.shape[0], target.shape[1]))[0] for part in (mean, spread)
        )
        # `like` itself is always in range: peaks of its own strokes are no trails.
        lowest, highest = torch.minimum(center - width, like[channel]), torch.maximum(center + width, like[channel])
        torch.minimum(torch.maximum(image[channel], lowest), highest, out=target)
    return result


def _amount(detail: Mask) -> Mask:
    return blur(shrink(detail.abs(), _CELL), BINOMIAL_3)
