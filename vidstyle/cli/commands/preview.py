"""``vidstyle preview``: a few frames in every style on one picture, before hours are spent."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.commands.stylize import MACHINE_FLAGS, add_machine_flags, own_weights
from vidstyle.cli.look_flags import (
    SHARED,
    add_method_flags,
    add_method_options,
    add_style_flags,
    look_over,
)
from vidstyle.cli.parser import INPUT_HELP, number, whole
from vidstyle.cli.picture_flags import Picture
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.device import ENCODERS
from vidstyle.presets import check_encoder, check_style, find_preset

if TYPE_CHECKING:
    from vidstyle.device import Compute
    from vidstyle.presets import Look
    from vidstyle.preview import Column


def strengths(text: str) -> list[float]:
    """The type of a flag that takes several numbers."""
    try:
        return [number(part) for part in text.split(",")]
    except ArgumentTypeError:
        raise ArgumentTypeError(f"expected numbers such as 0.3,0.6,1, got {text!r}") from None


def add_arguments(parser: ArgumentParser) -> None:
    """Add what makes a sheet."""
    parser.add_argument("input", metavar="INPUT", help=INPUT_HELP)
    # The flags of a run are taken as they are, so that a run can be looked at before.
    told = "frames are painted one by one: what --flow and --stabilizer do shows in motion only"
    group = parser.add_argument_group("columns", told)
    add_style_flags(group)
    group.add_argument(
        "--preset", dest="presets", action="append", metavar="NAME|FILE", help="a saved look; several are compared"
    )
    group.add_argument("--strengths", type=strengths, metavar="X,X,...", help="every style at each of these strengths")
    add_method_flags(group)
    group = parser.add_argument_group("sheet")
    group.add_argument("-o", "--output", metavar="SHEET", help="default: INPUT_preview.png in the current folder")
    group.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")
    group.add_argument("--frames-count", type=whole(1), metavar="K", help="frames, evenly spread (default 3)")
    group.add_argument("--size", type=whole(1), metavar="N", help="longest side at which frames are painted")
    group.add_argument("--cell", type=whole(16), metavar="N", help="largest width of a cell in pixels (default 480)")
    add_machine_flags(parser)
    add_method_options(parser)


def run(arguments: Namespace) -> int:
    """Paint the sheet and write it."""
    from vidstyle.job import stem_of
    from vidstyle.preview import SheetSettings, preview
    from vidstyle.video.outputs import require_free
    from vidstyle.video.sources import open_source
    from vidstyle.video.stills import bit_depths, write_picture

    columns = list(columns_from(arguments))
    target = Path(getattr(arguments, "output", None) or f"{stem_of(arguments.input)}_preview.png")
    bit_depths(target.suffix.lower())
    require_free(target, overwrite="overwrite" in arguments, inputs=(Path(arguments.input),))
    settings = SheetSettings(**_given(arguments, _SHEET))
    compute = compute_from(arguments, [column.look for column in columns])
    with open_source(arguments.input) as source:
        sheet = preview(source, columns, settings=settings, compute=compute)
    write_picture(target, sheet)
    height, width = sheet.shape[1:]
    if "json" in arguments:
        labels = [column.label for column in columns]
        say_json(titled("previewed", {"output": str(target), "columns": labels, "size": [width, height]}))
    elif "quiet" not in arguments:
        complain(f"wrote {target}: {width}x{height}")
    return 0


_SHEET = {"frames_count": "rows", "size": "size", "cell": "cell"}


def _given(arguments: Namespace, names: dict[str, str]) -> dict[str, Any]:
    return {new: getattr(arguments, old) for old, new in names.items() if old in arguments}


def compute_from(arguments: Namespace, looks: Sequence[Look]) -> Compute:
    """Where and how the arguments want these looks computed."""
    from vidstyle.device import Compute, choose_device, set_threads

    given = _given(arguments, {name: name for name in MACHINE_FLAGS})
    set_threads(given.pop("threads", 0))
    device = choose_device(given.pop("device", "auto"))
    own = {name: Path(path) for name, path in own_weights(vars(arguments), looks)}
    return Compute(device, own_weights=own, **given)


def columns_from(arguments: Namespace) -> Iterator[Column]:
    """A column for every preset with every style at every strength, as far as they are given."""
    from vidstyle.preview import Column

    given = vars(arguments)
    presets: list[str | None] = given.get("presets") or [None]
    pictures: list[list[Picture] | None] = list(_looks_of(given.get("pictures", []))) or [None]
    levels: list[float | None] = given.get("strengths") or [None]
    for preset, group, strength in product(presets, pictures, levels):
        flags = dict(given)
        if group is not None:
            flags["pictures"] = group
        if strength is not None:
            flags[f"stylizer.{SHARED}"] = strength
        look = look_over({} if preset is None else find_preset(preset).tables, Namespace(**flags))
        check_style(look)
        check_encoder(look, given.get("encoder", ENCODERS[0]))
        words = (
            preset,
            None if group is None else " ".join(dict.fromkeys(Path(picture.path).stem for picture in group)),
            None if strength is None else f"{strength:g}",
        )
        yield Column(" ".join(word for word in words if word) or look.stylizer.method, look)


def _looks_of(pictures: list[Picture]) -> Iterator[list[Picture]]:
    """Every picture by itself, but all of a timeline together."""
    if any(picture.at for picture in pictures):
        yield pictures
        return
    for picture in pictures:
        yield [picture]
