"""``vidstyle probe``: what clips are, side by side."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from vidstyle.cli.parser import INPUT_HELP
from vidstyle.cli.text import say, say_json, table, titled
from vidstyle.numbering import format_numbers
from vidstyle.types import ClipInfo, ColorTags, StreamInfo

PRIMARIES = {1: "bt709", 2: "unspecified", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film",
             9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
TRANSFERS = {1: "bt709", 2: "unspecified", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear",
             9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10",
             15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67"}  # fmt: skip
MATRICES = {0: "gbr", 1: "bt709", 2: "unspecified", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m",
            8: "ycgco", 9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 14: "ictcp"}  # fmt: skip
"""Names of H.273's code points as ffmpeg spells them."""
RANGES = {None: "unspecified", False: "limited", True: "full"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the inputs."""
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=INPUT_HELP)


def run(arguments: Namespace) -> int:
    """Show every input in a column of its own."""
    from vidstyle.video.sources import probe

    clips = [probe(path) for path in arguments.inputs]
    if "json" in arguments:
        for clip in clips:
            say_json(titled("clip", clip_record(clip)))
        return 0
    columns = [dict(clip_rows(clip)) for clip in clips]
    for line in table([(name, *(column[name] for column in columns)) for name in columns[0]]):
        say(line)
    return 0


def clip_record(clip: ClipInfo) -> dict[str, Any]:
    """A clip's description as a JSON-able mapping; rates and times are exact fractions."""
    shown = {"color": color_names(clip.color), "numbers": format_numbers(clip.numbers), "taken": span_taken(clip)}
    record = asdict(clip) | shown
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in record.items()}


def span_taken(clip: ClipInfo) -> list[str]:
    """When the first and the last picture were taken, as far as pictures say."""
    known = [when.isoformat(sep=" ") for when in clip.taken if when is not None]
    return [known[0], known[-1]] if known else []


def color_names(color: ColorTags) -> dict[str, str]:
    """Color tags by name; a code point without a name is its number."""
    return {
        "range": RANGES[color.full_range],
        "matrix": MATRICES.get(color.matrix, str(color.matrix)),
        "primaries": PRIMARIES.get(color.primaries, str(color.primaries)),
        "transfer": TRANSFERS.get(color.transfer, str(color.transfer)),
    }


def clip_rows(clip: ClipInfo) -> Iterator[tuple[str, str]]:
    """A clip's description as names and values."""
    yield "path", str(clip.path)
    yield "container", clip.container
    yield "codec", clip.codec
    yield "pixel format", clip.pixel_format
    yield "size", f"{clip.width}x{clip.height}"
    yield "pixel aspect", str(clip.pixel_aspect)
    yield "rotation", f"{clip.rotation} degrees" + (", mirrored" if clip.mirrored else "")
    yield "frame rate", f"{clip.frame_rate} ({float(clip.frame_rate):.3f})"
    yield "time base", str(clip.time_base)
    yield "frames in header", "unknown" if clip.frame_count_from_header is None else str(clip.frame_count_from_header)
    yield "numbers", format_numbers(clip.numbers) if clip.numbers else f"from {clip.first_number}"
    yield "taken", " to ".join(span_taken(clip)) or "unknown"
    yield "bit depth", str(clip.bit_depth)
    for name, value in color_names(clip.color).items():
        yield f"color {name}", value
    yield "streams", ", ".join(map(_stream_text, clip.streams)) or "none"


def _stream_text(stream: StreamInfo) -> str:
    language = f" ({stream.language})" if stream.language else ""
    return f"{stream.index} {stream.kind} {stream.codec}{language}"
