"""What a stylizer promises that follows a timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.conformance.methods import build, cases
from tests.conformance.shots import frames, steps, style
from vidstyle.catalog import MethodSpec, Stage
from vidstyle.timeline import Key, parse_moment, timeline_of
from vidstyle.types import Image, Reach, Style


def is_quick(spec: MethodSpec, values: dict[str, Any]) -> bool:
    """Whether a method follows a timeline, in settings that look back less than its defaults do."""
    return spec.follows_timeline and bool({"hold", "interval"} & set(values))


pytestmark = pytest.mark.parametrize("case", [case for case in cases(Stage.STYLIZER) if is_quick(*case.values[0])])

CARRYING = frozenset({"gatys", "photo"})
"""Methods that paint a frame after what others were painted like: there a change shows as far as they reach."""

SIZE = (16, 24)
FADE = 2
"""Frames from the first key to the second."""


@dataclass(frozen=True)
class Course:
    """A shot with a change, and which of its frames know one side of it alone."""

    carried: Reach
    """How far other frames' painting may show in a frame: not at all where nothing is carried along."""

    @property
    def begin(self) -> int:
        return self.carried.after + 1

    @property
    def end(self) -> int:
        return self.begin + FADE

    @property
    def length(self) -> int:
        return self.end + self.carried.before + 2

    def changed(self) -> set[int]:
        """Frames that may show what was not there before the change."""
        return set(range(self.begin + 1 - self.carried.after, self.length))

    def unfinished(self) -> set[int]:
        """Frames that may show what is not there after the change."""
        return set(range(self.end + self.carried.before))

    def is_just(self, found: set[int], allowed: set[int]) -> bool:
        """Whether all of them were found, or, where painting is carried along, some of them and no other."""
        return found == allowed if self.carried == Reach() else bool(found) and found <= allowed


def course_of(case: Any) -> Course:
    return Course(build(case, style()).reach if case[0].name in CARRYING else Reach())


def differing(a: list[Image], b: list[Image], *, beyond: float = 0.0) -> set[int]:
    return {index for index, (x, y) in enumerate(zip(a, b, strict=True)) if (x - y).abs().max() > beyond}


def fading(begin: int, *, first: int = 0) -> Style:
    """From one of three pictures to the second."""
    pictures = style(weights=(1 / 3,) * 3, size=(21, 27)).images
    keys = (
        Key(parse_moment(f"{begin + 1}f"), weights=(1.0, 0.0)),
        Key(parse_moment(f"{begin + 1 + FADE}f"), weights=(0.0, 1.0)),
    )
    return Style((pictures[first], pictures[1]), (0.5, 0.5), timeline=timeline_of(keys, "linear"))


def painted(case: Any, look: Style, length: int) -> list[Image]:
    return list(build(case, look).stylize(steps(frames(0, length, size=SIZE))))


def test_a_picture_of_weight_0_changes_no_bit(case: Any) -> None:
    course = course_of(case)
    look = fading(course.begin)
    found = painted(case, look, course.length)
    other = painted(case, fading(course.begin, first=2), course.length)
    assert course.is_just(differing(found, other), course.unfinished())
    alone = painted(case, Style(look.images[:1], (1.0,)), course.length)
    assert course.is_just(differing(found, alone), course.changed())


def test_strength_goes_to_0_and_is_the_rest_before(case: Any) -> None:
    course = course_of(case)
    keys = (
        Key(parse_moment(f"{course.begin + 1}f"), strength=1.0),
        Key(parse_moment(f"{course.end + 1}f"), strength=0.0),
    )
    look, (spec, values) = style(size=(21, 27)), case
    found = painted(case, replace(look, timeline=timeline_of(keys, "linear")), course.length)
    assert course.is_just(differing(found, painted(case, look, course.length)), course.changed())
    none = painted((spec, {**values, "strength": 0.0}), look, course.length)
    assert course.is_just(differing(found, none, beyond=1e-6), course.unfinished())


def test_reach_is_honest_within_a_fade(case: Any) -> None:
    reach = build(case, style()).reach
    begin = reach.before + 1
    stylizer = build(case, fading(begin))
    whole = frames(0, begin + FADE + 1 + reach.after, size=SIZE)
    late = list(stylizer.stylize(steps(whole[1:])))[reach.before : begin + FADE]
    assert not differing(list(stylizer.stylize(steps(whole)))[begin : begin + FADE + 1], late)
