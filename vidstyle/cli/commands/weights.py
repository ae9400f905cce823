"""``vidstyle weights``: which trained weights there are, where they lie, and whether they are undamaged."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.text import one_line, say, say_json, table, titled
from vidstyle.errors import WeightsError

if TYPE_CHECKING:
    from vidstyle.weights.store import WeightsEntry


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of the manifest and what there is of it on this machine."""

    entry: WeightsEntry
    path: Path | None
    """None where it is missing."""
    problem: str = ""
    """Empty where all is well, or nobody looked."""

    def as_record(self) -> dict[str, Any]:
        """As a JSON-able mapping."""
        return {**asdict(self.entry), "path": self.path and str(self.path), "problem": self.problem}


def add_arguments(parser: ArgumentParser) -> None:
    """Add what to do."""
    parser.add_argument("action", choices=("list", "verify"), metavar="list|verify", help="list, or read and compare")


def run(arguments: Namespace) -> int:
    """List, or verify; damaged or missing weights are exit 6."""
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
    """Every entry of the manifest, compared byte for byte with its file."""
    from vidstyle.weights.store import resolve

    for found in known_weights():
        try:
            yield Found(found.entry, resolve(found.entry.name))
        except WeightsError as error:
            yield Found(found.entry, found.path, one_line(error))


def _row(found: Found) -> tuple[str, ...]:
    entry = found.entry
    state = found.problem or str(found.path or "missing")
    return entry.name, entry.licence, f"{entry.bytes / 1e6:.1f} MB", f"sha256 {entry.sha256[:12]}", state
