"""Painting a shot as chains, in which every frame is painted after the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch

from vidstyle.ops.detail import restore_detail
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.relay import Relay
from vidstyle.ops.warp import warp
from vidstyle.types import Frame, Image, Mask, Motion, Step

FIRM = 0.5
"""Trust from which a frame starts from the moved one alone. It is below 1 on a quarter of a sound clip's pixels, and
a mean of two paintings has flat strokes: 4 percent of the detail was lost at every frame (measured with `gatys`)."""

DETAIL = 1.08
"""Share of the finest detail that a moved frame is given back: at 1.03 a move costs nothing, and what comes into view
and is still flat costs the rest (measured with `gatys`)."""

Solve = Callable[[Frame], Image]
"""A frame painted by itself."""

Follow = Callable[[Image, Frame, Motion], Image]
"""A frame painted after the painted one before it, and the motion between the two."""


def paint_chains(shot: Iterable[Step], relay: Relay, *, solve: Solve, follow: Follow) -> Iterator[Image]:
    """One image per step: `solve` where a chain starts, `follow` from there on, two chains dissolved where they meet.

    Depends on `relay.reach` frames and no more, so a run that starts anywhere gives the same bytes.
    """
    chains: tuple[Image, ...] = ()
    before: int | None = None
    for step in shot:
        frame, motion, number = step.frame, step.motion, relay.number(step.frame.index)
        chains = () if motion is None else tuple(follow(painted, frame, motion) for painted in chains)
        if not chains or number != before:
            chains = (*chains[-1:], solve(frame))
        weight = relay.weight(frame.index) if len(chains) > 1 else 1.0
        # A copy: the taker may change it.
        yield dissolve(chains[0], chains[-1], weight)
        chains = chains[-1:] if weight >= 1 else chains
        before = number


def carried(painted: Image, motion: Motion) -> Image:
    """The painted frame before this one, moved along: sampled between pixels again and again, strokes would fade."""
    flow = motion.to_previous
    whole = warp(painted, flow.round())
    # By whole pixels nothing is lost, and nothing is given back.
    share = 1.0 if torch.equal(flow, flow.round()) else DETAIL
    return restore_detail(warp(painted, flow, "sharp"), whole, share).clamp_(0, 1)


def start_between(fresh: Image, moved: Image, trust: Mask) -> Image:
    """What a frame that follows another starts from: the moved one where it is trusted, else the fresh one."""
    return fresh.lerp(moved, (trust / FIRM).clamp(max=1))
