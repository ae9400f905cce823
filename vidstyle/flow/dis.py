"""Dense inverse search: Kroeger et al., *Fast optical flow using dense inverse search* (ECCV 2016), by OpenCV."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, final

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from cv2.typing import MatLike
from numpy.typing import NDArray
from torch import Tensor

from vidstyle.flow.latest import Latest
from vidstyle.method_options import DisOptions
from vidstyle.ops.filters import luma
from vidstyle.ops.warp import resize_flow
from vidstyle.types import Flow, Image

Plane: TypeAlias = NDArray[np.uint8]

_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}

_SHORTEST = 32
"""Least side given to OpenCV: its 8 px patches at its coarsest scale, four times; below 12 it raises an error."""

_LONGEST_RATIO = 4
"""Most slender picture given to OpenCV; measured: at 16 x 400 it answers NaN, at 12 x 400 it fails."""


_LARGE = 960
"""Longest side in pixels from which ``medium`` is searched more sparsely, see `_there` and `_back`. At 640 that costs
up to 1.5 percent of the steadiness from frame to frame, at 448 up to 10 (bedroom, `adain`)."""


class _Searches(NamedTuple):
    """What looks for the motion of a pair."""

    there: cv2.DISOpticalFlow
    back: cv2.DISOpticalFlow
    """From a guess."""


@final
class Dis:
    """Flow of the luma plane by OpenCV's DIS, on the CPU; the answer lies on `device`.

    Frames longer than ``options.max_size`` are searched reduced, and the flow enlarged and scaled. Small or
    slender pictures are searched with their border replicated. What is found depends on the pair alone.
    """

    def __init__(self, options: DisOptions, device: torch.device) -> None:
        self._options = options
        self._device = device
        self._planes = Latest(self._plane)
        self._small = _Searches(_there(options.preset, large=False), _back(options.preset, large=False))
        self._large = _Searches(_there(options.preset, large=True), _back(options.preset, large=True))

    def __call__(self, source: Image, target: Image) -> Flow:
        """Flow with ``source(x) ~ target(x + flow(x))``; `source` and `target` are images of one size."""
        # OpenCV's stubs forbid None, its way of saying that there is no first guess.
        found = self._searches(source).there.calc(self._plane(source), self._plane(target), None)  # type: ignore[call-overload]
        return self._fitted(found, source)

    def both(self, current: Image, previous: Image) -> tuple[Flow, Flow]:
        """Flow from `current` to `previous`, and the way back by a faster search that starts from minus the first."""
        planes, searches = self._planes.of_pair(current, previous), self._searches(current)
        there = searches.there.calc(*planes, None)  # type: ignore[call-overload]
        back = searches.back.calc(*planes[::-1], -there)
        return self._fitted(there, current), self._fitted(back, current)

    def _searches(self, image: Image) -> _Searches:
        return self._large if max(self._size(image)) >= _LARGE else self._small

    def _fitted(self, found: MatLike, like: Image) -> Flow:
        """What OpenCV found, as flow of the size of the image `like`."""
        rows, columns = self._size(like)
        flow = torch.from_numpy(found).permute(2, 0, 1)[:, :rows, :columns]
        return resize_flow(flow.contiguous().to(self._device), (like.shape[-2], like.shape[-1]))

    def _size(self, image: Image) -> tuple[int, int]:
        """Height and width at which motion is searched."""
        height, width = image.shape[-2:]
        scale = min(1.0, self._options.max_size / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _plane(self, image: Image) -> Plane:
        """Luma in bytes ``(h, w)`` at the size of the search, its border replicated up to OpenCV's least."""
        plane = luma(image)[None]
        size = self._size(image)
        if plane.shape[-2:] != torch.Size(size):
            plane = F.interpolate(plane, size=size, mode="area")
        height, width = size
        least = max(_SHORTEST, -(-max(size) // _LONGEST_RATIO))
        return _bytes(F.pad(plane, (0, max(0, least - width), 0, max(0, least - height)), mode="replicate")[0, 0])


def _there(preset: str, *, large: bool) -> cv2.DISOpticalFlow:
    """The search whose answer moves the picture.

    From ``medium``, in large frames, patches every 4 px instead of 3 and 12 steps of descent instead of 25: two thirds
    of the time. Vectors are no further off the true ones in the mean (alley_1: 0.286 px, 0.293 with the preset's own; a
    scene of real pictures that turn and grow, under grain, 1280x720: 0.297 and 0.300): more steps follow the grain.
    """
    search = cv2.DISOpticalFlow.create(_PRESETS[preset])
    if preset == "medium" and large:
        search.setPatchStride(4)
        search.setGradientDescentIterations(12)
    return search


def _back(preset: str, *, large: bool) -> cv2.DISOpticalFlow:
    """A search whose answer is only compared with the way there, to within 0.7 px, and which starts from minus that.

    From ``medium``, 8 steps of descent and 2 of refinement instead of 25 and 5, and patches every 6 px instead of 3; in
    large frames every 4 px, at half of the size of that: a sixth of the time of the way there by ``medium``. With the
    guess as much is trusted as after a whole search, and as many of the uncovered pixels are found, in fast motion as
    well (two real clips, every frame, every third and every sixth; scenes with true flow).
    """
    search = cv2.DISOpticalFlow.create(_PRESETS[preset])
    if preset == "medium":
        search.setFinestScale(2 if large else 1)
        search.setPatchStride(4 if large else 6)
        search.setGradientDescentIterations(8)
        search.setVariationalRefinementIterations(2)
    return search


def _bytes(plane: Tensor) -> Plane:
    rounded = plane.clamp(0, 1).mul(255).add_(0.5).to("cpu", torch.uint8)
    return np.ascontiguousarray(rounded.numpy())
