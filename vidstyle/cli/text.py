"""Words to the user: lines, JSON lines, tables. Plain text only, no escape codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from vidstyle.errors import OutputError
from vidstyle.events import SCHEMA


def say(line: str = "") -> None:
    """Write a line to the standard output."""
    _write(sys.stdout, line)


def complain(line: str) -> None:
    """Write a line to the standard error."""
    _write(sys.stderr, line)


def say_json(record: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Write a mapping as one line of JSON, to the standard output unless told otherwise."""
    _write(sys.stdout if stream is None else stream, json.dumps(record, default=str))


def titled(event: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record for `say_json` that says what it is and in which version of the form."""
    return {"event": event, "schema": SCHEMA, **record}


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:
        # The process was started with this stream closed: nobody listens.
        return
    try:
        stream.write(line + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{getattr(stream, 'name', 'output')}: cannot be written ({error.strerror})") from None


def table(rows: Sequence[Sequence[str]], *, indent: str = "") -> Iterator[str]:
    """Rows as lines with aligned columns.

    >>> list(table([("a", "1"), ("long", "2")]))
    ['a     1', 'long  2']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield (indent + "  ".join(cells)).rstrip()


def one_line(error: BaseException) -> str:
    """An error's text in one line.

    >>> one_line(ValueError("first\\n  second"))
    'first second'
    """
    return " ".join(str(error).split()) or type(error).__name__


def as_memory(amount: int) -> str:
    """Bytes of memory as people say them.

    >>> as_memory(812 * 2**20 + 5), as_memory(3 * 2**29)
    ('812 MiB', '1.5 GiB')
    """
    return f"{amount / 2**30:.1f} GiB" if amount >= 2**30 else f"{amount / 2**20:.0f} MiB"


def duration(seconds: float) -> str:
    """A length of time as people say it.

    >>> duration(262.4), duration(3725), duration(9.6)
    ('4m22s', '1h02m', '10s')
    """
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
