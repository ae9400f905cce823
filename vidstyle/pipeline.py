"""source -> track -> stylize -> stabilize -> finish -> sink: one direction, shot by shot.

Stages know each other by protocol only. At most a bounded number of frames is alive: each stage pulls from
the one before it, and only what a stage keeps for itself (its `Reach`) waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from queue import Queue
from threading import Event, Thread
from typing import Generic, TypeVar

from vidstyle.errors import StageError
from vidstyle.types import Frame, Image, Step, StyledStep

T = TypeVar("T")
Paint = Callable[[Iterable[T]], Iterator[Image]]

PREFETCHED = 3
"""Steps decoded and tracked ahead of the stylizer."""


def run(
    steps: Iterable[Step],
    *,
    stylize: Paint[Step],
    stabilize: Paint[StyledStep],
    finish: Paint[StyledStep],
) -> Iterator[Frame]:
    """Finished frames, one per step, in order."""
    styled = (StyledStep(step, image) for step, image in per_shot(steps, stylize, lambda step: step.shot))
    for stage in (stabilize, finish):
        styled = (StyledStep(s.step, image) for s, image in per_shot(styled, stage, lambda s: s.step.shot))
    for done in styled:
        frame = done.step.frame
        yield Frame(frame.index, frame.pts, frame.time_base, done.image)


def per_shot(items: Iterable[T], stage: Paint[T], shot_of: Callable[[T], int]) -> Iterator[tuple[T, Image]]:
    """Run a stage on every shot by itself, and pair each item with its image.

    Raises `StageError` when the stage gives more or fewer images than it got items.
    """
    for shot, group in groupby(items, shot_of):
        waiting: deque[T] = deque()
        for image in stage(_remember(group, waiting)):
            if not waiting:
                raise StageError(f"shot {shot}: a stage gave more images than it got frames")
            yield waiting.popleft(), image
        if waiting or next(group, None) is not None:
            raise StageError(f"shot {shot}: a stage gave fewer images than it got frames")


def _remember(items: Iterable[T], waiting: deque[T]) -> Iterator[T]:
    for item in items:
        waiting.append(item)
        yield item


@contextmanager
def prefetch(items: Iterator[T], depth: int = PREFETCHED) -> Iterator[Iterator[T]]:
    """Within the block, the same items, made by a thread that runs at most `depth` ahead.

    Errors of the thread are raised where the items are taken. The thread has ended when the block is left,
    however it is left.
    """
    queue: Queue[_Ahead[T]] = Queue(depth)
    stop = Event()
    thread = Thread(target=_fill, args=(queue, items, stop), name="vidstyle-prefetch")
    thread.start()
    try:
        yield _drain(queue)
    finally:
        stop.set()
        while thread.is_alive():
            _discard(queue)
            thread.join(timeout=0.01)
        if isinstance(items, Generator):
            # Files are let go here, not when memory happens to be tidied.
            items.close()


@dataclass(frozen=True, slots=True)
class _Ahead(Generic[T]):
    """One item, or the error in its place, or neither at the end."""

    items: tuple[T, ...] = ()
    error: BaseException | None = None


def _fill(queue: Queue[_Ahead[T]], items: Iterable[T], stop: Event) -> None:
    try:
        for item in items:
            queue.put(_Ahead((item,)))
            if stop.is_set():
                return
        queue.put(_Ahead())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
        queue.put(_Ahead(error=error))


def _drain(queue: Queue[_Ahead[T]]) -> Iterator[T]:
    while True:
        ahead = queue.get()
        if ahead.error is not None:
            raise ahead.error
        if not ahead.items:
            return
        yield from ahead.items


def _discard(queue: Queue[_Ahead[T]]) -> None:
    while not queue.empty():
        queue.get_nowait()
