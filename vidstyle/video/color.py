"""How YCbCr codes and RGB relate: matrices, ranges, and what an untagged clip means.

Code points are those of ITU-T H.273, as in `ColorTags`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vidstyle.errors import InputError, UsageError, suggestion
from vidstyle.types import ClipInfo, ColorTags

UNSPECIFIED = 2
RGB = 0

_LUMA_WEIGHTS: dict[int, tuple[float, float]] = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Weights of red and blue in luma, by matrix code point; H.273 table 4. 10 (constant luminance) is not linear."""

MATRICES = {"bt709": 1, "fcc": 4, "bt601": 6, "smpte240m": 7, "bt2020": 9}
"""Names a user may give an untagged or wrongly tagged clip."""

PICTURE_TAGS = ColorTags(primaries=1, transfer=1, matrix=1, full_range=False)
"""Tags of a movie made from RGB pictures: every player reads these alike, at every size."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What is needed to turn YCbCr codes into RGB and back."""

    matrix: int
    full_range: bool

    @property
    def weights(self) -> tuple[float, float]:
        """Weights of red and blue in luma."""
        return _LUMA_WEIGHTS[self.matrix]

    def luma_scale(self, bit_depth: int) -> tuple[float, float]:
        """Codes per unit of luma, and the code of black."""
        if self.full_range:
            return float(2**bit_depth - 1), 0.0
        return 219.0 * 2 ** (bit_depth - 8), 16.0 * 2 ** (bit_depth - 8)

    def chroma_scale(self, bit_depth: int) -> tuple[float, float]:
        """Codes per unit of color difference (-0.5 .. 0.5), and the code of gray."""
        scale = float(2**bit_depth - 1) if self.full_range else 224.0 * 2 ** (bit_depth - 8)
        return scale, 128.0 * 2 ** (bit_depth - 8)


def matrix_named(name: str) -> int:
    """The code point of a matrix a user names; `UsageError` with the nearest name otherwise."""
    if name not in MATRICES:
        raise UsageError(f"input matrix {name!r} is unknown; {suggestion(name, MATRICES)}")
    return MATRICES[name]


def stored_size(info: ClipInfo) -> tuple[int, int]:
    """Width and height of a clip before rotation: what the guess for untagged clips goes by."""
    return (info.height, info.width) if info.rotation in (90, 270) else (info.width, info.height)


def guessed_matrix(width: int, height: int) -> int:
    """What players assume of an untagged clip: BT.709 from 720 lines or beyond 1024 columns, else BT.601."""
    return 1 if height >= 720 or width > 1024 else 6


def coding_of(tags: ColorTags, *, width: int, height: int, pixel_format: str) -> Coding:
    """The coding of a clip with these tags and stored size; `InputError` where the matrix is none we know."""
    matrix = tags.matrix
    if matrix in (UNSPECIFIED, RGB):
        # Tagged RGB yet holding YCbCr is a mistake of the writer, so it counts as untagged.
        matrix = guessed_matrix(width, height)
    if matrix not in _LUMA_WEIGHTS:
        raise InputError(f"color matrix {tags.matrix} is not supported; name one of {', '.join(sorted(MATRICES))}")
    return Coding(matrix, _is_full_range(tags, pixel_format))


def _is_full_range(tags: ColorTags, pixel_format: str) -> bool:
    if pixel_format.startswith("yuvj"):
        return True
    if tags.full_range is None:
        # libav's gray formats span the full range unless a file says otherwise.
        return pixel_format.startswith("gray")
    return tags.full_range
