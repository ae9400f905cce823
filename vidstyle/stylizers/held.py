"""Painting frame by frame, on what is held of the shot's last frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch

from vidstyle.device import Compute
from vidstyle.types import Frame, Image, Step

Held = TypeVar("Held")


def paint_frames(
    shot: Iterable[Step], paint: Callable[[Frame, deque[Held]], Image], *, hold: int, compute: Compute
) -> Iterator[Image]:
    """One image per step: `paint` of its frame, with a window to which it adds what it keeps of the frame.

    The window forgets all but the last `hold` entries, and is new for every shot.
    """
    window: deque[Held] = deque(maxlen=hold)
    for step in shot:
        # Both modes end before the image is handed on: a generator would lend them to whoever pulls from it.
        with torch.no_grad(), compute.autocast():
            painted = paint(step.frame, window)
        yield painted
