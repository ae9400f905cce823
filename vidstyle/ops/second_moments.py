"""Style as second-order statistics of features, and distances between two of them.

A distance is relative: divided by the target's own energy, so that one set of weights holds for every layer,
resolution and network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vidstyle.types import Mask

FLOOR = 1e-8
"""Least energy to divide by: a target may be all zero."""

REGULARIZATION = 1e-4
"""Added to the diagonal of covariances, as a share of the target's mean variance. crowsonkb/style-transfer-pytorch
adds 1e-4 itself, on features of variance about 1."""

_NOISE = 8
"""Eigenvalues below this many rounding errors of the largest are noise; the slope of their root is bounded there."""


class SecondMoments(NamedTuple):
    """First and second raw moments of features over space. Both may be averaged over pictures; covariances may not."""

    mean: Tensor
    """``(C,)``"""
    second: Tensor
    """``(C, C)``: mean over space of the outer product of the features; the Gram matrix divided by ``H * W``."""

    def covariance(self) -> Tensor:
        """The covariance, ``(C, C)``."""
        return self.second - torch.outer(self.mean, self.mean)


Distance = Callable[[SecondMoments], Tensor]
"""Of moments from a fixed target: a number, 0 where they are equal."""


def second_moments(features: Tensor, lift: Tensor | None = None, *, mask: Mask | None = None) -> SecondMoments:
    """Moments of one picture's features ``(1, C, H, W)`` in float32; with a lift, those of ``lift @ [features, 1]``.

    With a mask of the features' size, each place counts by it: the guided Gram matrix of Gatys et al., *Controlling
    perceptual factors in neural style transfer* (2017), its guidance the root of the mask.

    Space is summed up before the lift, so lifted features are never there.

    >>> m = second_moments(torch.tensor([[[[1.0, 3.0]]]]))
    >>> m.mean.tolist(), m.second.tolist()
    ([2.0], [[5.0]])
    >>> second_moments(torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[2.0, 1.0]])).mean.tolist()
    [5.0]
    """
    # One row per pixel: as the memory of channels-last networks lies.
    rows = at_least_float32(features[0].permute(1, 2, 0).flatten(0, 1))
    shares = None if mask is None else mask.flatten() / mask.sum().clamp_min(FLOOR)
    sums: Any = _Sums.apply  # typed in some versions of torch only
    mean, second = sums(rows, shares)
    if lift is None:
        return SecondMoments(mean, second)
    linear, constant = lift[:, :-1], lift[:, -1]
    moved = linear @ mean
    cross = torch.outer(moved, constant)
    return SecondMoments(
        moved + constant, linear @ second @ linear.T + cross + cross.T + torch.outer(constant, constant)
    )


class _Sums(torch.autograd.Function):
    """The mean of rows and of their outer products, by shares that sum to 1; None is all alike.

    What torch derives goes through the pixels three times on the way back, this once.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, shares: Tensor | None) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows, shares)
        if shares is None:
            return rows.mean(0), rows.T @ rows / len(rows)
        return shares @ rows, rows.T @ (shares[:, None] * rows)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        rows, shares = ctx.saved_tensors
        of_mean, of_second = slopes
        both = of_second + of_second.T
        if shares is None:
            return torch.addmm(of_mean / len(rows), rows, both / len(rows)), None
        return torch.addmm(of_mean, rows, both).mul_(shares[:, None]), None


def at_least_float32(features: Tensor) -> Tensor:
    """Features in a precision that sums may be formed in; double precision stays.

    >>> at_least_float32(torch.ones(1, dtype=torch.bfloat16)).dtype
    torch.float32
    """
    return features if features.dtype == torch.float64 else features.float()


def compact_lift(weight: Tensor, bias: Tensor) -> Tensor:
    """The smallest matrix R such that ``R @ [f, 1]`` has the lengths and angles of ``weight @ f + bias``.

    `weight` is ``(C', C)``; R, the triangular part of its QR decomposition beside the bias, is ``(C + 1, C + 1)``
    where C' is larger. Every distance in this module is the same after an orthogonal map, so the moments of C + 1
    channels stand for those of C'.

    >>> compact_lift(torch.ones(8, 2), torch.ones(8)).shape
    torch.Size([3, 3])
    """
    compact: Tensor = torch.linalg.qr(torch.cat((weight, bias[:, None]), 1), mode="r").R
    return compact


def mixed(moments: Sequence[SecondMoments], weights: Sequence[float]) -> SecondMoments:
    """The moments of a picture that is made of these in these shares, which sum to 1.

    >>> one, two = (SecondMoments(torch.tensor([m]), torch.tensor([[m * m]])) for m in (1.0, 3.0))
    >>> mixed((one, two), (0.5, 0.5)).covariance().item()
    1.0
    """
    mean = torch.stack([w * m.mean for w, m in zip(weights, moments, strict=True)]).sum(0)
    second = torch.stack([w * m.second for w, m in zip(weights, moments, strict=True)]).sum(0)
    return SecondMoments(mean, second)


def gram_distance(target: SecondMoments) -> Distance:
    """``|G - A|^2 / |A|^2`` with Gram matrices G and A of the target: Gatys et al. (2016), eq. 4, made relative.

    >>> a = SecondMoments(torch.zeros(1), torch.tensor([[2.0]]))
    >>> gram_distance(a)(SecondMoments(torch.zeros(1), torch.tensor([[3.0]]))).item()
    0.25
    """
    energy = target.second.square().sum() + FLOOR
    return lambda moments: (moments.second - target.second).square().sum() / energy


def wasserstein_distance(target: SecondMoments) -> Distance:
    """Squared 2-Wasserstein distance of Gaussians with these moments, over the target's mean squared length.

    ``|m - m_t|^2 + tr(S + S_t - 2 (S_t^1/2 S S_t^1/2)^1/2)``, Dowson and Landau (1982); as a style loss in
    crowsonkb/style-transfer-pytorch. Unlike there, the root is taken by eigenvalues and has its slope in closed
    form: ``d tr(M^1/2) = tr(M^-1/2 dM) / 2``.

    >>> a, b = (SecondMoments(torch.zeros(3), torch.diag(torch.tensor(d))) for d in ([1.0, 4, 9], [4.0, 9, 16]))
    >>> round(wasserstein_distance(b)(a).item() * 29, 2)
    3.0
    """
    energy = target.second.diagonal().sum() + FLOOR
    covariance = _exact(target.covariance())
    ridge = REGULARIZATION * covariance.diagonal().mean().clamp_min(FLOOR) * torch.eye(len(covariance)).double()
    covariance += ridge
    root = _root(covariance)

    def distance(moments: SecondMoments) -> Tensor:
        found = _exact(moments.covariance()) + ridge
        shared = _trace_of_root(root @ found @ root)
        spread = found.diagonal().sum() + covariance.diagonal().sum() - 2 * shared
        return ((moments.mean - target.mean).square().sum() + spread.to(energy)) / energy

    return distance


def _exact(matrix: Tensor) -> Tensor:
    """A small matrix in double precision, on the CPU: features have far fewer directions than channels, and the
    roots of what is nearly 0 would be noise in float32. Not every device has doubles, nor a fast decomposition."""
    return matrix.cpu().double()


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root


def _trace_of_root(matrix: Tensor) -> Tensor:
    apply: Any = _TraceOfRoot.apply  # typed in some versions of torch only
    found: Tensor = apply((matrix + matrix.T) / 2)
    return found


class _TraceOfRoot(torch.autograd.Function):
    """``tr(M^1/2)`` of a symmetric positive matrix, without the derivative of eigenvectors, which may be infinite."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        noise = _NOISE * torch.finfo(values.dtype).eps * values[-1]
        roots = values.clamp_min(noise.clamp_min(FLOOR**2)).sqrt()
        ctx.save_for_backward(roots, vectors)
        trace: Tensor = values.clamp_min(0).sqrt().sum()
        return trace

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        roots, vectors = ctx.saved_tensors
        slope: Tensor = slopes[0] / 2 * (vectors / roots) @ vectors.T
        return slope


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbors along x and y in ``(..., H, W)``; 0 for a single pixel.

    >>> total_variation(torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])).item()
    0.5
    """
    along_x = image[..., 1:] - image[..., :-1]
    along_y = image[..., 1:, :] - image[..., :-1, :]
    return (along_x.square().sum() + along_y.square().sum()) / image.numel()
