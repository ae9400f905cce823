"""Files of motion vectors: Middlebury's .flo, KITTI's 16-bit .png, and .exr where OpenEXR is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vidstyle.errors import InputError
from vidstyle.types import Flow, Mask

_FLO_TAG = b"PIEH"
"""First bytes of a .flo file: 202021.25 as a little-endian float."""

_UNKNOWN = 1e9
"""Vectors longer than this along an axis are not known, as Middlebury's own reader has it."""

_EXR_PAIRS = (("u", "v"), ("X", "Y"), ("R", "G"))
"""Names of the two channels that programs write vectors to, the first pair that is there counts."""

Array = NDArray[np.float32]


class Vectors(NamedTuple):
    """What a file says about the motion of a frame."""

    flow: Flow
    """In pixels of the file's own grid, on the CPU; 0 where it is not known."""
    known: Mask


def read_vectors(path: Path) -> Vectors:
    """The vectors of a file in one of `READERS`' formats; `InputError` where it is none or is damaged."""
    try:
        pixels = READERS[path.suffix.lower()](path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    # NaN passes no comparison.
    known = (np.abs(pixels[..., 0]) < _UNKNOWN) & (np.abs(pixels[..., 1]) < _UNKNOWN)
    flow = np.where(known[..., None], pixels, np.float32(0)).transpose(2, 0, 1)
    return Vectors(torch.from_numpy(np.ascontiguousarray(flow)), torch.from_numpy(known[None].astype(np.float32)))


def _read_flo(path: Path) -> Array:
    data = path.read_bytes()
    if data[:4] != _FLO_TAG or len(data) < 12:
        raise InputError(f"{path}: not a .flo file: it does not begin with {_FLO_TAG.decode()} and a size")
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, offset=4))
    expected = 12 + 8 * width * height
    if min(width, height) < 1 or len(data) != expected:
        raise InputError(f"{path}: damaged: {len(data)} bytes, expected {expected} for {width}x{height} vectors")
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2).astype(np.float32)


def _read_png(path: Path) -> Array:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(f"{path}: not vectors as KITTI keeps them: expected a PNG of three channels in 16 bits")
    # OpenCV gives blue first: valid, y, x. KITTI's development kit: (value - 2^15) / 64.
    flow = (pixels[..., :0:-1].astype(np.float32) - 2**15) / 64
    return np.where(pixels[..., :1] > 0, flow, np.float32(np.nan))


def _read_exr(path: Path) -> Array:
    try:
        import OpenEXR
    except ImportError:
        raise InputError(f"{path}: .exr needs OpenEXR; pip install 'vidstyle[exr]', or write .flo files") from None
    try:
        channels = OpenEXR.File(str(path), separate_channels=True).channels()
    except RuntimeError as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    # Layers stand before the name, as in backward.u.
    by_end = {name.rpartition(".")[2]: channel.pixels for name, channel in channels.items()}
    for pair in _EXR_PAIRS:
        if all(name in by_end for name in pair):
            return np.stack([by_end[name] for name in pair], axis=2).astype(np.float32)
    raise InputError(f"{path}: has the channels {', '.join(sorted(channels))}; expected u and v, X and Y, or R and G")


READERS: dict[str, Callable[[Path], Array]] = {".flo": _read_flo, ".png": _read_png, ".exr": _read_exr}
"""What reads a file, ``(H, W, 2)``, by the ending of its name."""
