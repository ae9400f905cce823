"""Frame numbers as text."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def format_numbers(numbers: Iterable[int]) -> str:
    """Numbers as a short range text.

    >>> format_numbers([3, 1, 2, 7])
    '1-3,7'
    """
    # Within a run of consecutive numbers, number minus rank is the same.
    ranked = groupby(enumerate(sorted(set(numbers))), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in ranked]
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
