"""Style over time: keys along a clip, and what holds at a frame between them.

A key says what holds at a moment: ``10s`` in the clip, at frame ``250f``, or at ``18:30`` by the clock of the pictures
of a time-lapse. It pins what it names, the weights or the strength or both. Between two keys values run from one to the
other; before the first and after the last they stay.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from vidstyle.errors import UsageError, suggestion

if TYPE_CHECKING:
    from vidstyle.types import ClipInfo, Frame

Values: TypeAlias = tuple[float, ...]
Place: TypeAlias = "Callable[[Frame], Fraction]"
"""Where a frame lies on an axis."""

DAY = Fraction(24 * 60 * 60)
"""In seconds."""

_TICKS = 10**6
_TICK = timedelta(microseconds=1)

EASES: Mapping[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "smooth": lambda share: share * share * (3 - 2 * share),
    "step": lambda share: 0.0,
}
"""How far a value has gone when this share of the time between two keys has passed. ``smooth`` is the cubic that sets
out and arrives at rest; ``step`` stays until the next key."""

EXPECTED = "expected a time in the clip (10s), a frame number (250f) or a time of day (18:30)"

_SECONDS = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)s")
_FRAMES = re.compile(r"(-?[0-9]+)f")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?")


class Axis(StrEnum):
    """What a time counts."""

    SECONDS = "seconds"
    FRAMES = "frame numbers"
    CLOCK = "times of day"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as the user wrote it."""

    text: str
    axis: Axis
    value: Fraction
    """Seconds from the clip's first frame, a frame's number, or seconds since midnight."""


@dataclass(frozen=True, slots=True)
class Key:
    """What holds at a moment; None is left to the keys around."""

    at: Moment
    weights: Values | None = None
    """One per style picture, not negative, summing to 1."""
    strength: float | None = None
    """Share of the method's own strength, 0 to 1."""

    def as_record(self) -> dict[str, Any]:
        """The key as a JSON-able mapping, as a look's tables have it."""
        pinned = {"weights": self.weights, "strength": self.strength}
        return {"at": self.at.text, **{name: value for name, value in pinned.items() if value is not None}}

    def __str__(self) -> str:
        weights = "" if self.weights is None else "weights " + " ".join(f"{weight:.3g}" for weight in self.weights)
        strength = "" if self.strength is None else f"strength {self.strength:g}"
        return ", ".join(part for part in (weights, strength) if part)


@dataclass(frozen=True, slots=True)
class Track:
    """A tuple of numbers that changes along an axis."""

    places: tuple[Fraction, ...]
    """Where the keys lie, rising."""
    values: tuple[Values, ...]
    """What holds there."""
    ease: str = "linear"

    def around(self, place: Fraction) -> tuple[tuple[Values, float], ...]:
        """The values between which a place lies, with their shares, which sum to 1; one where nothing changes.

        >>> track = Track((Fraction(0), Fraction(4)), ((1.0, 0.0), (0.0, 1.0)))
        >>> track.around(Fraction(1))
        (((1.0, 0.0), 0.75), ((0.0, 1.0), 0.25))
        >>> track.around(Fraction(9))
        (((0.0, 1.0), 1.0),)
        """
        after = bisect_right(self.places, place)
        if after in (0, len(self.places)) or self.values[after - 1] == self.values[after]:
            return ((self.values[max(0, after - 1)], 1.0),)
        start, end = self.places[after - 1 : after + 1]
        share = EASES[self.ease](float((place - start) / (end - start)))
        if share == 0:
            return ((self.values[after - 1], 1.0),)
        return (self.values[after - 1], 1 - share), (self.values[after], share)

    def at(self, place: Fraction) -> Values:
        """The values at a place.

        >>> Track((Fraction(0), Fraction(4)), ((1.0, 0.0), (0.0, 1.0))).at(Fraction(1))
        (0.75, 0.25)
        """
        (values, _), *more = parts = self.around(place)
        if not more:
            return values
        return tuple(sum(share * value[i] for value, share in parts) for i in range(len(values)))


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """What changes over the frames of one clip; it depends on nothing but the frame's own place."""

    place: Place
    """Of frames on the axis of the tracks."""
    weights: Track | None = None
    strength: Track | None = None


def parse_moment(text: str) -> Moment:
    """The time that a text names; `UsageError` where it names none.

    >>> [parse_moment(text).value for text in ("1.5s", "250f", "18:30")]
    [Fraction(3, 2), Fraction(250, 1), Fraction(66600, 1)]
    """
    if match := _SECONDS.fullmatch(text):
        return Moment(text, Axis.SECONDS, Fraction(match[1]))
    if match := _FRAMES.fullmatch(text):
        return Moment(text, Axis.FRAMES, Fraction(match[1]))
    if match := _CLOCK.fullmatch(text):
        return Moment(text, Axis.CLOCK, int(match[1]) * 3600 + int(match[2]) * 60 + Fraction(match[3] or 0))
    raise UsageError(f"{text!r} is no time; {EXPECTED}")


def read_keys(tables: Any, pictures: int, *, where: str) -> tuple[Key, ...]:
    """Checked keys from the tables of a look that has so many style pictures; `where` opens every message."""
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise UsageError(f"{where}: expected a list of tables, got {tables!r}")
    try:
        keys = tuple(_read_key(table, pictures) for table in tables)
        for before, after in pairwise(keys):
            _check_order(before.at, after.at)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    return keys


def _read_key(table: Mapping[str, Any], pictures: int) -> Key:
    known = ("at", "weights", "strength")
    for name in table:
        if name not in known:
            raise UsageError(f"unknown option {name!r}; {suggestion(name, known)}")
    at, weights, strength = (table.get(name) for name in known)
    if not isinstance(at, str):
        raise UsageError(f"at: {EXPECTED} as text, got {at!r}")
    moment = parse_moment(at)
    if weights is None and strength is None:
        raise UsageError(f"{at}: sets neither weights nor strength")
    if strength is not None and not (_is_number(strength) and 0 <= strength <= 1):
        raise UsageError(f"{at}: strength: expected a number from 0 to 1, got {strength!r}")
    shares = None if weights is None else read_weights(weights, pictures, where=f"{at}: weights")
    return Key(moment, shares, None if strength is None else float(strength))


def read_weights(weights: Any, pictures: int, *, where: str) -> Values:
    """Weights of so many pictures, scaled to sum to 1."""
    numbers = isinstance(weights, list) and all(_is_number(w) and 0 <= w < float("inf") for w in weights)
    if not numbers or len(weights) != pictures:
        raise UsageError(f"{where}: expected a number for each picture ({pictures}), not negative, got {weights!r}")
    total = sum(weights)
    if not total > 0:
        raise UsageError(f"{where}: at least one must be above 0, got {weights!r}")
    return tuple(weight / total for weight in weights)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _check_order(before: Moment, after: Moment) -> None:
    if before.axis != after.axis:
        raise UsageError(f"{before.text} and {after.text}: {before.axis} and {after.axis} do not mix; use one of them")
    if before.value == after.value:
        raise UsageError(f"{after.text}: there are two keys at this time; join them")
    # By the clock, a time before the one before it is of the next day.
    if before.value > after.value and after.axis is not Axis.CLOCK:
        raise UsageError(f"{after.text} comes after {before.text}; put the keys in the order of their times")


def timeline_of(keys: Sequence[Key], ease: str, clip: ClipInfo | None = None) -> Timeline | None:
    """The timeline of a look's keys over a clip; None where it has no keys.

    Without a clip, seconds are those of the frames themselves, and the first frame is number 1. `UsageError` for a
    time of day where the pictures do not say when they were taken.
    """
    if not keys:
        return None
    places, place = _on_axis([key.at for key in keys], clip)
    weights = [(where, key.weights) for where, key in zip(places, keys, strict=True) if key.weights is not None]
    strength = [(where, (key.strength,)) for where, key in zip(places, keys, strict=True) if key.strength is not None]
    return Timeline(place, _track(weights, ease), _track(strength, ease))


def _track(pinned: Sequence[tuple[Fraction, Values]], ease: str) -> Track | None:
    places, values = tuple(place for place, _ in pinned), tuple(value for _, value in pinned)
    return Track(places, values, ease) if pinned else None


def _on_axis(moments: Sequence[Moment], clip: ClipInfo | None) -> tuple[list[Fraction], Place]:
    """Where moments lie on their axis, and where frames do. What leads in to a loop counts as its first frame."""
    places = [moment.value for moment in moments]
    axis = moments[0].axis
    if axis is Axis.SECONDS:
        start = clip.first_time if clip else Fraction(0)
        return places, lambda frame: max(Fraction(0), frame.time - start)
    if axis is Axis.FRAMES:
        number_of = clip.number_of if clip else lambda index: index + 1
        return places, lambda frame: Fraction(number_of(max(0, frame.index)))
    taken = _times_taken(clip, moments[0])
    return _on_the_days_of(taken, _past_midnight(places)), lambda frame: taken[max(0, frame.index)]


def _times_taken(clip: ClipInfo | None, moment: Moment) -> list[Fraction]:
    """When each frame was taken, in seconds from the midnight before the first."""
    instead = f"so none lies at {moment.text}; use seconds (10s) or frame numbers (250f)"
    if clip is None or not clip.taken:
        what = f"{clip.path}: its frames do not" if clip else "these frames do not"
        raise UsageError(f"{what} say when they were taken, {instead}")
    known = [when for when in clip.taken if when is not None]
    if len(known) < len(clip.taken):
        number = clip.number_of(clip.taken.index(None))
        raise UsageError(f"{clip.path}: frame {number} does not say when it was taken (Exif), {instead}")
    midnight = datetime.combine(known[0], time())
    return [Fraction((when - midnight) // _TICK, _TICKS) for when in known]


def _past_midnight(places: Sequence[Fraction]) -> list[Fraction]:
    """Times of day as times that rise: one that is before the one before it is of the next day."""
    days = accumulate((DAY if after < before else 0 for before, after in pairwise(places)), initial=0)
    return [place + passed for place, passed in zip(places, days, strict=True)]


def _on_the_days_of(taken: Sequence[Fraction], places: Sequence[Fraction]) -> list[Fraction]:
    """Rising times of day, all moved by as many days as makes them span most of the pictures' time.

    Where no day does, they are of the pictures' own date, or the nearest of their dates.

    >>> hour = Fraction(3600)
    >>> [int(p / hour) for p in _on_the_days_of([23 * hour, 29 * hour], [1 * hour, 3 * hour])]
    [25, 27]
    """
    first, last = taken[0], max(taken)
    days = range((first - places[-1]) // DAY, -((places[0] - last) // DAY) + 1)

    def merit(day: int) -> tuple[Fraction, bool, Fraction]:
        shared = min(last, places[-1] + day * DAY) - max(first, places[0] + day * DAY)
        return max(Fraction(0), shared), 0 <= day <= last // DAY, shared

    moved = max(days, key=merit)
    return [place + moved * DAY for place in places]
