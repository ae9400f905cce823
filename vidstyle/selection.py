"""Which frames of a clip to render: the grammar of ``--frames`` and the passes over the clip that it needs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vidstyle.errors import UsageError
from vidstyle.types import ClipInfo, FrameSource, Reach

LARGEST_NUMBER = 10_000_000
"""Beyond any film (fileseq's own limit): a mistyped range must not fill the memory."""

_RANGE = r"-?\d+(?:--?\d+(?:x-?\d+)?)?"
_RANGES = re.compile(rf"{_RANGE}(?:,{_RANGE})*")


@dataclass(frozen=True, slots=True)
class Selection:
    """Frame indices to render."""

    indices: tuple[int, ...] | None = None
    """Sorted, none twice; None means all that the clip has."""
    finished: frozenset[int] = frozenset()
    """Frames that are there already."""

    def __contains__(self, index: int) -> bool:
        return index not in self.finished and (self.indices is None or self._is_selected(self.indices, index))

    @staticmethod
    def _is_selected(indices: tuple[int, ...], index: int) -> bool:
        # By bisection: this is asked for every frame.
        place = bisect_left(indices, index)
        return place < len(indices) and indices[place] == index

    def todo(self) -> tuple[int, ...]:
        """The indices left, where they are known: all selected ones, or those before the last finished one."""
        wanted = range(max(self.finished, default=-1) + 1) if self.indices is None else self.indices
        return tuple(index for index in wanted if index not in self.finished)

    def count(self, claimed: int | None) -> int | None:
        """How many frames are left, as far as it is known; `claimed` is the header's count of all."""
        if self.indices is not None:
            return sum(1 for index in self.todo() if claimed is None or index < claimed)
        return None if claimed is None else max(0, claimed - len(self.finished))

    def left(self, source: FrameSource) -> int | None:
        """How many frames of a clip are left, as far as it is known: a header may claim too little, and a farm that
        has some frames must not stop on its word."""
        count = self.count(source.info.frame_count_from_header)
        return self.count(source.most_frames()) if count == 0 and self.finished else count

    def passes(self, reach: Reach) -> Iterator[tuple[int, int | None]]:
        """Half-open index ranges that together hold all that the frames left depend on; None is the end.

        >>> list(Selection((40, 41, 90)).passes(Reach(before=10, after=1)))
        [(30, 43), (80, 92)]
        >>> list(Selection(finished=frozenset({0, 1, 2})).passes(Reach(before=1)))
        [(2, None)]
        """
        ranges: list[tuple[int, int | None]] = [(max(0, i - reach.before), i + reach.after + 1) for i in self.todo()]
        if self.indices is None:
            ranges.append((max(0, max(self.finished, default=-1) + 1 - reach.before), None))
        return _merged(ranges)


def _merged(ranges: list[tuple[int, int | None]]) -> Iterator[tuple[int, int | None]]:
    """Ranges in ascending order with those that touch made one."""
    for begin, end in ranges[:1]:
        start, stop = begin, end
        for begin, end in ranges[1:]:
            if stop is not None and begin > stop:
                yield start, stop
                start = begin
            stop = end
        yield start, stop


def parse_numbers(text: str) -> tuple[int, ...]:
    """Frame numbers, sorted, none twice: ``1001-1100x2,1150``; ``x`` and ``:`` both mean step.

    >>> parse_numbers("5,1-4x2")
    (1, 3, 5)
    """
    import fileseq

    # fileseq reads ":" as staggered, Open Job Description as step; farms mean the latter.
    plain = text.replace(":", "x").replace(" ", "")
    try:
        if not _RANGES.fullmatch(plain):
            raise ValueError(text)
        found = tuple(sorted({int(n) for n in fileseq.FrameSet(plain)}))
    except (fileseq.FileSeqException, ValueError):
        # What fileseq says is a page about its own, larger grammar.
        raise UsageError(f"--frames {text!r}: not a frame range; expected for example 1001-1100x2,1150") from None
    if found[-1] > LARGEST_NUMBER:
        raise UsageError(f"--frames {text!r}: expected frame numbers up to {LARGEST_NUMBER}")
    return found


def select(text: str | None, info: ClipInfo) -> Selection:
    """The frames of a clip that a ``--frames`` text names, as indices.

    Numbers that the clip does not have are left out: a sequence knows them all, a movie only its first.
    """
    if text is None:
        return Selection()
    return Selection(indices_of(parse_numbers(text), info))


def indices_of(numbers: Iterable[int], info: ClipInfo) -> tuple[int, ...]:
    """The frame indices behind users' numbers, ascending, without those that a clip cannot have."""
    ordered = sorted(set(numbers))
    if info.numbers:
        index_of = {number: index for index, number in enumerate(info.numbers)}
        return tuple(index_of[n] for n in ordered if n in index_of)
    return tuple(n - info.first_number for n in ordered if n >= info.first_number)
