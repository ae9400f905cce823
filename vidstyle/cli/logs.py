"""Logging of a run: to the standard error with ``-v``, to a file with ``--log-file``."""

from __future__ import annotations

import logging
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vidstyle.cli.text import complain
from vidstyle.errors import OutputError, VidstyleError
from vidstyle.events import CutFound, Event, Finished, FrameDone, Started, Warned

LOGGER = logging.getLogger("vidstyle")
SHOWN = "shown"
"""Mark of a record whose message reaches the standard error anyway, so that it is not said twice."""
_SHOWN = {SHOWN: True}


class _StderrHandler(logging.Handler):
    """Writes to whatever is the standard error at that moment: a progress bar may stand in for it."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(self.format(record))


class _LogFile(logging.FileHandler):
    """A log file that, once the disk is full, says so and is given up; the run goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Called where a record could not be written."""
        LOGGER.removeHandler(self)
        complain(f"warning: --log-file {self.baseFilename}: cannot be written any more ({sys.exc_info()[1]})")

    def close(self) -> None:
        """Close the file, whatever of it can still be written."""
        with suppress(OSError):
            super().close()


def _formatter() -> logging.Formatter:
    made = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    made.converter = time.gmtime
    return made


@contextmanager
def logging_as_asked(arguments: Namespace) -> Iterator[None]:
    """Within the block, the logger writes where ``-v`` and ``--log-file`` say; afterwards all is as before."""
    verbosity = getattr(arguments, "verbose", 0)
    level = logging.DEBUG if verbosity > 1 else logging.INFO
    # Without any handler, logging writes to the standard error by itself.
    handlers = [logging.NullHandler(), *_handlers(verbosity, getattr(arguments, "log_file", None))]
    before = LOGGER.level
    for handler in handlers:
        handler.setFormatter(_formatter())
        LOGGER.addHandler(handler)
    LOGGER.setLevel(level)
    try:
        with _errors_logged():
            yield
    finally:
        LOGGER.setLevel(before)
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()


def _handlers(verbosity: int, path: str | None) -> Iterator[logging.Handler]:
    if path is not None:
        try:
            yield _LogFile(path, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise OutputError(f"--log-file {path}: cannot be written ({error.strerror})") from None
    if verbosity:
        handler = _StderrHandler()
        handler.addFilter(lambda record: not getattr(record, SHOWN, False))
        yield handler


@contextmanager
def _errors_logged() -> Iterator[None]:
    try:
        yield
    except VidstyleError as error:
        LOGGER.error("%s", error, extra=_SHOWN)
        raise
    except KeyboardInterrupt:
        LOGGER.error("interrupted", extra=_SHOWN)
        raise
    except Exception:
        LOGGER.exception("internal error", extra=_SHOWN)
        raise


def log_event(event: Event) -> None:
    """An observer that logs what a run reports: frames one by one only with ``-vv``."""
    match event:
        case Started():
            LOGGER.info("start %s -> %s, %dx%d", event.input, event.output, event.width, event.height)
        case FrameDone():
            LOGGER.debug("frame %d done", event.number)
        case CutFound():
            LOGGER.info("cut before frame %d", event.number)
        case Warned():
            LOGGER.warning("%s", event.message, extra=_SHOWN)
        case Finished():
            LOGGER.info("done %s: %d frames in %.1f s", event.output, event.frames, event.seconds)
