"""``vidstyle lut``: the global color of a look as a ``.cube`` file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from vidstyle.catalog import Stage
from vidstyle.cli.commands.preview import compute_from
from vidstyle.cli.commands.stylize import add_machine_flags
from vidstyle.cli.look_flags import add_options_of, add_preset_flags, look_over
from vidstyle.cli.parser import INPUT_HELP, Group, add_option_flag, checked, option_type, whole
from vidstyle.cli.picture_flags import picture
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.device import ENCODERS
from vidstyle.errors import UsageError
from vidstyle.options import describe
from vidstyle.presets import Look, check_encoder, check_style, find_preset
from vidstyle.registry import all_methods, find_method
from vidstyle.style_options import StyleOptions

DEFAULT = "color"
"""The method where nobody chose one."""
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
    _add_look_flags(parser.add_argument_group("look"))
    group = parser.add_argument_group("table")
    group.add_argument("-o", "--output", metavar="CUBE", help="default: CONTENT_STYLE.cube in the current folder")
    group.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")
    group.add_argument("--size", type=points, metavar="N", help="points along each axis (default 33)")
    add_machine_flags(parser)
    for spec in all_methods(Stage.STYLIZER):
        if spec.maps_color:
            add_options_of(parser, spec)


def _add_look_flags(group: Group) -> None:
    """Of a run's, those that can change a table: it has no motion, nothing flickers, and times are out of it."""
    infos = {info.name: info for info in describe(StyleOptions)}
    text = "a style picture; several are mixed by their weights"
    group.add_argument(
        "--style", dest="pictures", action="append", type=checked(picture), metavar="IMG[:WEIGHT]", help=text
    )
    add_option_flag(group, infos["scale"], flag="--style-scale", dest="style.scale")
    text = "for a preset that keeps the content's colors, which a table cannot"
    kind = option_type(infos["keep_color"])
    group.add_argument("--keep-color", dest="style.keep_color", type=kind, metavar="none", help=text)
    add_preset_flags(group)
    names = [spec.name for spec in all_methods(Stage.STYLIZER) if spec.maps_color]
    text = f"how colors are found (default {DEFAULT}, or the preset's); vidstyle methods NAME tells more"
    group.add_argument("--method", type=checked(_method), choices=names, help=text)


def _method(text: str) -> str:
    from vidstyle.lut import more_than_a_table

    spec = find_method(Stage.STYLIZER, text)
    if not spec.maps_color:
        raise UsageError(more_than_a_table(spec))
    return spec.name


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
        table = color_table(source, look, compute=compute_from(arguments, [look]), points=size)
    write_file(target, cube_text(table, made_of).encode())
    if "json" in arguments:
        say_json(titled("tabulated", {"output": str(target), "size": size}))
    elif "quiet" not in arguments:
        complain(f"wrote {target}: {size} points along each axis; ffmpeg applies it with -vf lut3d={target}")
    return 0


def table_look(arguments: Namespace) -> Look:
    """The look of the arguments; the method is `DEFAULT` unless they or their preset choose one."""
    given = vars(arguments)
    below = dict(find_preset(given["preset"]).tables) if "preset" in given else {"stylizer": {"method": DEFAULT}}
    look = look_over(below, arguments)
    check_style(look)
    check_encoder(look, given.get("encoder", ENCODERS[0]))
    return look
