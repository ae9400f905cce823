"""What happens to a painted image whatever the method: the content's colors kept, the mask applied."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vidstyle.types import Image, Mask, Reach, StyledStep

if TYPE_CHECKING:
    from vidstyle.ops.color import ColorMoments

WINDOW = 24
"""Frames whose colors are averaged for ``match``: a second of film, so that nothing pumps."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The last stage before the sink."""

    keep_color: str = "none"
    """``none``, ``luminance`` or ``match``."""
    mask: Callable[[int], Mask] | None = None
    """The mask of a frame index, of the frame's size; 1 = painted."""

    @property
    def reach(self) -> Reach:
        """The window of ``match``; the others look at one frame."""
        return Reach(before=WINDOW - 1 if self.keep_color == "match" else 0)

    def apply(self, shot: Iterable[StyledStep]) -> Iterator[Image]:
        """One finished image per step."""
        window: deque[tuple[ColorMoments, ColorMoments]] = deque(maxlen=WINDOW)
        return map(partial(self._finished, window), shot)

    def _finished(self, window: deque[tuple[ColorMoments, ColorMoments]], styled: StyledStep) -> Image:
        content = styled.step.frame.image
        image = self._colored(content, styled.image, window)
        return image if self.mask is None else content.lerp(image, self.mask(styled.step.frame.index))

    def _colored(self, content: Image, painted: Image, window: deque[tuple[ColorMoments, ColorMoments]]) -> Image:
        from vidstyle.ops.color import color_moments, match_colors, mixed_moments, with_luminance_of

        if self.keep_color == "luminance":
            return with_luminance_of(content, painted)
        if self.keep_color == "match":
            window.append((color_moments(painted), color_moments(content)))
            even = [1 / len(window)] * len(window)
            source, target = (mixed_moments(moments, even) for moments in zip(*window, strict=True))
            return match_colors(painted, source, target)
        return painted
