"""Any output as a sink for frames."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError, suggestion
from vidstyle.types import ClipInfo, FrameSource
from vidstyle.video.encoders import CONTAINERS
from vidstyle.video.movie_sink import VideoSink
from vidstyle.video.outputs import refusals_told
from vidstyle.video.picture_sink import PICTURE_CODECS, SequenceSink, StillSink, name_in_folder
from vidstyle.video.sequences import SequenceName, matching_files, parse_pattern
from vidstyle.video.stills import STILL_EXTENSIONS

Sink = VideoSink | SequenceSink | StillSink


def open_sink(
    output: Path | str,
    like: FrameSource | ClipInfo,
    settings: EncodeSettings | None = None,
    *,
    overwrite: bool = False,
    indices: Sequence[int] | None = None,
    size: tuple[int, int] | None = None,
) -> Sink:
    """A sink for a movie, a picture, ``f.%04d.png``, ``f.####.png``, a folder, or ``-`` for Matroska on stdout.

    `like` is the input, whose times, sound, tags and numbers the output takes over. `indices` are the frames
    to come, ascending, where that is not the whole clip: a movie then begins at 0 with the sound of their span.
    `size` is the output's width and height where it differs from the input's.
    The sink has ``warnings``. `UsageError` and `OutputError` come before any work is done where that is possible.
    """
    info = like if isinstance(like, ClipInfo) else like.info
    settings = settings or EncodeSettings()
    with refusals_told(output):
        name = picture_names(output, info, settings)
        if name is not None:
            return SequenceSink(name, info, settings, overwrite=overwrite, indices=indices)
        return _one_file(Path(output), info, settings, overwrite=overwrite, indices=indices, size=size)


def _one_file(
    path: Path,
    info: ClipInfo,
    settings: EncodeSettings,
    *,
    overwrite: bool,
    indices: Sequence[int] | None,
    size: tuple[int, int] | None,
) -> VideoSink | StillSink:
    suffix = path.suffix.lower()
    if suffix in STILL_EXTENSIONS:
        return StillSink(path, info, settings, overwrite=overwrite, indices=indices)
    if str(path) != "-" and suffix not in CONTAINERS:
        known = sorted([*CONTAINERS, *STILL_EXTENSIONS])
        raise UsageError(f"output {str(path)!r}: its extension names no format; {suggestion(suffix, known)}")
    span = (indices[0], indices[-1] + 1) if indices else None
    return VideoSink(path, info, settings, overwrite=overwrite, span=span, size=size)


def picture_names(output: Path | str, info: ClipInfo, settings: EncodeSettings) -> SequenceName | None:
    """How the pictures of an output are called; None for an output that is one file."""
    path = Path(output)
    if _is_folder(str(output), info, settings):
        return name_in_folder(path, info, settings)
    pattern = None if str(output) == "-" else parse_pattern(str(output))
    return pattern if pattern is not None and pattern.extension in STILL_EXTENSIONS else None


def is_movie(output: Path | str, info: ClipInfo, settings: EncodeSettings) -> bool:
    """Whether an output is encoded as video."""
    return picture_names(output, info, settings) is None and Path(output).suffix.lower() not in STILL_EXTENSIONS


def existing_pictures(names: SequenceName, info: ClipInfo) -> frozenset[int]:
    """Indices of the clip's frames whose picture is there; pictures are only ever there complete."""
    found = matching_files(names)
    if info.numbers:
        return frozenset(index for index, number in enumerate(info.numbers) if number in found)
    return frozenset(number - info.first_number for number in found if number >= info.first_number)


def _is_folder(text: str, info: ClipInfo, settings: EncodeSettings) -> bool:
    path = Path(text)
    if text == "-":
        return False
    if path.is_dir() or text.endswith((os.sep, "/")):
        return True
    return not path.suffix and (info.is_sequence or settings.codec in PICTURE_CODECS)
