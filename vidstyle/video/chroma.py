"""Chroma planes to full size and back, exactly inverse to one another.

The pairs are the biorthogonal spline wavelets' low-pass halves (Cohen, Daubechies, Feauveau 1992), so
``shrink(grow(c)) == c`` up to rounding and a frame that nobody repainted keeps its chroma. Along x, chroma
sits on the even luma columns (MPEG-2 siting): 5/3. Along y it sits between two lines: 3/1.
"""

from __future__ import annotations

import torch
from torch import Tensor


def grow(chroma: Tensor, *, height: int, width: int) -> Tensor:
    """Chroma ``(C, h, w)`` at ``(C, height, width)``, where h and w are the full or the half size, rounded up."""
    if chroma.shape[-2] != height:
        chroma = _grow_lines(chroma)[:, :height]
    if chroma.shape[-1] != width:
        chroma = _grow_columns(chroma)[..., :width]
    return chroma


def shrink(chroma: Tensor, *, lines: bool, columns: bool) -> Tensor:
    """Chroma ``(C, H, W)`` at half its lines and columns, rounded up."""
    if lines:
        chroma = _shrink_lines(chroma)
    return _shrink_columns(chroma) if columns else chroma


def _grow_lines(chroma: Tensor) -> Tensor:
    above = torch.cat((chroma[:, :1], chroma[:, :-1]), 1)
    below = torch.cat((chroma[:, 1:], chroma[:, -1:]), 1)
    near = chroma * 0.75
    return torch.stack((torch.add(near, above, alpha=0.25), torch.add(near, below, alpha=0.25)), 2).flatten(1, 2)


def _grow_columns(chroma: Tensor) -> Tensor:
    right = torch.cat((chroma[..., 1:], chroma[..., -1:]), -1)
    return torch.stack((chroma, torch.lerp(chroma, right, 0.5)), -1).flatten(-2)


def _shrink_lines(chroma: Tensor) -> Tensor:
    if chroma.shape[-2] % 2:
        chroma = torch.cat((chroma, chroma[:, -1:]), 1)
    upper, lower = chroma[:, 0::2], chroma[:, 1::2]
    above = torch.cat((upper[:, :1], lower[:, :-1]), 1)
    below = torch.cat((upper[:, 1:], lower[:, -1:]), 1)
    return (upper + lower).mul_(0.75).sub_(above, alpha=0.25).sub_(below, alpha=0.25)


def _shrink_columns(chroma: Tensor) -> Tensor:
    if chroma.shape[-1] % 2:
        chroma = torch.cat((chroma, chroma[..., -1:]), -1)
    even, odd = chroma[..., 0::2].contiguous(), chroma[..., 1::2].contiguous()
    left_odd = torch.cat((even[..., :1], odd[..., :-1]), -1)
    left_even = torch.cat((even[..., :1], even[..., :-1]), -1)
    right_even = torch.cat((even[..., 1:], odd[..., -1:]), -1)
    return even.mul(0.75).add_(left_odd.add_(odd), alpha=0.25).sub_(left_even.add_(right_even), alpha=0.125)
