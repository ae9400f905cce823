"""Any input as a source of frames."""

from __future__ import annotations

import glob
from fractions import Fraction
from pathlib import Path

from vidstyle.errors import InputError, UsageError
from vidstyle.types import ClipInfo, FrameSource
from vidstyle.video.movie_source import VideoSource
from vidstyle.video.picture_source import SequenceSource
from vidstyle.video.sequences import PictureFiles, files_of_folder, files_of_glob, files_of_pattern, parse_pattern
from vidstyle.video.stills import MAX_PIXELS, STILL_EXTENSIONS
from vidstyle.video.text import reason, shown


def open_source(
    path: str | Path,
    *,
    max_pixels: int = MAX_PIXELS,
    input_matrix: str | None = None,
    start_number: int | None = None,
    frame_rate: Fraction | None = None,
) -> FrameSource:
    """The frames of a movie, a still, a folder, a wildcard, ``f.%04d.png`` or ``f.####.png``.

    A file that exists is that file, whatever its name looks like. `input_matrix` (a name of
    `color.MATRICES`) overrides a movie's color matrix, `start_number` is what a movie's first frame is
    called (1), `frame_rate` is a sequence's (25). `InputError` where the input cannot be used, `UsageError`
    where an argument does not apply to it.
    """
    text = str(path)
    if not text:
        # An empty path would mean the current folder; it comes from a variable that is not set.
        raise InputError("the input has no name; name a video, a picture or a folder")
    try:
        return _open(text, max_pixels, input_matrix, start_number=start_number, frame_rate=frame_rate)
    except OSError as error:
        raise InputError(f"{shown(text)}: {reason(error)}") from None


def _open(
    path: str,
    max_pixels: int,
    input_matrix: str | None,
    *,
    start_number: int | None,
    frame_rate: Fraction | None,
) -> FrameSource:
    if Path(path).is_file() and Path(path).suffix.lower() not in STILL_EXTENSIONS:
        _refuse("--fps", frame_rate, f"{shown(path)} is a movie and has its own rate")
        first = 1 if start_number is None else start_number
        return VideoSource(Path(path), max_pixels=max_pixels, input_matrix=input_matrix, first_number=first)
    _refuse("input_matrix", input_matrix, f"{shown(path)} holds pictures, which are RGB already")
    if Path(path).is_file():
        number = 1 if start_number is None else start_number
        files = PictureFiles((number,), (Path(path),))
        return SequenceSource(files, frame_rate=frame_rate, max_pixels=max_pixels, still_number=number)
    _refuse("--start-number", start_number, f"{shown(path)} is a sequence and has its own numbers")
    return SequenceSource(_files(path), frame_rate=frame_rate, max_pixels=max_pixels)


def input_files(path: str) -> tuple[Path, ...]:
    """The files that an input is made of, in order; errors as `open_source`."""
    return (Path(path),) if Path(path).is_file() else _files(path).paths


def probe(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> ClipInfo:
    """What an input is; errors as `open_source`."""
    with open_source(path, max_pixels=max_pixels) as source:
        return source.info


def _files(text: str) -> PictureFiles:
    if Path(text).is_dir():
        return files_of_folder(Path(text))
    if text == "-":
        raise InputError("-: the standard input is not read; name a file")
    pattern = parse_pattern(text)
    if pattern is not None:
        return files_of_pattern(pattern)
    if glob.has_magic(text):
        return files_of_glob(text)
    if Path(text).exists():
        raise InputError(f"{shown(text)}: not an ordinary file")
    raise InputError(f"{shown(text)}: no such file")


def _refuse(name: str, value: object, why: str) -> None:
    if value is not None:
        raise UsageError(f"{name}: {why}")
