"""Folders of pictures as endless training batches, in an order fixed by a seed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.errors import InputError, UsageError
from vidstyle.video.stills import read_picture

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
LARGEST_SIDE = 1024
"""Longer pictures are reduced once, at loading: crops are far smaller, and the set is kept in memory."""

MULTIPLE = 16
"""Of which a crop's side must be one: the coarsest layers stand at a sixteenth."""
SMALLEST_SIDE = 32
"""Pictures with a shorter side are left out: enlarged to a crop they are blur."""


def list_pictures(folder: Path) -> list[Path]:
    """The pictures below a folder, sorted by path. `InputError` when there are none."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"{folder}: no pictures found; expected files ending in {', '.join(SUFFIXES)}")
    return paths


def generator(seed: int, item: int) -> torch.Generator:
    """Random numbers of their own for every seed and item.

    The two are hashed together, because torch's CPU generator looks at the lowest 32 bits of a seed only.
    """
    digest = hashlib.blake2b(f"{seed} {item}".encode(), digest_size=4).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest))


def _load(path: Path) -> Tensor:
    image = read_picture(path)
    factor = LARGEST_SIDE / max(image.shape[1:])
    if factor < 1:
        image = F.interpolate(image[None], scale_factor=factor, mode="bilinear", antialias=True)[0]
    return (image * 255).round().clamp(0, 255).byte()


class PictureFolder:
    """Random crops of a folder's pictures; batch n depends on the seed and n alone, so training can resume."""

    def __init__(self, folder: Path, *, seed: int, size: int) -> None:
        if size % MULTIPLE:
            raise UsageError(f"--size {size}: expected a multiple of {MULTIPLE}")
        self.pictures = [p for p in map(_load, list_pictures(folder)) if min(p.shape[1:]) >= SMALLEST_SIDE]
        if not self.pictures:
            raise InputError(f"{folder}: all pictures are smaller than {SMALLEST_SIDE} px; expected larger ones")
        self.seed = seed
        self.size = size

    def batch(self, step: int, count: int) -> Tensor:
        """``(count, 3, size, size)`` in ``[0, 1]``, float32, on the CPU."""
        start = step * count
        crops = [self._crop(self._picture(i), generator(self.seed, i)) for i in range(start, start + count)]
        return torch.stack(crops)

    def _picture(self, item: int) -> Tensor:
        epoch, place = divmod(item, len(self.pictures))
        order = torch.randperm(len(self.pictures), generator=generator(self.seed, -1 - epoch))
        return self.pictures[int(order[place])]

    def _crop(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        """A square of between one and two times `size` (at most the whole picture), reduced to `size`."""
        height, width = picture.shape[1:]
        largest = min(height, width)
        smallest = min(self.size, largest)
        side = int(torch.randint(smallest, min(largest, 2 * self.size) + 1, (), generator=generator))
        top = int(torch.randint(0, height - side + 1, (), generator=generator))
        left = int(torch.randint(0, width - side + 1, (), generator=generator))
        crop = picture[None, :, top : top + side, left : left + side].float() / 255
        if torch.rand((), generator=generator) < 0.5:
            crop = crop.flip(3)
        return F.interpolate(crop, size=(self.size, self.size), mode="bilinear", antialias=True)[0].clamp(0, 1)
