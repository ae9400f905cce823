"""A measurement as rows of words, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator

from vidstyle.measuring.figures import LONG, Clip, Measurement, key_of
from vidstyle.plots import Value

_NAMED = (
    ("amplification", "temporal amplification"),
    ("sharpness", "sharpness kept"),
    ("coverage_k1", "pixels compared, k = 1"),
    (f"coverage_k{LONG}", f"pixels compared, k = {LONG}"),
)
"""What is one number for the whole measurement."""


def word(clip: Clip) -> str:
    """What a clip is called in headings."""
    return "per-frame" if clip is Clip.PER_FRAME else str(clip)


def headings(measurement: Measurement) -> tuple[str, ...]:
    """Above the columns of `rows`."""
    others = [word(clip) for clip in _others(measurement)]
    return "", "styled", *others, *(f"styled / {other}" for other in others)


def rows(measurement: Measurement) -> Iterator[tuple[str, ...]]:
    """A figure's title, its value for every clip, and the styled clip's as a share of the others'."""
    totals, others = measurement.totals, _others(measurement)
    for figure in measurement.figures_of(Clip.STYLED):
        values = [totals.get(key_of(clip, figure.name)) for clip in (Clip.STYLED, *others)]
        ratios = [totals.get(f"{figure.name}_to_{clip}") for clip in others]
        yield figure.title, *(number_text(value) for value in values), *(number_text(ratio, 3) for ratio in ratios)
    empty = [""] * 2 * len(others)
    for name, title in _NAMED:
        yield title, number_text(totals[name], 3), *empty


def number_text(value: Value, digits: int = 4) -> str:
    """A number as people read it; a dash where there is none.

    >>> number_text(0.04321), number_text(None)
    ('0.0432', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"


def _others(measurement: Measurement) -> list[Clip]:
    return [clip for clip in (Clip.CONTENT, Clip.PER_FRAME) if clip in measurement.names]
