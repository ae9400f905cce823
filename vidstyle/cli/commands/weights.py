"""``vidstyle weights``: which trained weights there are, and how to bring more."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.text import complain, one_line, say, say_json, table, titled
from vidstyle.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from vidstyle.weights.store import WeightsEntry

ACTIONS = ("list", "verify", "fetch", "import")
FETCHED = ("vgg19", "raft-small", "raft-large")
IMPORTED = ("adain", "sanet", "fast", *FETCHED)
"""What `weights.fetch` and `weights.importers` know; named here because these import torch."""
OWN_FLAGS = {"adain": "--style IMAGE", "sanet": "--style IMAGE --method sanet", "fast": "--method fast"}
"""By name, the flags of a run with weights that are named by ``--weights``."""
CACHED_FLAGS = {
    "fast": "--method fast --fast-network own",
    "vgg19": "--style IMAGE --method gatys --encoder vgg19",
    "raft-small": "--style IMAGE --flow raft-small",
    "raft-large": "--style IMAGE --flow raft-large",
}
"""By name, the flags of a run that finds weights in the cache."""
TOLD_EVERY = 50_000_000
"""Bytes between two lines about a download."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of the manifest and what there is of it on this machine."""

    entry: WeightsEntry
    path: Path | None
    """None where it is missing."""
    problem: str = ""
    """Empty where all is well, or nobody looked."""

    @property
    def state(self) -> str:
        """Where it lies, what is wrong with it, or how to get it."""
        missing = "missing" if self.entry.is_shipped else f"not here; {self.entry.recipe}"
        return self.problem or str(self.path or missing)

    def as_record(self) -> dict[str, Any]:
        """As a JSON-able mapping."""
        return {**asdict(self.entry), "path": self.path and str(self.path), "problem": self.problem}


def add_arguments(parser: ArgumentParser) -> None:
    """Add what to do, and with what."""
    text = "list; verify: read and compare; fetch NAME: download a public file; import NAME FILE ...: convert your own"
    parser.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS), help=text)
    text = f"what to fetch: {', '.join(FETCHED)}; or to import: {', '.join(IMPORTED)}"
    parser.add_argument("name", nargs="?", metavar="NAME", help=text)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="the .pth files to import, in order")
    text = "where the weights go (default: the cache, where vidstyle finds them; adain and sanet need a name)"
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help=text)
    parser.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")


def run(arguments: Namespace) -> int:
    """List, verify, fetch or import; damaged or missing weights are exit 6."""
    brings = arguments.action in ("fetch", "import")
    if brings != ("name" in arguments):
        what = f"weights {arguments.action}"
        raise UsageError(f"{what}: which? {what} NAME" if brings else f"{what}: takes no name")
    action: dict[str, Callable[[Namespace], int]] = {"fetch": _fetch, "import": _import}
    return action.get(arguments.action, _show)(arguments)


def _show(arguments: Namespace) -> int:
    verifies = arguments.action == "verify"
    found = list(verified_weights() if verifies else known_weights())
    for line in [] if "json" in arguments else table([_row(each) for each in found]) if found else ["no weights"]:
        say(line)
    for each in found if "json" in arguments else []:
        say_json(titled("weights", each.as_record()))
    problems = [each for each in found if verifies and each.problem]
    if problems:
        raise WeightsError(f"{len(problems)} of {len(found)} weights are not as they should be: {problems[0].problem}")
    return 0


def known_weights() -> Iterator[Found]:
    """Every entry of the manifest and where its file lies; nothing is read."""
    from vidstyle.weights.store import manifest, search_folders

    for entry in manifest().values():
        paths = (folder / entry.file for folder in search_folders())
        yield Found(entry, next((path for path in paths if path.is_file()), None))


def verified_weights() -> Iterator[Found]:
    """Every entry of the manifest, its file read and compared; what is not shipped may be missing."""
    from vidstyle.weights.store import resolve

    for found in known_weights():
        if found.path is None and not found.entry.is_shipped:
            yield found
            continue
        try:
            yield Found(found.entry, resolve(found.entry.name))
        except WeightsError as error:
            yield Found(found.entry, found.path, one_line(error))


def _row(found: Found) -> tuple[str, ...]:
    entry = found.entry
    size = f"{entry.bytes / 1e6:.1f} MB" if entry.is_shipped else "-"
    return entry.name, entry.licence, size, f"sha256 {entry.sha256[:12]}" if entry.is_shipped else "-", found.state


def _fetch(arguments: Namespace) -> int:
    from vidstyle.weights.fetch import fetch_weights, find_fetchable

    if "files" in arguments:
        raise UsageError("weights fetch: takes a name alone; weights import converts files")
    entry = find_fetchable(arguments.name)
    output = _output(arguments)
    fetch_weights(entry, output, _progress(arguments))
    return _made(arguments, output)


def _import(arguments: Namespace) -> int:
    from vidstyle.weights.importers import import_weights

    output = _output(arguments)
    import_weights(arguments.name, getattr(arguments, "files", []), output)
    return _made(arguments, output)


def _output(arguments: Namespace) -> Path:
    """Where the weights go, a place that may be written to."""
    from vidstyle.video.outputs import refusals_told, require_free
    from vidstyle.weights.importers import default_output

    output: Path = arguments.output if "output" in arguments else default_output(arguments.name)
    if "output" not in arguments:
        with refusals_told(output.parent):
            output.parent.mkdir(parents=True, exist_ok=True)
    require_free(output, overwrite="overwrite" in arguments, inputs=tuple(getattr(arguments, "files", ())))
    return output


def _made(arguments: Namespace, path: Path) -> int:
    if "json" in arguments:
        say_json(titled("made", {"name": arguments.name, "path": str(path)}))
    elif "quiet" not in arguments:
        complain(f"wrote {path}")
        complain(f"use it with: {_use(arguments.name, path if 'output' in arguments else None)}")
    return 0


def _use(name: str, path: Path | None) -> str:
    """A run with weights that were just made: at a path that the user named, or in the cache."""
    if path is None:
        return f"vidstyle INPUT {CACHED_FLAGS[name]}"
    return f"vidstyle INPUT {OWN_FLAGS.get(name) or CACHED_FLAGS[name]} --weights {name}={path}"


def _progress(arguments: Namespace) -> Callable[[int, int | None], None]:
    told = 0

    def report(there: int, total: int | None) -> None:
        nonlocal told
        if "quiet" not in arguments and there - told >= TOLD_EVERY:
            told = there
            complain(f"fetched {there / 1e6:.0f}{f' of {total / 1e6:.0f}' if total else ''} MB")

    return report
