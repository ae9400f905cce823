"""Frames into still pictures, each written at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, final

from vidstyle.encoding import EncodeSettings
from vidstyle.errors import InputError, OutputError, UsageError, suggestion
from vidstyle.types import ClipInfo, Frame
from vidstyle.video.outputs import require_folder, require_free, write_file
from vidstyle.video.sequences import SequenceName, matching_files, name_of
from vidstyle.video.stills import bit_depths, encode_picture
from vidstyle.video.text import reason, shown

PICTURE_CODECS = {
    "png": (".png",),
    "png16": (".png",),
    "jpg": (".jpg", ".jpeg"),
    "tiff": (".tiff", ".tif"),
    "webp": (".webp",),
    "bmp": (".bmp",),
}
"""Extensions by the codec's name; the first is the one a folder of pictures gets."""


@final
class SequenceSink:
    """Numbered pictures; the numbers are the source's own."""

    def __init__(
        self,
        name: SequenceName,
        like: ClipInfo,
        settings: EncodeSettings,
        *,
        overwrite: bool = False,
        indices: Sequence[int] | None = None,
    ) -> None:
        """`indices` are the frames to come where not all do: the files of others may exist."""
        self._name = name
        self._like = like
        self._overwrite = overwrite
        self._bit_depth, self._warnings = picture_depth(name.extension, like, settings)
        self._inputs = _identities(like)
        _require_place(name.folder)
        coming = _numbers_to_come(like, indices)
        for number, path in sorted(matching_files(name).items()):
            if number in coming:
                self._require_free(path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the pictures lack of the input, one line each."""
        return self._warnings

    def path_of(self, index: int) -> Path:
        """The file that the frame with this index in the source becomes."""
        return self._name.path(self._like.number_of(index))

    def write(self, frame: Frame) -> None:
        """Write the next frame's picture; it is complete when this returns."""
        path = self.path_of(frame.index)
        self._require_free(path)
        write_file(path, encode_picture(frame.image, self._name.extension, self._bit_depth))

    def _require_free(self, path: Path) -> None:
        try:
            status = path.stat()
        except OSError:
            # Nothing is there.
            return
        if (status.st_dev, status.st_ino) in self._inputs:
            raise OutputError(f"{shown(path)}: is a picture of the input; name another output")
        if not self._overwrite:
            raise OutputError(f"{shown(path)}: exists already; -y overwrites it")

    def __enter__(self) -> Self:
        _make_folder(self._name.folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finished pictures stay, whatever happened."""


@final
class StillSink:
    """One picture."""

    def __init__(
        self,
        path: Path,
        like: ClipInfo,
        settings: EncodeSettings,
        *,
        overwrite: bool = False,
        indices: Sequence[int] | None = None,
    ) -> None:
        """`indices` are the frames to come where not all do; `OutputError` for more than one."""
        require_free(path, overwrite=overwrite, inputs=(like.path,))
        self._path = path
        self._like = like
        self._bit_depth, self._warnings = picture_depth(path.suffix.lower(), like, settings)
        self._picture: bytes | None = None
        if len(_numbers_to_come(like, indices)) > 1:
            raise OutputError(self._too_many())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the picture lacks of the input, one line each."""
        return self._warnings

    def write(self, frame: Frame) -> None:
        """Take the picture; `OutputError` at a second frame, which a header may have kept quiet about."""
        if self._picture is not None:
            raise OutputError(self._too_many())
        self._picture = encode_picture(frame.image, self._path.suffix.lower(), self._bit_depth)

    def _too_many(self) -> str:
        many = shown(f"{self._path.stem}.%04d{self._path.suffix}")
        return f"{shown(self._path)}: is one picture, and the clip has more frames; name {many}, or one of --frames"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the picture, unless there was an error; `InputError` where there was no frame."""
        if error is not None:
            return
        if self._picture is None:
            raise InputError(f"{shown(self._like.path)}: gave no frame to write to {shown(self._path)}")
        write_file(self._path, self._picture)


def _numbers_to_come(like: ClipInfo, indices: Sequence[int] | None) -> Collection[int]:
    """The numbers of the frames that will be written, as far as that can be known."""
    if like.numbers:
        # Indices past a sequence's end name no file.
        chosen = range(len(like.numbers)) if indices is None else [k for k in indices if k < len(like.numbers)]
        return {like.numbers[index] for index in chosen}
    if indices is not None:
        return {like.first_number + index for index in indices}
    return range(like.first_number, like.first_number + (like.frame_count_from_header or 1))


def picture_depth(extension: str, like: ClipInfo, settings: EncodeSettings) -> tuple[int, tuple[str, ...]]:
    """Bits per sample of pictures like the clip's, and a warning where that is less than the clip has."""
    _check_settings(extension, settings)
    depths = bit_depths(extension)
    if settings.codec == "png16":
        return 16, ()
    if settings.bit_depth == "auto":
        depth = max(depths) if like.bit_depth > 8 else 8
        lacks = depth < like.bit_depth
        return depth, ((f"the input has {like.bit_depth} bits per sample, {extension} keeps {depth}",) if lacks else ())
    depth = 8 if settings.bit_depth == 8 else 16
    if depth not in depths:
        raise UsageError(f"{extension} pictures have no {settings.bit_depth} bits per sample; .png and .tiff have")
    return depth, ()


def _check_settings(extension: str, settings: EncodeSettings) -> None:
    if settings.codec is not None:
        known = PICTURE_CODECS.get(settings.codec)
        if known is None:
            raise UsageError(
                f"codec {settings.codec!r} makes no pictures; {suggestion(settings.codec, PICTURE_CODECS)}"
            )
        if extension not in known:
            raise UsageError(f"codec {settings.codec!r} makes {known[0]} pictures, the output is named {extension}")
    if settings.crf is not None or settings.pix_fmt is not None or settings.options:
        raise UsageError("crf, pix_fmt and encoder options are for movies; the output is pictures")


def name_in_folder(folder: Path, like: ClipInfo, settings: EncodeSettings) -> SequenceName:
    """What pictures in an output folder are called: as the source's, or after the movie."""
    own = name_of(like.path, like.numbers) if like.is_sequence else None
    extension = _folder_extension(like, settings)
    if own is None:
        return SequenceName(folder, f"{like.path.stem}.", 4, extension)
    stem = own.suffix.removesuffix(Path(f"x{own.suffix}").suffix)
    return SequenceName(folder, own.prefix, own.digits, stem + extension)


def _folder_extension(like: ClipInfo, settings: EncodeSettings) -> str:
    if settings.codec is None:
        return like.path.suffix if like.is_sequence else ".png"
    if settings.codec not in PICTURE_CODECS:
        raise UsageError(f"codec {settings.codec!r} makes no pictures; {suggestion(settings.codec, PICTURE_CODECS)}")
    return PICTURE_CODECS[settings.codec][0]


def _identities(like: ClipInfo) -> set[tuple[int, int]]:
    """Device and file numbers of the input's files, which no link or other spelling can hide."""
    name = name_of(like.path, like.numbers)
    paths = {like.path} | ({name.path(number) for number in like.numbers} if name is not None else set())
    found = set()
    for path in paths:
        if path.exists():
            status = path.stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _require_place(folder: Path) -> None:
    """`OutputError` unless the folder is there, or can be made in one that is."""
    require_folder(folder if folder.exists() else folder.parent)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{shown(folder)}: {reason(error)}") from None
    require_folder(folder)
