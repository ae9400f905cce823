"""Line plots as SVG that stands inside an HTML page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TypeAlias

Value: TypeAlias = float | None
"""None where nothing could be measured."""

_HEIGHT = 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 8, 20
"""Margins in the plot's units, which are pixels on a page of full width."""
_MOST_POINTS = 900
"""Of one line: more would lie on the same pixels."""
_TICKS = 4
"""About how many lines of the grid."""
_LABEL = 64
"""Least room between two numbers under a plot, in its units."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Frames from left to right, the same for every plot of a page."""

    numbers: Sequence[int]
    """What users call the frames."""
    cuts: Sequence[int] = ()
    """Places in `numbers` that open a shot."""
    marked: Sequence[tuple[int, int]] = ()
    """First and last places of the ranges that stand out."""
    width: int = 960
    """Of a plot in its units; what it is shown wider or narrower scales its letters."""

    @property
    def right(self) -> int:
        """Where the last place lies."""
        return self.width - _RIGHT

    def at(self, place: float) -> float:
        """Where a place lies, in the plot's units."""
        span = max(1, len(self.numbers) - 1)
        return _LEFT + (self.right - _LEFT) * place / span

    def labels(self) -> Iterator[int]:
        """Places whose numbers stand under a plot: the first from each round number on.

        >>> [range(1, 20)[place] for place in Axis(range(1, 20), width=480).labels()]
        [5, 10, 15]
        """
        if len(self.numbers) < 2:
            yield from range(len(self.numbers))
            return
        step = round_step((self.numbers[-1] - self.numbers[0]) * _LABEL / (self.right - _LEFT))
        yield from (i for i, (a, b) in enumerate(pairwise(self.numbers), 1) if a // step != b // step)


def plot(lines: Mapping[str, Sequence[Value]], axis: Axis, bound: float | None = None) -> str:
    """An SVG element with one line per name, which is its class; `bound` is drawn across.

    Its ``data-frame`` says what lies where, for scripts that read values from the lines.
    """
    known = [value for values in lines.values() for value in values if value is not None]
    low, high, step = scale([*known, *([] if bound is None else [bound])])
    frame = {"left": _LEFT, "right": axis.right, "top": _TOP, "bottom": _HEIGHT - _BOTTOM, "low": low, "high": high}
    parts = [f'<svg viewBox="0 0 {axis.width} {_HEIGHT}" role="img" data-frame="{escape(json.dumps(frame))}">']
    parts += _marks(axis)
    parts += _grid((low, high, step), axis)
    parts += _cuts(axis)
    for name, values in lines.items():
        parts.append(f'<path class="{escape(name)}" d="{_path(values, axis, (low, high))}"/>')
    if bound is not None:
        y = _height(bound, low, high)
        parts.append(f'<line class="bound" x1="{_LEFT}" x2="{axis.right}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts += _labels(axis)
    return "".join([*parts, "</svg>"])


def scale(values: Sequence[float]) -> tuple[float, float, float]:
    """The lowest and the highest value of an axis that holds the values, and the step of its grid.

    It begins at 0 unless the values are far from it.

    >>> scale([0.1, 0.37]), scale([0.91, 0.98])
    ((0.0, 0.4, 0.1), (0.9, 0.98, 0.02))
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    low = 0.0 if 0 <= low < high / 2 else low
    # What hardly changes is drawn flat, not as noise.
    span = max(high - low, abs(high) / 50, 1e-6)
    step = round_step(span / _TICKS)
    ends = math.floor(low / step + 1e-9), max(math.ceil(high / step - 1e-9), math.floor(low / step) + 1)
    return round(ends[0] * step, 9), round(ends[1] * step, 9), round(step, 9)


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least `least`.

    >>> round_step(0.13), round_step(20)
    (0.2, 20.0)
    """
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def thin(values: Sequence[Value], most: int) -> list[tuple[float, Value]]:
    """At most `most` of the values with their places: of each stretch the one farthest from 0, so that peaks stay.

    >>> thin([1.0, 5.0, None, 2.0], 2)
    [(1, 5.0), (3, 2.0)]
    """
    stretch = max(1, -(-len(values) // most))
    starts = range(0, len(values), stretch)
    return [_peak(start, values[start : start + stretch]) for start in starts]


def _peak(start: int, values: Sequence[Value]) -> tuple[int, Value]:
    known = [(abs(value), place) for place, value in enumerate(values) if value is not None]
    place = max(known)[1] if known else 0
    return start + place, values[place]


def _path(values: Sequence[Value], axis: Axis, ends: tuple[float, float]) -> str:
    """Lines through neighbors of one shot; a dot where there are none; nothing where there is no value."""
    words: list[str] = []
    before: float | None = None
    for place, value in thin(values, _MOST_POINTS):
        if value is None:
            before = None
            continue
        goes_on = before is not None and not any(before < cut <= place for cut in axis.cuts)
        # A line of no length, with round ends, is a dot.
        words.append(
            f"{'L' if goes_on else 'M'}{axis.at(place):.1f} {_height(value, *ends):.2f}{'' if goes_on else 'h0'}"
        )
        before = place
    return "".join(words)


def _height(value: float, low: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * (value - low) / (high - low)


def _grid(ends: tuple[float, float, float], axis: Axis) -> Iterator[str]:
    low, high, step = ends
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    for count in range(round((high - low) / step) + 1):
        value = low + count * step
        y = _height(value, low, high)
        yield f'<line class="grid" x1="{_LEFT}" x2="{axis.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="y" x="{_LEFT - 6}" y="{y + 4:.1f}">{value:.{digits}f}</text>'


def _labels(axis: Axis) -> Iterator[str]:
    for place in axis.labels():
        yield f'<text class="x" x="{axis.at(place):.1f}" y="{_HEIGHT - 5}">{axis.numbers[place]}</text>'


def _cuts(axis: Axis) -> Iterator[str]:
    for place in axis.cuts:
        x = axis.at(place - 0.5)
        title = f"<title>cut before frame {axis.numbers[place]}</title>"
        yield f'<line class="cut" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}">{title}</line>'


def _marks(axis: Axis) -> Iterator[str]:
    for first, last in axis.marked:
        left, right = axis.at(max(0, first - 0.5)), axis.at(min(len(axis.numbers) - 1, last + 0.5))
        title = f"<title>frames {axis.numbers[first]} to {axis.numbers[last]}</title>"
        place = f'x="{left:.1f}" width="{max(1.0, right - left):.1f}" y="{_TOP}" height="{_HEIGHT - _BOTTOM - _TOP}"'
        yield f'<rect class="marked" {place}>{title}</rect>'
