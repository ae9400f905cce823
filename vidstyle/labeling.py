"""Label maps for every frame of a clip, from a few that a person drew.

A drawn map holds for one frame and may leave pixels open: it may be scribbles, or a trimap. Open pixels are decided by
closed-form matting, and maps are carried to the frames that follow, along their motion. It is done once, before any
painting: see `docs/decisions/0007-label-maps-are-carried-once.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vidstyle.errors import InputError, UsageError
from vidstyle.labels import MOST_REGIONS, check_shape
from vidstyle.types import ClipInfo, Frame, FrameSource, Image, Labels, Mask, Step

if TYPE_CHECKING:
    from torch import Tensor

    from vidstyle.flow.cuts import CutRule
    from vidstyle.flow.motion import MotionSource

OPEN = 0.999
"""Opacity below which a pixel of a drawn map is open: the soft rim of a brush is."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnMaps:
    """What a person drew: regions by color, for a few frames."""

    palette: Tensor
    """The colors, ``(K, 3)``."""
    regions: Mapping[int, Labels]
    """By the index of the clip's frame, the regions that are told."""
    known: Mapping[int, Mask]
    """By the same, 1 where they are told."""


def read_drawn_maps(path: str, clip: ClipInfo) -> DrawnMaps:
    """The maps of a picture, which is for the clip's first frame, or of a sequence, for the frames of its numbers.

    `InputError` for maps that do not fit the clip, or that say nothing.
    """
    from vidstyle.ops.regions import label, palette_of
    from vidstyle.video.stills import read_opacity, read_picture

    files = _files_by_index(path, clip)
    pictures = {index: read_picture(file) for index, file in files.items()}
    known = {index: (read_opacity(file) >= OPEN).float() for index, file in files.items()}
    for index, file in files.items():
        height, width = pictures[index].shape[1:]
        check_shape(f"--labels {file}", (height, width), (clip.height, clip.width))
        if not known[index].any():
            raise InputError(f"--labels {file}: is transparent everywhere; expected regions in colors of their own")
    # A whole map may be compressed; where it is flat tells its colors, and open pixels leave no neighbors to tell by.
    parts = [(pictures[index], known[index][0] > 0) for index in files]
    palette = palette_of([picture if told.all() else picture[:, told][:, None] for picture, told in parts])
    if len(palette) > MOST_REGIONS:
        raise InputError(f"--labels {path}: has {len(palette)} colors; expected {MOST_REGIONS} at most")
    return DrawnMaps(palette, {index: label(picture, palette) for index, picture in pictures.items()}, known)


def _files_by_index(path: str, clip: ClipInfo) -> dict[int, Path]:
    from vidstyle.selection import indices_of
    from vidstyle.video.sources import input_files, open_source

    with open_source(path) as source:
        info = source.info
    if info.is_movie:
        raise UsageError(f"--labels {path}: is a movie; expected a picture, or a sequence of some frames' numbers")
    files = input_files(path)
    if not info.is_sequence:
        return {0: files[0]}
    found = {index: file for n, file in zip(info.numbers, files, strict=True) for index in indices_of([n], clip)}
    if not found:
        raise InputError(f"--labels {path}: none of its numbers is a frame of {clip.path}; f.0012.png is for frame 12")
    return found


def label_frames(
    source: FrameSource, drawn: DrawnMaps, motions: MotionSource, *, cuts: CutRule, size: tuple[int, int]
) -> Iterator[Frame]:
    """The whole label map of every frame from the first drawn one on, in the drawn colors, of `size` (height, width).

    `InputError` where a shot begins without a map of its own: nothing leads there from the shot before.
    """
    from vidstyle.flow.track import follow
    from vidstyle.ops.resize import resize

    shrunk = (replace(f, image=resize(f.image, size)) for f in source.frames(min(drawn.regions)))
    masks: Tensor | None = None
    for step in follow(shrunk, motions, cuts):
        masks = _masks_of(step, masks, drawn)
        if masks is None:
            number = source.info.number_of(step.frame.index)
            raise InputError(f"{source.info.path}: a shot begins at frame {number}; --labels needs a map for it")
        yield replace(step.frame, image=_colored(masks, drawn.palette))


def _masks_of(step: Step, before: Tensor | None, drawn: DrawnMaps) -> Tensor | None:
    """The regions of a frame as masks; None where nothing tells them."""
    from vidstyle.ops.carrying import carried_masks

    index, image = step.frame.index, step.frame.image
    if index in drawn.regions:
        return _filled(drawn, index, image)
    if step.motion is None or before is None:
        return None
    return carried_masks(before, step.motion, image)


def _filled(drawn: DrawnMaps, index: int, image: Image) -> Tensor:
    """The masks of a frame's drawn map at the size of its image, its open pixels decided."""
    from vidstyle.ops.matting import fill_masks
    from vidstyle.ops.regions import region_masks

    labels, known = drawn.regions[index], drawn.known[index]
    count, size = len(drawn.palette), (image.shape[1], image.shape[2])
    # Open pixels are a region more while the map is scaled: a thin scribble keeps its share of a cell.
    masks = region_masks(labels.where(known > 0, count), count + 1, size)
    told = 1 - masks[count:]
    masks = masks[:count] / told.clamp_min(1e-6)
    return fill_masks(masks, told, image) if bool((told < 1).any()) else masks


def _colored(masks: Tensor, palette: Tensor) -> Image:
    return palette[masks.argmax(0)].permute(2, 0, 1)
