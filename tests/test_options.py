"""Option sets: bounds, kinds and names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidstyle.catalog import METHODS
from vidstyle.errors import UsageError
from vidstyle.options import build_options, describe, option, options
from vidstyle.style_options import StyleOptions
from vidstyle.train.settings import TrainOptions


@options
class Sample:
    """One option of each kind."""

    share: float = option(default=0.5, at_least=0, at_most=1, help="Between 0 and 1.")
    count: int = option(default=3, at_least=1, help="At least 1.", unit="frames")
    kind: str = option(default="soft", choices=("soft", "hard"), help="One of two.")
    fast: bool = option(default=False, help="Yes or no.")


def test_defaults_and_bounds_are_accepted() -> None:
    assert Sample() == Sample(share=0.5, count=3, kind="soft", fast=False)
    assert (Sample(share=0).share, Sample(share=1).share, Sample(count=1).count) == (0.0, 1.0, 1)
    assert type(Sample(share=1).share) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 1.01}, "share: 1.01 is outside 0 .. 1"),
        ({"share": -1e-9}, "outside 0 .. 1"),
        ({"share": float("nan")}, "share: nan is outside"),
        ({"share": True}, "expected float, got True"),
        ({"share": "0.5"}, "expected float, got '0.5'"),
        ({"count": 0}, "count: 0 is outside 1 .. inf"),
        ({"count": True}, "expected int, got True"),
        ({"count": 2.0}, "expected int, got 2.0"),
        ({"kind": "sofft"}, "did you mean 'soft'"),
        ({"fast": 1}, "expected bool, got 1"),
        ({"fats": True}, "unknown option 'fats'; did you mean 'fast'"),
    ],
)
def test_everything_else_is_refused_by_name(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_options(Sample, values, "somewhere")
    assert str(caught.value).startswith("somewhere: ") and message in str(caught.value)
    assert caught.value.exit_code == 2


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_in_bounds_or_refused(value: float) -> None:
    if 0 <= value <= 1:
        assert Sample(share=value).share == value
    else:
        with pytest.raises(UsageError):
            Sample(share=value)


def test_an_option_set_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Sample().share = 0.1  # type: ignore[misc]


def test_an_option_describes_itself() -> None:
    share, count, kind, fast = describe(Sample)
    assert (share.kind, share.bounds(), share.default) == (float, "0 .. 1", 0.5)
    assert (count.unit, count.bounds()) == ("frames", "1 .. inf")
    assert (kind.choices, kind.bounds()) == (("soft", "hard"), "")
    assert fast.kind is bool


@pytest.mark.parametrize("kept", [*(spec.options for spec in METHODS), StyleOptions, TrainOptions])
def test_every_option_set_accepts_its_defaults_and_explains_them(kept: type) -> None:
    kept()
    for info in describe(kept):
        assert info.help.endswith("."), info.name
        assert info.check(info.default) == info.default
