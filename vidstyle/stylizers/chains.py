"""Painting a shot as chains, in which every frame is painted after the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from vidstyle.ops.color import color_moments, match_colors
from vidstyle.ops.detail import restore_detail
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.metrics import mean_gradient
from vidstyle.ops.relay import Relay
from vidstyle.ops.trust import closest_first
from vidstyle.ops.warp import warp
from vidstyle.types import Frame, Image, Mask, Motion, Step

NEARLY_RIGHT = 0.1
"""Boldness for a frame that starts from the one before: a bolder first step is taken back (measured on two clips)."""

FIRM = 0.5
"""Trust from which a frame starts from a moved one alone. It is below 1 on a quarter of a sound clip's pixels, and
a mean of two paintings has flat strokes: 4 percent of the detail was lost at every frame (measured on bedroom)."""

REST = 10.0
"""Detail to give back beyond what `restore_detail` sees, per share of the gradients that it leaves out. 2.3 makes up
for the move itself, 1 to 2 percent a frame; the rest is for what comes into view and is still flat, and for the grain
that more steps take out: with 6, five frames of `gatys` on bedroom kept 0.955 of it, with 10 they keep 0.964."""

MOST_REST = 0.15
"""Bound of that, so that no frame is sharpened with a jolt."""

PULL = 3.0
"""Detail to give back, per share of its first frame's gradients that a chain has lost by then. Frames of a shot that
are painted by themselves all have the same: within 0.6 percent, 48 frames apart (six cases, `gatys`)."""

REPAINTED = 0.15
"""Loss that is none any more, but another style or strength: from there on nothing is pulled back."""

MEETING = 0.6
"""Share of its steps that a chain takes while another fades into it: both together take a fifth of a frame painted by
itself, one alone a seventh (measured with `gatys` on three clips)."""

SMALLEST = 1e-6
"""Sum of weights that counts as none: what is divided by it is 0."""

Solve = Callable[[Frame], Image]
"""A frame painted by itself."""


class Chain(NamedTuple):
    """What is remembered of a chain."""

    painted: tuple[Image, ...]
    """Its frames, the latest first, as far back as it is looked."""
    sharpness: float
    """Mean gradient of its first frame."""


class Past(NamedTuple):
    """A painted frame of the past, and the motion from there to the frame that is to be painted."""

    painted: Image
    motion: Motion
    sharpness: float = 0.0
    """Mean gradient that it is to have, if it has nearly that."""


class Follow(Protocol):
    """A frame painted after earlier painted ones of its chain: the one before it, and others further back."""

    def __call__(self, pasts: Sequence[Past], frame: Frame, *, effort: float) -> Image:
        """The painted frame, in this share of the steps that it takes otherwise; the nearest past is the first."""
        ...


class Lead(NamedTuple):
    """What a frame that follows others starts from, and what it is held to."""

    start: Image
    """The nearest moved image that is trusted, else the fresh one."""
    fresh: Image
    """The content in the painting's colors."""
    moved: Image
    """The painted frame before, moved along; where it is not trusted, those further back."""
    trust: Mask
    """In `moved`."""


def paint_chains(
    shot: Iterable[Step], relay: Relay, *, solve: Solve, follow: Follow, memory: int = 1
) -> Iterator[Image]:
    """One image per step: `solve` where a chain starts, `follow` from there on, two chains dissolved where they meet.

    A chain remembers `memory` frames, for steps with motion that leads so far back. It looks at none from before its
    start, so an image depends on `relay.reach` frames and no more, and a run that starts anywhere gives the same bytes.
    """
    chains: tuple[Chain, ...] = ()
    before: int | None = None
    for step in shot:
        frame, number = step.frame, relay.number(step.frame.index)
        weight = relay.weight(frame.index)
        # By the index alone: whether another chain is there depends on where a run began.
        effort = 1.0 if weight == 1 else MEETING
        # Where the newest alone shows, the one before it has ended.
        chains = chains[-1:] if weight == 1 else chains
        chains = tuple(
            Chain((follow(pasts, frame, effort=effort), *chain.painted[: memory - 1]), chain.sharpness)
            for chain in chains
            if (pasts := _pasts(chain, step))
        )
        if not chains or number != before:
            first = solve(frame)
            chains = (*chains[-1:], Chain((first,), mean_gradient(first)))
        # A copy: the taker may change it.
        yield dissolve(chains[0].painted[0], chains[-1].painted[0], weight if len(chains) > 1 else 1.0)
        before = number


def _pasts(chain: Chain, step: Step) -> list[Past]:
    """What a chain remembers that a step's motion leads to, the nearest first; nothing where a shot opens."""
    if step.motion is None:
        return []
    motions = {1: step.motion, **{back: step.earlier[back] for back in sorted(step.earlier)}}
    known = {back: motion for back, motion in motions.items() if back <= len(chain.painted)}
    return [Past(chain.painted[back - 1], motion, chain.sharpness) for back, motion in known.items()]


def lead(pasts: Sequence[Past], content: Image) -> Lead:
    """From earlier painted frames, moved along, the nearest that is trusted; from the content where none is.

    `Lead.moved` and `Lead.trust` stand for all of them: ``sum of c_j (x - w_j)^2``, with the weights of
    `closest_first`, is ``c (x - w)^2`` and something that no x changes, where c is the sum of the weights and w the
    mean by them. Ruder et al. (2016), eq. 9.
    """
    images = [carried(past) for past in pasts]
    # In the painting's colors, what comes into view is nearly right before the first step.
    fresh = match_colors(content, color_moments(content), color_moments(images[0]))
    start = fresh
    for image, past in reversed([*zip(images, pasts, strict=True)]):
        start = start.lerp(image, (past.motion.trust / FIRM).clamp(max=1))
    return Lead(start, fresh, *_weighed(images, closest_first([past.motion.trust for past in pasts])))


def _weighed(images: Sequence[Image], weights: Sequence[Mask]) -> tuple[Image, Mask]:
    """The mean of images by their weights, and the sum of these; where all are 0, the first image."""
    mean, total = images[0], weights[0]
    for image, weight in zip(images[1:], weights[1:], strict=True):
        total = total + weight
        mean = mean.lerp(image, weight / total.clamp_min(SMALLEST))
    return mean, total


def carried(past: Past) -> Image:
    """A painted frame, moved along: sampled between pixels again and again, strokes would fade."""
    painted, flow = past.painted, past.motion.to_previous
    whole = warp(painted, flow.round())
    between = warp(painted, flow, "sharp")
    lost = _lost(mean_gradient(restore_detail(between, whole, 1.0)), mean_gradient(whole))
    faded = _lost(mean_gradient(painted), past.sharpness)
    rest = REST * lost + PULL * faded * max(0.0, 1 - faded / REPAINTED)
    return restore_detail(between, whole, 1 + min(MOST_REST, rest)).clamp_(0, 1)


def _lost(there: float, wanted: float) -> float:
    """Which share is not there of what is wanted."""
    return max(0.0, 1 - there / wanted) if wanted else 0.0
