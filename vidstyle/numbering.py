"""Frame numbers as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

MOST_RUNS = 20
"""Runs that a line for people spells out."""


def format_numbers(numbers: Iterable[int]) -> str:
    """Numbers as a short range text.

    >>> format_numbers([3, 1, 2, 7])
    '1-3,7'
    """
    # Within a run of consecutive numbers, number minus rank is the same.
    ranked = groupby(enumerate(sorted(set(numbers))), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in ranked]
    return ",".join(_text(run[0], run[-1]) for run in runs)


def format_runs(runs: Sequence[range]) -> str:
    """Runs of consecutive numbers as a range text, beyond `MOST_RUNS` only their count. No run is counted through.

    >>> format_runs([range(3, 5), range(7, 8)])
    '3-4,7'
    """
    named = ",".join(_text(run[0], run[-1]) for run in runs[:MOST_RUNS])
    return named if len(runs) <= MOST_RUNS else f"{named} and {len(runs) - MOST_RUNS} more such runs"


def _text(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
