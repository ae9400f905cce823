"""What is made of every picture of a clip, made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, final

from vidstyle.types import Image

T = TypeVar("T")


@final
class Latest(Generic[T]):
    """Of a pair of neighboring frames the earlier was the later one of the pair before: what was made of it is kept."""

    def __init__(self, make: Callable[[Image], T]) -> None:
        self._make = make
        self._latest: tuple[Image, T] | None = None

    def of_pair(self, current: Image, previous: Image) -> tuple[T, T]:
        """What is made of both, of the previous one only if it was not the current one of the call before."""
        latest = self._latest
        before = latest[1] if latest is not None and latest[0] is previous else self._make(previous)
        made = self._make(current)
        self._latest = (current, made)
        return made, before
