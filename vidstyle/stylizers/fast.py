"""One style, fast: a small network that knows a single style, its statistics held over the shot.

The style is in the weights: a file that ``vidstyle train fast`` made of a picture, or an imported one. Instance
normalization takes mean and deviation of features over the whole frame, so in its per-frame form (Johnson et al.
2016, Ulyanov et al. 2017) walls change color when a person walks in; held statistics take most of that away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, final

import torch

from vidstyle.device import Compute
from vidstyle.method_options import FastOptions, fast_weights
from vidstyle.nets.classic import JohnsonNet
from vidstyle.nets.layers import ready
from vidstyle.nets.transform import FastNet
from vidstyle.ops.resize import crop_to, pad_to_multiple
from vidstyle.ops.statistics import Moments, mean_moments
from vidstyle.stylizers.held import paint_frames
from vidstyle.types import Frame, Image, Reach, Step, Style
from vidstyle.weights.store import load_architecture

SMALLEST = 16
"""Pixels: smaller frames are padded to this, so that every grid has something to reflect."""

Network: TypeAlias = FastNet | JohnsonNet
NETWORKS: Mapping[str, Callable[[], Network]] = {"": FastNet, "johnson": JohnsonNet}
"""Networks by the architecture that a file names; our own files name none."""


@final
class Fast:
    """Paints every frame by itself, on statistics of the last `hold` frames of its shot. `style` holds no picture."""

    def __init__(self, options: FastOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._compute = compute
        self._network = load_network(compute.weights(fast_weights(options, compute.own_weights)), compute.device)

    @property
    def reach(self) -> Reach:
        """The window of held statistics."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, clamped to ``[0, 1]``."""
        return paint_frames(shot, self._paint, hold=self._options.hold, compute=self._compute)

    def _paint(self, frame: Frame, window: deque[list[Moments]]) -> Image:
        padded = pad_to_multiple(frame.image[None], self._network.stride, at_least=SMALLEST)
        features = self._network.encode(padded.contiguous(memory_format=torch.channels_last))
        window.append(self._network.statistics(features))
        painted = self._network.decode(features, mean_moments(window))
        return crop_to(painted, frame.image.shape[1:])[0].clamp(0, 1)


def load_network(path: Path, device: torch.device) -> Network:
    """The trained network of a file, ours or an imported one, ready to paint."""
    return ready(load_architecture(path, NETWORKS), device)
