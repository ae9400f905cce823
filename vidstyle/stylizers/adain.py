"""Any style at once: the painter network, with the content's statistics held over the shot.

A style is a code of a few hundred numbers, so several styles are their codes' weighted mean, and strength
moves between the content's own code and the style's.

Holding the content's statistics removes most flicker at its source: a person who walks into the picture
changes its statistics, and with them, in Huang and Belongie's per-frame form, the color of every wall.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, final

import torch
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import AdaINOptions
from vidstyle.nets.painter import STRIDE, Features, Painter, join_code, split_code
from vidstyle.ops.resize import crop_to, pad_to_multiple
from vidstyle.ops.statistics import moments
from vidstyle.types import Image, Reach, Step, Style
from vidstyle.weights.store import load_into

SMALLEST = 16
"""Pixels: smaller frames are padded to this, so that reflection at an eighth has something to reflect."""


class _Look(NamedTuple):
    """What the encoders see in one frame."""

    content: Tensor
    """Code of the content encoder's features, ``(1, CODE)``."""
    style: Tensor
    """Code that the frame would have as a style picture; empty at full strength."""


@final
class AdaIN:
    """Paints every frame by itself, on statistics of the last `hold` frames of its shot."""

    def __init__(self, options: AdaINOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._compute = compute
        self._network = load_painter(compute.weights("adain"), compute.device)
        self._code = self._encode(style)

    @property
    def reach(self) -> Reach:
        """The window of held statistics."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, clamped to ``[0, 1]``."""
        window: deque[_Look] = deque(maxlen=self._options.hold)
        for step in shot:
            # Both modes end before the image is handed on: a generator would lend them to whoever pulls from it.
            with torch.no_grad(), self._compute.autocast():
                painted = self._paint(step.frame.image, window)
            yield painted

    def _paint(self, image: Image, window: deque[_Look]) -> Image:
        padded = pad_to_multiple(image[None], STRIDE, at_least=SMALLEST)
        padded = padded.contiguous(memory_format=torch.channels_last)
        features = self._network.content(padded)
        window.append(self._look(padded, features))
        content = split_code(_mean([look.content for look in window]))
        code = self._code
        if self._options.strength < 1:
            code = torch.lerp(_mean([look.style for look in window]), code, self._options.strength)
        painted = self._network.decoder(features, content, code)
        return crop_to(painted, image.shape[1:])[0].clamp(0, 1)

    def _look(self, padded: Tensor, features: Features) -> _Look:
        content = join_code([moments(f) for f in features])
        if self._options.strength < 1:
            return _Look(content, self._network.encode_style(padded).float())
        return _Look(content, content[:, :0])

    @torch.no_grad()
    def _encode(self, style: Style) -> Tensor:
        codes = []
        for image in style.images:
            padded = pad_to_multiple(image[None].to(self._compute.device), STRIDE, at_least=SMALLEST)
            codes.append(self._network.encode_style(padded.contiguous(memory_format=torch.channels_last)))
        return torch.stack([w * code for w, code in zip(style.weights, codes, strict=True)]).sum(0)


def _mean(codes: list[Tensor]) -> Tensor:
    # Added up anew for every frame, oldest first: a running sum would depend on where the run started.
    return torch.stack(codes).mean(0)


def load_painter(path: Path, device: torch.device) -> Painter:
    """The trained network, ready to paint."""
    network = Painter()
    load_into(network, path)
    return network.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
