"""Which frames of several clips belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import final

from vidstyle.measuring.figures import Clip
from vidstyle.numbering import format_numbers
from vidstyle.types import Frame, FrameSource


@final
class Pairing:
    """Frames side by side: by number where every clip is a numbered sequence, else by order.

    So a stretch of a sequence that was rendered alone meets its own content.
    """

    def __init__(self, sources: Mapping[Clip, FrameSource]) -> None:
        self._sources = sources
        numbers = [source.info.numbers for source in sources.values()]
        self._common = sorted(set.intersection(*map(set, numbers))) if all(numbers) else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Numbers that not every clip has, one line for each clip that has more."""
        if self._common is None:
            return ()
        more = {clip: set(source.info.numbers).difference(self._common) for clip, source in self._sources.items()}
        return tuple(
            f"{self._sources[clip].info.path}: frames {format_numbers(numbers)} have no partner and are not measured"
            for clip, numbers in more.items()
            if numbers
        )

    def passes(self) -> dict[Clip, Iterator[Frame]]:
        """The frames of every clip, those that belong together at the same place; one clip may go on longer."""
        return {clip: self._frames(clip) for clip in self._sources}

    def index(self, clip: Clip, of_content: int) -> int:
        """The index in a clip of the frame that belongs to a frame of the content."""
        if self._common is None:
            return of_content
        number = self._sources[Clip.CONTENT].info.numbers[of_content]
        return self._sources[clip].info.numbers.index(number)

    def _frames(self, clip: Clip) -> Iterator[Frame]:
        source = self._sources[clip]
        if self._common is None:
            return source.frames()
        indices = (source.info.numbers.index(number) for number in self._common)
        return chain.from_iterable(source.frames(index, index + 1) for index in indices)
