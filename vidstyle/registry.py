"""From a stage and a name to a method: built in first, then entry points of other packages."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from vidstyle.catalog import METHODS, MethodSpec, Stage
from vidstyle.errors import UsageError, VidstyleError, suggestion

ENTRY_POINTS = "vidstyle.methods"
"""Group in which other packages offer a `MethodSpec` each."""


def outside_methods() -> tuple[MethodSpec, ...]:
    """Methods of other packages. They may not take the name of a built-in one."""
    specs = tuple(point.load() for point in entry_points(group=ENTRY_POINTS))
    taken = {(spec.stage, spec.name) for spec in METHODS}
    for spec in specs:
        if not isinstance(spec, MethodSpec):
            raise VidstyleError(f"entry point group {ENTRY_POINTS}: expected a MethodSpec, got {spec!r}")
        if (spec.stage, spec.name) in taken:
            raise VidstyleError(f"method {spec.name!r} of {spec.target} has the name of a built-in {spec.stage}")
    return specs


def all_methods(stage: Stage | None = None) -> tuple[MethodSpec, ...]:
    """Every method, or those of one stage, in the order of the menu."""
    return tuple(spec for spec in (*METHODS, *outside_methods()) if stage is None or spec.stage == stage)


def default_method(stage: Stage, stylizer: str | None = None) -> MethodSpec:
    """The method that a stage uses when nobody chose; the run's stylizer may bring its own stabilizer."""
    if stage is Stage.STABILIZER and stylizer is not None:
        own = find_method(Stage.STYLIZER, stylizer).stabilizer
        if own:
            return find_method(stage, own)
    return next(spec for spec in METHODS if spec.stage == stage)


def find_method(stage: Stage, name: str) -> MethodSpec:
    """The method of that name; `UsageError` with the nearest name when there is none."""
    for spec in METHODS:
        if spec.stage == stage and spec.name == name:
            return spec
    for spec in outside_methods():
        if spec.stage == stage and spec.name == name:
            return spec
    names = [spec.name for spec in all_methods(stage)]
    raise UsageError(f"unknown {stage} {name!r}; {suggestion(name, names)}")


def load_target(spec: MethodSpec) -> Callable[..., Any]:
    """The class behind a method."""
    module, _, name = spec.target.partition(":")
    target: Callable[..., Any] = getattr(import_module(module), name)
    return target
