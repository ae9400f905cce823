"""What tests of measuring share: clips made of tensors, and motion that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import torch

from tests import clips
from vidstyle.flow.cuts import FileCuts
from vidstyle.measuring.figures import Clip, Measurement
from vidstyle.measuring.meter import Instruments, Meter
from vidstyle.types import ClipInfo, Flow, FlowEstimator, Frame, Image


class Tensors:
    """A source of frames from images in memory, or from a function that makes them."""

    damage: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(
        self, name: str, images: Sequence[Image] | Callable[[], Iterator[Image]], first_number: int = 1
    ) -> None:
        self._images = images
        first = next(iter(self._all()))
        self.info = ClipInfo(
            path=Path(name),
            width=first.shape[2],
            height=first.shape[1],
            frame_rate=Fraction(25),
            time_base=Fraction(1, 25),
            frame_count_from_header=None,
            bit_depth=8,
            pixel_format="rgb24",
            codec="none",
            container="none",
            first_number=first_number,
        )

    def _all(self) -> Iterable[Image]:
        return self._images() if callable(self._images) else self._images

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        for index, image in enumerate(self._all()):
            if start <= index and (stop is None or index < stop):
                yield Frame(index, index, Fraction(1, 25), image)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""


def still(source: Image, target: Image) -> Flow:
    """Nothing moves."""
    return torch.zeros(2, *source.shape[1:])


def known_pan(images: Sequence[Image], step: int) -> FlowEstimator:
    """The exact flow between any two images of `clips.panning`, which are told apart by where they are stored."""
    place_of = {image.data_ptr(): place for place, image in enumerate(images)}

    def flow(source: Image, target: Image) -> Flow:
        steps = place_of[source.data_ptr()] - place_of[target.data_ptr()]
        return clips.constant_flow(step * steps, 0)

    return flow


def measured(
    content: Sequence[Image],
    styled: Sequence[Image],
    per_frame: Sequence[Image] | None = None,
    *,
    flow: FlowEstimator = still,
    cuts: tuple[int, ...] = (),
) -> Measurement:
    """The measurement of clips in memory."""
    named = {Clip.STYLED: styled, Clip.CONTENT: content, Clip.PER_FRAME: per_frame}
    sources = {clip: Tensors(f"{clip}.mkv", images) for clip, images in named.items() if images is not None}
    meter = Meter(sources, Instruments(flow, FileCuts(cuts), torch.device("cpu"), longest=448))
    names = {clip: f"{clip}.mkv" for clip in sources}
    frames = tuple(meter.frames())
    return Measurement(names, frames, warnings=meter.warnings)
