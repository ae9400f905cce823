"""``vidstyle labels``: whole label maps for every frame, from scribbles or maps for a few."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from vidstyle.catalog import Stage
from vidstyle.cli.look_flags import add_method_flags, add_method_options, look_over
from vidstyle.cli.parser import INPUT_HELP, whole
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError

PNG = EncodeSettings(codec="png")
"""Exact colors, whatever the input is."""

LONGEST = 640
"""Longest side of the maps that nobody chose: `photo` works at 256, `gatys` at the frame's own size."""

SEARCHED = (Stage.FLOW,)


def add_arguments(parser: ArgumentParser) -> None:
    """Add what makes label maps."""
    parser.add_argument("input", metavar="CONTENT", help=INPUT_HELP)
    group = parser.add_argument_group("maps")
    text = "regions by color, transparent where open: a picture for the first frame, or f.####.png for some frames"
    group.add_argument("--labels", metavar="MAP", required=True, help=text)
    text = "a folder, a picture or f.####.png (default: CONTENT_labels in the current folder)"
    group.add_argument("-o", "--output", metavar="MAPS", help=text)
    group.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")
    text = f"longest side of the maps in pixels (default {LONGEST}); photo works at 256, gatys at the frames' own size"
    group.add_argument("--size", type=whole(1), metavar="N", help=text)
    group.add_argument("--cuts", metavar="auto|none|FILE", help="where shots begin (default auto)")
    add_method_flags(group, SEARCHED)
    group.add_argument("--threads", type=whole(0), metavar="N", help="processor threads (default 0: as many as useful)")
    add_method_options(parser, SEARCHED)


def run(arguments: Namespace) -> int:
    """Read the maps, carry them, and write one for each frame."""
    from vidstyle.device import Compute, choose_device, set_threads
    from vidstyle.flow.motion import SearchedMotion
    from vidstyle.job import stem_of
    from vidstyle.labeling import label_frames, read_drawn_maps
    from vidstyle.stages import cut_rule, load_flow, output_size
    from vidstyle.video.sinks import is_movie, open_sink
    from vidstyle.video.sources import open_source

    given = vars(arguments)
    set_threads(given.get("threads", 0))
    compute = Compute(choose_device("cpu"))
    flow = load_flow(look_over({}, arguments).flow, compute)
    with open_source(arguments.input) as source:
        info = source.info
        ending = ".png" if info.container == "still" else ""
        target = given.get("output") or f"{stem_of(arguments.input)}_labels{ending}"
        if is_movie(target, info, PNG):
            raise UsageError(f"{target}: label maps are pictures, as compression mixes colors; name a folder or .png")
        drawn = read_drawn_maps(arguments.labels, info)
        size = output_size(info, min(given.get("size", LONGEST), max(info.width, info.height)))
        rule = cut_rule(given.get("cuts", "auto"), info)
        count = 0
        with open_sink(target, source, PNG, overwrite="overwrite" in given) as sink:
            for frame in label_frames(source, drawn, SearchedMotion(flow), cuts=rule, size=size):
                sink.write(frame)
                count += 1
    if "json" in given:
        say_json(titled("labeled", {"output": target, "frames": count, "regions": len(drawn.palette)}))
    elif "quiet" not in given:
        complain(f"wrote {target}: {count} maps of {len(drawn.palette)} regions")
    return 0
