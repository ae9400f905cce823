"""Methods by stage and name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vidstyle import registry
from vidstyle.catalog import METHODS, MethodSpec, Stage
from vidstyle.errors import UsageError, VidstyleError

CARDS = Path(__file__).parent.parent / "docs/methods"


class Point:
    """An entry point of another package."""

    def __init__(self, offered: Any) -> None:
        self.offered = offered

    def load(self) -> Any:
        return self.offered


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    def install(offered: Any) -> None:
        monkeypatch.setattr(registry, "entry_points", lambda group: [Point(offered)])

    return install


@pytest.mark.parametrize("spec", METHODS, ids=lambda spec: f"{spec.stage}-{spec.name}")
def test_a_listed_method_is_there_and_takes_what_it_is_given(spec: MethodSpec) -> None:
    expected = (
        ["options", "style", "compute"]
        if spec.stage is Stage.STYLIZER
        else ["options", "compute" if spec.weights else "device"]
    )
    assert list(inspect.signature(registry.load_target(spec)).parameters) == expected
    assert spec.summary.endswith(".")


def test_names_are_unique_within_a_stage() -> None:
    names = [(spec.stage, spec.name) for spec in METHODS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_has_a_default(stage: Stage) -> None:
    assert registry.default_method(stage) is registry.all_methods(stage)[0]


def test_an_unknown_method_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="unknown stabilizer 'blent'; did you mean 'blend'"):
        registry.find_method(Stage.STABILIZER, "blent")


def test_other_packages_add_methods(offer: Callable[[Any], None]) -> None:
    guest = replace(METHODS[0], name="guest")
    offer(guest)
    assert registry.find_method(Stage.STYLIZER, "guest") is guest
    assert registry.all_methods()[-1] is guest


@pytest.mark.parametrize(("offered", "message"), [(METHODS[0], "name of a built-in"), ("x", "expected a MethodSpec")])
def test_other_packages_may_not_take_names_or_offer_anything_else(
    offer: Callable[[Any], None], offered: Any, message: str
) -> None:
    offer(offered)
    with pytest.raises(VidstyleError, match=message):
        registry.all_methods()
