"""Motion from files that another program wrote: one of vectors there and one of vectors back per frame."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import final

import torch
import torch.nn.functional as F

from vidstyle.errors import InputError
from vidstyle.flow.vectors import READERS, Vectors, read_vectors
from vidstyle.ops.filters import enlarge
from vidstyle.ops.trust import motion_trust
from vidstyle.ops.warp import resize_flow
from vidstyle.types import Flow, Frame, Mask, Motion

DIRECTIONS = ("backward", "forward")
"""Of vectors, by what their folder or their name says: to the frame before, to the frame after."""

_NOWHERE = 1e4
"""Pixels that an unknown vector back is taken to point away: beyond any frame, so it confirms nothing."""

_LEAST_SHARE = 0.5
"""Of a coarser grid's cell that must be known: what is left speaks for it."""


@final
class GivenMotion:
    """Motion read from a folder, trusted where the files say that it is known and both ways agree.

    A file's path has the word ``backward`` or ``forward`` in it, its name ends in the number of the frame whose
    pixels it moves: ``backward/0002.flo`` leads from frame 2 to frame 1, ``forward/0001.flo`` from 1 to 2.
    `number_of` gives the number of a frame's index.

    Raises `InputError` where the folder has no vectors, or not those of a frame.
    """

    neighbors_only = True

    def __init__(self, folder: Path, number_of: Callable[[int], int], device: torch.device) -> None:
        self._folder = folder
        self._number_of = number_of
        self._device = device
        self._files = {direction: _numbered(folder, direction) for direction in DIRECTIONS}

    def between(self, current: Frame, previous: Frame) -> Motion:
        """The motion that the files tell."""
        size = (current.image.shape[-2], current.image.shape[-1])
        to_previous, known = self._vectors("backward", current, size)
        to_next, known_back = self._vectors("forward", previous, size)
        trust = motion_trust((current.image, previous.image), to_previous, to_next + _NOWHERE * (1 - known_back))
        return Motion(to_previous, trust * known)

    def _vectors(self, direction: str, frame: Frame, size: tuple[int, int]) -> tuple[Flow, Mask]:
        number = self._number_of(frame.index)
        path = self._files[direction].get(number)
        if path is None:
            raise InputError(
                f"{self._folder}: no {direction} vectors for frame {number}; "
                f"expected for example {self._folder / direction / f'{number:04d}.flo'}"
            )
        flow, known = _fitted(read_vectors(path), size, path)
        return flow.to(self._device), known.to(self._device)


def vector_files(folder: Path) -> list[Path]:
    """Every file of a folder that may hold vectors, those in folders inside it as well, in order."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one of motion vectors")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in READERS)


def _numbered(folder: Path, direction: str) -> dict[int, Path]:
    """The files of a direction by their frame's number."""
    found: dict[int, Path] = {}
    for path in vector_files(folder):
        numbers = re.findall(r"\d+", path.stem)
        if not numbers or direction not in path.relative_to(folder).as_posix().lower():
            continue
        number = int(numbers[-1])
        if number in found:
            raise InputError(f"{folder}: two {direction} files for frame {number}: {found[number].name}, {path.name}")
        found[number] = path
    if not found:
        raise InputError(
            f"{folder}: no {direction} vectors; expected names such as {direction}/0001.flo "
            f"that end in {', '.join(READERS)}"
        )
    return found


def _fitted(vectors: Vectors, size: tuple[int, int], path: Path) -> tuple[Flow, Mask]:
    """Vectors and where they are known on the grid of the frames, which may be a scaled one."""
    height, width = vectors.flow.shape[-2:]
    # The sides of scaled frames are rounded, so any may be a pixel off.
    if abs(height * size[1] - width * size[0]) > height + width + size[0] + size[1]:
        raise InputError(f"{path}: {width}x{height} vectors for frames of {size[1]}x{size[0]}; expected their shape")
    if size[0] < height:
        return _reduced(vectors, size)
    known = enlarge(vectors.known, size).floor() if size != (height, width) else vectors.known
    return resize_flow(vectors.flow, size), known


def _reduced(vectors: Vectors, size: tuple[int, int]) -> tuple[Flow, Mask]:
    """The mean of the known vectors in every cell of a coarser grid; known where these are half of the cell."""
    share = F.interpolate(vectors.known[None], size=size, mode="area")[0]
    flow = resize_flow(vectors.flow * vectors.known, size) / share.clamp_min(_LEAST_SHARE)
    return flow, (share >= _LEAST_SHARE).to(share.dtype)
