"""Where an output may go, and how it appears there only when it is complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidstyle.errors import OutputError
from vidstyle.video.text import reason, shown

_LONGEST_NAME = 200
"""Bytes of a name that still leave room for what marks it unfinished; file systems allow 255."""


def require_free(path: Path, *, overwrite: bool, inputs: tuple[Path, ...]) -> None:
    """`OutputError` unless a file may be written at `path`.

    Over one of `inputs`, by whatever name or link, never; over another file only with `overwrite`.
    """
    for each in inputs:
        if _is_same(path, each):
            raise OutputError(f"{shown(path)}: is the input; name another output")
    if path.is_dir():
        raise OutputError(f"{shown(path)}: is a folder")
    # lexists: a dangling link counts as taken.
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{shown(path)}: exists already; -y overwrites it")
    require_folder(path.parent)


def require_folder(folder: Path) -> None:
    """`OutputError` unless `folder` exists and files can be made in it."""
    if not folder.is_dir():
        raise OutputError(f"{shown(folder)}: no such folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{shown(folder)}: the folder is not writable")


@contextmanager
def refusals_told(output: Path | str) -> Iterator[None]:
    """Within the block, what the file system refuses is an `OutputError` about `output`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{shown(output)}: {reason(error)}") from None


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        # One of them does not exist, so they are not one file.
        return False


def unfinished_name(path: Path) -> Path:
    """A name beside `path` for what is not complete yet; differs at every call, so no two writers meet."""
    stem = path.name.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return path.with_name(f"{stem}.{secrets.token_hex(4)}.part")


def publish(unfinished: Path, path: Path) -> None:
    """Give a finished file its name, in one step; `OutputError` where that is refused."""
    try:
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(f"{shown(path)}: {reason(error)}") from None


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file at once: it is there complete, or not at all; `OutputError` where refused."""
    unfinished = unfinished_name(path)
    try:
        unfinished.write_bytes(data)
        publish(unfinished, path)
    except OSError as error:
        raise OutputError(f"{shown(path)}: {reason(error)}") from None
    finally:
        # Also after an interrupt; a finished one has its name by now.
        unfinished.unlink(missing_ok=True)
