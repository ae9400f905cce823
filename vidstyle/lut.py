"""The global color of a look as a table, for players and editors that read ``.cube`` files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.device import Compute
from vidstyle.errors import UsageError
from vidstyle.presets import Look
from vidstyle.preview import spread_frames
from vidstyle.registry import all_methods, find_method
from vidstyle.stages import load_stylizer, output_size
from vidstyle.types import FrameSource, Image

if TYPE_CHECKING:
    from torch import Tensor

FRAMES = 24
"""Frames, evenly spread over the clip, whose colors stand for it."""

POINTS = 33
"""Of a table along each axis: what most players and editors take."""


@runtime_checkable
class HasColorMap(Protocol):
    """A stylizer part of whose work is one map of colors for the whole picture."""

    def color_map(self, images: Iterable[Image]) -> Callable[[Tensor], Tensor]:
        """The map of colors ``(3, N)`` for a shot of these images; not clamped."""
        ...


def color_table(source: FrameSource, look: Look, *, compute: Compute, points: int = POINTS) -> Tensor:
    """The table of a look over a clip, ``(3, points, points, points)`` on the CPU, red fastest.

    `UsageError` for a look that is not a map of colors alone.
    """
    from vidstyle.ops.lut import tabulate

    require_color_map(look)
    stylizer = cast(HasColorMap, load_stylizer(look, size=output_size(source.info, None), compute=compute))
    images = (frame.image.to(compute.device) for frame in spread_frames(source, FRAMES))
    return tabulate(stylizer.color_map(images), points)


def require_color_map(look: Look) -> None:
    """`UsageError` unless the look's stylizer has a map of colors and nothing goes over it."""
    method = find_method(Stage.STYLIZER, look.stylizer.method)
    if not method.maps_color:
        raise UsageError(f"--method {more_than_a_table(method)}")
    if look.keys:
        raise UsageError(f"@{look.keys[0].at.text}: a table cannot change over time; leave times out")
    if look.style.keep_color != "none":
        raise UsageError(
            f"--keep-color {look.style.keep_color}: a table cannot keep the content's colors; take --keep-color none"
        )


def more_than_a_table(method: MethodSpec) -> str:
    """What is wrong with a method of which no table can be made."""
    known = ", ".join(spec.name for spec in all_methods(Stage.STYLIZER) if spec.maps_color)
    return f"{method.name} paints more than a table of colors can hold; methods that fit: {known}"
