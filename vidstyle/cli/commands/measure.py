"""``vidstyle measure``: how steady, sharp and true to its style a styled clip is."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.parser import INPUT_HELP, number, pair, whole
from vidstyle.cli.text import complain, say, say_json, table, titled
from vidstyle.device import ENCODERS
from vidstyle.errors import UsageError, suggestion
from vidstyle.numbering import format_numbers

if TYPE_CHECKING:
    from vidstyle.measuring.figures import Measurement
    from vidstyle.measuring.limits import Limit
    from vidstyle.measuring.run import MeasureJob

SETTINGS = ("per_frame", "style", "size", "flow", "cuts", "encoder", "device", "threads")
"""Arguments that are fields of a `MeasureJob` as they are."""


def bound(text: str) -> tuple[str, float]:
    """The type of a flag that takes a figure and a number: ``warp_k1=0.05``."""
    name, value = pair(text)
    found = number(value)
    if not math.isfinite(found):
        raise ArgumentTypeError(f"expected NAME=NUMBER, got {text!r}")
    return name, found


def add_arguments(parser: ArgumentParser) -> None:
    """Add the clips, and what to do with the figures."""
    parser.add_argument("content", metavar="CONTENT", help=f"the clip before styling: {INPUT_HELP}")
    parser.add_argument("styled", metavar="STYLED", help="the clip to judge")
    group = parser.add_argument_group("beside them")
    group.add_argument("--per-frame", metavar="FILE", help="the styled clip before it was stabilized")
    group.add_argument("--style", metavar="IMG", help="the style picture, for distances from style and content")
    group = parser.add_argument_group("results")
    group.add_argument("--report", metavar="PAGE", help="write an HTML page with plots and pictures")
    group.add_argument("-y", "--overwrite", action="store_true", help="replace a page that exists")
    for flag, dest, word in (("--fail-above", "most", "above"), ("--fail-below", "least", "below")):
        text = f"exit 8 when a figure is {word} this; its name is that of the JSON summary"
        group.add_argument(flag, dest=dest, action="append", type=bound, metavar="K=V", help=text)
    group = parser.add_argument_group("how")
    group.add_argument("--size", type=whole(32), metavar="N", help="longest side for the comparison (default 448)")
    group.add_argument("--flow", metavar="NAME", help="how motion is searched (default: RAFT if fetched, else dis)")
    group.add_argument("--cuts", metavar="auto|none|FILE", help="where shots begin (default auto)")
    group.add_argument("--encoder", choices=ENCODERS, help="the network that sees distances (default slim)")
    group.add_argument("--weights", action="append", type=pair, metavar="NAME=FILE", help="your own weights for it")
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    group.add_argument("--threads", type=whole(0), metavar="N", help="processor threads (default 0: as many as useful)")


def run(arguments: Namespace) -> int:
    """Measure, show, write the page; `LimitError` at the very end where a limit is broken."""
    from vidstyle.measuring.limits import check_limits, frames_to_redo
    from vidstyle.measuring.run import run_measurement
    from vidstyle.video.outputs import require_free

    job = job_from(arguments)
    limits = limits_from(arguments, job)
    page = page_from(arguments)
    if page is not None:
        inputs = tuple(Path(name) for name in job.names.values())
        require_free(page, overwrite="overwrite" in arguments, inputs=inputs)
    if "json" in arguments:
        from vidstyle.cli.logs import log_event

        measurement = run_measurement(job, log_event)
        for frame in measurement.frames:
            say_json(titled("frame_measured", frame.as_record()))
    else:
        from vidstyle.cli.progress import open_display

        with open_display(arguments, to_stdout=False) as observer:
            measurement = run_measurement(job, observer)
    if page is not None:
        write_page(page, job, measurement, limits=limits)
    redo = format_numbers(frames_to_redo(measurement, limits))
    if "json" in arguments:
        say_json(titled("measured", {**measurement.as_record(), "redo": redo, "report": str(page) if page else None}))
    else:
        for line in lines(measurement, redo):
            say(line)
        if page is not None and "quiet" not in arguments:
            complain(f"wrote {page}")
    check_limits(measurement, limits)
    return 0


def job_from(arguments: Namespace) -> MeasureJob:
    """The measurement that the arguments describe."""
    from vidstyle.measuring.run import MeasureJob

    given: dict[str, Any] = {name: value for name, value in vars(arguments).items() if name in SETTINGS}
    weights = tuple(getattr(arguments, "weights", ()))
    return MeasureJob(content=arguments.content, styled=arguments.styled, weights=weights, **given)


def page_from(arguments: Namespace) -> Path | None:
    """Where the page goes, if there is to be one; `UsageError` for a name that could be a picture of a clip."""
    if "report" not in arguments:
        return None
    page = Path(arguments.report)
    if page.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--report {page}: expected a name that ends in .html")
    return page


def limits_from(arguments: Namespace, job: MeasureJob) -> list[Limit]:
    """The limits; `UsageError` for a figure that this measurement does not have."""
    from vidstyle.measuring.limits import SHORT, Limit

    known = job.blank().totals
    limits = [Limit(SHORT.get(name, name), most) for name, most in getattr(arguments, "most", ())]
    limits += [Limit(SHORT.get(name, name), least, is_most=False) for name, least in getattr(arguments, "least", ())]
    for limit in limits:
        if limit.name not in known:
            flag = "--fail-above" if limit.is_most else "--fail-below"
            raise UsageError(f"{flag}: {limit.name!r} is not measured here; {suggestion(limit.name, known)}")
    return limits


def write_page(path: Path, job: MeasureJob, measurement: Measurement, *, limits: Sequence[Limit]) -> None:
    """Write the page, complete or not at all."""
    from vidstyle.measuring.page import make_page
    from vidstyle.measuring.pictures import make_gallery
    from vidstyle.video.outputs import write_file

    page = make_page(measurement, make_gallery(job, measurement), limits)
    write_file(path, page.encode())


def lines(measurement: Measurement, redo: str) -> Iterator[str]:
    """The figures as a table, then the frames worth a look."""
    from vidstyle.measuring.table import headings, rows

    yield from table([headings(measurement), *rows(measurement)])
    yield f"frames measured: {len(measurement.frames)}"
    yield f"cuts before frames: {format_numbers(measurement.cuts) or 'none'}"
    yield f"frames to redo: {redo or 'none'}"
