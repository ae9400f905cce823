"""Names of numbered pictures: patterns, and which files of a folder are one sequence."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fileseq.filesequence import FileSequence

from vidstyle.errors import InputError
from vidstyle.video.stills import STILL_EXTENSIONS
from vidstyle.video.text import reason, shown

_PATTERN = re.compile(r"(?P<prefix>.*?)(?:%(?P<zeros>0?\d*)d|(?P<hashes>#+))(?P<suffix>[^%#]*)")
_DIGITS = re.compile(r"\d+")
_HYPHEN = re.compile(r"(?<=[^/\\._])-(?=\d)")
"""One between a name and its number; after a dot or an underscore it is a sign."""
_STAND_IN = "\x1f"
"""For such a one while fileseq looks at names: to fileseq, every hyphen before digits is a sign."""
_LONGEST_LIST = 5
"""Sequences an error message names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class SequenceName:
    """How the files of a sequence are called: ``prefix``, the number with at least `digits` digits, ``suffix``."""

    folder: Path
    prefix: str
    digits: int
    suffix: str
    """Ends with the extension."""

    def path(self, number: int) -> Path:
        """The file of a frame number."""
        return self.folder / f"{self.prefix}{number:0{self.digits}d}{self.suffix}"

    def __str__(self) -> str:
        return str(self.folder / f"{self.prefix}{'#' * self.digits}{self.suffix}")

    @property
    def extension(self) -> str:
        """The extension, in lower case, with its dot."""
        return Path(f"x{self.suffix}").suffix.lower()


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """The files of one sequence, by ascending frame number."""

    numbers: tuple[int, ...]
    paths: tuple[Path, ...]

    def gaps(self) -> list[range]:
        """Runs of numbers between the first and the last that have no file."""
        return [range(a + 1, b) for a, b in pairwise(self.numbers) if b - a > 1]


def parse_pattern(text: str) -> SequenceName | None:
    """The name in ``f.%04d.png`` or ``f.####.png``; None where the file name holds no pattern.

    >>> parse_pattern("shots/f.####.png").path(7).as_posix()
    'shots/f.0007.png'
    """
    path = Path(text)
    match = _PATTERN.fullmatch(path.name)
    if match is None:
        return None
    digits = len(match["hashes"]) if match["hashes"] else int(match["zeros"] or 1)
    return SequenceName(path.parent, match["prefix"], digits, match["suffix"])


def name_of(path: Path, numbers: Sequence[int] = ()) -> SequenceName | None:
    """The name of the sequence whose first file is `path`; None where the file's name has no number.

    Of several numbers in it, the last one that makes the names of files for all of `numbers`, else the last.

    >>> name_of(Path("IMG_0009.JPG")).path(10).as_posix()
    'IMG_0010.JPG'
    """
    names = [_name_around(path, match) for match in _DIGITS.finditer(path.stem)][::-1]
    fitting = (name for name in names if all(name.path(number).exists() for number in numbers))
    return next(fitting, names[0] if names else None)


def _name_around(path: Path, match: re.Match[str]) -> SequenceName:
    number = match[0]
    # A sequence's first number is its least, so without a leading zero nothing in it is padded.
    digits = len(number) if number.startswith("0") else 1
    return SequenceName(path.parent, path.stem[: match.start()], digits, path.stem[match.end() :] + path.suffix)


def files_of_pattern(name: SequenceName) -> PictureFiles:
    """The files on disk that a pattern names; `InputError` where there are none."""
    found = matching_files(name)
    if not found:
        raise InputError(f"{shown(str(name))}: no file has such a name")
    return _ordered(list(found.items()))


def matching_files(name: SequenceName) -> dict[int, Path]:
    """The files on disk that a pattern names, by number; none where the folder is not there."""
    digits = rf"(0\d{{{name.digits - 1}}}|[1-9]\d{{{name.digits - 1},}})"
    wanted = re.compile(re.escape(name.prefix) + digits + re.escape(name.suffix))
    entries = _entries(name.folder) if name.folder.is_dir() else []
    return {int(match[1]): path for path in entries if (match := wanted.fullmatch(path.name))}


def files_of_folder(folder: Path) -> PictureFiles:
    """The one sequence in a folder; `InputError` where there is none, or several."""
    pictures = [path for path in _entries(folder) if is_picture_name(path)]
    if not pictures:
        kinds = ", ".join(sorted(STILL_EXTENSIONS))
        raise InputError(f"{shown(folder)}: no pictures in this folder ({kinds}); movies are named one by one")
    return _only_sequence(pictures, where=shown(folder))


def files_of_glob(pattern: str) -> PictureFiles:
    """The one sequence among the files a wildcard matches; `InputError` where there is none, or several."""
    pictures = [path for path in map(Path, glob.glob(pattern)) if is_picture_name(path) and path.is_file()]  # noqa: PTH207
    if not pictures:
        raise InputError(f"{shown(pattern)}: matches no picture")
    return _only_sequence(pictures, where=shown(pattern))


def is_picture_name(path: Path) -> bool:
    """Whether a file is taken for a picture: by its extension, and not one of a file manager's own."""
    return path.suffix.lower() in STILL_EXTENSIONS and not path.name.startswith(".")


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise InputError(f"{shown(folder)}: {reason(error)}") from None


def _only_sequence(pictures: list[Path], *, where: str) -> PictureFiles:
    named = [_HYPHEN.sub(_STAND_IN, str(path)) for path in pictures]
    sequences = list(FileSequence.yield_sequences_in_list(named))
    if len(sequences) > 1:
        names = sorted(shown(_pattern_of(sequence)) for sequence in sequences)
        more = len(names) - _LONGEST_LIST
        text = ", ".join(names[:_LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")
        raise InputError(f"{where}: holds {len(names)} sequences, name one of them: {text}")
    sequence = sequences[0]
    if sequence.frameSet() is None:
        return PictureFiles((1,), (pictures[0],))
    return _ordered([(_number_in(path, sequence), path) for path in pictures])


def _pattern_of(sequence: FileSequence) -> str:
    """What names a sequence for `parse_pattern`; a picture without a number is named as it is."""
    number = "" if sequence.frameSet() is None else "#" * max(1, sequence.zfill())
    name = f"{sequence.dirname()}{sequence.basename()}{number}{sequence.extension()}"
    return name.replace(_STAND_IN, "-")


def _number_in(path: Path, sequence: FileSequence) -> int:
    name = _HYPHEN.sub(_STAND_IN, path.name)
    return int(name.removeprefix(str(sequence.basename())).removesuffix(str(sequence.extension())))


def _ordered(found: list[tuple[int, Path]]) -> PictureFiles:
    found.sort(key=lambda entry: entry[0])
    for (number, path), (following, other) in pairwise(found):
        if number == following:
            raise InputError(f"{shown(path)} and {shown(other.name)} have the same number; remove one")
    return PictureFiles(tuple(number for number, _ in found), tuple(path for _, path in found))
