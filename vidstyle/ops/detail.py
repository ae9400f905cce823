"""What a picture's neighborhoods hold: fine detail to bring back, and the range that a memory may keep."""

from __future__ import annotations

import torch

from vidstyle.ops.bands import bands
from vidstyle.ops.filters import BINOMIAL_3, blur, enlarge, enlarge_rows, luma, shrink
from vidstyle.types import Image, Mask

_CELL = 8
"""Side in pixels of the cells over which detail is compared: a few strokes of a painting."""

_MOST_GAIN = 1.8
"""Largest gain of one call. Called once per frame it makes up for any loss within a few frames, without a jolt."""

_LEAST_GAIN = 0.8
"""Smallest gain of `sharpen_to`: bicubic sampling adds at most 3 percent of detail per warp (see `warp`)."""

_FLOOR = 1e-3
"""Amplitude, a share of the range, that counts as flat: no gain is found from rounding noise."""

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


def sharpness(image: Image) -> Mask:
    """How sharp a picture is there: luma's mean steps to the right and down, over some 16 px; ``(1, H / 8, W / 8)``.

    Unlike the amplitude of the finest detail, this is what `metrics.mean_gradient` sees: where a mean of frames
    has lost fine strokes but not broad ones, its finest detail alone says too little.

    >>> sharpness(torch.zeros(3, 16, 16)).max().item()
    0.0
    """
    steps = torch.empty_like(image[:1])
    for band in bands(image, margin=1):
        steps[:, band.own] = _steps(luma(image[:, band.seen]))[:, band.inner]
    return blur(shrink(steps, _CELL), BINOMIAL_3)


def _steps(gray: Mask) -> Mask:
    """How far each pixel is from the next to the right and from the one below, together; beyond the border is none."""
    steps = torch.zeros_like(gray)
    torch.sub(gray[..., 1:], gray[..., :-1], out=steps[..., :-1]).abs_()
    steps[:, :-1] += (gray[:, 1:] - gray[:, :-1]).abs_()
    return steps


def sharpen_to(image: Image, wanted: Mask, *, out: Image | None = None) -> Image:
    """The image with its finest detail scaled towards a `sharpness`, by 0.8 to 1.8 at a call, and kept in ``[0, 1]``.

    Unlike `restore_detail` it also takes detail away: called once per frame, on a picture that is warped every time,
    it holds sharpness where it is wanted, whatever the kernel of the warp adds or loses. `out` takes the result; it may
    not be `image`.

    >>> image = torch.rand(3, 16, 16)
    >>> torch.allclose(sharpen_to(image, sharpness(image)), image, atol=1e-6)
    True
    """
    ratio = (wanted + _FLOOR) / (sharpness(image) + _FLOOR)
    # Squared, because about half of the steps lie in the finest detail: once alone stays 3 to 5 percent short.
    height, width = image.shape[-2:]
    gain = enlarge(ratio.square_().clamp_(_LEAST_GAIN, _MOST_GAIN), (ratio.shape[-2], width))
    sharp = torch.empty_like(image) if out is None else out
    for band in bands(image, margin=1):
        soft = blur(image[:, band.seen], BINOMIAL_3)[:, band.inner]
        gains = enlarge_rows(gain, height, band.own)
        torch.lerp(soft, image[:, band.own], gains, out=sharp[:, band.own]).clamp_(0, 1)
    return sharp


def color_range(half: Image, deviations: float) -> Image:
    """How far a picture's colors may stray: `deviations` standard deviations over some 12 px, at least `_SLACK`.

    `half` is the picture halved; per channel, in cells of 2 of its pixels: ``(3, H / 4, W / 4)``. Strokes of the same
    paint lie inside; a stroke that was carried over something it does not belong to does not. Variance clipping
    after Salvi, *An excursion in temporal supersampling* (GDC 2016).

    >>> round(color_range(torch.zeros(3, 8, 8), 2.5).max().item(), 3)
    0.04
    """
    mean = blur(shrink(half, 2), BINOMIAL_3)
    squares = blur(shrink(half.square(), 2), BINOMIAL_3)
    return squares.sub_(mean.square_()).clamp_min_(0).sqrt_().mul_(deviations).clamp_min_(_SLACK)


def share_within(stray: Image, limit: Image) -> Mask:
    """How much of a memory may stay in a mix with a painted frame: all of it within `limit`, less and less beyond.

    `stray` is the halved memory minus the halved frame, `limit` as `color_range` gives it; the answer is ``limit / d``
    for colors that are ``d`` apart, the least of the channels, ``(1, H / 2, W / 2)``. Unlike Salvi, who clips every
    pixel, only cells of 2 px count, so the finest strokes do not flicker through (cells of 4 px let thin dark trails
    stand on schoolgirls), and color goes over to the painted frame's, not to the end of its range.

    >>> image = torch.zeros(3, 8, 8)
    >>> round(share_within(image + 0.08, color_range(image, 2.5)).mean().item(), 3)
    0.5
    """
    distance = stray.abs().clamp_min_(_FLOOR)
    return (enlarge(limit, (stray.shape[-2], stray.shape[-1])) / distance).amin(0, keepdim=True).clamp_(max=1)


def _amount(detail: Mask) -> Mask:
    return blur(shrink(detail.abs(), _CELL), BINOMIAL_3)
