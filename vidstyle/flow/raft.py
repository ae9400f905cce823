"""RAFT: Teed and Deng, *RAFT: Recurrent all-pairs field transforms for optical flow* (ECCV 2020), by torchvision.

The network is torchvision's, the weights are the ones it publishes, converted to safetensors when the user fetches
them. Neither comes with vidstyle: without one of them a run does not begin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.method_options import RaftOptions
from vidstyle.ops.warp import resize_flow
from vidstyle.types import Flow, Image
from vidstyle.weights.store import load_into

_MULTIPLE = 8
"""The network searches at an eighth of the size, and refuses what this does not divide."""

_SHORTEST = 128
"""Least side: its pyramid halves the eighth four times. Shorter pictures have their border replicated."""


def raft_small(options: RaftOptions, compute: Compute) -> Raft:
    """RAFT with a million parameters; `WeightsError` where torchvision or the weights are missing."""
    return Raft(load_raft("raft-small", compute), options, compute)


def raft_large(options: RaftOptions, compute: Compute) -> Raft:
    """RAFT with five million parameters; `WeightsError` where torchvision or the weights are missing."""
    return Raft(load_raft("raft-large", compute), options, compute)


@final
class Raft:
    """Flow by a RAFT network: exact at thin and moving edges, sure of itself on bare walls, and slow on a CPU.

    Frames longer than ``options.max_size`` are searched reduced, and the flow enlarged and scaled. The picture
    stands in the middle of one whose sides the network can divide, its border replicated.
    """

    def __init__(self, network: nn.Module, options: RaftOptions, compute: Compute) -> None:
        self._network = network.to(compute.device).eval().requires_grad_(False)
        self._options = options
        self._compute = compute

    def __call__(self, source: Image, target: Image) -> Flow:
        """Flow with ``source(x) ~ target(x + flow(x))``; both are images of one size, on any device."""
        height, width = source.shape[-2:]
        scale = min(1.0, self._options.max_size / max(height, width))
        rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
        left, right, top, bottom = margins = (*_margins(columns), *_margins(rows))
        images = (image.to(self._compute.device) for image in (source, target))
        pair = [_prepared(image, (rows, columns), margins) for image in images]
        with torch.no_grad(), self._compute.autocast():
            found = self._network(*pair, num_flow_updates=self._options.updates)[-1][0].float()
        inside = found[:, top : found.shape[1] - bottom, left : found.shape[2] - right]
        return resize_flow(inside.contiguous(), (height, width))


def load_raft(name: str, compute: Compute) -> nn.Module:
    """torchvision's network of that name with the weights of that name."""
    # The weights first: their message tells how to get both.
    path = compute.weights(name)
    network = make_network(name)
    load_into(network, path)
    return network


def make_network(name: str) -> nn.Module:
    """torchvision's ``raft-small`` or ``raft-large``, without weights; `WeightsError` where torchvision is missing."""
    try:
        from torchvision.models import optical_flow
    except (ImportError, RuntimeError) as error:
        # An installation that does not fit torch's raises RuntimeError.
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"flow {name}: torchvision cannot be used ({reason}); install one that fits torch with: "
            "pip install 'vidstyle[raft]'"
        ) from None
    makers: dict[str, Callable[..., Any]] = {
        "raft-small": optical_flow.raft_small,
        "raft-large": optical_flow.raft_large,
    }
    network: nn.Module = makers[name](weights=None)
    return network


def _margins(length: int) -> tuple[int, int]:
    """How much to add before and after, the halves of what a side lacks."""
    lacking = max(_SHORTEST, -(-length // _MULTIPLE) * _MULTIPLE) - length
    return lacking // 2, lacking - lacking // 2


def _prepared(image: Image, size: tuple[int, int], margins: tuple[int, ...]) -> Tensor:
    """The image as the network takes it: ``(1, 3, H, W)`` in ``[-1, 1]``."""
    batch = image[None]
    if image.shape[-2:] != torch.Size(size):
        batch = F.interpolate(batch, size=size, mode="area")
    return F.pad(batch, margins, mode="replicate").mul(2).sub_(1)
