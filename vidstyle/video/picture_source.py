"""Frames from still pictures: a numbered sequence, or one picture as a clip of one frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, final

from vidstyle.errors import InputError
from vidstyle.numbering import format_runs
from vidstyle.types import ClipInfo, ColorTags, Frame
from vidstyle.video.color import RGB
from vidstyle.video.headers import PictureHeader
from vidstyle.video.sequences import PictureFiles
from vidstyle.video.stills import MAX_PIXELS, picture_header, read_opacity, read_picture_and_depth
from vidstyle.video.text import shown

DEFAULT_RATE = Fraction(25)
"""Frames a second of a sequence where the user names none, as ffmpeg has it."""


@final
class SequenceSource:
    """Frames of numbered pictures; a missing number is a gap in time, not a frame."""

    def __init__(
        self,
        files: PictureFiles,
        *,
        frame_rate: Fraction | None = None,
        max_pixels: int = MAX_PIXELS,
        still_number: int | None = None,
    ) -> None:
        """`still_number` makes the one file a still: a clip whose only frame has that number."""
        self._files = files
        self._max_pixels = max_pixels
        headers = [picture_header(path) for path in files.paths]
        self._size = _common_size(files, headers)
        self._taken = tuple(header.taken for header in headers)
        self._info = self._describe(frame_rate or DEFAULT_RATE, still_number)
        gaps = files.gaps()
        name = shown(self._info.path)
        self._damage = (f"{name}: the sequence lacks {format_runs(gaps)}",) if gaps else ()
        self._standing = _remarks(files.paths[0])

    @property
    def info(self) -> ClipInfo:
        """The clip as probed."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """Remarks on the pictures, then `damage`."""
        return self._standing + self._damage

    @property
    def damage(self) -> tuple[str, ...]:
        """The missing numbers, if any."""
        return self._damage

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames with ``start <= index < stop``, on the CPU; only their own files are read."""
        for index in range(len(self._files.paths))[start:stop]:
            yield self._frame(index)

    def most_frames(self) -> int:
        """How many there are."""
        return len(self._files.paths)

    def _frame(self, index: int) -> Frame:
        path = self._files.paths[index]
        image, _ = read_picture_and_depth(path, max_pixels=self._max_pixels)
        width, height = self._size
        if image.shape[1:] != (height, width):
            raise InputError(f"{shown(path)}: is {image.shape[2]}x{image.shape[1]}, the first one {width}x{height}")
        pts = self._files.numbers[index] - self._files.numbers[0]
        return Frame(index=index, pts=pts, time_base=self._info.time_base, image=image)

    def _describe(self, frame_rate: Fraction, still_number: int | None) -> ClipInfo:
        first = self._files.paths[0]
        _, bit_depth = read_picture_and_depth(first, max_pixels=self._max_pixels)
        is_sequence = still_number is None
        return ClipInfo(
            path=first,
            width=self._size[0],
            height=self._size[1],
            frame_rate=frame_rate,
            time_base=1 / frame_rate,
            frame_count_from_header=len(self._files.paths),
            bit_depth=bit_depth,
            pixel_format="rgb24" if bit_depth == 8 else "rgb48le",
            codec=picture_header(first).kind,
            container="sequence" if is_sequence else "still",
            color=ColorTags(matrix=RGB, full_range=True),
            is_sequence=is_sequence,
            first_number=self._files.numbers[0] if still_number is None else still_number,
            numbers=self._files.numbers if is_sequence else (),
            taken=self._taken,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: every file is closed when it is read."""


def _remarks(first: Path) -> tuple[str, ...]:
    if read_opacity(first).amin() < 1:
        return (f"{shown(first)}: is transparent in places; it is painted on white, and what is written is opaque",)
    return ()


def _common_size(files: PictureFiles, headers: Sequence[PictureHeader]) -> tuple[int, int]:
    """Width and height of all pictures, by their headers; `InputError` naming the first that differs."""
    first, *sizes = (header.upright_size for header in headers)
    for path, size in zip(files.paths[1:], sizes, strict=True):
        if size != first:
            raise InputError(
                f"{shown(path)}: is {size[0]}x{size[1]}, {shown(files.paths[0].name)} is {first[0]}x{first[1]}; "
                "all pictures of a sequence must have one size"
            )
    return first
