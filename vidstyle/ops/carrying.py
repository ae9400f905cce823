"""Regions carried from frame to frame: along the motion where it is trusted, along the picture where it is not."""

from __future__ import annotations

from torch import Tensor

from vidstyle.ops.matting import refine_masks
from vidstyle.ops.warp import warp
from vidstyle.types import Image, Motion

PULL, STEPS = 0.3, 12
"""How firmly carried masks stay where motion brought them, and steps to bring them to the edges: firmer than masks of
clusters (0.01 in `photo`), since motion errs by pixels and not by cells. Chosen on a procedural clip."""

FIRMING = 1.5
"""Power by which masks are firmed in each frame, so that borders do not spread with every warp."""


def carried_masks(masks: Tensor, motion: Motion, image: Image) -> Tensor:
    """The masks ``(K, H, W)`` of the frame before as they lie over this one, `image`; they sum to 1.

    >>> import torch
    >>> still = Motion(torch.zeros(2, 4, 4), torch.ones(1, 4, 4))
    >>> carried_masks(torch.ones(1, 4, 4), still, torch.rand(3, 4, 4)).unique().tolist()
    [1.0]
    """
    moved = warp(masks, motion.to_previous)
    found = refine_masks(moved, image, pull=PULL, steps=STEPS, trust=motion.trust)
    firm = found**FIRMING
    return firm / firm.sum(0).clamp_min(1e-6)
