"""Motion kept in a folder, so that a second run over the same frames, in another style, need not search it again."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import final

import cv2
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from vidstyle import __version__
from vidstyle.errors import OutputError
from vidstyle.flow.latest import Latest
from vidstyle.flow.motion import MotionSource
from vidstyle.types import Frame, Image, Motion

SUFFIX = ".motion"
"""Of a kept file's name, after the hash of what it was made of."""

_KEPT = re.compile(rf"[0-9a-f]{{40}}{re.escape(SUFFIX)}")


@final
class KeptMotion:
    """The motion of another source, remembered in files.

    A file is found by a hash of `settings`, which is all that decides the motion besides the pictures, and of both
    pictures' values: a clip that was changed, scaled or cut anew is another clip. It holds the very floats, so a
    run has the same bytes with and without; 12 per pixel. `limit` bounds the folder, in bytes: files that no run
    asked for the longest go first; those of this run stay, and what has no room beside them is not kept.

    Several runs may share the folder. Raises `OutputError` where it cannot be made.
    """

    def __init__(self, source: MotionSource, folder: Path, *, settings: str, limit: int) -> None:
        self._source = source
        self._folder = folder
        # Other versions may search otherwise.
        self._settings = repr((settings, __version__, torch.__version__, cv2.__version__))
        self._room = _Room(folder, limit)
        self._digests = Latest(_digest)

    @property
    def neighbors_only(self) -> bool:
        """As the source."""
        return self._source.neighbors_only

    def between(self, current: Frame, previous: Frame) -> Motion:
        """The kept motion, or the source's, which is kept."""
        path = self._folder / self._name(current, previous)
        kept = _read(path)
        if kept is not None:
            self._room.note_use(path)
            return Motion(*(tensor.to(current.image.device) for tensor in kept))
        motion = self._source.between(current, previous)
        size = 4 * (motion.to_previous.numel() + motion.trust.numel())
        if self._room.make(size):
            _write(path, motion)
            self._room.note_new(path, size)
        return motion

    def _name(self, current: Frame, previous: Frame) -> str:
        now, before = self._digests.of_pair(current.image, previous.image)
        whole = hashlib.blake2b(self._settings.encode(), digest_size=20)
        whole.update(before)
        whole.update(now)
        return whole.hexdigest() + SUFFIX


class _Room:
    """What lies in the folder, and how much more may."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._mine: set[Path] = set()
        try:
            there = [path for path in folder.iterdir() if _KEPT.fullmatch(path.name)]
        except FileNotFoundError:
            # Made with the first file: a dry run writes nothing.
            there = []
        except OSError as error:
            raise _refusal(folder, error) from None
        status = [(path, status) for path in there if (status := _status(path)) is not None]
        self._others = {path: s.st_size for path, s in sorted(status, key=lambda item: item[1].st_mtime_ns)}
        """Files of earlier runs by their size, the longest unused first."""
        self._taken = sum(self._others.values())

    def make(self, size: int) -> bool:
        """Make room for a file of that size; False where there is none beside this run's own."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refusal(self._folder, error) from None
        if self._taken - sum(self._others.values()) + size > self._limit:
            return False
        while self._taken + size > self._limit:
            oldest = next(iter(self._others))
            self._taken -= self._others.pop(oldest)
            oldest.unlink(missing_ok=True)
        return True

    def note_use(self, path: Path) -> None:
        """A file of an earlier run is in use now."""
        if path in self._mine:
            return
        self._mine.add(path)
        self._others.pop(path, None)
        try:
            os.utime(path)
        except OSError:
            # Another's file, or gone by now: it is only older than it could be.
            return

    def note_new(self, path: Path, size: int) -> None:
        """A file has been written."""
        self._mine.add(path)
        self._taken += size


def _refusal(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: cannot keep motion there ({error.strerror})")


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        # Another run made room.
        return None


def _digest(image: Image) -> bytes:
    """A hash of an image's size and values."""
    digest = hashlib.blake2b(str(tuple(image.shape)).encode(), digest_size=32)
    digest.update(image.cpu().contiguous().numpy().data)
    return digest.digest()


def _read(path: Path) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Flow and trust; None where there is no such file, or not a whole one."""
    try:
        tensors = load_file(path)
        return tensors["to_previous"], tensors["trust"]
    except (OSError, SafetensorError, KeyError):
        return None


def _write(path: Path, motion: Motion) -> None:
    """Keep a motion; where the disk refuses, it is searched again next time."""
    tensors = {"to_previous": motion.to_previous, "trust": motion.trust}
    unfinished = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.part")
    try:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, unfinished)
        unfinished.replace(path)
    except (OSError, SafetensorError):
        unfinished.unlink(missing_ok=True)
