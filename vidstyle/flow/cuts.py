"""Where shots begin.

A rule sees a short, fixed neighborhood of the frame in question and nothing else, so it decides alike wherever
a run starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Protocol, final

import torch

from vidstyle.ops.filters import BINOMIAL_3, blur, shrink
from vidstyle.types import Frame, Image, Mask, Motion, Reach


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of a frame, and of the step that led to it, when shots are told apart."""

    index: int
    """The frame's absolute number."""
    time: Fraction
    """Seconds."""
    thumbnail: Image
    """The frame in about 32 cells along its longer side, slightly blurred."""
    consistent: float
    """Share of the frame that the motion from the previous frame explains, 0 .. 1; 1 for the run's first frame."""


class CutRule(Protocol):
    """Decides which frames open a shot."""

    @property
    def reach(self) -> Reach:
        """How many frames before and after the one in question the rule looks at."""
        ...

    def opens_shot(self, neighborhood: Sequence[Evidence], at: int) -> bool:
        """Whether ``neighborhood[at]`` opens a shot.

        The neighborhood holds the frames of `reach` around it, fewer at the ends of the run; ``at >= 1``.
        """
        ...


def evidence_of(frame: Frame, motion: Motion | None) -> Evidence:
    """The evidence of a frame and the motion from the one before it."""
    height, width = frame.image.shape[-2:]
    cells = shrink(frame.image, max(1, -(-max(height, width) // 32)))
    consistent = 1.0 if motion is None else _consistent_share(motion.trust)
    return Evidence(frame.index, frame.time, blur(cells, BINOMIAL_3), consistent)


def _consistent_share(trust: Mask) -> float:
    return float((trust > 0.5).float().mean())


@final
class NoCuts:
    """The clip is one shot."""

    reach = Reach()

    def opens_shot(self, neighborhood: Sequence[Evidence], at: int) -> bool:
        """Never."""
        return False


@final
class FileCuts:
    """Shots begin at the given frame indices."""

    reach = Reach()

    def __init__(self, indices: Iterable[int]) -> None:
        self._indices = frozenset(indices)

    def opens_shot(self, neighborhood: Sequence[Evidence], at: int) -> bool:
        """Whether the frame's index was given."""
        return neighborhood[at].index in self._indices


@final
class AutoCuts:
    """Finds hard cuts and gaps in time; pans, flicker and flashes are none.

    A hard cut is a step that motion does not explain (`consistent` below `_LEAST_CONSISTENT`), across which the
    picture changes by more than `_LEAST_CHANGE` and more than `_STANDS_OUT` times the median of the two steps on
    either side, so that neither a fast pan nor a flickering lamp counts. A flash passes: the frames on both of
    its sides resemble each other. So does a picture that comes back after one frame.
    """

    # The frame before the neighboring steps begins, and the one at which they end.
    reach = Reach(before=3, after=2)

    def opens_shot(self, neighborhood: Sequence[Evidence], at: int) -> bool:
        """Whether a hard cut or a gap in time lies before ``neighborhood[at]``."""
        return _gap(neighborhood, at) or _hard_cut(neighborhood, at)


_LEAST_CONSISTENT = 0.5
"""Share of the frame that motion must explain within a shot. Measured over six real clips, 1880 frames: at least
0.78 inside shots, at most 0.02 across cuts."""

_LEAST_CHANGE = 0.03
"""Mean change of the thumbnails, as a share of the range, below which nothing is called a cut."""

_STANDS_OUT = 2.0
"""How many times larger than its neighbors a change must be: PySceneDetect's adaptive detector asks for 3 on
scores that motion raises; flow has explained most of the motion here."""

_RETURNS = 0.6
"""A picture counts as come back after one frame when it differs from the one before by less than this share of
the change in question; 1 for unrelated pictures, near 0 after a flash."""

_LONGEST_INTERVAL = 3
"""Intervals between frames beyond this multiple of the local median interval are gaps."""


def _gap(neighborhood: Sequence[Evidence], at: int) -> bool:
    times = [item.time for item in neighborhood]
    intervals = [later - earlier for earlier, later in pairwise(times)]
    own = intervals.pop(at - 1)
    return bool(intervals) and own > _LONGEST_INTERVAL * median(intervals) > 0


def _hard_cut(neighborhood: Sequence[Evidence], at: int) -> bool:
    if neighborhood[at].consistent >= _LEAST_CONSISTENT:
        return False
    change = _change(neighborhood, at - 1, at)
    others = [_change(neighborhood, i - 1, i) for i in range(1, len(neighborhood)) if i != at]
    if change < _LEAST_CHANGE or (others and change < _STANDS_OUT * median(others)):
        return False
    # A flash is at `at` if its neighbors resemble each other, and at `at - 1` if theirs do.
    around = [(at - 1, at + 1), (at - 2, at)]
    sides = [(a, b) for a, b in around if a >= 0 and b < len(neighborhood)]
    return all(_change(neighborhood, a, b) >= _RETURNS * change for a, b in sides)


def _change(neighborhood: Sequence[Evidence], one: int, other: int) -> float:
    return float(torch.mean((neighborhood[one].thumbnail - neighborhood[other].thumbnail).abs()))
