"""Style over time: what holds at a frame, on every axis, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from vidstyle.errors import UsageError
from vidstyle.timeline import EASES, Axis, Key, Track, parse_moment, read_keys, timeline_of
from vidstyle.types import ClipInfo, Frame, Style

FIRST, SECOND = (1.0, 0.0), (0.0, 1.0)
CLIP = ClipInfo(
    path=Path("clip"),
    width=4,
    height=3,
    frame_rate=Fraction(25),
    time_base=Fraction(1, 25),
    frame_count_from_header=None,
    bit_depth=8,
    pixel_format="rgb24",
    codec="png",
    container="sequence",
)


def keys(*times: str) -> tuple[Key, ...]:
    """From the first of two pictures to the second, and back, and so on."""
    return tuple(Key(parse_moment(time), (FIRST, SECOND)[number % 2]) for number, time in enumerate(times))


def style(*times: str, clip: ClipInfo | None = None, ease: str = "linear") -> Style:
    return Style((), (0.5, 0.5), timeline=timeline_of(keys(*times), ease, clip))


def frame(index: int, *, rate: int = 25, start: int = 0) -> Frame:
    return Frame(index, start + index, Fraction(1, rate), torch.empty(3, 1, 1))


def of_the_second(style: Style, indices: Sequence[int]) -> list[float]:
    """How much of the second picture frames show, in eighths of it exact numbers."""
    weights = [style.weights_at(frame(index)) for index in indices]
    assert all(sum(pair) == 1 for pair in weights)
    return [pair[1] for pair in weights]


@pytest.mark.parametrize(
    ("text", "axis", "value"),
    [
        ("0s", Axis.SECONDS, 0),
        ("2.5s", Axis.SECONDS, Fraction(5, 2)),
        (".04s", Axis.SECONDS, Fraction(1, 25)),
        ("250f", Axis.FRAMES, 250),
        ("-3f", Axis.FRAMES, -3),
        ("0:00", Axis.CLOCK, 0),
        ("18:30", Axis.CLOCK, 66600),
        ("23:59:59.5", Axis.CLOCK, Fraction(172799, 2)),
    ],
)
def test_times_are_exact(text: str, axis: Axis, value: Fraction) -> None:
    moment = parse_moment(text)
    assert (moment.axis, moment.value, moment.text) == (axis, value, text)


@pytest.mark.parametrize(
    "text", ["", "5", "5sec", "-1s", "1.5f", "24:00", "18:60", "18", "18:3", "noon", "5 s", "\u0661s"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no time; expected a time in the clip \(10s\)"):
        parse_moment(text)


def test_weights_run_from_key_to_key_and_stay_beyond() -> None:
    look = style("0.08s", "0.4s", "0.56s")
    assert of_the_second(look, range(16)) == [0, 0, 0, *(k / 8 for k in range(1, 9)), 0.75, 0.5, 0.25, 0, 0]


def test_eases() -> None:
    found = {ease: of_the_second(style("0s", "0.16s", ease=ease), range(6)) for ease in EASES}
    assert found == {
        "linear": [0, 0.25, 0.5, 0.75, 1, 1],
        "smooth": [0, 0.15625, 0.5, 0.84375, 1, 1],
        "step": [0, 0, 0, 0, 1, 1],
    }


def test_a_key_pins_what_it_names_and_nothing_else() -> None:
    pinned = (
        Key(parse_moment("1f"), weights=FIRST),
        Key(parse_moment("3f"), strength=0.0),
        Key(parse_moment("5f"), weights=SECOND),
        Key(parse_moment("7f"), strength=1.0),
    )
    look = Style((), FIRST, timeline=timeline_of(pinned, "linear"))
    assert of_the_second(look, range(8)) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1]
    assert [look.strength_at(frame(index)) for index in range(8)] == [0, 0, 0, 0.25, 0.5, 0.75, 1, 1]
    assert not look.always_full


def test_a_style_without_keys_stays_what_it_is() -> None:
    look = Style((), (0.25, 0.75), timeline=timeline_of((), "linear"))
    assert look.timeline is None and look.always_full
    assert look.weights_at(frame(9)) == (0.25, 0.75) and look.strength_at(frame(9)) == 1
    assert look.mixes_at(frame(9)) == (((0.25, 0.75), 1.0),)
    strengths = (Key(parse_moment("1f"), strength=1.0),)
    only_strength = replace(look, timeline=timeline_of(strengths, "linear"))
    assert only_strength.weights_at(frame(0)) == (0.25, 0.75) and only_strength.always_full


def test_mixes_are_those_of_the_keys_around() -> None:
    look = style("1f", "5f", "6f")
    assert look.mixes_at(frame(1)) == ((FIRST, 0.75), (SECOND, 0.25))
    assert look.mixes_at(frame(4)) == ((SECOND, 1.0),)
    assert look.mixes_at(frame(8)) == ((FIRST, 1.0),)
    lasting = Track((Fraction(0), Fraction(9)), ((0.3, 0.7), (0.3, 0.7)))
    assert lasting.around(Fraction(4)) == (((0.3, 0.7), 1.0),)
    assert lasting.at(Fraction(4)) == (0.3, 0.7)


def test_seconds_are_counted_from_the_clips_first_frame() -> None:
    late = replace(CLIP, first_time=Fraction(7, 5))
    look = style("0s", "0.32s", clip=late)
    assert [look.weights_at(frame(index, start=35))[1] for index in (0, 1, 4, 8)] == [0, 0.125, 0.5, 1]


def test_frame_numbers_are_those_of_the_clip() -> None:
    assert of_the_second(style("1f", "9f"), [0, 1, 8]) == [0, 0.125, 1]
    assert of_the_second(style("1001f", "1009f", clip=replace(CLIP, first_number=1001)), [0, 1, 8]) == [0, 0.125, 1]
    sparse = replace(CLIP, numbers=(10, 12, 18))
    assert of_the_second(style("10f", "18f", clip=sparse), [0, 1, 2]) == [0, 0.25, 1]


@pytest.mark.parametrize("times", [("0s", "0.32s"), ("1f", "9f"), ("18:30", "19:30")])
def test_what_leads_in_to_a_loop_counts_as_its_first_frame(times: tuple[str, ...]) -> None:
    clip = time_lapse("18:45", hours=[0.125 * index for index in range(9)])
    look = style(*times, clip=replace(clip, numbers=tuple(range(1, 10))))
    assert of_the_second(look, [-5, -1, 0]) == [look.weights_at(frame(0))[1]] * 3


def time_lapse(first: str, *, hours: Sequence[float]) -> ClipInfo:
    """Pictures taken so many hours after `first`."""
    start = datetime.fromisoformat(f"2026-06-21 {first}")
    return replace(CLIP, taken=tuple(start + timedelta(hours=each) for each in hours), numbers=tuple(range(len(hours))))


@pytest.mark.parametrize(
    ("first", "times", "expected"),
    [
        ("17:30", ("18:30", "20:30"), [0, 0, 0.25, 0.75, 1]),
        # Over midnight, in the keys and in the clip.
        ("22:30", ("23:30", "01:30"), [0, 0, 0.25, 0.75, 1]),
        ("23:30", ("00:30", "02:30"), [0, 0, 0.25, 0.75, 1]),
        ("00:30", ("23:30", "03:30"), [0.25, 0.5, 0.625, 0.875, 1]),
        # All keys before the clip, and after it.
        ("12:30", ("10:00", "11:00"), [1, 1, 1, 1, 1]),
        ("06:00", ("20:00", "21:00"), [0, 0, 0, 0, 0]),
        ("21:30", ("03:30", "04:30"), [0, 0, 0, 0, 0]),
        # Two days of keys: the clip begins with the first of them.
        ("12:00", ("12:00", "20:00", "12:00", "20:00"), [0, 0.125, 0.1875, 0.3125, 0.5]),
    ],
)
def test_the_clock_runs_on_over_midnight(first: str, times: tuple[str, ...], expected: list[float]) -> None:
    clip = time_lapse(first, hours=(0, 1, 1.5, 2.5, 4))
    assert of_the_second(style(*times, clip=clip), range(5)) == expected


def test_the_clock_has_fractions_of_a_second() -> None:
    clip = time_lapse("18:30", hours=(0, 0.5 / 3600, 2 / 3600))
    assert of_the_second(style("18:30", "18:30:02", clip=clip), range(3)) == [0, 0.25, 1]


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (None, "these frames do not say when they were taken, so none lies at 18:30; use seconds"),
        (CLIP, "clip: its frames do not say when they were taken"),
        (replace(CLIP, taken=(datetime(2026, 6, 21), None), first_number=40), "clip: frame 41 does not say when"),
    ],
)
def test_the_clock_needs_pictures_that_tell_it(clip: ClipInfo | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        style("18:30", "19:00", clip=clip)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([{"at": "5s", "weights": [1, 0]}, {"at": "2s", "weights": [0, 1]}], "2s comes after 5s; put the keys in"),
        ([{"at": "5s", "weights": [1, 0]}, {"at": "5s", "strength": 0.5}], "5s: there are two keys at this time"),
        ([{"at": "5s", "strength": 1}, {"at": "5.00s", "strength": 0}], "5.00s: there are two keys at this time"),
        ([{"at": "18:30", "strength": 1}, {"at": "18:30:00", "strength": 0}], "two keys at this time"),
        ([{"at": "5s", "strength": 1}, {"at": "90f", "strength": 0}], "5s and 90f: seconds and frame numbers do not"),
        ([{"at": "5", "strength": 1}], "'5' is no time; expected"),
        ([{"at": 5, "strength": 1}], "at: expected a time in the clip"),
        ([{"strength": 1}], "at: expected a time in the clip"),
        ([{"at": "5s"}], "5s: sets neither weights nor strength"),
        ([{"at": "5s", "strenght": 1}], "unknown option 'strenght'; did you mean 'strength'"),
        ([{"at": "5s", "strength": 1.5}], "5s: strength: expected a number from 0 to 1, got 1.5"),
        ([{"at": "5s", "strength": float("nan")}], "expected a number from 0 to 1"),
        ([{"at": "5s", "strength": True}], "expected a number from 0 to 1"),
        ([{"at": "5s", "weights": [1]}], "5s: weights: expected a number for each picture (2)"),
        ([{"at": "5s", "weights": [1, -1]}], "not negative"),
        ([{"at": "5s", "weights": [0, 0]}], "5s: weights: at least one must be above 0"),
        ({"at": "5s"}, "expected a list of tables"),
        (["5s"], "expected a list of tables"),
    ],
)
def test_wrong_keys_are_refused_in_one_line(tables: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_keys(tables, 2, where="mine.toml: style keys")
    assert str(caught.value).startswith("mine.toml: style keys: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_are_shares() -> None:
    (key,) = read_keys([{"at": "5s", "weights": [1, 3]}], 2, where="test")
    assert key.weights == (0.25, 0.75) and key.as_record() == {"at": "5s", "weights": (0.25, 0.75)}
