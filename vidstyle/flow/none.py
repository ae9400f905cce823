"""No motion at all: for still cameras, and to see what motion compensation does."""

from __future__ import annotations

from typing import final

import torch

from vidstyle.method_options import NoFlowOptions
from vidstyle.types import Flow, Image


@final
class NoFlow:
    """Says that nothing moves."""

    def __init__(self, options: NoFlowOptions, device: torch.device) -> None:
        self._device = device

    def __call__(self, source: Image, target: Image) -> Flow:
        """Zero flow of the size of `source`."""
        height, width = source.shape[-2:]
        return torch.zeros(2, height, width, dtype=source.dtype, device=self._device)
