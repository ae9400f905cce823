"""Quilts that do not repeat themselves: a place of a picture counts as worse, the more of it is shown already.

What fits best is soon the same few patches of a swatch, one beside the other. Use is kept even as by the map of
occurrence of Kaspar, Neubert, Lischinski, Pauly and Kopf, *Self tuning texture optimization* (Eurographics 2015);
unlike theirs, what lies nearby counts by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from vidstyle.ops.blocks import Grid
from vidstyle.types import Image

_BESIDE = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Blocks that touch a block and are laid before it, by rows up and columns back."""

_AROUND = (*_BESIDE, (0, 2), (1, -2), (1, 2), *((2, back) for back in (-2, -1, 0, 1, 2)))
"""All within two blocks."""

_NEARBY = 1.0
"""By which each patch around raises the error of its own place, and of others by the part they share with it. By eye:
with half of that, a blossom among leaves is laid beside itself six times; seams cost one in twenty-five more."""

_OFTEN = 0.25
"""By which a place that shows as often as the mean one has its error raised; by eye, on the same."""

_SLIGHT = 0.02
"""Share of the picture's variance that is added to every error: what fits perfectly, as flat parts fit flat ones, would
stay perfect however often it shows. By eye on leaves, where a piece of smooth trunk came out as a wall of tiles."""


@final
class Variety:
    """What was cut from where, for the blocks of one quilt."""

    def __init__(self, pictures: Sequence[Image], grid: Grid) -> None:
        self._grid = grid
        side = grid.side
        self._uses = [
            picture.new_zeros(picture.shape[1] - side + 1, picture.shape[2] - side + 1) for picture in pictures
        ]
        self._slight = [_SLIGHT * picture.var((1, 2), correction=0).mean() for picture in pictures]
        # Bordered by two, so that the grid's edge has blocks around too: cut from nowhere.
        self._origins = torch.full((grid.rows + 2, grid.columns + 4, 3), -1)

    def note(self, blocks: Tensor, origins: Tensor) -> None:
        """Patches were cut for blocks ``(N, 2)`` from ``(N, 3)`` picture, y and x."""
        self._origins[blocks[:, 0] + 2, blocks[:, 1] + 2] = origins
        for number, uses in enumerate(self._uses):
            uses += self._shared(origins[origins[:, 0] == number][None], uses)[0]

    def varied(self, errors: Tensor, blocks: Tensor, *, number: int, known: Tensor) -> Tensor:
        """The errors ``(N, H, W)`` of a picture's places for blocks ``(N, 2)``, of which ``(N,)`` pixels are known.

        They are raised where much is shown, and infinite where a patch beside just goes on in the picture: that fits
        perfectly, so whole parts of the picture would come out again. Not where that leaves no place.
        """
        uses = self._uses[number]
        around = self._around(blocks)
        factors = 1 + _NEARBY * self._shared(torch.where(around[..., :1] == number, around, -self._grid.side), uses)
        if uses.any():
            factors += _OFTEN * uses / uses.mean()
        raised = (errors + (self._slight[number] * known)[:, None, None]) * factors
        limited = raised.masked_fill(self._goes_on(around[:, : len(_BESIDE)], number, uses), torch.inf)
        free = limited.isfinite().flatten(1).any(1)
        return torch.where(free[:, None, None], limited, raised)

    def _around(self, blocks: Tensor) -> Tensor:
        """Where the patches around blocks come from, ``(N, A, 3)`` in the order of `_AROUND`."""
        up, back = torch.tensor(_AROUND).T
        return self._origins[blocks[:, :1] + 2 - up, blocks[:, 1:] + 2 - back]

    def _shared(self, origins: Tensor, uses: Tensor) -> Tensor:
        """How much patches at all places ``(H, W)`` share with those of ``(N, K, 3)``, in patches, ``(N, H, W)``."""
        parts = (
            (1 - (torch.arange(length) - origins[..., axis, None]).abs() / self._grid.side).clamp_min(0).to(uses)
            for axis, length in ((1, uses.shape[0]), (2, uses.shape[1]))
        )
        return torch.einsum("nky,nkx->nyx", *parts)

    def _goes_on(self, beside: Tensor, number: int, uses: Tensor) -> Tensor:
        """Where a patch would only go on, by less than the overlap beside it, ``(N, H, W)``."""
        ahead = beside[..., 1:] + torch.tensor(_BESIDE) * self._grid.step
        ahead = torch.where(beside[..., :1] == number, ahead, -self._grid.side)
        reach = max(1, self._grid.overlap)
        rows, columns = (
            ((torch.arange(length) - ahead[..., axis, None]).abs() < reach).to(uses)
            for axis, length in enumerate(uses.shape)
        )
        return torch.einsum("nky,nkx->nyx", rows, columns) > 0
