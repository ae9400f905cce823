"""A clip as a ring, for ``--loop``: its last frames are painted twice, and the one painting fades into the other.

Whatever a method remembers, its first frame is painted differently from its last, because nothing led up to it.
So the clip is given a lead-in: its own last frames, in front of its first. The first frame is then painted as what
follows the last. The lead-in itself is not shown where it stands; over the last frames of the clip the painting fades
into it, frame by frame the same content. Nothing is warped, and no method knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from vidstyle.errors import UsageError
from vidstyle.selection import Selection
from vidstyle.types import Frame, FrameSource, Image, Reach

T = TypeVar("T")

LEAD = 24
"""Frames that lead in, and over which the end fades: about what a painting needs to settle (`BlendOptions.fade`)."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Where the frames of a looping clip stand: indices below 0 are its last frames, before its first."""

    count: int
    """Of the clip's frames."""
    period: int
    """From a frame to itself a round later, in units of the frames' time base."""

    @property
    def lead(self) -> int:
        """Frames of the lead-in."""
        return min(LEAD, self.count // 2)

    def place(self, index: int) -> int:
        """The index in the clip.

        >>> Ring(100, 100).place(-3), Ring(100, 100).place(5)
        (97, 5)
        """
        return index % self.count

    def looked_up(self, find: Callable[[int], T]) -> Callable[[int], T]:
        """What is found by a frame's index, found for the lead-in as well."""
        return lambda index: find(self.place(index))

    def passes(self, todo: Selection, reach: Reach) -> Iterator[tuple[int, int]]:
        """Half-open ranges that hold all that the frames to do depend on, those that they fade into included.

        >>> list(Ring(100, 100).passes(Selection((90, 91)), Reach(before=4)))
        [(-14, -8), (86, 92)]
        """
        shown = [index for index in range(self.count) if index in todo]
        twins = [index - self.count for index in shown if index >= self.count - self.lead]
        shifted = Selection(tuple(index + self.lead for index in twins + shown))
        for start, stop in shifted.passes(reach):
            yield start - self.lead, self.count if stop is None else min(self.count, stop - self.lead)

    def frames(self, source: FrameSource, start: int, stop: int | None) -> Iterator[Frame]:
        """The frames of a range of the ring; those of the lead-in take the times before the first frame."""
        end = self.count if stop is None else stop
        if start < 0:
            for frame in source.frames(start + self.count, min(0, end) + self.count):
                yield replace(frame, index=frame.index - self.count, pts=frame.pts - self.period)
        if end > 0:
            yield from source.frames(max(0, start), end)

    def joined(self, frames: Iterable[Frame], todo: Selection) -> Iterator[Frame]:
        """The clip's frames, the last ones faded into the lead-in, which comes first and is not shown."""
        leading: dict[int, Image] = {}
        for frame in frames:
            if frame.index < 0:
                twin = self.place(frame.index)
                leading |= {twin: frame.image} if twin in todo else {}
            elif frame.index in leading:
                yield replace(frame, image=self._faded(frame, leading.pop(frame.index)))
            else:
                yield frame

    def _faded(self, frame: Frame, leading: Image) -> Image:
        from vidstyle.ops.detail import restore_detail

        passed = frame.index - (self.count - self.lead) + 1
        mixed = frame.image.lerp(leading, passed / (self.lead + 1))
        # Two paintings have different strokes; half of each would be flat.
        return restore_detail(mixed, frame.image, 1.0).clamp_(0, 1)


def ring_of(source: FrameSource) -> Ring:
    """The ring of a clip; `UsageError` for a clip of one frame. A movie is read to its end: headers err."""
    if source.info.is_movie:
        times = [frame.pts for frame in source.frames()]
        count = len(times)
    else:
        count = max(1, len(source.info.numbers))
        ends = (*source.frames(0, 1), *source.frames(max(0, count - 2), count))
        times = [frame.pts for frame in ends]
    if count < 2:
        raise UsageError(f"--loop: {source.info.path} has one frame; expected a clip")
    return Ring(count, period=2 * times[-1] - times[-2] - times[0])
