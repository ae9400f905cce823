"""Which display a run gets."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from vidstyle.cli.logs import log_event
from vidstyle.cli.plain import Display, JsonDisplay, PlainDisplay, SilentDisplay
from vidstyle.events import Event, Observer


@contextmanager
def open_display(arguments: Namespace, *, to_stdout: bool) -> Iterator[Observer]:
    """An observer that shows a run as the arguments ask, and logs it; `to_stdout`: the video itself goes there."""
    with choose_display(arguments, to_stdout=to_stdout) as display:

        def observe(event: Event) -> None:
            display(event)
            log_event(event)

        yield observe


def choose_display(arguments: Namespace, *, to_stdout: bool) -> Display:
    """The display that ``--progress``, ``--json`` and ``-q`` ask for."""
    kind = getattr(arguments, "progress", "auto")
    quiet = "quiet" in arguments
    if "json" in arguments or kind == "json":
        return JsonDisplay(sys.stderr if to_stdout else None, quiet=quiet)
    if quiet:
        return SilentDisplay()
    if kind == "bar" or (kind == "auto" and has_terminal()):
        from vidstyle.cli.display import BarDisplay

        return BarDisplay()
    return PlainDisplay(progress=kind != "none")


def has_terminal() -> bool:
    """Whether the standard error is a terminal that can redraw a line."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
