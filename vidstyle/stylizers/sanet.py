"""Style attention: every place of the frame is painted by the places of the style that fit it.

The attention keeps of a style a palette of fixed size, see `vidstyle.nets.sanet`. So several styles are their
palettes, mixed, and for a strength below 1 the content's own palette is mixed in. The content's statistics are held
over the shot, as for the default method.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias, final

import torch
from torch import Tensor

from vidstyle.device import Compute, one_thread
from vidstyle.method_options import SANetOptions
from vidstyle.nets.classic import ClassicSanet
from vidstyle.nets.layers import ready
from vidstyle.nets.sanet import LAYERS, STRIDE, Sanet
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.resize import crop_to, pad_to_multiple
from vidstyle.ops.statistics import Moments, least_contrast, mean_moments, with_contrast
from vidstyle.stylizers.held import paint_frames
from vidstyle.types import Frame, Image, Reach, Step, Style
from vidstyle.weights.store import load_architecture, load_into

SMALLEST = 32
"""Pixels: smaller frames are padded to this, so that reflection at a sixteenth has something to reflect."""

Network: TypeAlias = Sanet | ClassicSanet
Views: TypeAlias = Any
"""A network's own form of what it sees in a picture."""
Palette: TypeAlias = Any
"""A network's own form of what it keeps of one."""


class _Look(NamedTuple):
    """What the network sees in one frame."""

    content: list[Moments]
    """Of its views, one pair a view."""
    palettes: list[Palette]
    """The one that the frame would have as a style picture; none where strength is always full."""


@final
class SANet:
    """Paints every frame by itself, on statistics of the last `hold` frames of its shot."""

    def __init__(self, options: SANetOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._compute = compute
        self._network, self._see = load_networks(options.attention, compute)
        # A softmax over the places of a whole window of large frames would be too much.
        self._remember_own = self._network.itself if isinstance(self._network, ClassicSanet) else self._network.remember
        self._style = style
        # In small pictures threads share a sum, and the last bit depends on how many there are.
        with torch.no_grad(), one_thread():
            views = [self._views(image.to(compute.device)) for image in style.images]
            self._palettes: list[Palette] = [self._network.remember(view) for view in views]
            self._least = least_contrast([self._network.moments(view) for view in views])
        self._always_full = options.strength == 1 and style.always_full

    @property
    def reach(self) -> Reach:
        """The window of held statistics."""
        return Reach(before=self._options.hold - 1)

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step, clamped to ``[0, 1]``."""
        return paint_frames(shot, self._paint, hold=self._options.hold, compute=self._compute)

    def _paint(self, frame: Frame, window: deque[_Look]) -> Image:
        views = self._views(frame.image)
        own = [] if self._always_full else [self._remember_own(views)]
        window.append(_Look(self._network.moments(views), own))
        # Formed anew for every frame, oldest first: a running sum would depend on where the run started.
        content = with_contrast(mean_moments([look.content for look in window]), self._least)
        painted = self._network.paint(views, content, self._palette_at(frame, window))
        return crop_to(painted, frame.image.shape[1:])[0].clamp(0, 1)

    def _palette_at(self, frame: Frame, window: deque[_Look]) -> Palette:
        strength = self._options.strength * self._style.strength_at(frame)
        own = [palette for look in self._heeded(window) for palette in look.palettes] if strength < 1 else []
        pairs = [((1 - strength) / len(own), palette) for palette in own]
        pairs += [(strength * w, p) for w, p in zip(self._style.weights_at(frame), self._palettes, strict=True)]
        weights, palettes = zip(*[(weight, palette) for weight, palette in pairs if weight], strict=True)
        return self._network.mix(palettes, weights)

    def _heeded(self, window: deque[_Look]) -> Iterable[_Look]:
        """The frames whose own palettes count: a softmax over the places of a whole window takes gigabytes."""
        return window if self._options.attention == "cosine" else [window[-1]]

    def _views(self, image: Tensor) -> Views:
        padded = pad_to_multiple(image[None], STRIDE, at_least=SMALLEST)
        return self._see(padded.contiguous(memory_format=torch.channels_last))


def load_networks(attention: str, compute: Compute) -> tuple[Network, Callable[[Tensor], Views]]:
    """What paints, and what sees for it: our own network with the slim encoder, or an imported one with its own."""
    kinds: dict[str, Callable[[], Network]] = {"": partial(Sanet, attention), "classic": ClassicSanet}
    network = ready(load_architecture(compute.weights("sanet"), kinds), compute.device)
    if isinstance(network, ClassicSanet):
        return network, network.see
    # Whatever `compute.encoder`: the network was trained on the slim one.
    encoder = Vgg()
    load_into(encoder, compute.weights("slim"))
    return network, partial(_slim_views, network, ready(encoder, compute.device))


def _slim_views(network: Sanet, encoder: Vgg, images: Tensor) -> Views:
    return network.views(encoder(images, LAYERS))
