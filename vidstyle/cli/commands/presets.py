"""``vidstyle presets``: saved looks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from vidstyle.cli.text import say, say_json, table, titled
from vidstyle.presets import Preset, build_look, describe_look, find_preset, list_presets, user_folder


def add_arguments(parser: ArgumentParser) -> None:
    """Add the name."""
    parser.add_argument("name", nargs="?", metavar="NAME|FILE", help="show this preset")


def run(arguments: Namespace) -> int:
    """List all presets, or show one."""
    presets = [find_preset(arguments.name)] if "name" in arguments else list_presets()
    if "json" in arguments:
        for preset in presets:
            say_json(titled("preset", preset_record(preset)))
        return 0
    lines = card(presets[0]) if "name" in arguments else overview(presets)
    for line in lines:
        say(line)
    return 0


def preset_record(preset: Preset) -> dict[str, Any]:
    """A preset as a JSON-able mapping."""
    names = ("name", "path", "title", "about", "credit")
    look = build_look(preset.tables, where=f"preset {preset.path}")
    return {**{name: str(getattr(preset, name)) for name in names}, "look": look.as_record()}


def overview(presets: list[Preset]) -> Iterator[str]:
    """A line for every preset."""
    if presets:
        yield from table([(preset.name, preset.about or preset.title) for preset in presets])
        yield ""
    yield "Use one with vidstyle INPUT --preset NAME. Your own go to:"
    yield f"  {user_folder()}"


def card(preset: Preset) -> Iterator[str]:
    """All about one preset."""
    look = build_look(preset.tables, where=f"preset {preset.path}")
    yield f"{preset.name}: {preset.title}"
    rows = [("about", preset.about), ("credit", preset.credit), ("file", str(preset.path))]
    rows += [("style", f"{picture.path}:{picture.weight:g}") for picture in look.pictures]
    rows += [(f"@{key.at.text}", str(key)) for key in look.keys]
    rows += [(stage, getattr(look, stage).method) for stage in ("stylizer", "flow", "stabilizer")]
    yield from table([row for row in rows if row[1]], indent="  ")
    for line in describe_look(look):
        yield f"  {line}"
