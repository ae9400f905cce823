"""Every error that vidstyle raises on purpose.

::

    VidstyleError            exit 1
      UsageError             exit 2   an option, name, value or preset is not acceptable
      InputError             exit 3   the input cannot be opened, understood or used
      DamagedInputError      exit 4   finished, but the input was damaged or short and --strict was given
      OutputError            exit 5   exists already, not writable, disk full, encoder refuses
      WeightsError           exit 6   missing, damaged or of the wrong kind
      DeviceError            exit 7   absent, or out of memory
      LimitError             exit 8   measured, but a figure is beyond a limit that the user set
      StageError             exit 1   a method broke its promise: a bug

A message is one line: what, where, what would be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class VidstyleError(Exception):
    """Root of the tree."""

    exit_code: ClassVar[int] = 1


class UsageError(VidstyleError, ValueError):
    """An option, name, value or preset is not acceptable."""

    exit_code = 2


class InputError(VidstyleError):
    """The input is missing, unreadable, empty, not a picture, or over a limit."""

    exit_code = 3


class DamagedInputError(VidstyleError):
    """The run finished, but the input was damaged or short and the user asked to be strict."""

    exit_code = 4


class OutputError(VidstyleError):
    """The output exists already, cannot be written, or the encoder refuses it."""

    exit_code = 5


class WeightsError(VidstyleError):
    """Trained weights are missing, damaged or of the wrong kind."""

    exit_code = 6


class DeviceError(VidstyleError):
    """The asked-for device is absent or out of memory."""

    exit_code = 7


class LimitError(VidstyleError):
    """The measurement is done, but a figure is beyond a limit that the user set."""

    exit_code = 8


class StageError(VidstyleError):
    """A method broke the promise of its protocol."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """A tail for an error message that names the nearest known word, or all of them.

    >>> suggestion("strenght", ["strength", "seed"])
    "did you mean 'strength'?"
    >>> suggestion("xyz", ["strength", "seed"])
    'known: seed, strength'
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
