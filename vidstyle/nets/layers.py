"""Small parts that feed-forward networks share."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.ops.statistics import Moments, adain

Network = TypeVar("Network", bound=nn.Module)


def ready(network: Network, device: torch.device) -> Network:
    """The network itself, on a device and not training; weights of convolutions as the fastest kernels want them."""
    network.eval()
    # Not every version of torch tells a type checker of the memory format.
    move: Any = network.to
    move(device, memory_format=torch.channels_last)
    return network


def conv(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the grid (divided by `stride`), with reflection at the border."""
    if kernel == 1:
        return nn.Conv2d(inputs, outputs, kernel, stride=stride)
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, padding_mode="reflect")


def double(x: Tensor) -> Tensor:
    """The grid doubled by linear interpolation: unlike pixel shuffle, it leaves flat areas flat."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class SubPixel(nn.Module):
    """Doubles the grid: a convolution to four phases, then pixel shuffle (Shi et al. 2016).

    The phases start equal (Aitken et al. 2017, ICNR) and share one bias. A box of 2x2 follows: it takes out
    the finest checkerboard exactly, and the convolutions learn the half-pixel shift. Inside a network the
    grid of several such steps shows (seen after 500 training steps), so this is for the last one only.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 4 * outputs, 3, bias=False, padding=1, padding_mode="reflect")
        self.bias = nn.Parameter(torch.zeros(outputs))
        with torch.no_grad():
            start = self.conv.weight[::4].repeat_interleave(4, 0)
            self.conv.weight.copy_(start)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, 2H, 2W)``, float32."""
        x = F.pixel_shuffle(self.conv(x), 2).float() + self.bias[:, None, None]
        # Reflected, the last line is a mean of both phases too: replicated, it kept its checkerboard.
        return F.avg_pool2d(F.pad(x, (0, 1, 0, 1), mode="reflect"), 2, stride=1)


class HeldNorm(nn.Module):
    """Instance normalization (Ulyanov et al. 2017) by moments that are given, then a learned gain and shift.

    By the features' own moments it is the published one; by moments held over a shot, frames do not pump.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, held: Moments) -> Tensor:
        """``(N, C, H, W)`` to the same; `held` are the moments to normalize by, ``(N, C)`` each."""
        return adain(x, held, Moments(self.bias[None], self.weight[None]))


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; both outputs can be scaled and shifted per channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = conv(width, width)
        self.second = conv(width, width)

    def forward(self, x: Tensor, modulation: Tensor | None = None) -> Tensor:
        """``(N, C, H, W)`` to the same; `modulation` is ``(N, 4C)``: gain and shift of each convolution."""
        first = self.first(x)
        if modulation is None:
            plain: Tensor = x + self.second(F.relu(first))
            return plain
        gain1, shift1, gain2, shift2 = modulation.to(x.dtype)[..., None, None].chunk(4, 1)
        hidden = F.relu(torch.addcmul(first + shift1, first, gain1))
        out = self.second(hidden)
        return x + torch.addcmul(out + shift2, out, gain2)
