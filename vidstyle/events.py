"""What a run reports while it works. Observers (progress bar, plain lines, JSON) turn events into text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

SCHEMA = 1
"""Version of the JSON form; raised when a field changes its meaning or goes away."""


@dataclass(frozen=True, slots=True)
class Started:
    """The job is checked and opened; frames follow."""

    input: str
    output: str
    width: int
    height: int
    frames: int | None
    """Frames to write; None when not known."""
    estimated: bool = False
    """Whether `frames` is only what a header claims."""


@dataclass(frozen=True, slots=True)
class FrameDone:
    """A frame has been handed to the encoder."""

    number: int
    """The frame's number as users count it."""
    done: int
    """How many frames are written so far."""


@dataclass(frozen=True, slots=True)
class CutFound:
    """A shot begins."""

    number: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know that does not stop the run."""

    message: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The output is complete under its final name."""

    output: str
    frames: int
    seconds: float
    cuts: int = 0
    warnings: tuple[str, ...] = field(default=())

    @property
    def frames_per_second(self) -> float:
        """Mean speed over the whole run, start-up included."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0


Event: TypeAlias = Started | FrameDone | CutFound | Warned | Finished
Observer: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The observer that does nothing."""


def as_record(event: Event) -> dict[str, Any]:
    """The event as a JSON-able mapping.

    >>> as_record(CutFound(number=41))
    {'event': 'cut_found', 'schema': 1, 'number': 41}
    """
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(event).__name__).lstrip("_")
    return {"event": words, "schema": SCHEMA, **asdict(event)}
