"""Flags that decide the look. They grow from the catalog, so a new method needs nothing here.

Every option of every method is ``--METHOD-OPTION``, except that a stylizer's ``strength`` is ``--strength`` and
the options of `StyleOptions` are ``--style-scale``, ``--keep-color`` and ``--style-ease``. A flag's destination in the
parsed arguments is its place in the tables of a look: ``stylizer.adain.hold``, ``style.scale``.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterator
from typing import Any

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.cli.parser import Group, add_option_flag, checked
from vidstyle.cli.picture_flags import picture, picture_tables
from vidstyle.errors import UsageError
from vidstyle.options import OptionInfo, describe
from vidstyle.presets import Look, Tables, build_look, check_style, find_preset, overlay
from vidstyle.registry import all_methods, default_method, find_method
from vidstyle.style_options import StyleOptions

METHOD_FLAGS = {Stage.STYLIZER: "--method", Stage.FLOW: "--flow", Stage.STABILIZER: "--stabilizer"}
STYLE_FLAGS = {"scale": "--style-scale", "keep_color": "--keep-color"}
SHARED = "strength"
"""The option that all stylizers which have it share a flag for."""


def add_look_flags(parser: ArgumentParser, stages: Collection[Stage] = tuple(Stage)) -> None:
    """Add the flags for style, preset and the methods of some stages."""
    group = parser.add_argument_group("look")
    add_style_flags(group)
    add_preset_flags(group)
    add_method_flags(group, stages)


def add_preset_flags(group: Group) -> None:
    """Add the flags for a preset, and for the strength that nearly all stylizers have."""
    group.add_argument("--preset", metavar="NAME|FILE", help="a saved look; other flags override it")
    info = next(info for spec in all_methods(Stage.STYLIZER) for info in describe(spec.options) if info.name == SHARED)
    add_option_flag(group, info, flag=f"--{SHARED}", dest=f"stylizer.{SHARED}")


def add_style_flags(group: Group) -> None:
    """Add the flags for the style pictures and how they are used."""
    text = "a style picture; several are mixed by their weights, or follow one another: a.jpg@0s, b.jpg@10s"
    kind = checked(picture)
    group.add_argument("--style", dest="pictures", action="append", type=kind, metavar="IMG[:WEIGHT][@TIME]", help=text)
    for info in describe(StyleOptions):
        flag = STYLE_FLAGS.get(info.name, f"--style-{info.name.replace('_', '-')}")
        add_option_flag(group, info, flag=flag, dest=f"style.{info.name}")


def add_method_flags(group: Group, stages: Collection[Stage] = tuple(Stage)) -> None:
    """Add the flags that choose methods of some stages."""
    for stage, flag in METHOD_FLAGS.items():
        if stage in stages:
            names = [spec.name for spec in all_methods(stage)]
            group.add_argument(flag, type=checked(_method_type(stage)), choices=names, help=_method_help(stage))


def _method_help(stage: Stage) -> str:
    default = default_method(stage).name
    own: dict[str, list[str]] = {}
    for spec in all_methods(Stage.STYLIZER) if stage is Stage.STABILIZER else ():
        own.setdefault(spec.stabilizer or default, []).append(spec.name)
    others = "".join(f", but {name} for {', '.join(users)}" for name, users in own.items() if name != default)
    return f"{_WHAT[stage]} (default {default}{others}); vidstyle methods lists them"


_WHAT = {
    Stage.STYLIZER: "how frames are painted",
    Stage.FLOW: "how motion is searched",
    Stage.STABILIZER: "how flicker is taken out",
}


def add_method_options(parser: ArgumentParser, stages: Collection[Stage] = tuple(Stage)) -> None:
    """Add a group of flags for each method of some stages that has options."""
    for spec in all_methods():
        if spec.stage in stages:
            add_options_of(parser, spec)


def add_options_of(parser: ArgumentParser, spec: MethodSpec) -> None:
    """Add a group of flags for a method, if it has options of its own."""
    infos = list(own_options(spec))
    if not infos:
        return
    group = parser.add_argument_group(f"{spec.stage} {spec.name}", spec.summary)
    for info in infos:
        add_option_flag(group, info, flag=flag_of(spec, info), dest=f"{spec.stage}.{spec.name}.{info.name}")


def _method_type(stage: Stage) -> Callable[[str], str]:
    return lambda text: find_method(stage, text).name


def own_options(spec: MethodSpec) -> Iterator[OptionInfo]:
    """The options of a method that have flags of its own."""
    for info in describe(spec.options):
        if not (spec.stage == Stage.STYLIZER and info.name == SHARED):
            yield info


def flag_of(spec: MethodSpec, info: OptionInfo) -> str:
    """The flag that sets an option of a method."""
    if spec.stage == Stage.STYLIZER and info.name == SHARED:
        return f"--{SHARED}"
    return f"--{spec.name}-{info.name.replace('_', '-')}"


def look_from(arguments: Namespace) -> Look:
    """The look that the arguments describe: flags over preset over defaults."""
    given = vars(arguments)
    below = find_preset(given["preset"]).tables if "preset" in given else {}
    look = look_over(below, arguments)
    check_style(look)
    return look


def look_over(below: Tables, arguments: Namespace) -> Look:
    """The look of the arguments' flags over the tables `below`, which may leave it without a style."""
    return build_look(overlay(below, flag_tables(arguments, below)), where="command line")


def flag_tables(arguments: Namespace, below: Tables) -> dict[str, Any]:
    """The arguments' flags as tables of a look; a flag of a method that is not chosen is a `UsageError`.

    `below` holds the tables that the flags will lie over: it may choose a method as well.
    """
    given = vars(arguments)
    tables: dict[str, Any] = {"style": _style_table(given)}
    stylizer: str | None = None
    for stage, flag in METHOD_FLAGS.items():
        name = given.get(flag[2:])
        chosen = name or below.get(stage, {}).get("method", default_method(stage, stylizer).name)
        stylizer = chosen if stage is Stage.STYLIZER else stylizer
        table = _stage_table(given, find_method(stage, chosen))
        tables[stage.value] = table if name is None else {"method": name, **table}
    return {name: table for name, table in tables.items() if table}


def _style_table(given: dict[str, Any]) -> dict[str, Any]:
    table = {dest.removeprefix("style."): value for dest, value in given.items() if dest.startswith("style.")}
    return table | picture_tables(given["pictures"]) if "pictures" in given else table


def _stage_table(given: dict[str, Any], chosen: MethodSpec) -> dict[str, Any]:
    table = {}
    for dest, value in given.items():
        if not dest.startswith(f"{chosen.stage}."):
            continue
        _, *method, name = dest.split(".")
        if method and method != [chosen.name]:
            raise UsageError(_not_chosen(method[0], name, chosen))
        table[name] = value
    known = [info.name for info in describe(chosen.options)]
    if SHARED in table and SHARED not in known:
        raise UsageError(f"--{SHARED}: {chosen.stage} {chosen.name!r} has no strength")
    return table


def _not_chosen(method: str, name: str, chosen: MethodSpec) -> str:
    flag = f"--{method}-{name.replace('_', '-')}"
    choose = f"{METHOD_FLAGS[chosen.stage]} {method}"
    return f"{flag}: is for {choose}, but the {chosen.stage} is {chosen.name!r}; drop it, or add {choose}"
