"""Bounded memory without a seam: chains that start at absolute frame indices, each fading into the next."""

from __future__ import annotations

from dataclasses import dataclass

from vidstyle.errors import UsageError
from vidstyle.types import Reach


@dataclass(frozen=True, slots=True)
class Relay:
    """When chains of memory start and how much each shows.

    One starts at every shot, and one `fade` frames before each multiple of `interval` of the absolute frame
    index; there it fades in, and the one before ends. So what a frame depends on does not depend on where a
    run began. `UsageError` when the fade is longer than the interval.
    """

    interval: int
    fade: int

    def __post_init__(self) -> None:
        if self.fade > self.interval:
            raise UsageError(f"fade: {self.fade} frames do not fit into an interval of {self.interval}")

    @property
    def reach(self) -> Reach:
        """From the last frame of an interval back to where its chain started."""
        return Reach(before=self.interval + self.fade - 1)

    def number(self, index: int) -> int:
        """Which chain is the newest at a frame.

        >>> [Relay(8, 2).number(index) for index in (0, 5, 6, 13, 14)]
        [0, 0, 1, 1, 2]
        """
        return (index + self.fade) // self.interval

    def weight(self, index: int) -> float:
        """How much of the newest chain shows: a little where it starts, 1 from its multiple of `interval` on.

        >>> [Relay(8, 3).weight(index) for index in (4, 5, 6, 7, 8, 9)]
        [1.0, 0.25, 0.5, 0.75, 1.0, 1.0]
        """
        start = self.number(index) * self.interval - self.fade
        return min(1.0, (index - start + 1) / (self.fade + 1))
