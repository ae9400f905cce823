"""Any style at once: the painter network, with the content's statistics held over the shot.

A style is a code of a few hundred numbers, so several styles are their codes' weighted mean, and strength
moves between the content's own code and the style's; both may change from frame to frame.

Holding the content's statistics removes most flicker at its source: a person who walks into the picture
changes its statistics, and with them, in Huang and Belongie's per-frame form, the color of every wall.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

import torch
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import AdaINOptions
from vidstyle.nets.classic import ClassicAdaIN
from vidstyle.nets.layers import ready
from vidstyle.nets.painter import Painter
from vidstyle.ops.resize import crop_to, pad_to_multiple
from vidstyle.ops.statistics import Moments, least_contrast, mean_moments, moments, with_contrast
from vidstyle.stylizers.held import paint_frames
from vidstyle.types import Frame, Image, Reach, Step, Style
from vidstyle.weights.store import load_architecture

SMALLEST = 16
"""Pixels: smaller frames are padded to this, so that reflection at an eighth has something to reflect."""

Network: TypeAlias = Painter | ClassicAdaIN
NETWORKS: Mapping[str, Callable[[], Network]] = {"": Painter, "classic": ClassicAdaIN}
"""Networks by the architecture that a file names; our own files name none."""


class _Look(NamedTuple):
    """What the encoders see in one frame."""

    content: Sequence[Moments]
    """Of the content encoder's features, one pair a scale."""
    style: Tensor
    """Code that the frame would have as a style picture; empty where strength is always full."""


@final
class AdaIN:
    """Paints every frame by itself, on statistics of the last `hold` frames of its shot."""

    def __init__(self, options: AdaINOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._compute = compute
        self._network = load_painter(compute.weights("adain"), compute.device)
        self._style = style
        self._codes = self._encoded(style.images)
        self._least = least_contrast(self._seen_as_content(style.images))
        self._always_full = options.strength == 1 and style.always_full

    @property
    def reach(self) -> Reach:
        """The window of held statistics."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, clamped to ``[0, 1]``."""
        return paint_frames(shot, self._paint, hold=self._options.hold, compute=self._compute)

    def _paint(self, frame: Frame, window: deque[_Look]) -> Image:
        padded = self._padded(frame.image)
        features = self._network.content(padded)
        window.append(self._look(padded, features))
        content = with_contrast(mean_moments([look.content for look in window]), self._least)
        code = self._code_at(frame)
        strength = self._options.strength * self._style.strength_at(frame)
        if strength < 1:
            code = torch.lerp(_mean([look.style for look in window]), code, strength)
        painted = self._network.decoder(features, content, code)
        return crop_to(painted, frame.image.shape[1:])[0].clamp(0, 1)

    def _padded(self, image: Image) -> Tensor:
        padded = pad_to_multiple(image[None], self._network.stride, at_least=SMALLEST)
        return padded.contiguous(memory_format=torch.channels_last)

    def _look(self, padded: Tensor, features: Sequence[Tensor]) -> _Look:
        content = [moments(f) for f in features]
        if self._always_full:
            return _Look(content, padded.new_empty(0))
        return _Look(content, self._network.encode_style(padded).float())

    @torch.no_grad()
    def _encoded(self, images: Sequence[Image]) -> list[Tensor]:
        device = self._compute.device
        return [self._network.encode_style(self._padded(image.to(device))) for image in images]

    @torch.no_grad()
    def _seen_as_content(self, images: Sequence[Image]) -> list[list[Moments]]:
        pictures = (self._padded(image.to(self._compute.device)) for image in images)
        return [[moments(x) for x in self._network.content(picture)] for picture in pictures]

    def _code_at(self, frame: Frame) -> Tensor:
        shares = zip(self._style.weights_at(frame), self._codes, strict=True)
        return torch.stack([weight * code for weight, code in shares if weight]).sum(0)


def _mean(codes: list[Tensor]) -> Tensor:
    # Added up anew for every frame, oldest first: a running sum would depend on where the run started.
    return torch.stack(codes).mean(0)


def load_painter(path: Path, device: torch.device) -> Network:
    """The trained network of a file, ours or an imported one, ready to paint."""
    return ready(load_architecture(path, NETWORKS), device)
