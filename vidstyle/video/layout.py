"""How libav's pixel formats lie in memory, for those whose codes vidstyle reads and writes itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from av import VideoFormat
from numpy.typing import NDArray

Codes = NDArray[Any]
"""Stored samples: ``uint8`` or ``uint16``."""

_YUV = re.compile(r"yuvj?a?(420|422|440|444)p(9|10|12|14|16)?(le|be)?")
_SEMI_PLANAR = re.compile(r"(?:nv(12|16|21|24)|p([024])(10|12|16)(le|be))")
_GRAY = re.compile(r"gray(9|10|12|14|16)?(le|be)?")
_GBR = re.compile(r"gbra?p(9|10|12|14|16)?(le|be)?")

_HALF_COLUMNS = {"420", "422", "12", "16", "21", "0", "2"}
_HALF_LINES = {"420", "440", "12", "21", "0"}


@dataclass(frozen=True, slots=True)
class Layout:
    """One pixel format of separate planes."""

    family: str
    """``yuv``, ``gray`` or ``gbr``."""
    bit_depth: int
    half_columns: bool = False
    half_lines: bool = False
    interleaved: bool = False
    """Both chroma planes in one, sample by sample (NV12, P010)."""
    swapped: bool = False
    """Cr before Cb (NV21)."""
    shift: int = 0
    """Zero bits below the code (P010 keeps its codes in the high bits)."""
    big_endian: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """What one stored sample is."""
        if self.bit_depth == 8:
            return np.dtype(np.uint8)
        return np.dtype(np.uint16).newbyteorder(">" if self.big_endian else "<")

    def chroma_size(self, height: int, width: int) -> tuple[int, int]:
        """Lines and columns of a chroma plane; halves are rounded up."""
        return -(-height // 2) if self.half_lines else height, -(-width // 2) if self.half_columns else width


@cache
def layout_of(pixel_format: str) -> Layout | None:
    """The layout of a pixel format; None for those left to swscale."""
    if match := _YUV.fullmatch(pixel_format):
        sampling, depth, order = match.groups()
        return _layout("yuv", depth, order, sampling=sampling)
    if match := _SEMI_PLANAR.fullmatch(pixel_format):
        return _semi_planar(match)
    if match := _GRAY.fullmatch(pixel_format):
        return _layout("gray", *match.groups())
    if match := _GBR.fullmatch(pixel_format):
        return _layout("gbr", *match.groups())
    return None


def _layout(family: str, depth: str | None, order: str | None, *, sampling: str = "444") -> Layout:
    return Layout(
        family=family,
        bit_depth=int(depth or 8),
        half_columns=sampling in _HALF_COLUMNS,
        half_lines=sampling in _HALF_LINES,
        big_endian=order == "be",
    )


def _semi_planar(match: re.Match[str]) -> Layout:
    name, sampling, depth, order = match.groups()
    kind = name or sampling or ""
    bits = int(depth or 8)
    return Layout(
        family="yuv",
        bit_depth=bits,
        half_columns=kind in _HALF_COLUMNS,
        half_lines=kind in _HALF_LINES,
        interleaved=True,
        swapped=kind == "21",
        shift=16 - bits if depth else 0,
        big_endian=order == "be",
    )


def has_alpha(pixel_format: str) -> bool:
    """Whether any of libav's pixel formats has an alpha channel."""
    return any(component.is_alpha for component in VideoFormat(pixel_format).components)


def bit_depth_of(pixel_format: str) -> int:
    """Bits of the deepest component of any of libav's pixel formats."""
    return max(component.bits for component in VideoFormat(pixel_format).components)
