"""``vidstyle lut``: the global color of a look as a ``.cube`` file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from vidstyle.catalog import Stage
from vidstyle.cli.commands.preview import compute_from
from vidstyle.cli.commands.stylize import add_machine_flags
from vidstyle.cli.look_flags import add_look_flags, add_method_options, look_over
from vidstyle.cli.parser import INPUT_HELP, whole
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.device import ENCODERS
from vidstyle.errors import UsageError
from vidstyle.presets import Look, check_encoder, check_style, find_preset

PAINTING = (Stage.STYLIZER,)
"""A table has no motion and does not flicker."""
MOST_POINTS = 129
"""Along each axis: two million lines of text, beyond which players stutter."""


def points(text: str) -> int:
    """The type of a flag that takes the size of a table."""
    value = whole(2)(text)
    if value > MOST_POINTS:
        raise ArgumentTypeError(f"expected {MOST_POINTS} or fewer, got {value}")
    return value


def add_arguments(parser: ArgumentParser) -> None:
    """Add what makes a table."""
    parser.add_argument("input", metavar="CONTENT", help=INPUT_HELP)
    add_look_flags(parser, PAINTING)
    group = parser.add_argument_group("table")
    group.add_argument("-o", "--output", metavar="CUBE", help="default: CONTENT_STYLE.cube in the current folder")
    group.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")
    group.add_argument("--size", type=points, metavar="N", help="points along each axis (default 33)")
    add_machine_flags(parser)
    add_method_options(parser, PAINTING)


def run(arguments: Namespace) -> int:
    """Look at the clip, and write the table."""
    from vidstyle.job import default_output
    from vidstyle.lut import POINTS, color_table, require_color_map
    from vidstyle.ops.lut import cube_text
    from vidstyle.video.outputs import require_free, write_file
    from vidstyle.video.sources import open_source

    look = table_look(arguments)
    require_color_map(look)
    made_of = default_output(arguments.input, look).removesuffix(Path(arguments.input).suffix)
    target = Path(getattr(arguments, "output", None) or f"{made_of}.cube")
    if target.suffix.lower() != ".cube":
        raise UsageError(f"{target}: tables of colors are written as .cube")
    require_free(target, overwrite="overwrite" in arguments, inputs=(Path(arguments.input),))
    size = getattr(arguments, "size", POINTS)
    with open_source(arguments.input) as source:
        table = color_table(source, look, compute=compute_from(arguments), points=size)
    write_file(target, cube_text(table, made_of).encode())
    if "json" in arguments:
        say_json(titled("tabulated", {"output": str(target), "size": size}))
    elif "quiet" not in arguments:
        complain(f"wrote {target}: {size} points along each axis; ffmpeg applies it with -vf lut3d={target}")
    return 0


def table_look(arguments: Namespace) -> Look:
    """The look of the arguments; the method is `color` unless they or their preset choose one."""
    given = vars(arguments)
    below = dict(find_preset(given["preset"]).tables) if "preset" in given else {"stylizer": {"method": "color"}}
    look = look_over(below, arguments)
    check_style(look)
    check_encoder(look, given.get("encoder", ENCODERS[0]))
    return look
