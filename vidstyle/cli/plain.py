"""Progress as plain lines and as JSON lines: no escape codes, no carriage returns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

from vidstyle.cli.text import complain, duration, say_json
from vidstyle.events import Event, Finished, FrameDone, Started, Warned, as_record

WINDOW = 30.0
"""Seconds over which speed is measured: long enough to be calm, short enough to notice a change."""
EVERY = 5.0
"""Seconds between plain lines."""

Clock = Callable[[], float]


class Display(Protocol):
    """An observer with a beginning and an end."""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Still:
    """A display that needs no cleaning up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Pace:
    """How far a run is and how fast it goes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()
        self.total: int | None = None
        self.estimated = False
        self.done = 0

    def start(self, total: int | None, *, estimated: bool = False) -> None:
        """Begin; `total` is shown as an estimate where it is one, and is forgotten once it is exceeded."""
        self.total, self.estimated = total, estimated
        self._samples.append((self._clock(), 0))

    def advance(self, done: int) -> None:
        """Take note of how many frames are done."""
        now = self._clock()
        self.done = done
        if self.total is not None and done > self.total:
            self.total = None
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()

    @property
    def frames_per_second(self) -> float | None:
        """Speed of late; None before it can be known."""
        (before, few), (now, many) = self._samples[0], self._samples[-1]
        return (many - few) / (now - before) if now > before else None

    @property
    def remaining(self) -> float | None:
        """Seconds to go; None where that cannot be known."""
        speed = self.frames_per_second
        return (self.total - self.done) / speed if self.total is not None and speed else None

    @property
    def _shown_total(self) -> str:
        return f"{'~' if self.estimated else ''}{self.total}"

    def __str__(self) -> str:
        parts = [f"frame {self.done}" if self.total is None else f"frame {self.done}/{self._shown_total}"]
        if self.total:
            parts.append(f"{100 * self.done / self.total:.1f}%")
        if self.frames_per_second is not None:
            parts.append(f"{self.frames_per_second:.1f} fps")
        if self.remaining is not None:
            parts.append(f"eta {duration(self.remaining)}")
        return " ".join(parts)


def final_line(event: Finished) -> str:
    """What a run says last."""
    output = "the standard output" if event.output == "-" else event.output
    if event.frames == 0:
        return f"{output}: nothing to do"
    frames = "1 frame" if event.frames == 1 else f"{event.frames} frames"
    return f"wrote {output}: {frames} in {event.seconds:.1f} s ({event.frames_per_second:.1f} fps)"


class PlainDisplay(Still):
    """A line every few seconds, warnings as they come, and a last line."""

    def __init__(self, *, progress: bool = True, clock: Clock = time.monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._pace = Pace(clock)
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Started():
                self._pace.start(event.frames, estimated=event.estimated)
                self._next = self._clock() + EVERY
            case FrameDone():
                self._advance(event.done)
            case Warned():
                complain(f"warning: {event.message}")
            case Finished():
                complain(final_line(event))

    def _advance(self, done: int) -> None:
        self._pace.advance(done)
        if self._progress and self._clock() >= self._next:
            self._next = self._clock() + EVERY
            complain(str(self._pace))


class JsonDisplay(Still):
    """Every event as one JSON object a line; only the summary when `quiet`."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if not self._quiet or isinstance(event, Finished):
            say_json(as_record(event), self._stream)


class SilentDisplay(Still):
    """Shows nothing."""

    def __call__(self, event: Event) -> None:
        """Show nothing."""
