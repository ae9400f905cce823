"""The size and orientation of a picture from its header, before a byte of it is decoded."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
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
    orientation = 1
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"eXIf":
            orientation = exif_orientation(file.read(length))
        if name in (b"eXIf", b"IEND") or not name.isalpha():
            break
        file.seek(length + 4, 1)
    return PictureHeader("png", width, height, orientation)


def _jpeg(file: BinaryIO) -> PictureHeader:
    file.seek(2)
    orientation, size = 1, (0, 0)
    while True:
        marker = _next_marker(file)
        (length,) = _unpack(file, ">H")
        if marker == 0xDA:
            return PictureHeader("jpg", *size, orientation, scan_offset=file.tell())
        body = file.read(length - 2)
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])


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
    return PictureHeader("tiff", *((height, width) if 5 <= tags.get(0x112, 1) <= 8 else (width, height)))


def _webp(file: BinaryIO) -> PictureHeader:
    file.seek(8)
    if file.read(4) != b"WEBP":
        raise HeaderError("is not a picture that can be read")
    width, height = _webp_size(file)
    orientation = 1
    file.seek(12)
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"EXIF":
            orientation = exif_orientation(file.read(length).removeprefix(b"Exif\0\0"))
        if name == b"EXIF" or not name.isascii() or b"\0" in name:
            break
        file.seek(length + length % 2, 1)
    return PictureHeader("webp", width, height, orientation)


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


def _directory(file: BinaryIO) -> dict[int, int]:
    """The numbers in the first directory of a TIFF structure, by tag."""
    order = {b"II": "<", b"MM": ">"}.get(file.read(4)[:2])
    if order is None:
        raise HeaderError("its header is damaged")
    (offset,) = _unpack(file, order + "I")
    file.seek(offset)
    (count,) = _unpack(file, order + "H")
    entries = file.read(12 * count)
    numbers = {}
    for entry in range(0, 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", entries, entry)
        (numbers[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), entries, entry + 8)
    return numbers


_READERS: tuple[tuple[bytes, Callable[[BinaryIO], PictureHeader]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"RIFF", _webp),
    (b"BM", _bmp),
)
