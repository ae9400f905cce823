"""What a previous run left at the output, and whether a later one may go on from it.

A record beside the files says what they were made with. Frames of two looks must never stand side by side
unnoticed, so a record names one fingerprint, or says that the files are mixed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidstyle.encoding import EncodeSettings
from vidstyle.errors import OutputError
from vidstyle.selection import Selection
from vidstyle.types import ClipInfo

SUFFIX = ".vidstyle.json"
MIXED = "mixed"
"""In place of a fingerprint: some files here were made with other settings."""


class Previous:
    """The output as it was found.

    Sequences always get a record; a movie gets one when `keep` says that the user counts on coming back, and
    one that is there already is kept true.
    """

    def __init__(self, output: str, info: ClipInfo, encoding: EncodeSettings, *, keep: bool) -> None:
        from vidstyle.video.outputs import refusals_told
        from vidstyle.video.sinks import picture_names

        self._output = Path(output)
        self._info = info
        self._keep = keep
        with refusals_told(output):
            self._names = picture_names(output, info, encoding)
            self._record = self._place_of_record()
            self._had_files = self._has_files()
        self._claim: tuple[str, Mapping[str, Any]] | None = None

    def _place_of_record(self) -> Record | None:
        if self._names is not None:
            return Record(Path(f"{self._names}{SUFFIX}"))
        record = Record(self._output.with_name(self._output.name + SUFFIX))
        return record if self._keep or record.is_there() else None

    def todo(self, selection: Selection, fingerprint: Callable[[], str]) -> Selection:
        """The frames to render: those selected, less finished ones to keep.

        `OutputError` when there are some but their record is not this fingerprint's.
        """
        from vidstyle.video.sinks import existing_pictures

        if not self._keep or self._record is None or not self._had_files:
            return selection
        self._record.require(fingerprint(), self._output)
        if self._names is None:
            # A movie is only ever there complete.
            everything = selection.indices or tuple(range(self._info.frame_count_from_header or 1))
            return Selection(everything, frozenset(everything))
        return Selection(selection.indices, existing_pictures(self._names, self._info))

    def _has_files(self) -> bool:
        from vidstyle.video.sinks import existing_pictures

        if self._names is None:
            return self._output.exists()
        return bool(existing_pictures(self._names, self._info))

    def claim(self, fingerprint: str, job: Mapping[str, Any]) -> None:
        """Record what files are about to be made with; until `settle`, those of other settings stand beside them."""
        if self._record is None:
            return
        self._claim = (fingerprint, job)
        # Looked at anew: another machine may have begun on these files meanwhile.
        is_alone = not self._has_files() or self._record.is_of(fingerprint)
        self._record.write(fingerprint if is_alone else MIXED, job)

    def settle(self, *, anew: bool) -> None:
        """Record at the end of a run that the files are of one kind, where `anew` says that no old one is left."""
        if self._record is not None and self._claim is not None and (anew or self._names is None):
            self._record.write(*self._claim)


@dataclass(frozen=True, slots=True)
class Record:
    """A small JSON file: a fingerprint, and the job in full for people to read."""

    path: Path

    def is_there(self) -> bool:
        """Whether there is such a file."""
        # Unlike Path.exists, no error for a name that is too long to be there.
        return os.path.exists(self.path)  # noqa: PTH110

    def fingerprint(self) -> str | None:
        """The fingerprint that the output was made with; None without a record."""
        try:
            return str(json.loads(self.path.read_text(encoding="utf-8"))["fingerprint"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(f"{self.path}: no readable record ({error}); remove it, or use -y") from None

    def is_of(self, fingerprint: str) -> bool:
        """Whether the output is known to be made with these very settings."""
        try:
            return self.fingerprint() == fingerprint
        except OutputError:
            return False

    def require(self, fingerprint: str, output: Path) -> None:
        """`OutputError` unless `output` was made with these very settings."""
        found = self.fingerprint()
        if found != fingerprint:
            why = (
                "there is no record of how it was made"
                if found is None
                else "it was made with other settings or of other input"
            )
            raise OutputError(f"{output}: exists, and {why}; -y paints it anew")

    def write(self, fingerprint: str, job: Mapping[str, Any]) -> None:
        """Write the record, whole or not at all."""
        from vidstyle.video.outputs import write_file

        text = json.dumps({"fingerprint": fingerprint, "job": job}, indent=1, default=str)
        write_file(self.path, f"{text}\n".encode())
