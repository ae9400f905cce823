"""Refusing pictures whose values are no numbers: an optimizer or a search would make nonsense of the whole shot."""

from __future__ import annotations

from vidstyle.errors import InputError
from vidstyle.types import Frame, Image, Style


def finite_image(frame: Frame, verdict: str) -> Image:
    """A frame's image; `InputError` where it has values that are no numbers. `verdict` ends the message."""
    # The sum of numbers from 0 to 1 is a number: a tenth of the time of looking at each (measured at 4K).
    if not frame.image.sum().isfinite():
        raise InputError(f"frame index {frame.index}: has values that are no numbers; {verdict}")
    return frame.image


def check_finite(style: Style, verdict: str) -> None:
    """`InputError` for a style picture with values that are no numbers; pictures count from 1."""
    for number, picture in enumerate(style.images, 1):
        if not picture.isfinite().all():
            raise InputError(f"style picture {number}: has values that are no numbers; {verdict}")
