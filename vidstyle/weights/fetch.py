"""Public files fetched because the user asked for it, checked, and converted. Never in the middle of a run."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from vidstyle.errors import OutputError, UsageError, WeightsError
from vidstyle.weights.importers import import_weights, require_published
from vidstyle.weights.store import WeightsEntry, find_entry, sha256

TIMEOUT = 30
"""Seconds without a byte until a server counts as gone."""
CHUNK = 1 << 20
"""Bytes read at a time."""

Report = Callable[[int, int | None], None]
"""Takes the bytes that are there, and how many there will be, where the server says so."""


def find_fetchable(name: str) -> WeightsEntry:
    """The manifest's entry for weights that are made of a public file; `UsageError` for others."""
    entry = find_entry(name)
    if not entry.source:
        cure = "they come with vidstyle" if entry.is_shipped else f"get them with: {entry.recipe}"
        raise UsageError(f"weights fetch: nothing to fetch for {name!r}; {cure}")
    return entry


def fetch_weights(entry: WeightsEntry, output: Path, report: Report) -> None:
    """Download what an entry's weights are made of, check its hash, and convert it to `output`, whose folder exists.

    `WeightsError` where the download fails or is not the file, `OutputError` where it cannot be written.
    """
    try:
        # Beside the output: a folder for temporary files may be too small for half a gigabyte.
        with TemporaryDirectory(prefix="fetch-", dir=output.parent) as folder:
            path = Path(folder) / entry.source.rpartition("/")[2]
            with path.open("wb") as file:
                file.writelines(_chunks(entry, report))
            require_published(entry.name, entry.source, sha256(path))
            import_weights(entry.name, [path], output)
    except OSError as error:
        raise OutputError(f"{output.parent}: cannot be written ({error.strerror})") from None


def _chunks(entry: WeightsEntry, report: Report) -> Iterator[bytes]:
    try:
        with urlopen(entry.source, timeout=TIMEOUT) as answer:
            length = answer.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            there = 0
            while chunk := answer.read(CHUNK):
                there += len(chunk)
                report(there, total)
                yield chunk
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise WeightsError(
            f"weights {entry.name}: {entry.source}: {reason}; download it by other means, then "
            f"vidstyle weights import {entry.name} FILE"
        ) from None
