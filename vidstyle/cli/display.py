"""The progress bar; the only module that knows rich."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from vidstyle.cli.plain import Clock, Pace, final_line
from vidstyle.cli.text import as_memory, complain
from vidstyle.events import Event, Finished, FrameDone, Started, Warned
from vidstyle.footprint import resident_bytes

Memory = Callable[[], int | None]


class BarDisplay:
    """A bar on the standard error with frame, speed, time to go and memory; warnings stand above it.

    Where the number of frames is not known, a pulse stands in for the bar.
    """

    def __init__(
        self, *, console: Console | None = None, clock: Clock = time.monotonic, memory: Memory = resident_bytes
    ) -> None:
        # rich itself honors NO_COLOR and TERM.
        self._console = console or Console(stderr=True)
        columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False))
        self._bar = Progress(*columns, console=self._console, transient=True, get_time=clock)
        self._pace = Pace(clock)
        self._memory = memory
        self._task: TaskID = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Started():
                self._pace.start(event.frames, estimated=event.estimated)
                self._bar.update(self._task, total=event.frames)
            case FrameDone():
                self._advance(event.done)
            case Warned():
                self._console.print(f"warning: {event.message}", markup=False, highlight=False, soft_wrap=True)
            case Finished():
                self._bar.stop()
                complain(final_line(event))

    def _advance(self, done: int) -> None:
        self._pace.advance(done)
        total = None if self._pace.total is None else float(self._pace.total)
        self._bar.update(self._task, completed=done, total=total, description=self._described())

    def _described(self) -> str:
        resident = self._memory()
        return str(self._pace) if resident is None else f"{self._pace} {as_memory(resident)}"
