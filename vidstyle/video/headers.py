"""The size, orientation and time of a picture from its header, before a byte of it is decoded."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's start-of-frame markers, all of which hold the size."""


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes of a picture say."""

    kind: str
    """``png``, ``jpg``, ``tiff``, ``webp`` or ``bmp``."""
    width: int
    """Pixels before `orientation`."""
    height: int
    orientation: int = 1
    """Exif's value, 1 .. 8, still to be applied; always 1 for TIFF, whose decoder turns the picture itself."""
    scan_offset: int = 0
    """JPEG: where the coded picture begins."""
    taken: datetime | None = None
    """When it was taken by the camera's clock; None where Exif does not say."""

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height after `orientation`."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


class HeaderError(ValueError):
    """The bytes are no picture of a kind known here."""


def read_header(file: BinaryIO) -> PictureHeader:
    """The header of the picture in an open file; `HeaderError` where there is none."""
    start = file.read(16)
    for magic, reader in _READERS:
        if start.startswith(magic):
            try:
                return reader(file)
            except (struct.error, KeyError, IndexError):
                raise HeaderError("its header is damaged") from None
    raise HeaderError("is not a picture that can be read; PNG, JPEG, TIFF, WebP and BMP can")


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _png(file: BinaryIO) -> PictureHeader:
    file.seek(16)
    width, height = _unpack(file, ">II")
    exif = b""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"eXIf":
            exif = file.read(length)
        if name in (b"eXIf", b"IEND") or not name.isalpha():
            break
        file.seek(length + 4, 1)
    return PictureHeader("png", width, height, exif_orientation(exif), taken=exif_time(BytesIO(exif)))


def _jpeg(file: BinaryIO) -> PictureHeader:
    file.seek(2)
    exif, size = b"", (0, 0)
    while True:
        marker = _next_marker(file)
        (length,) = _unpack(file, ">H")
        if marker == 0xDA:
            taken = exif_time(BytesIO(exif))
            return PictureHeader("jpg", *size, exif_orientation(exif), scan_offset=file.tell(), taken=taken)
        body = file.read(length - 2)
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = body[6:]


def _next_marker(file: BinaryIO) -> int:
    """The code of the next marker; any number of fill bytes may stand before it."""
    (first, code) = _unpack(file, "BB")
    if first != 0xFF:
        raise HeaderError("its header is damaged")
    while code == 0xFF:
        (code,) = _unpack(file, "B")
    return code


def _tiff(file: BinaryIO) -> PictureHeader:
    file.seek(0)
    tags = _directory(file)
    width, height = tags[0x100], tags[0x101]
    size = (height, width) if 5 <= tags.get(0x112, 1) <= 8 else (width, height)
    file.seek(0)
    return PictureHeader("tiff", *size, taken=exif_time(file))


def _webp(file: BinaryIO) -> PictureHeader:
    file.seek(8)
    if file.read(4) != b"WEBP":
        raise HeaderError("is not a picture that can be read")
    width, height = _webp_size(file)
    exif = b""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"EXIF":
            exif = file.read(length).removeprefix(b"Exif\0\0")
        if name == b"EXIF" or not name.isascii() or b"\0" in name:
            break
        file.seek(length + length % 2, 1)
    return PictureHeader("webp", width, height, exif_orientation(exif), taken=exif_time(BytesIO(exif)))


def _webp_size(file: BinaryIO) -> tuple[int, int]:
    kind, _ = struct.unpack("<4sI", file.read(8))
    if kind == b"VP8X":
        body = file.read(10)
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(file.read(5)[1:], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", file.read(10)[6:])
    return width & 0x3FFF, height & 0x3FFF


def _bmp(file: BinaryIO) -> PictureHeader:
    file.seek(18)
    width, height = _unpack(file, "<ii")
    return PictureHeader("bmp", abs(width), abs(height))


def exif_orientation(block: bytes) -> int:
    """The orientation in an Exif block, 1 .. 8; 1 where the block is silent or damaged."""
    try:
        value = _directory(BytesIO(block)).get(0x112, 1)
    except (struct.error, HeaderError):
        # A broken remark about a picture is no reason to refuse the picture.
        return 1
    return value if 1 <= value <= 8 else 1


def exif_time(file: BinaryIO) -> datetime | None:
    """When a picture was taken, to the fraction of a second where it is told, by the TIFF structure in a file.

    None where that is silent or damaged.
    """
    try:
        order, start = _start(file)
        place = {tag: value for tag, _, value in _entries(file, order, start)}[_EXIF_DIRECTORY]
        texts = {tag: (size, value) for tag, size, value in _entries(file, order, place)}
        taken = datetime.strptime(_text(file, order, texts[_TAKEN]), "%Y:%m:%d %H:%M:%S")
        fraction = _text(file, order, texts[_TAKEN_FRACTION]) if _TAKEN_FRACTION in texts else ""
    except (struct.error, HeaderError, KeyError, ValueError):
        return None
    return taken.replace(microsecond=int(fraction.ljust(6, "0")[:6])) if fraction.isdecimal() else taken


_EXIF_DIRECTORY, _TAKEN, _TAKEN_FRACTION = 0x8769, 0x9003, 0x9291
"""Exif's own directory; in it, DateTimeOriginal and SubSecTimeOriginal."""
_LONGEST_TEXT = 64
"""Bytes of a text that are read: a time has 20."""


def _text(file: BinaryIO, order: str, entry: tuple[int, int]) -> str:
    """The text of an entry; one of four bytes or fewer lies in the place of its offset."""
    size, value = entry
    data = struct.pack(order + "I", value)
    if size > len(data):
        file.seek(value)
        data = file.read(min(size, _LONGEST_TEXT))
    return data[:size].partition(b"\0")[0].decode("ascii").strip()


def _directory(file: BinaryIO) -> dict[int, int]:
    """The numbers in the first directory of a TIFF structure, by tag."""
    order, start = _start(file)
    return {tag: value for tag, _, value in _entries(file, order, start)}


def _start(file: BinaryIO) -> tuple[str, int]:
    """Byte order of a TIFF structure, and where its first directory lies."""
    order = {b"II": "<", b"MM": ">"}.get(file.read(4)[:2])
    if order is None:
        raise HeaderError("its header is damaged")
    (start,) = _unpack(file, order + "I")
    return order, start


def _entries(file: BinaryIO, order: str, offset: int) -> Iterator[tuple[int, int, int]]:
    """Tag, count, and number of each entry of a directory; the number is an offset where the value is larger."""
    file.seek(offset)
    (count,) = _unpack(file, order + "H")
    entries = file.read(12 * count)
    for entry in range(0, 12 * count, 12):
        tag, kind, size = struct.unpack_from(order + "HHI", entries, entry)
        (number,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), entries, entry + 8)
        yield tag, size, number


_READERS: tuple[tuple[bytes, Callable[[BinaryIO], PictureHeader]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"RIFF", _webp),
    (b"BM", _bmp),
)
