"""source -> track -> stylize -> stabilize -> finish -> sink: one direction, shot by shot.

Stages know each other by protocol only. At most a bounded number of frames is alive: each stage pulls from
the one before it, and only what a stage keeps for itself (its `Reach`) waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice, starmap
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

from vidstyle.errors import StageError
from vidstyle.types import Frame, Image, Step, StyledStep

T = TypeVar("T")
Paint = Callable[[Iterable[T]], Iterator[Image]]

PREFETCHED = 3
"""Steps decoded and tracked ahead of the stylizer."""
PREFETCHED_PIXELS = 2**23
"""Of the same, together: at 4K one step is read ahead, which keeps both sides busy as well and takes 0.2 GB less."""


def run(
    steps: Iterable[Step],
    *,
    stylize: Paint[Step],
    stabilize: Paint[StyledStep],
    finish: Paint[StyledStep],
) -> Iterator[Frame]:
    """Finished frames, one per step, in order."""
    styled = starmap(StyledStep, per_shot(steps, stylize, lambda step: step.shot))
    for stage in (stabilize, finish):
        styled = starmap(_in_place, per_shot(styled, stage, lambda styled: styled.step.shot))
    return map(_finished, styled)


def _in_place(styled: StyledStep, image: Image) -> StyledStep:
    return StyledStep(styled.step, image)


def _finished(styled: StyledStep) -> Frame:
    frame = styled.step.frame
    return Frame(frame.index, frame.pts, frame.time_base, styled.image)


def per_shot(items: Iterable[T], stage: Paint[T], shot_of: Callable[[T], int]) -> Iterator[tuple[T, Image]]:
    """Run a stage on every shot by itself, and pair each item with its image.

    Raises `StageError` when the stage gives more or fewer images than it got items. Holds no image of its own: here and
    in the stages that only hand on, `map` stands for a loop, whose variable would keep a frame while the next is
    painted (0.2 GB at 4K).
    """
    for shot, group in groupby(items, shot_of):
        yield from _paired(group, stage, shot)


def _paired(items: Iterator[T], stage: Paint[T], shot: int) -> Iterator[tuple[T, Image]]:
    waiting: deque[T] = deque()

    def pair(image: Image) -> tuple[T, Image]:
        if not waiting:
            raise StageError(f"shot {shot}: a stage gave more images than it got frames")
        return waiting.popleft(), image

    yield from map(pair, stage(_remember(items, waiting)))
    if waiting or next(items, None) is not None:
        raise StageError(f"shot {shot}: a stage gave fewer images than it got frames")


def _remember(items: Iterable[T], waiting: deque[T]) -> Iterator[T]:
    def noted(item: T) -> T:
        waiting.append(item)
        return item

    return map(noted, items)


def steps_ahead(pixels: int) -> int:
    """How many steps of so many pixels are read ahead.

    >>> steps_ahead(1920 * 1080), steps_ahead(3840 * 2160), steps_ahead(7680 * 4320)
    (3, 1, 1)
    """
    return min(PREFETCHED, max(1, PREFETCHED_PIXELS // pixels))


@contextmanager
def prefetch(items: Iterator[T], depth: int = PREFETCHED) -> Iterator[Iterator[T]]:
    """Within the block, the same items, made by a thread that runs at most `depth` ahead.

    Errors of the thread are raised where the items are taken. The thread has ended when the block is left,
    however it is left.
    """
    ahead = _Ahead[T](depth)
    thread = Thread(target=ahead.fill, args=(items,), name="vidstyle-prefetch")
    thread.start()
    try:
        yield ahead.drain()
    finally:
        ahead.stop()
        thread.join()
        if isinstance(items, Generator):
            # Files are let go here, not when memory happens to be tidied.
            items.close()


class _Ahead(Generic[T]):
    """What a thread has made and nobody has taken yet; no more than `depth` items, the one in the making among them."""

    def __init__(self, depth: int) -> None:
        self._made: SimpleQueue[_Made[T]] = SimpleQueue()
        self._room = Semaphore(depth)
        self._stopped = False

    def fill(self, items: Iterator[T]) -> None:
        """Make the items one by one, each when there is room."""
        try:
            while self._has_room():
                made = [*islice(items, 1)]
                self._made.put(_Made(tuple(made)))
                if not made:
                    return
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            self._made.put(_Made(error=error))

    def _has_room(self) -> bool:
        self._room.acquire()
        return not self._stopped

    def drain(self) -> Iterator[T]:
        """The items; raises the error of the one that could not be made."""
        while True:
            made = self._made.get()
            if made.error is not None:
                raise made.error
            if not made.items:
                return
            self._room.release()
            yield from made.items

    def stop(self) -> None:
        """Let `fill` return after the item in the making."""
        self._stopped = True
        self._room.release()


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    """One item, or the error in its place, or neither at the end."""

    items: tuple[T, ...] = ()
    error: BaseException | None = None
