"""Style attention: every place of the frame is painted by the places of the style that fit it.

The attention keeps of a style a palette of fixed size, see `vidstyle.nets.sanet`. So several styles are their
palettes, mixed, and for a strength below 1 the content's own palette is mixed in. The content's statistics are held
over the shot, as for the default method.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import torch
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import SANetOptions
from vidstyle.nets.sanet import LAYERS, STRIDE, Palette, Sanet, Views
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.resize import crop_to, pad_to_multiple
from vidstyle.ops.statistics import Moments, mean_moments
from vidstyle.stylizers.held import paint_frames
from vidstyle.types import Image, Reach, Step, Style
from vidstyle.weights.store import load_into

SMALLEST = 32
"""Pixels: smaller frames are padded to this, so that reflection at a sixteenth has something to reflect."""


class _Look(NamedTuple):
    """What the network sees in one frame."""

    content: list[Moments]
    """Of its views, one pair a view."""
    palettes: list[Palette]
    """The one that the frame would have as a style picture; none at full strength."""


@final
class SANet:
    """Paints every frame by itself, on statistics of the last `hold` frames of its shot."""

    def __init__(self, options: SANetOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._compute = compute
        self._encoder = Vgg()
        self._network = Sanet(options.attention)
        # Whatever `compute.encoder`: the network was trained on the slim one.
        for network, name in ((self._encoder, "slim"), (self._network, "sanet")):
            load_into(network, compute.weights(name))
            network.eval().to(compute.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        with torch.no_grad():
            found = [self._network.remember(self._views(image.to(compute.device))) for image in style.images]
            self._palette = self._network.mix(found, style.weights)

    @property
    def reach(self) -> Reach:
        """The window of held statistics."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, clamped to ``[0, 1]``."""
        return paint_frames(shot, self._paint, hold=self._options.hold, compute=self._compute)

    def _paint(self, image: Image, window: deque[_Look]) -> Image:
        views = self._views(image)
        own = [self._network.remember(views)] if self._options.strength < 1 else []
        window.append(_Look(self._network.moments(views), own))
        # Formed anew for every frame, oldest first: a running sum would depend on where the run started.
        content = mean_moments([look.content for look in window])
        painted = self._network.paint(views, content, self._held_palette(window))
        return crop_to(painted, image.shape[1:])[0].clamp(0, 1)

    def _held_palette(self, window: deque[_Look]) -> Palette:
        own = [palette for look in window for palette in look.palettes]
        if not own:
            return self._palette
        strength = self._options.strength
        return self._network.mix([*own, self._palette], [*[(1 - strength) / len(own)] * len(own), strength])

    def _views(self, image: Tensor) -> Views:
        padded = pad_to_multiple(image[None], STRIDE, at_least=SMALLEST)
        return self._network.views(self._encoder(padded.contiguous(memory_format=torch.channels_last), LAYERS))
