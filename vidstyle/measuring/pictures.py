"""The pictures of a page: a few frames to compare, and the worst ones with what is wrong in them.

Frames are read in a pass of their own, so that measuring keeps none.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch

from vidstyle.measuring.figures import Clip, FrameFigures, Measurement
from vidstyle.measuring.pairing import Pairing
from vidstyle.measuring.run import MeasureJob, load_flow
from vidstyle.measuring.sizes import at_most, scaled
from vidstyle.ops.metrics import comparable
from vidstyle.ops.warp import warp
from vidstyle.types import FlowEstimator, FrameSource, Image
from vidstyle.video.sources import open_source
from vidstyle.video.stills import encode_picture

_WIPES = 3
"""Frames to compare, evenly spread."""
_WORST = 5
"""Frames shown for their errors."""
_APART = 8
"""Frames between two that are shown for their errors: neighbors show the same."""
_LONGEST = (800, 640, 480, 320, 200)
"""Longest sides in pixels of a page's pictures; the first at which all stay below `_MOST_BYTES` is taken."""
_MOST_BYTES = 3_300_000
"""Of all pictures as files. Base64 makes that 4.4 MB, which leaves the plots their part of 5 MB."""
_GAIN = 10.0
"""An error of a tenth of the range is drawn white; chosen by eye on bunny_cut, where a fifth left most of it black."""
_UNKNOWN = (0.05, 0.1, 0.3)
"""Color of what could not be compared: a dark blue."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One frame in two clips, to be wiped between."""

    number: int
    before: Clip
    pictures: tuple[Image, Image]


@dataclass(frozen=True, slots=True, eq=False)
class Suspect:
    """A frame with a large error: the styled frame before, the frame, and where they differ along the motion."""

    number: int
    error: float
    pictures: tuple[Image, Image, Image]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All pictures of a page."""

    comparisons: tuple[Comparison, ...]
    suspects: tuple[Suspect, ...]

    def encoded(self) -> dict[int, str]:
        """Every picture as the address of a page, by the picture's `id`; together below `_MOST_BYTES`."""
        items: list[Comparison | Suspect] = [*self.comparisons, *self.suspects]
        pictures = [image for item in items for image in item.pictures]
        files: list[bytes] = []
        for longest in _LONGEST:
            files = [encode_picture(scaled(image, at_most(image, longest)), ".jpg") for image in pictures]
            if sum(map(len, files)) <= _MOST_BYTES:
                break
        return {id(image): data_address(file) for image, file in zip(pictures, files, strict=True)}


def data_address(file: bytes) -> str:
    """A JPEG file as an address that holds it.

    >>> data_address(b"abc")
    'data:image/jpeg;base64,YWJj'
    """
    return f"data:image/jpeg;base64,{b64encode(file).decode('ascii')}"


def make_gallery(job: MeasureJob, measurement: Measurement) -> Gallery:
    """The pictures that go with a measurement, read anew from its clips."""
    frames = measurement.frames
    spread = spread_places(len(frames), _WIPES)
    worst = worst_places(frames)
    wanted = {frames[place].index for place in (*spread, *worst, *(place - 1 for place in worst))}
    with ExitStack() as stack:
        sources = {clip: stack.enter_context(open_source(name)) for clip, name in measurement.names.items()}
        pairing = Pairing(sources)
        images = {clip: pick(source, {i: pairing.index(clip, i) for i in wanted}) for clip, source in sources.items()}
    comparisons = tuple(
        Comparison(frame.number, before, (images[before][frame.index], images[Clip.STYLED][frame.index]))
        for frame in (frames[place] for place in spread)
        for before in (Clip.CONTENT, Clip.PER_FRAME)
        if before in images
    )
    _, flow = load_flow(job)
    suspects = (_suspect((frames[place], frames[place - 1]), images, (flow, job.size)) for place in worst)
    return Gallery(comparisons, tuple(suspects))


def spread_places(length: int, count: int) -> list[int]:
    """At most `count` places in a row of `length`, evenly spread, none at the very ends of a long one.

    >>> spread_places(90, 3), spread_places(2, 3)
    ([15, 45, 75], [0, 1])
    """
    return sorted({(2 * place + 1) * length // (2 * count) for place in range(count)} if length else ())


def worst_places(frames: Sequence[FrameFigures]) -> list[int]:
    """Places of the frames with the largest warping errors, none near another, ascending."""
    errors = [(frame.value(Clip.STYLED, "warp_k1"), place) for place, frame in enumerate(frames)]
    known = sorted(((error, place) for error, place in errors if error is not None), key=lambda pair: -pair[0])
    chosen: list[int] = []
    for _, place in known:
        if len(chosen) < _WORST and all(abs(place - other) >= _APART for other in chosen):
            chosen.append(place)
    return sorted(chosen)


def pick(source: FrameSource, wanted: Mapping[int, int]) -> dict[int, Image]:
    """Some frames, at most as large as a page shows them, on the CPU; `wanted` has names and indices."""
    indices = sorted(wanted.values())
    found = {
        frame.index: scaled(frame.image, at_most(frame.image, _LONGEST[0]))
        for start, stop in _passes(source, indices)
        for frame in source.frames(start, stop)
        if frame.index in indices
    }
    return {name: found[index] for name, index in wanted.items()}


def _passes(source: FrameSource, indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A movie is decoded once from its start; pictures are read one by one."""
    if source.info.numbers:
        yield from ((index, index + 1) for index in indices)
    elif indices:
        yield indices[0], indices[-1] + 1


def _suspect(
    frames: tuple[FrameFigures, FrameFigures],
    images: Mapping[Clip, Mapping[int, Image]],
    search: tuple[FlowEstimator, int],
) -> Suspect:
    """`frames` are the suspect and the one before it; `search` is the flow, and the longest side to use it at."""
    flow, longest = search
    size = at_most(images[Clip.CONTENT][frames[0].index], longest)
    content, styled = ([scaled(images[clip][f.index], size) for f in frames] for clip in (Clip.CONTENT, Clip.STYLED))
    to_previous, to_next = flow(content[0], content[1]).cpu(), flow(content[1], content[0]).cpu()
    mask = comparable(to_previous, to_next)
    difference = (styled[0] - warp(styled[1], to_previous)).square_().mean(0, keepdim=True).sqrt_()
    unknown = torch.tensor(_UNKNOWN).view(3, 1, 1)
    error = torch.where(mask > 0, (difference * _GAIN).clamp_(0, 1), unknown)
    value = frames[0].value(Clip.STYLED, "warp_k1") or 0.0
    return Suspect(frames[0].number, value, (styled[1], styled[0], error))
