"""Painting a shot as chains, in which every frame is painted after the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from vidstyle.ops.color import color_moments, match_colors
from vidstyle.ops.detail import restore_detail
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.metrics import mean_gradient
from vidstyle.ops.relay import Relay
from vidstyle.ops.warp import warp
from vidstyle.types import Frame, Image, Motion, Step

NEARLY_RIGHT = 0.1
"""Boldness for a frame that starts from the one before: a bolder first step is taken back (measured on two clips)."""

FIRM = 0.5
"""Trust from which a frame starts from the moved one alone. It is below 1 on a quarter of a sound clip's pixels, and
a mean of two paintings has flat strokes: 4 percent of the detail was lost at every frame (measured on bedroom)."""

REST = 10.0
"""Detail to give back beyond what `restore_detail` sees, per share of the gradients that it leaves out. 2.3 makes up
for the move itself, 1 to 2 percent a frame; the rest is for what comes into view and is still flat, and for the grain
that more steps take out: with 6, five frames of `gatys` on bedroom kept 0.955 of it, with 10 they keep 0.964."""

MOST_REST = 0.15
"""Bound of that, so that no frame is sharpened with a jolt."""

MEETING = 0.6
"""Share of its steps that a chain takes while another fades into it: both together take a fifth of a frame painted by
itself, one alone a seventh (measured with `gatys` on three clips)."""

Solve = Callable[[Frame], Image]
"""A frame painted by itself."""


class Follow(Protocol):
    """A frame painted after the painted one before it, and the motion between the two."""

    def __call__(self, painted: Image, frame: Frame, motion: Motion, *, effort: float) -> Image:
        """The painted frame, in this share of the steps that it takes otherwise."""
        ...


class Lead(NamedTuple):
    """What a frame that follows another one starts from."""

    start: Image
    """The moved image where that is trusted, else the fresh one."""
    fresh: Image
    """The content in the painting's colors."""
    moved: Image
    """The painted frame before, moved along."""


def paint_chains(shot: Iterable[Step], relay: Relay, *, solve: Solve, follow: Follow) -> Iterator[Image]:
    """One image per step: `solve` where a chain starts, `follow` from there on, two chains dissolved where they meet.

    Depends on `relay.reach` frames and no more, so a run that starts anywhere gives the same bytes.
    """
    chains: tuple[Image, ...] = ()
    before: int | None = None
    for step in shot:
        frame, motion, number = step.frame, step.motion, relay.number(step.frame.index)
        weight = relay.weight(frame.index)
        # By the index alone: whether another chain is there depends on where a run began.
        effort = 1.0 if weight == 1 else MEETING
        # Where the newest alone shows, the one before it has ended.
        chains = chains[-1:] if weight == 1 else chains
        chains = () if motion is None else tuple(follow(old, frame, motion, effort=effort) for old in chains)
        if not chains or number != before:
            chains = (*chains[-1:], solve(frame))
        # A copy: the taker may change it.
        yield dissolve(chains[0], chains[-1], weight if len(chains) > 1 else 1.0)
        before = number


def lead(painted: Image, content: Image, motion: Motion) -> Lead:
    """From the painted frame before this one, moved along; from the content where that is not known."""
    moved = carried(painted, motion)
    # In the painting's colors, what comes into view is nearly right before the first step.
    fresh = match_colors(content, color_moments(content), color_moments(moved))
    return Lead(fresh.lerp(moved, (motion.trust / FIRM).clamp(max=1)), fresh, moved)


def carried(painted: Image, motion: Motion) -> Image:
    """A painted frame, moved along: sampled between pixels again and again, strokes would fade."""
    whole = warp(painted, motion.to_previous.round())
    between = warp(painted, motion.to_previous, "sharp")
    wanted = mean_gradient(whole)
    lost = 1 - mean_gradient(restore_detail(between, whole, 1.0)) / wanted if wanted else 0.0
    return restore_detail(between, whole, 1 + min(MOST_REST, REST * max(lost, 0.0))).clamp_(0, 1)
