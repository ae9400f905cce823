"""Blocks that overlap, in rows and columns over a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Grid(NamedTuple):
    """Blocks of one size in rows and columns, each over the last `overlap` pixels of the one before."""

    rows: int
    columns: int
    side: int
    overlap: int

    @property
    def step(self) -> int:
        """From one block to the next."""
        return self.side - self.overlap

    @property
    def size(self) -> tuple[int, int]:
        """Height and width that the blocks cover together."""
        return self.rows * self.step + self.overlap, self.columns * self.step + self.overlap

    @classmethod
    def over(cls, size: tuple[int, int], side: int, overlap: int) -> Grid:
        """The least grid that covers `size` (height, width).

        >>> Grid.over((20, 31), 10, 3), Grid.over((20, 31), 10, 3).size
        (Grid(rows=3, columns=4, side=10, overlap=3), (24, 31))
        """
        rows, columns = (max(1, -(-(length - overlap) // (side - overlap))) for length in size)
        return cls(rows, columns, side, overlap)

    def waves(self, todo: Tensor) -> Iterator[Tensor]:
        """Blocks of the boolean ``(rows, columns)`` `todo`, as ``(N, 2)`` rows and columns, all in turn.

        The blocks of a wave do not touch one another, and all they touch that comes before them in reading order
        is in an earlier wave: laid at once, they come out as if laid one by one. For that an overlap may be at most
        half a block.
        """
        blocks = todo.nonzero()
        wave = blocks[:, 1] + 2 * blocks[:, 0]
        for number in torch.unique(wave):
            yield blocks[wave == number]
