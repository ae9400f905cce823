"""Where motion may be trusted: 1 = use.

After Ruder, Dosovitskiy and Brox, *Artistic style transfer for videos* (2016), section 4.2, which follows
Sundaram, Brox and Keutzer (2010); and Bonneel et al., *Blind video temporal consistency* (2015), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vidstyle.ops.filters import BINOMIAL_3, BINOMIAL_5, blur, enlarge, gaussian_taps, shrink
from vidstyle.ops.warp import positions, resize_flow, warp
from vidstyle.types import Flow, Image, Mask

_BLUR = 1.0
"""Sigma in full-size pixels by which the mask is smoothed. Unlike Ruder's published checker, which has 0.8: at half
size that finds 92.7 percent of the uncovered pixels and this 93.3 (twelve scenes of disks with true flow)."""

_LIKE = 0.03
"""Residual, as a share of the range, at which two places count as alike: three fifths of Bonneel's sigma."""

_QUIET = 0.025
"""Residual below which motion that is consistent is not doubted at all: grain, compression, resampling."""

_UNLIKE = 0.06
"""Sigma of the doubt beyond that. Unlike Bonneel, whose 0.05 counts from 0 on: the grain of real clips then costs
a quarter to a third of the steadiness (measured on MicroAST frames of 01_dog and schoolgirls)."""

_RESCUED = 0.8
"""Most trust where only the pictures agree, not the flow: flat ground beside a moving thing is dragged along by
flow, and the running mean that is trusted by 0.8 lasts four frames."""

_LIGHT_CELL = 16
"""Side of the cells, in pixels of the halved frame, over which a change of light is taken as even."""

_MOST_LIGHT = 0.1
"""Largest change of light within one frame that is forgiven; a photographer's flash is more, a passing cloud less."""


def uncovered(to_previous: Flow, to_next: Flow, *, pixel: int = 1) -> Mask:
    """1 where the flow there and back disagrees, so the previous frame shows something else; eq. 5 of Ruder et al.

    `to_previous` leads from this frame to the previous one, `to_next` from the previous one to this. The constants
    are in full-size pixels; of flows on a smaller grid, `pixel` says how many of these one of theirs is.

    >>> still = torch.zeros(2, 4, 4)
    >>> uncovered(still, still).max().item(), uncovered(still, still + 1).min().item()
    (0.0, 1.0)
    """
    return _uncovered(to_previous, to_next, pixel).to(to_previous.dtype)


def motion_boundary(flow: Flow, *, pixel: int = 1) -> Mask:
    """1 where the flow changes abruptly, so it is unsure to which side a pixel belongs; eq. 6 of Ruder et al.

    >>> motion_boundary(torch.zeros(2, 4, 4)).max().item()
    0.0
    """
    return _boundary(flow, pixel).to(flow.dtype)


def flow_trust(to_previous: Flow, to_next: Flow, *, pixel: int = 1) -> Mask:
    """Ruder's mask: 1 where the flow agrees, lies in the picture and is no motion boundary; edges soft.

    Uncovered pixels count as -1 before the blur, as in the published checker, so doubt spreads outwards.

    >>> still = torch.zeros(2, 4, 4)
    >>> flow_trust(still, still).min().item() > 0.999
    True
    """
    inside, doubt = _inside(to_previous), _uncovered(to_previous, to_next, pixel)
    # Outside comes first in the published order: a pixel that leaves the picture is 0, never -1.
    calm = inside & ~doubt & ~_boundary(to_previous, pixel)
    return blur(calm.to(to_previous.dtype).masked_fill_(inside & doubt, -1), gaussian_taps(_BLUR / pixel)).clamp_(0, 1)


def motion_trust(images: tuple[Image, Image], to_previous: Flow, to_next: Flow) -> Mask:
    """`flow_trust` corrected by what the pictures show; `images` are this frame and the previous one.

    Where ``d2``, the local mean square of ``I_t - W(I_t-1)`` without its light (`residual`), is small, the
    previous frame may be used even if the flow disagrees with itself: on bare walls flow is arbitrary, and does
    no harm. Where it is large, the flow is wrong however consistent: Bonneel's gate ``exp(-d2 / (2 sigma^2))``,
    flat up to the residual that grain makes.

    Unlike Ruder et al., who reject every disagreement: on clips of slow cameras the rejected 1 .. 6 percent of
    the pixels made about half of the flicker that was left (measured on five clips).

    All this happens at half size, two fifths of the time: searched flow has no finer detail, see `Dis`.

    >>> image, still = torch.rand(3, 8, 8), torch.zeros(2, 8, 8)
    >>> motion_trust((image, image), still, still).min().item() > 0.999
    True
    """
    current, previous = (shrink(image, 2) for image in images)
    there, back = (resize_flow(flow, (current.shape[-2], current.shape[-1])) for flow in (to_previous, to_next))
    flow_says = flow_trust(there, back, pixel=2)
    squares = residual((current, previous), there, flow_says)
    alike = torch.exp(squares / (-2 * _LIKE**2)).mul_(_RESCUED)
    not_unlike = torch.exp(squares.sub_(_QUIET**2).clamp_min_(0).div_(-2 * _UNLIKE**2))
    trust = torch.maximum(flow_says, alike).mul_(not_unlike)
    return enlarge(trust, (to_previous.shape[-2], to_previous.shape[-1])).clamp_(0, 1)


def far_trust(images: tuple[Image, Image], to_previous: Flow, trust: Mask) -> Mask:
    """What is left of a `motion_trust` over several frames where the pictures must agree as they are.

    Over a distance, flow leads to things that are like the right one but for their light: from a leg to the bed behind
    it, whose paint then shone through. So no change of light is forgiven, and half the residual is enough to doubt
    (looked at on bedroom; without what only the pictures say, hardly any uncovered ground would be known again).

    >>> image, still, trust = torch.full((3, 8, 8), 0.5), torch.zeros(2, 8, 8), torch.ones(1, 8, 8)
    >>> far_trust((image, image), still, trust).min().item(), far_trust((image + 0.1, image), still, trust).max() < 0.01
    (1.0, tensor(True))
    """
    current, previous = (shrink(image, 2) for image in images)
    flow = resize_flow(to_previous, (current.shape[-2], current.shape[-1]))
    squares = residual((current, previous), flow, torch.zeros_like(current[:1]))
    alike = torch.exp((squares - _QUIET**2).clamp_min_(0) / (-2 * _LIKE**2))
    return trust * enlarge(alike, (trust.shape[-2], trust.shape[-1])).clamp_(0, 1)


def closest_first(trusts: Sequence[Mask]) -> list[Mask]:
    """How much each of several earlier frames counts, the nearest first: ``max(c_j - sum of c_k of nearer, 0)``.

    Long-term weights of Ruder et al. (2016), eq. 10: a frame further back counts where no nearer one is trusted. For
    trust, which is at most 1, they sum to 1 at most.

    >>> closest_first([torch.tensor([1.0, 0.25, 0.0]), torch.tensor([1.0, 1.0, 0.5])])
    [tensor([1.0000, 0.2500, 0.0000]), tensor([0.0000, 0.7500, 0.5000])]
    """
    nearer = torch.zeros_like(trusts[0])
    weights = []
    for trust in trusts:
        weights.append((trust - nearer).clamp_(min=0))
        nearer = nearer + trust
    return weights


def residual(images: tuple[Image, Image], to_previous: Flow, weight: Mask) -> Mask:
    """Local mean square of this image minus the warped previous one, ``(1, H, W)``; for images of half the size.

    Even changes of light, measured where `weight` is 1, are taken out first, up to a tenth of the range: a cloud
    before the sun changes no surface. Half size and a small blur keep grain from counting.

    >>> image, still = torch.zeros(3, 4, 4), torch.zeros(2, 4, 4)
    >>> residual((image + 0.05, image), still, torch.ones(1, 4, 4)).max().item() < 1e-6
    True
    """
    current, previous = images
    change = blur(current - warp(previous, to_previous), BINOMIAL_3)
    change -= enlarge(_light(change, weight), (current.shape[-2], current.shape[-1]))
    return blur(change.square_().mean(0, keepdim=True), BINOMIAL_5)


def _light(change: Image, weight: Mask) -> Image:
    """The even part of a change, one value per cell, from the pixels that `weight` names."""
    sums = blur(shrink(torch.cat((change * weight, weight)), _LIGHT_CELL), BINOMIAL_3)
    # The small constant lets cells without trusted pixels count as unchanged.
    return (sums[:3] / (sums[3:] + 1e-3)).clamp_(-_MOST_LIGHT, _MOST_LIGHT)


def _inside(flow: Flow) -> torch.Tensor:
    """Where all four taps of a bilinear sample lie in the picture, ``(1, H, W)``, boolean."""
    height, width = flow.shape[-2:]
    x, y = positions(flow)
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))[None]


def _uncovered(to_previous: Flow, to_next: Flow, pixel: int) -> torch.Tensor:
    back = warp(to_next, to_previous)
    energy = _squares(to_previous).addcmul_(back[:1], back[:1]).addcmul_(back[1:], back[1:])
    return _squares(back.add_(to_previous)) >= energy.mul_(0.01).add_(0.5 / pixel**2)


def _boundary(flow: Flow, pixel: int) -> torch.Tensor:
    """Where the sum over both channels of the squared central differences is large; they are zero across the border."""
    gradient = torch.zeros_like(flow[:1])
    if flow.shape[-1] > 2:
        gradient[..., 1:-1] += _squares(flow[..., 2:] - flow[..., :-2])
    if flow.shape[-2] > 2:
        gradient[:, 1:-1] += _squares(flow[:, 2:] - flow[:, :-2])
    # A central difference is half of these. It has no unit, so it is the same on any grid.
    return gradient.mul_(0.25) > _squares(flow).mul_(0.01 * pixel**2).add_(0.002)


def _squares(flow: Flow) -> torch.Tensor:
    """Squared length, ``(1, H, W)``."""
    return flow[:1].square().addcmul_(flow[1:], flow[1:])
