"""The command line. `main` is the only place that turns errors into text and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import TextIO

from vidstyle.cli.text import complain, one_line, say_json, titled
from vidstyle.errors import DeviceError, VidstyleError

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141
"""Whoever read the standard output went away; a shell's code for it."""

OUT_OF_MEMORY = "out of memory; a smaller --size needs less"

DEBUG = "VIDSTYLE_DEBUG"
"""Environment variable: 1 shows where an internal error happened."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM; treated as an interrupt, so that everything on the way out is cleaned up."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code and raises nothing."""
    words = list(sys.argv[1:] if argv is None else argv)
    with _sigterm_raises():
        try:
            code = _run(words)
        except VidstyleError as error:
            return _fail(words, error.exit_code, one_line(error))
        except BrokenPipeError:
            _forget_stdout()
            return BROKEN_PIPE
        except KeyboardInterrupt as error:
            return _fail(words, TERMINATED if isinstance(error, _Terminated) else INTERRUPTED, "interrupted")
        except SystemExit as error:
            # argparse leaves this way after --help.
            return error.code if isinstance(error.code, int) else 0
        except Exception as error:
            # The one place where a bug becomes a line of text.
            if os.environ.get(DEBUG) == "1":
                raise
            if _is_out_of_memory(error):
                return _fail(words, DeviceError.exit_code, OUT_OF_MEMORY)
            what = f"internal error: {type(error).__name__}: {one_line(error)} ({DEBUG}=1 shows where)"
            return _fail(words, VidstyleError.exit_code, what)
        return code


def _run(words: list[str]) -> int:
    from vidstyle.cli.arguments import parse
    from vidstyle.cli.logs import logging_as_asked

    command, arguments = parse(words)
    with logging_as_asked(arguments):
        return command(arguments)


def _fail(words: list[str], code: int, message: str) -> int:
    try:
        complain(f"vidstyle: {message}")
        if _wants_json(words):
            say_json(titled("error", {"exit_code": code, "message": message}), _json_stream(words))
    except (OSError, VidstyleError):
        # Nobody reads what went wrong; the exit code still says it.
        _forget_stdout()
    return code


def _is_out_of_memory(error: Exception) -> bool:
    # By name and by words, because torch may not even be loaded, and its processor side has no class for this.
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))


def _wants_json(words: list[str]) -> bool:
    # The words themselves, because an error may come before they are parsed.
    return "--json" in words or "--progress=json" in words or ("--progress", "json") in pairwise(words)


def _json_stream(words: list[str]) -> TextIO | None:
    to_stdout = {"-o-", "--output=-"} & set(words) or {("-o", "-"), ("--output", "-")} & set(pairwise(words))
    return sys.stderr if to_stdout else None


def _forget_stdout() -> None:
    """Let Python's own flush at exit go nowhere instead of failing again."""
    try:
        number = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Within the block, SIGTERM raises, as Ctrl-C does; afterwards all is as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        # A second one must not disturb the cleaning up.
        signal.signal(number, signal.SIG_IGN)
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
