"""Label maps as users give them: regions of the frames, and the regions of the style pictures they take after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from vidstyle.catalog import Stage
from vidstyle.errors import InputError, UsageError
from vidstyle.masks import ClipPictures, by_number
from vidstyle.presets import Look
from vidstyle.registry import all_methods, find_method
from vidstyle.types import ClipInfo, Frame, FrameSource, Image, Labels, Regions

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST_REGIONS = 32
"""Colors of style label maps: more are a photograph (label maps in use have up to about 20)."""

MOST_STRETCH = 1.03
"""Factor between the aspects of a map and of what it maps: rounding a small map's sides makes 2 %."""


def open_regions(
    content: str | None,
    styles: Sequence[str],
    look: Look,
    *,
    shape: tuple[int, int],
    clip: ClipInfo,
    stack: ExitStack,
) -> Regions | None:
    """The regions that the label maps in these files tell, or None where there are none; `shape` is (height, width)
    of the frames as they are painted, `clip` tells their numbers.

    Files are opened on the stack. `UsageError` for maps that do not go with the look, `InputError` for maps that are
    none or that do not fit.
    """
    from vidstyle.ops.regions import label, palette_of
    from vidstyle.video.sources import open_source
    from vidstyle.video.stills import read_picture

    if content is None and not styles:
        return None
    if content is None or not styles:
        missing = "--content-labels" if content is None else "--style-labels"
        raise UsageError(f"{missing}: is missing; label maps of the clip and of every style picture go together")
    _check_look(look, styles)
    maps = [read_picture(path) for path in styles]
    for path, found, picture in zip(styles, maps, look.pictures, strict=True):
        check_shape(f"--style-labels {path}", _shape(found), _shape(read_picture(picture.path)))
        _check_opaque("--style-labels", path)
    palette = palette_of(maps)
    if len(palette) > MOST_REGIONS:
        raise InputError(f"--style-labels {styles[0]}: has {len(palette)} colors; expected {MOST_REGIONS} at most")
    source = stack.enter_context(open_source(content))
    _check_opaque("--content-labels", content)
    check_shape(f"--content-labels {content}", (source.info.height, source.info.width), shape)
    of_frame = content_labels(source, palette)
    if not source.info.is_one_picture:
        of_frame = by_number(of_frame, source.info, clip, flag="--content-labels")
    return Regions(len(palette), of_frame, tuple(label(image, palette) for image in maps))


def content_labels(source: FrameSource, palette: Tensor) -> Callable[[int], Labels]:
    """The labels of a frame by its index, from a clip of maps or from one for all frames.

    `InputError` for a map with a color that the palette lacks, and past the last map.
    """
    from vidstyle.ops.regions import label

    def read(frame: Frame) -> Labels:
        _check_colors(frame, palette, source)
        return label(frame.image, palette)

    maps = ClipPictures(source, read, flag="--content-labels")
    if not source.info.is_one_picture:
        return maps
    only = maps(0)
    return lambda index: only


def _check_look(look: Look, styles: Sequence[str]) -> None:
    method = look.stylizer.method
    if not find_method(Stage.STYLIZER, method).uses_regions:
        known = ", ".join(spec.name for spec in all_methods(Stage.STYLIZER) if spec.uses_regions)
        raise UsageError(f"--content-labels: --method {method} knows no regions; methods that do: {known}")
    if len(styles) != len(look.pictures):
        raise UsageError(
            f"--style-labels: got {len(styles)} for {len(look.pictures)} style pictures; expected one each"
        )


def _check_opaque(flag: str, path: str) -> None:
    """`InputError` where the first of these maps leaves something open; of a video, nothing is."""
    from vidstyle.video.sources import input_files
    from vidstyle.video.stills import STILL_EXTENSIONS, read_opacity

    first = input_files(path)[0]
    if first.suffix.lower() in STILL_EXTENSIONS and bool((read_opacity(first) < 1).any()):
        raise InputError(f"{flag} {path}: is transparent in places; vidstyle labels makes whole maps of such ones")


def check_shape(what: str, got: tuple[int, int], wanted: tuple[int, int]) -> None:
    """`InputError` unless a map of one height and width has the shape of a picture of another."""
    stretch = (got[0] * wanted[1]) / (got[1] * wanted[0])
    if not 1 / MOST_STRETCH <= stretch <= MOST_STRETCH:
        raise InputError(f"{what}: is {got[1]}x{got[0]}; expected the shape of {wanted[1]}x{wanted[0]}")


def _check_colors(frame: Frame, palette: Tensor, source: FrameSource) -> None:
    from vidstyle.ops.regions import unknown_colors

    unknown = unknown_colors(frame.image, palette)
    if len(unknown):
        number, known = source.info.number_of(frame.index), " ".join(_name(color) for color in palette)
        raise InputError(
            f"--content-labels {source.info.path}: frame {number} has the color {_name(unknown[0])}, which no "
            f"--style-labels have; expected one of {known}"
        )


def _name(color: torch.Tensor) -> str:
    return "#" + "".join(f"{round(255 * value):02x}" for value in color.tolist())


def _shape(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[2]
