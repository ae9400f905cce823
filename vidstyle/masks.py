"""Masks as users give them: a picture for the whole clip, or a clip of masks with one per frame."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Generic, TypeVar

from vidstyle.errors import InputError
from vidstyle.types import ClipInfo, Frame, FrameSource, Mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

T = TypeVar("T")


class ClipPictures(Generic[T]):
    """What `read` makes of a clip's frames, by their index: masks or label maps beside the frames of another clip.

    Indices are asked for in rising order within a pass; going back reads the clip anew.
    """

    def __init__(self, source: FrameSource, read: Callable[[Frame], T], *, flag: str) -> None:
        self._source = source
        self._read = read
        self._flag = flag
        self._frames: Iterator[Frame] = iter(())
        self._current: tuple[int, T] | None = None

    def __call__(self, index: int) -> T:
        """What was made of a frame. `InputError` past the end of the clip, which names the `flag` that gave it."""
        if self._current is not None and self._current[0] == index:
            return self._current[1]
        if self._current is None or index < self._current[0]:
            self._frames = self._source.frames(index)
        for frame in self._frames:
            if frame.index == index:
                self._current = index, self._read(frame)
                return self._current[1]
        path = self._source.info.path
        raise InputError(f"{self._flag} {path}: has no frame {index + 1}; expected one picture, or one for every frame")


def by_number(find: Callable[[int], T], pictures: ClipInfo, clip: ClipInfo, *, flag: str) -> Callable[[int], T]:
    """`find`, which takes indices of `pictures`, by indices of `clip`.

    Of the same number where both are numbered sequences, else in order, as `vidstyle measure` pairs them. What is
    returned raises `InputError` for a number that the pictures lack, which names the `flag` that gave them.
    """
    if not pictures.numbers or not clip.numbers:
        return find
    index_of = {number: index for index, number in enumerate(pictures.numbers)}

    def found(index: int) -> T:
        number = clip.numbers[index]
        if number not in index_of:
            raise InputError(
                f"{flag} {pictures.path}: no picture of this sequence has the number {number}; "
                "expected one picture, or one for every frame, of the same number"
            )
        return find(index_of[number])

    return found


def open_mask(
    path: str, *, clip: ClipInfo, size: tuple[int, int], device: torch.device, stack: ExitStack
) -> Callable[[int], Mask]:
    """The masks of a clip by frame index, ``(1, H, W)``, from one picture or a clip that is opened on the stack."""
    from vidstyle.video.sources import open_source

    source = stack.enter_context(open_source(path))
    if source.info.is_one_picture:
        return constant_mask(source, size=size, device=device)
    return by_number(clip_masks(source, size=size, device=device), source.info, clip, flag="--mask")


def clip_masks(source: FrameSource, *, size: tuple[int, int], device: torch.device) -> Callable[[int], Mask]:
    """The masks of a clip by frame index, ``(1, H, W)``. Bright is 1: stylize here."""
    from vidstyle.ops.filters import luma
    from vidstyle.ops.resize import resize

    def read(frame: Frame) -> Mask:
        return resize(luma(frame.image.to(device)), size).clamp(0, 1)

    return ClipPictures(source, read, flag="--mask")


def constant_mask(source: FrameSource, *, size: tuple[int, int], device: torch.device) -> Callable[[int], Mask]:
    """The one picture of `source` as the mask of every frame."""
    mask = clip_masks(source, size=size, device=device)(0)
    return lambda index: mask
