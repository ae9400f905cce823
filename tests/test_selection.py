"""Frame ranges and the passes over a clip that they need."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidstyle.errors import UsageError
from vidstyle.numbering import format_numbers
from vidstyle.selection import LARGEST_NUMBER, Selection, parse_numbers, select
from vidstyle.types import ClipInfo, Reach


def clip(*, first_number: int = 1, numbers: tuple[int, ...] = ()) -> ClipInfo:
    return ClipInfo(
        path=Path("clip.mp4"),
        width=64,
        height=48,
        frame_rate=Fraction(25),
        time_base=Fraction(1, 25),
        frame_count_from_header=None,
        bit_depth=8,
        pixel_format="yuv420p",
        codec="h264",
        container="mp4",
        is_sequence=bool(numbers),
        first_number=first_number,
        numbers=numbers,
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("7", (7,)),
        ("1-4", (1, 2, 3, 4)),
        ("1-10x3", (1, 4, 7, 10)),
        ("1-10:3", (1, 4, 7, 10)),
        ("10-1x-3", (1, 4, 7, 10)),
        ("1001-1003,1150", (1001, 1002, 1003, 1150)),
        ("5,1-3, 2-4", (1, 2, 3, 4, 5)),
    ],
)
def test_the_grammar(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "abc", "1-", "1--", "1-5x0", "1-5x", "1..5", "1.5", ",", f"{LARGEST_NUMBER + 1}"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--frames") as caught:
        parse_numbers(text)
    assert "\n" not in str(caught.value)


def test_a_mistyped_range_does_not_fill_the_memory() -> None:
    with pytest.raises(UsageError):
        parse_numbers("1-99999999999")


def test_a_movie_counts_from_its_first_number() -> None:
    assert select("1-3", clip()).indices == (0, 1, 2)
    assert select("99-101", clip(first_number=100)).indices == (0, 1)
    assert select(None, clip()).indices is None


def test_a_sequence_has_its_own_numbers() -> None:
    info = clip(first_number=1001, numbers=(1001, 1002, 1005))
    assert select("1002-1005", info).indices == (1, 2)
    assert [info.number_of(i) for i in range(3)] == [1001, 1002, 1005]
    assert clip(first_number=10).number_of(4) == 14


def test_all_frames_are_one_open_pass() -> None:
    assert list(Selection().passes(Reach(9, 9))) == [(0, None)]
    assert 12345 in Selection()


def test_no_frames_are_no_pass() -> None:
    assert list(Selection(()).passes(Reach(3, 1))) == []
    assert 0 not in Selection(())


indices = st.sets(st.integers(0, 300), min_size=1).map(lambda found: tuple(sorted(found)))
reaches = st.builds(Reach, st.integers(0, 40), st.integers(0, 10))


@given(indices, reaches)
def test_passes_cover_what_is_needed_and_nothing_twice(chosen: tuple[int, ...], reach: Reach) -> None:
    selection = Selection(chosen)
    passes = [(start, stop) for start, stop in selection.passes(reach) if stop is not None]
    needed = {j for i in chosen for j in range(max(0, i - reach.before), i + reach.after + 1)}
    read = [j for start, stop in passes for j in range(start, stop)]
    assert set(read) == needed and len(read) == len(needed)
    assert all(stop < start for (_, stop), (start, _) in pairwise(passes))
    assert [i for i in range(310) if i in selection] == list(chosen)


@given(st.sets(st.integers(0, 500), min_size=1))
def test_formatted_numbers_read_back(numbers: set[int]) -> None:
    assert parse_numbers(format_numbers(numbers)) == tuple(sorted(numbers))


def test_formatting() -> None:
    assert format_numbers([]) == ""
    assert format_numbers([5, 5, 4, 9, 1]) == "1,4-5,9"


@given(st.none() | indices, st.frozensets(st.integers(0, 60)), reaches)
def test_passes_around_finished_frames_cover_what_is_left(
    chosen: tuple[int, ...] | None, finished: frozenset[int], reach: Reach
) -> None:
    selection, end = Selection(chosen, finished), 400
    passes = [(start, end if stop is None else stop) for start, stop in selection.passes(reach)]
    left = [i for i in (range(end) if chosen is None else chosen) if i not in finished]
    needed = {j for i in left for j in range(max(0, i - reach.before), i + reach.after + 1) if j < end}
    read = [j for start, stop in passes for j in range(start, min(stop, end))]
    assert set(read) == needed and len(read) == len(needed)
    assert [i for i in range(end) if i in selection] == left


def test_counts_what_is_left() -> None:
    assert Selection().count(10) == 10
    assert Selection().count(None) is None
    assert Selection(finished=frozenset({0, 1})).count(10) == 8
    assert Selection((1, 5, 20), frozenset({5})).count(10) == 1
    assert Selection((1, 5, 20), frozenset({5})).count(None) == 2
