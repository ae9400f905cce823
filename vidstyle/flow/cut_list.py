"""Reading where shots begin from a file: PySceneDetect's scene list, or plain frame numbers."""

from __future__ import annotations

import csv
from pathlib import Path

from vidstyle.errors import InputError

_COLUMN = "Start Frame"


def read_cuts(path: Path, first_number: int = 1) -> tuple[int, ...]:
    """Frame indices, from 0, at which shots begin.

    Two forms are read. The CSV of PySceneDetect's ``list-scenes``, with or without its first row of cut times; it
    counts a clip's frames from 1. Or one frame number per line, in the user's counting, which calls index 0
    `first_number`.

    Raises `InputError` when the file cannot be read or is neither.
    """
    rows = [(number, row) for number, row in enumerate(_rows(path), start=1) if any(row)]
    if not rows:
        raise InputError(f"{path}: empty; expected PySceneDetect's scene list or one frame number per line")
    # The optional first row starts with "Timecode List:" and repeats the cuts as times.
    if rows[0][1][0].startswith("Timecode List"):
        rows = rows[1:]
    if rows and _COLUMN in rows[0][1]:
        column, rows, first_number = rows[0][1].index(_COLUMN), rows[1:], 1
    else:
        column = 0
        _refuse_tables(path, rows)
    return tuple(_index(f"{path}, line {number}", row[column : column + 1], first_number) for number, row in rows)


def _rows(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [[cell.strip() for cell in row] for row in csv.reader(file)]
    except OSError as error:
        raise InputError(f"--cuts {path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"--cuts {path}: not text; expected PySceneDetect's scene list or frame numbers") from None


def _refuse_tables(path: Path, rows: list[tuple[int, list[str]]]) -> None:
    for number, row in rows:
        if len(row) > 1:
            raise InputError(f"{path}, line {number}: expected one frame number, or a header with {_COLUMN!r}")


def _index(where: str, cells: list[str], first_number: int) -> int:
    text = cells[0] if cells else ""
    if not text.isdecimal():
        raise InputError(f"{where}: expected a frame number, got {text!r}")
    if int(text) < first_number:
        raise InputError(f"{where}: frame {text} lies before the first, {first_number}")
    return int(text) - first_number
