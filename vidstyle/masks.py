"""Masks as users give them: a picture for the whole clip, or a clip of masks with one per frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vidstyle.errors import InputError
from vidstyle.types import Frame, FrameSource, Mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch


class ClipMask:
    """The masks of a clip by frame index. Bright is 1: stylize here.

    Indices are asked for in rising order within a pass; going back reads the clip anew.
    """

    def __init__(self, source: FrameSource, *, size: tuple[int, int], device: torch.device) -> None:
        self._source = source
        self._size = size
        self._device = device
        self._frames: Iterator[Frame] = iter(())
        self._current: tuple[int, Mask] | None = None

    def __call__(self, index: int) -> Mask:
        """The mask of a frame, ``(1, H, W)``. `InputError` past the end of the masks."""
        if self._current is not None and self._current[0] == index:
            return self._current[1]
        if self._current is None or index < self._current[0]:
            self._frames = self._source.frames(index)
        for frame in self._frames:
            if frame.index == index:
                self._current = index, self._prepared(frame)
                return self._current[1]
        path = self._source.info.path
        raise InputError(f"--mask {path}: has no frame {index + 1}; expected one picture, or a mask for every frame")

    def _prepared(self, frame: Frame) -> Mask:
        from vidstyle.ops.filters import luma
        from vidstyle.ops.resize import resize

        return resize(luma(frame.image.to(self._device)), self._size).clamp(0, 1)


def constant_mask(source: FrameSource, *, size: tuple[int, int], device: torch.device) -> Callable[[int], Mask]:
    """The one picture of `source` as the mask of every frame."""
    mask = ClipMask(source, size=size, device=device)(0)
    return lambda index: mask
