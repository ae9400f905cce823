"""``vidstyle methods``: the menu, and one method's options."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.cli.look_flags import METHOD_FLAGS, flag_of
from vidstyle.cli.text import say, say_json, table, titled
from vidstyle.device import ENCODERS
from vidstyle.errors import UsageError, suggestion
from vidstyle.options import describe
from vidstyle.registry import all_methods, default_method

RECORDED = (
    "name",
    "summary",
    "weights",
    "needs_style",
    "follows_timeline",
    "uses_regions",
    "uses_encoder",
    "stabilizer",
    "paper",
)
"""Fields of a `MethodSpec` that are told as they are."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the name."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this method's options")


def run(arguments: Namespace) -> int:
    """List all methods, or describe those of one name."""
    name = getattr(arguments, "name", None)
    specs = [spec for spec in all_methods() if name in (None, spec.name)]
    if not specs:
        raise UsageError(f"unknown method {name!r}; {suggestion(str(name), {spec.name for spec in all_methods()})}")
    if "json" in arguments:
        for spec in specs:
            say_json(titled("method", method_record(spec)))
        return 0
    for line in overview() if name is None else (line for spec in specs for line in card(spec)):
        say(line)
    return 0


def method_record(spec: MethodSpec) -> dict[str, Any]:
    """A method as a JSON-able mapping."""
    options = [
        asdict(info) | {"kind": info.kind.__name__, "flag": flag_of(spec, info)} for info in describe(spec.options)
    ]
    record = {name: getattr(spec, name) for name in RECORDED}
    return {**record, "stage": spec.stage.value, "default": spec == default_method(spec.stage), "options": options}


def overview() -> Iterator[str]:
    """All methods, stage by stage."""
    for stage in (Stage.STYLIZER, Stage.FLOW, Stage.STABILIZER):
        yield f"{stage} ({METHOD_FLAGS[stage]} NAME)"
        default = default_method(stage)
        rows = [(f"{spec.name} *" if spec == default else spec.name, spec.summary) for spec in all_methods(stage)]
        yield from table(rows, indent="  ")
        yield ""
    yield "* the default. vidstyle methods NAME shows a method's options."


def card(spec: MethodSpec) -> Iterator[str]:
    """All about one method."""
    yield f"{spec.name}, a {spec.stage}: {METHOD_FLAGS[spec.stage]} {spec.name}"
    yield f"  {spec.summary}"
    if spec.paper:
        yield f"  paper    {spec.paper}"
    if spec.weights:
        yield f"  weights  {', '.join(spec.weights)}"
    if spec.stage is Stage.STYLIZER:
        yield f"  style    {_style_text(spec)}"
    if spec.stabilizer:
        yield f"  default stabilizer  {spec.stabilizer}"
    if spec.uses_encoder:
        yield f"  encoder  {' or '.join(ENCODERS)} (--encoder)"
    rows = [
        (flag_of(spec, info), str(info.default), info.bounds() or "|".join(info.choices), info.unit, info.help)
        for info in describe(spec.options)
    ]
    if rows:
        yield from table([("option", "default", "allowed", "unit", ""), *rows], indent="  ")
    yield ""


def _style_text(spec: MethodSpec) -> str:
    """What a stylizer can be told of style."""
    if not spec.needs_style:
        return "in its weights: it takes no --style"
    timed = ["may change over time (--style IMG@TIME)"] if spec.follows_timeline else []
    regions = ["may go region by region (--style-labels)"] if spec.uses_regions else []
    return "; ".join(["pictures (--style)", *timed, *regions])
