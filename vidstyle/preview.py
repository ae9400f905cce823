"""A contact sheet: a few frames of a clip down, the original and every look across.

Frames are painted at the size of the run and scaled down afterwards, because strokes painted on a small
picture are not small pictures of strokes. They are painted one by one, without what stabilizes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.finish import Finish
from vidstyle.presets import Look
from vidstyle.types import ClipInfo, Frame, FrameSource, Image, Step, StyledStep

if TYPE_CHECKING:
    import torch

CELL = 480
"""Largest width of a cell in pixels: four across fit on a screen."""
GAP = 4
"""Pixels between cells."""
HEADER = 24
"""Pixels above the cells for the columns' names."""
PAPER = 0.12
"""Gray of the sheet."""


@dataclass(frozen=True, slots=True)
class Column:
    """A look and what stands above it."""

    label: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSettings:
    """How a sheet is made."""

    rows: int = 3
    """Frames, evenly spread over the clip."""
    size: int | None = None
    """Longest side in pixels at which frames are painted; None for the clip's own."""
    cell: int = CELL
    """Largest width of a cell in pixels."""


def preview(source: FrameSource, columns: Sequence[Column], *, settings: SheetSettings, compute: Compute) -> Image:
    """The contact sheet of a clip, on the CPU; `InputError` where no frame of it can be read."""
    from vidstyle.ops.resize import resize
    from vidstyle.stages import output_size

    size = output_size(source.info, settings.size)
    frames = [
        Frame(f.index, f.pts, f.time_base, resize(f.image.to(compute.device), size))
        for f in spread_frames(source, settings.rows)
    ]
    cell = cell_size(source.info, size, settings.cell)
    names = ["original", *(column.label for column in columns)]
    originals = [_original(frame, source.info, cell) for frame in frames]
    painted = [
        [resize(image, cell).cpu() for image in paint(frames, column.look, compute, clip=source.info)]
        for column in columns
    ]
    return _sheet(names, [originals, *painted])


def spread_frames(source: FrameSource, count: int) -> Iterator[Frame]:
    """At most `count` frames, evenly spread, none at the very ends; fewer where the clip is shorter than it claims."""
    length = len(source.info.numbers) or source.info.frame_count_from_header or _counted(source)
    indices = sorted({(2 * place + 1) * length // (2 * count) for place in range(count)})
    found = chain.from_iterable(source.frames(index, index + 1) for index in indices)
    first = next(found, None) or next(iter(source.frames(0, 1)), None)
    if first is None:
        raise InputError(f"{source.info.path}: no frames to show")
    return chain([first], found)


def _counted(source: FrameSource) -> int:
    return sum(1 for _ in source.frames())


def cell_size(info: ClipInfo, size: tuple[int, int], widest: int) -> tuple[int, int]:
    """Height and width of a cell, as the clip is seen: its pixels may not be square."""
    height, width = size[0], size[1] * float(info.pixel_aspect)
    factor = min(1.0, widest / width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def paint(frames: Sequence[Frame], look: Look, compute: Compute, *, clip: ClipInfo) -> Iterator[Image]:
    """Each frame of a clip as a shot of its own, painted and finished."""
    from vidstyle.stages import load_stylizer

    height, width = frames[0].image.shape[1:]
    stylizer = load_stylizer(look, size=(height, width), compute=compute, clip=clip)
    finish = Finish(look.style.keep_color)
    for shot, frame in enumerate(frames):
        step = Step(frame, None, shot)
        for image in stylizer.stylize([step]):
            yield from finish.apply([StyledStep(step, image)])


def _original(frame: Frame, info: ClipInfo, cell: tuple[int, int]) -> Image:
    from vidstyle.ops.resize import resize
    from vidstyle.video.labels import draw_label

    return draw_label(resize(frame.image, cell).cpu(), f"frame {info.number_of(frame.index)}")


def _sheet(names: Sequence[str], columns: Sequence[Sequence[Image]]) -> Image:
    import torch

    from vidstyle.video.labels import draw_label

    strips = []
    for name, cells in zip(names, columns, strict=True):
        width = cells[0].shape[2]
        header = draw_label(_paper(HEADER, width), name)
        parts = [header, *chain.from_iterable((cell, _paper(GAP, width)) for cell in cells)]
        strips.append(torch.cat(parts, 1))
    gap = _paper(strips[0].shape[1], GAP)
    return torch.cat([gap, *chain.from_iterable((strip, gap) for strip in strips)], 2)


def _paper(height: int, width: int) -> torch.Tensor:
    import torch

    return torch.full((3, height, width), PAPER)
