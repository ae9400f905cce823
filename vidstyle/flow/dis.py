"""Dense inverse search: Kroeger et al., *Fast optical flow using dense inverse search* (ECCV 2016), by OpenCV."""

from __future__ import annotations

from typing import final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vidstyle.method_options import DisOptions
from vidstyle.ops.filters import luma
from vidstyle.ops.warp import resize_flow
from vidstyle.types import Flow, Image

_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}

_SHORTEST = 32
"""Least side given to OpenCV: its 8 px patches at its coarsest scale, four times; below 12 it raises an error."""

_LONGEST_RATIO = 4
"""Most slender picture given to OpenCV; measured: at 16 x 400 it answers NaN, at 12 x 400 it fails."""


@final
class Dis:
    """Flow of the luma plane by OpenCV's DIS, on the CPU; the answer lies on `device`.

    Frames longer than ``options.max_size`` are searched reduced, and the flow enlarged and scaled. Small or
    slender pictures are searched with their border replicated.
    """

    def __init__(self, options: DisOptions, device: torch.device) -> None:
        self._options = options
        self._device = device
        self._search = cv2.DISOpticalFlow.create(_PRESETS[options.preset])

    def __call__(self, source: Image, target: Image) -> Flow:
        """Flow with ``source(x) ~ target(x + flow(x))``; `source` and `target` are images of one size."""
        height, width = source.shape[-2:]
        first, second = (self._plane(image) for image in (source, target))
        # OpenCV's stubs forbid None, its way of saying that there is no first guess.
        found = self._search.calc(_bytes(first), _bytes(second), None)  # type: ignore[call-overload]
        rows, columns = self._size(source)
        flow = torch.from_numpy(found).permute(2, 0, 1)[:, :rows, :columns]
        return resize_flow(flow.contiguous().to(self._device), (height, width))

    def _size(self, image: Image) -> tuple[int, int]:
        """Height and width at which motion is searched."""
        height, width = image.shape[-2:]
        scale = min(1.0, self._options.max_size / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _plane(self, image: Image) -> Tensor:
        """Luma of the image ``(h, w)`` at the size of the search, its border replicated up to OpenCV's least."""
        plane = luma(image)[None]
        size = self._size(image)
        if plane.shape[-2:] != torch.Size(size):
            plane = F.interpolate(plane, size=size, mode="area")
        height, width = size
        least = max(_SHORTEST, -(-max(size) // _LONGEST_RATIO))
        return F.pad(plane, (0, max(0, least - width), 0, max(0, least - height)), mode="replicate")[0, 0]


def _bytes(plane: Tensor) -> NDArray[np.uint8]:
    rounded = plane.clamp(0, 1).mul(255).add_(0.5).to("cpu", torch.uint8)
    return np.ascontiguousarray(rounded.numpy())
