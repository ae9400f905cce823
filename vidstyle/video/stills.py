"""Still pictures: PNG, JPEG, TIFF, WebP and BMP to images and back.

Transparent pictures are laid on white: under full transparency a file may hold any color, mostly black
nobody has ever seen, and white is what a page shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vidstyle.errors import InputError, OutputError, UsageError, suggestion
from vidstyle.types import Image, Mask
from vidstyle.video.headers import HeaderError, PictureHeader, read_header
from vidstyle.video.outputs import require_folder, write_file
from vidstyle.video.text import reason, shown

MAX_PIXELS = 300_000_000
"""Pixels of one picture or frame, beyond which an input is refused: 3.6 GB as an image."""

_MOST_BYTES, _MOST_BYTES_PER_PIXEL = 2**28, 16
"""Of a picture's file: 16 bits of RGBA twice over, as layered pictures have them, and 256 MiB for all else in it."""

STILL_EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"})
"""Files read as pictures."""

_WRITERS: dict[str, tuple[list[int], tuple[int, ...]]] = {
    ".png": ([], (8, 16)),
    ".tif": ([cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW], (8, 16)),
    ".tiff": ([cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW], (8, 16)),
    ".jpg": ([cv2.IMWRITE_JPEG_QUALITY, 95], (8,)),
    ".jpeg": ([cv2.IMWRITE_JPEG_QUALITY, 95], (8,)),
    ".webp": ([cv2.IMWRITE_WEBP_QUALITY, 95], (8,)),
    ".bmp": ([], (8,)),
}
"""Encoder parameters and bit depths by extension."""

_TURNS: dict[int, tuple[int, bool]] = {
    1: (0, False),
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}
"""Exif orientation: quarter turns counter-clockwise, then whether to mirror left and right."""


def read_picture(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Image:
    """The picture as an image, upright, on white where it is transparent; on the CPU.

    `InputError` where it is missing, no picture, damaged, or of more than `max_pixels`.
    """
    image, _ = read_picture_and_depth(path, max_pixels=max_pixels)
    return image


def read_picture_and_depth(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> tuple[Image, int]:
    """As `read_picture`, and the bits per sample in the file, 8 or 16."""
    path = Path(path)
    header = picture_header(path)
    if header.width * header.height > max_pixels:
        raise InputError(
            f"{shown(path)}: {header.width}x{header.height} is more than {max_pixels} pixels; scale it down"
        )
    pixels = _decoded(path, header)
    return _upright(_on_white(pixels), header.orientation), 8 * pixels.itemsize


def read_opacity(path: Path | str) -> Mask:
    """1 where a picture is opaque, down to 0 where it is transparent, ``(1, H, W)``; errors as `read_picture`."""
    path = Path(path)
    header = picture_header(path)
    pixels = _decoded(path, header)
    if pixels.ndim == 2 or pixels.shape[2] < 4:
        return _upright(torch.ones(1, *pixels.shape[:2]), header.orientation)
    alpha = torch.from_numpy(pixels[..., 3].astype(np.float32)).div_(float(np.iinfo(pixels.dtype).max))
    return _upright(alpha[None], header.orientation)


def picture_header(path: Path) -> PictureHeader:
    """What a picture's header says; `InputError` where there is no picture."""
    try:
        if path.is_dir():
            raise InputError(f"{shown(path)}: is a folder, not a picture")
        if path.exists() and not path.is_file():
            raise InputError(f"{shown(path)}: not an ordinary file")
        with path.open("rb") as file:
            return read_header(file)
    except OSError as error:
        raise InputError(f"{shown(path)}: {reason(error)}") from None
    except HeaderError as error:
        raise InputError(f"{shown(path)}: {error}") from None


def encode_picture(image: Image, extension: str, bit_depth: int = 8) -> bytes:
    """The bytes of a picture file; rounds to nearest.

    `UsageError` for an extension, or a bit depth with it, that cannot be written.
    """
    parameters, depths = _writer(extension)
    if bit_depth not in depths:
        raise UsageError(f"{extension} pictures have no {bit_depth} bits per sample; .png and .tiff have 8 or 16")
    top = 2**bit_depth - 1
    bgr = image.detach().flip(0).permute(1, 2, 0).mul(top).add_(0.5).clamp_(0, top).contiguous()
    codes: NDArray[Any] = bgr.cpu().numpy().astype(np.uint8 if bit_depth == 8 else np.uint16)
    try:
        done, data = cv2.imencode(extension, codes, parameters)
    except cv2.error as error:
        raise OutputError(f"cannot encode a {extension} picture: {reason(error)}") from None
    if not done:
        raise OutputError(f"cannot encode a {extension} picture of {codes.shape[1]}x{codes.shape[0]}")
    return bytes(data)


def write_picture(path: Path | str, image: Image, *, bit_depth: int = 8) -> None:
    """Write a picture file, complete or not at all; replaces what is there.

    The extension chooses the kind. `OutputError` where the file system refuses.
    """
    path = Path(path)
    require_folder(path.parent)
    write_file(path, encode_picture(image, path.suffix.lower(), bit_depth))


def bit_depths(extension: str) -> tuple[int, ...]:
    """Bits per sample that pictures with this extension can have; `UsageError` for an unknown extension."""
    return _writer(extension)[1]


def _writer(extension: str) -> tuple[list[int], tuple[int, ...]]:
    if extension not in _WRITERS:
        raise UsageError(f"pictures cannot be written as {extension!r}; {suggestion(extension, _WRITERS)}")
    return _WRITERS[extension]


def _decoded(path: Path, header: PictureHeader) -> NDArray[Any]:
    """Stored samples, BGR or BGRA or gray, neither turned nor converted."""
    data = _bytes_of(path, header)
    if header.kind == "jpg" and data.find(b"\xff\xd9", header.scan_offset) < 0:
        # The decoder would fill the missing rest with gray and say nothing.
        raise InputError(f"{shown(path)}: the picture is cut short")
    try:
        with _silence():
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise InputError(f"{shown(path)}: the picture cannot be decoded ({reason(error)})") from None
    if pixels is None:
        raise InputError(f"{shown(path)}: the picture is damaged")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{shown(path)}: {pixels.dtype} samples are not supported; convert it to 16 bits")
    samples: NDArray[Any] = pixels
    return samples


@contextmanager
def _silence() -> Iterator[None]:
    """Within the block, OpenCV writes nothing to the standard error; what it finds wrong is told as an error."""
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _bytes_of(path: Path, header: PictureHeader) -> bytes:
    most = _MOST_BYTES + _MOST_BYTES_PER_PIXEL * header.width * header.height
    try:
        if path.stat().st_size > most:
            raise InputError(f"{shown(path)}: the file is far too large for {header.width}x{header.height} pixels")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{shown(path)}: {reason(error)}") from None


def _on_white(pixels: NDArray[Any]) -> Image:
    """The image of decoded samples ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``."""
    top = float(np.iinfo(pixels.dtype).max)
    if pixels.ndim == 2:
        gray = torch.from_numpy(pixels.astype(np.float32)).div_(top)
        return gray.expand(3, -1, -1).contiguous()
    image = torch.empty((3, *pixels.shape[:2]))
    for channel in range(3):
        image[channel] = torch.from_numpy(pixels[..., 2 - channel].astype(np.float32))
    image.div_(top)
    if pixels.shape[2] == 4:
        alpha = torch.from_numpy(pixels[..., 3].astype(np.float32)).div_(top)
        image = image.mul_(alpha).add_(1 - alpha)
    return image


def _upright(image: Image, orientation: int) -> Image:
    turns, mirrored = _TURNS[orientation]
    if turns:
        image = torch.rot90(image, turns, (1, 2))
    return (image.flip(2) if mirrored else image).contiguous()
