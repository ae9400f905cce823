"""Where motion between frames comes from: searched here, or one of the stand-ins beside this module."""

from __future__ import annotations

from typing import Protocol, final, runtime_checkable

from vidstyle.ops.trust import motion_trust
from vidstyle.types import Flow, FlowEstimator, Frame, Image, Motion


class MotionSource(Protocol):
    """The motion that led from one frame to a later one."""

    @property
    def neighbors_only(self) -> bool:
        """Whether it knows no motion over more than one frame."""
        ...

    def between(self, current: Frame, previous: Frame) -> Motion:
        """The motion of `current`, of its size; `previous` is the frame before it, or one further back."""
        ...


@runtime_checkable
class PairEstimator(Protocol):
    """A `FlowEstimator` that searches both ways at once for less than two calls."""

    def both(self, current: Image, previous: Image) -> tuple[Flow, Flow]:
        """Flow from `current` to `previous`, as a call gives it, and the way back, good enough to check the first."""
        ...


@final
class SearchedMotion:
    """Motion by an estimator: flow both ways, and the trust that follows from it."""

    neighbors_only = False

    def __init__(self, flow: FlowEstimator) -> None:
        self._flow = flow

    def between(self, current: Frame, previous: Frame) -> Motion:
        """Flow to the previous frame, trusted where the way back and the pictures agree."""
        images = (current.image, previous.image)
        to_previous, to_next = both_ways(self._flow, images)
        return Motion(to_previous, motion_trust(images, to_previous, to_next))


def both_ways(flow: FlowEstimator, images: tuple[Image, Image]) -> tuple[Flow, Flow]:
    """Flow from the first image to the second, and back."""
    current, previous = images
    if isinstance(flow, PairEstimator):
        return flow.both(current, previous)
    return flow(current, previous), flow(previous, current)
