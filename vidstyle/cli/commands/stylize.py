"""``vidstyle INPUT --style IMG``: the default command."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from vidstyle.catalog import Stage
from vidstyle.cli.commands import COMMANDS
from vidstyle.cli.look_flags import add_look_flags, add_method_options, look_from
from vidstyle.cli.parser import INPUT_HELP, number, pair, rate, whole
from vidstyle.cli.text import as_memory, say, say_json, table, titled
from vidstyle.device import ENCODERS, PRECISIONS
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError
from vidstyle.registry import all_methods, find_method

if TYPE_CHECKING:
    from vidstyle.job import Job
    from vidstyle.presets import Look

DEPTHS = ("auto", "8", "10", "16")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags of a run."""
    parser.add_argument("input", nargs="?", metavar="INPUT", help=INPUT_HELP)
    _add_output_flags(parser)
    add_look_flags(parser)
    _add_span_flags(parser)
    _add_motion_flags(parser)
    _add_encoder_flags(parser)
    add_machine_flags(parser)
    group = parser.add_argument_group("the run")
    group.add_argument("--dry-run", action="store_true", help="check everything and show the plan; write nothing")
    group.add_argument("--strict", action="store_true", help="exit 4 when the input was damaged or short")
    group.add_argument(
        "--progress", choices=("auto", "bar", "plain", "json", "none"), help="how to show progress (default auto)"
    )
    text = "show the version; with -v, also of Python and the main libraries"
    group.add_argument("-V", "--version", action="store_true", help=text)
    add_method_options(parser)


def _add_output_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("-o", "--output", metavar="OUT", help="a video, a picture, a folder, f.####.png, or -")
    existing = group.add_mutually_exclusive_group()
    for names, value, text in (
        (("-y", "--overwrite"), "overwrite", "replace what exists"),
        (("-n", "--no-overwrite"), "refuse", "never replace what exists (the default)"),
        (("--skip-existing",), "skip", "keep the frames that exist, if they were made with these settings"),
    ):
        existing.add_argument(*names, dest="existing", action="store_const", const=value, help=text)
    group.add_argument("--size", type=whole(1), metavar="N", help="longest side in pixels (default: the input's)")


def _add_span_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("frames")
    group.add_argument("--frames", metavar="RANGE", help="frame numbers, such as 1001-1100x2,1150 (default: all)")
    group.add_argument("--start-number", type=whole(0), metavar="N", help="number of a movie's first frame (default 1)")
    group.add_argument("--fps", type=rate, metavar="RATE", help="frame rate of a sequence, exact: 25 or 30000/1001")
    text = "where to paint, white = paint: a picture, sequence or video; numbered sequences go together by number"
    group.add_argument("--mask", metavar="FILE", help=text)
    text = "regions by color: a picture, sequence or video, matched as --mask"
    group.add_argument("--content-labels", metavar="FILE", help=text)
    text = "regions of a style picture in the same colors; one for each --style"
    group.add_argument("--style-labels", action="append", metavar="IMG", help=text)
    group.add_argument("--loop", action="store_true", help="the clip loops: paint its end to lead to its beginning")
    group.add_argument("--cuts", metavar="auto|none|FILE", help="where shots begin (default auto)")


def _add_motion_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("motion")
    group.add_argument("--flow-from", metavar="DIR", help="motion vectors in files instead of --flow; see docs/flow.md")
    group.add_argument("--flow-cache", metavar="DIR", help="keep motion there; another style need not search it again")
    group.add_argument(
        "--flow-cache-limit", type=number, metavar="GB", help="size that the folder may reach (default 20)"
    )


def _add_encoder_flags(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("encoding", "by default as the input, where the output can")
    group.add_argument("-c", "--codec", metavar="NAME", help="h264, hevc, hevc10, av1, prores, ffv1, ...")
    group.add_argument("--crf", type=number, metavar="X", help="constant quality; lower is better")
    group.add_argument("--pix-fmt", metavar="NAME", help="pixel format, such as yuv420p10le")
    group.add_argument("--bit-depth", choices=DEPTHS, help="bits per sample (default auto: the input's)")
    group.add_argument(
        "-e", "--encoder-opt", dest="options", action="append", type=pair, metavar="K=V", help="an encoder's own option"
    )
    for flag, what in (("--audio", "sound"), ("--subs", "subtitles"), ("--metadata", "tags and chapters")):
        group.add_argument(flag, choices=("copy", "none"), help=f"{what} (default copy)")


def add_machine_flags(parser: ArgumentParser) -> None:
    """Add the flags about where and how a run computes."""
    group = parser.add_argument_group("machine")
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    text = f"the network that {_seeing()} see with (default {ENCODERS[0]})"
    group.add_argument("--encoder", choices=ENCODERS, help=text)
    text = "what networks compute in (default fp32); bf16 may be faster"
    group.add_argument("--precision", choices=PRECISIONS, help=text)
    group.add_argument("--threads", type=whole(0), metavar="N", help="processor threads (default 0: as many as useful)")
    group.add_argument("--seed", type=whole(0), metavar="N", help="start of all random numbers (default 0)")
    group.add_argument(
        "--weights", action="append", type=pair, metavar="NAME=FILE", help="your own trained weights for a method"
    )


def _seeing() -> str:
    """The stylizers that use the run's perceptual network."""
    *most, last = [spec.name for spec in all_methods(Stage.STYLIZER) if spec.uses_encoder]
    return f"{', '.join(most)} and {last}"


def run(arguments: Namespace) -> int:
    """Repaint, or show the plan, or the version."""
    if "version" in arguments:
        show_version(verbose="verbose" in arguments)
        return 0
    from vidstyle.job import plan_job, run_job

    require_no_command(getattr(arguments, "input", ""))
    job = job_from(arguments)
    wants_json = "json" in arguments or getattr(arguments, "progress", None) == "json"
    if "dry_run" in arguments:
        show_plan(plan_job(job), as_json=wants_json)
        return 0
    from vidstyle.cli.progress import open_display

    with open_display(arguments, to_stdout=job.output == "-") as observer:
        run_job(job, observer)
    return 0


def job_from(arguments: Namespace) -> Job:
    """The run that the arguments describe."""
    from vidstyle.job import Job, default_output

    given = vars(arguments)
    if "input" not in given:
        raise UsageError("no input: vidstyle INPUT --style IMAGE; vidstyle --help tells more")
    look = look_from(arguments)
    if "flow_from" in given and any(dest == "flow" or dest.startswith("flow.") for dest in given):
        raise UsageError("--flow-from: reads motion, so --flow would search it in vain; drop one of them")
    if "flow_cache_limit" in given and "flow_cache" not in given:
        raise UsageError("--flow-cache-limit: there is no folder to limit; add --flow-cache DIR")
    own = ("frames", "size", "mask", "content_labels", "cuts", "loop", "existing", "strict", "start_number")
    names = (*own, *MACHINE_FLAGS, *MOTION_FLAGS)
    settings: dict[str, Any] = {name: given[name] for name in names if name in given}
    settings["style_labels"] = tuple(given.get("style_labels", ()))
    if "fps" in given:
        settings["frame_rate"] = given["fps"]
    output = given.get("output") or default_output(given["input"], look)
    settings |= {"encoding": encoding_from(given), "weights": own_weights(given, [look])}
    return Job(input=given["input"], look=look, output=output, **settings)


def require_no_command(word: str) -> None:
    """`UsageError` for an input that is not there and looks like a mistyped command."""
    near = get_close_matches(word, [spec.name for spec in COMMANDS], n=1)
    if near and near != [word] and word.isalpha() and not os.path.lexists(word):
        raise UsageError(f"{word}: neither a file nor a command; did you mean {near[0]!r}?")


MACHINE_FLAGS = ("device", "encoder", "precision", "threads", "seed")
MOTION_FLAGS = ("flow_from", "flow_cache", "flow_cache_limit")


def own_weights(given: dict[str, Any], looks: Sequence[Look]) -> tuple[tuple[str, str], ...]:
    """``--weights`` as the job takes it; `UsageError` for a name that no method knows, or that no look uses."""
    from vidstyle.errors import suggestion

    named: tuple[tuple[str, str], ...] = tuple(given.get("weights", ()))
    if not named:
        return ()
    from vidstyle.weights.store import manifest

    known = {*manifest(), *(name for spec in all_methods() for name in spec.weights)}
    used = {name for look in looks for name in weights_of(look, given)}
    for name, _ in named:
        if name not in known:
            raise UsageError(f"--weights: unknown name {name!r}; {suggestion(name, known)}")
        if name not in used:
            methods = " and ".join(dict.fromkeys(look.stylizer.method for look in looks))
            those = f"those it uses: {', '.join(sorted(used))}" if used else "it uses none"
            raise UsageError(f"--weights {name}: not used by --method {methods}; {those}")
    return named


def weights_of(look: Look, given: dict[str, Any]) -> tuple[str, ...]:
    """Names of the weights that a look uses, with the encoder and the user's own weights as given."""
    own = [name for name, _ in given.get("weights", ())]
    stylizer = find_method(Stage.STYLIZER, look.stylizer.method)
    flow = () if "flow_from" in given else find_method(Stage.FLOW, look.flow.method).weights
    return (*stylizer.weights_with(given.get("encoder", ENCODERS[0]), look.stylizer.options, own), *flow)


def encoding_from(given: dict[str, Any]) -> EncodeSettings:
    """How the output is to be written."""
    names = ("codec", "crf", "pix_fmt", "audio", "subs", "metadata")
    settings: dict[str, Any] = {name: given[name] for name in names if name in given}
    depth = given.get("bit_depth", "auto")
    settings["bit_depth"] = depth if depth == "auto" else int(depth)
    return EncodeSettings(options=tuple(given.get("options", ())), **settings)


def show_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    """Print what a run would do."""
    if as_json:
        say_json(titled("plan", plan))
        return
    for line in table(list(plan_rows(plan))):
        say(line)


def plan_rows(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A plan as names and values."""
    job, reach = plan["job"], plan["reach"]
    look = job["look"]
    yield "input", job["input"]
    yield "output", job["output"]
    yield "size", "{}x{}".format(*plan["size"])
    mark = "~" if plan["frames_estimated"] else ""
    yield "frames", "unknown" if plan["frames"] is None else f"{mark}{plan['frames']}"
    yield "style", ", ".join(f"{p['path']}:{p['weight']:g}" for p in look["pictures"]) or "in the weights"
    for key in look["keys"]:
        yield f"@{key['at']}", " ".join(f"{name}={value}" for name, value in key.items() if name != "at")
    for stage in ("stylizer", "flow", "stabilizer"):
        settings = " ".join(f"{name}={value}" for name, value in look[stage]["options"].items())
        yield stage, f"{look[stage]['method']} {settings}".rstrip()
    yield "depends on", f"{reach['before']} frames before, {reach['after']} after"
    if plan["bytes"] is not None:
        yield "memory", f"about {as_memory(plan['bytes'])} at its peak"
    yield "fingerprint", plan["fingerprint"]


def show_version(*, verbose: bool) -> None:
    """Print the version; with `verbose`, those of what it stands on, without importing any."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from vidstyle import __version__

    say(f"vidstyle {__version__}")
    if not verbose:
        return
    say(f"python {platform.python_version()}")
    for package in ("torch", "torchvision", "av", "opencv-python", "numpy"):
        try:
            say(f"{package} {version(package)}")
        except PackageNotFoundError:
            say(f"{package} not installed")
