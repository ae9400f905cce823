"""Pictures laid of patches of other pictures, each cut to fit its neighbors.

After Efros and Freeman, *Image quilting for texture synthesis and transfer* (SIGGRAPH 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.errors import InputError
from vidstyle.ops.blocks import Grid
from vidstyle.ops.patch_search import HALF_A_CODE, MOST_VALUES, PatchSearch, choose
from vidstyle.ops.seams import cut
from vidstyle.ops.variety import Variety
from vidstyle.types import Image, Mask


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """What is laid so far."""

    colors: Image
    places: Tensor
    """Where each pixel comes from, see `ops.places`."""
    confidence: Mask
    """How much each pixel counts for what is laid over it: 0 where there is nothing yet."""

    @classmethod
    def empty(cls, size: tuple[int, int], device: torch.device) -> Canvas:
        """A canvas of height and width with nothing on it."""
        blank = torch.zeros(7, *size, device=device)
        return cls(blank[:3], blank[3:6], blank[6:])

    def resized(self, size: tuple[int, int]) -> Canvas:
        """A copy, cropped or grown by nothing at the right and the bottom."""
        height, width = self.colors.shape[1:]
        whole = torch.cat((self.colors, self.places, self.confidence))
        whole = F.pad(whole, (0, size[1] - width, 0, size[0] - height))
        return Canvas(whole[:3], whole[3:6], whole[6:])


@final
class Scraps:
    """The pictures that patches are cut from.

    `guides` are what a patch is asked to look like beside its colors, ``(1, H, W)`` per picture; none for texture.
    A picture's errors are divided by its weight as a share of the greatest, so it is chosen where it fits better by
    that much, and never at weight 0.
    """

    def __init__(
        self, pictures: Sequence[Image], *, guides: Sequence[Mask] = (), weights: Sequence[float] = ()
    ) -> None:
        self.pictures = tuple(pictures)
        features = [torch.cat(pair) for pair in zip(pictures, guides, strict=True)] if guides else self.pictures
        self._searches = [PatchSearch(each) for each in features]
        self.at_once = max(1, MOST_VALUES // sum(picture[0].numel() for picture in self.pictures))
        """How many patches may be searched together for their errors to stay within 64 MiB."""
        self._shares = [weight / max(weights) for weight in weights] or [1.0] * len(self.pictures)

    def errors(self, patches: Tensor, weights: Tensor) -> list[Tensor]:
        """Per picture the errors ``(N, H, W)`` by a patch's top left corner; infinite at weight 0."""
        found = []
        for search, share in zip(self._searches, self._shares, strict=True):
            errors = search.errors(patches, weights)
            found.append(errors / share if share else torch.full_like(errors, torch.inf))
        return found

    def cut_out(self, origins: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Colors and places, ``(N, 3, side, side)`` each, of patches by ``(N, 3)`` picture, y and x."""
        span = torch.arange(side, device=origins.device)
        colors, places = [], []
        for number, top, left in origins.tolist():
            colors.append(self.pictures[number][:, top : top + side, left : left + side])
            y, x = torch.meshgrid(span + top, span + left, indexing="ij")
            places.append(torch.stack((torch.full_like(y, number), y, x)))
        return torch.stack(colors), torch.stack(places).to(colors[0])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Laying:
    """How one pass of patches is laid."""

    side: int
    overlap: int
    generator: torch.Generator
    tolerance: float = 0.1
    """Patches within this share of the best one's error are chosen from evenly; 0.1 is the paper's."""
    guide: Mask | None = None
    """What the result is asked to look like, ``(1, H, W)`` of the canvas; goes with guides of the scraps."""
    texture: float = 1.0
    """The paper's alpha: share of the error that is about what lies there already, the rest about the guide."""
    todo: Tensor | None = None
    """Blocks to lay, boolean by row and column of the grid; None for all."""
    roam: bool = False
    """Whether to look elsewhere than where a neighbor's patch just goes on in its picture, and rather not to repeat
    what shows already: see `ops.variety`."""


def lay(canvas: Canvas, scraps: Scraps, how: Laying) -> Canvas:
    """The canvas with patches laid over it, block after block in reading order; the input is left alone.

    A patch is chosen by how it agrees with all colors that lie in its block, and with the guide there: with a canvas
    of an earlier pass this is the paper's overlap error plus its agreement with the previous pass. It is cut along
    the cheapest path on each side where a neighbor is to stay.
    """
    size = (canvas.colors.shape[-2], canvas.colors.shape[-1])
    grid = Grid.over(size, how.side, how.overlap)
    pass_ = _Pass(canvas.resized(grid.size), scraps, how)
    todo = torch.ones(grid.rows, grid.columns, dtype=torch.bool) if how.todo is None else how.todo.cpu()
    for wave in grid.waves(todo):
        for blocks in torch.split(wave, scraps.at_once):
            pass_.lay(blocks)
    return pass_.canvas.resized(size)


class _Pass:
    """A pass over the canvas while it goes on."""

    def __init__(self, canvas: Canvas, scraps: Scraps, how: Laying) -> None:
        self._maps = torch.cat((canvas.colors, canvas.places, canvas.confidence))
        self._scraps = scraps
        self._how = how
        height, width = canvas.colors.shape[1:]
        self._grid = grid = Grid.over((height, width), how.side, how.overlap)
        shape = (grid.rows, grid.columns)
        # One draw per block, so that its luck does not depend on which others are laid.
        self._luck = torch.rand(shape, generator=how.generator).to(canvas.colors)
        # Bordered by one, so that the grid's edge has neighbors too: none that stay.
        self._stays = torch.zeros(grid.rows + 2, grid.columns + 2, dtype=torch.bool)
        self._stays[1:-1, 1:-1] = False if how.todo is None else ~how.todo.cpu()
        self._variety = Variety(scraps.pictures, grid) if how.roam else None
        self._guide = None if how.guide is None else _grown(how.guide, (height, width))

    @property
    def canvas(self) -> Canvas:
        """What is laid so far."""
        return Canvas(self._maps[:3], self._maps[3:6], self._maps[6:])

    def lay(self, blocks: Tensor) -> None:
        """Choose, cut and paste the patches of one wave."""
        y, x = self._pixels(blocks)
        old = self._maps[:, y, x].transpose(0, 1)
        guide = None if self._guide is None else self._guide[:, y, x].transpose(0, 1)
        origins = self._choose(blocks, (old[:, :3], old[:, 6:], guide))
        colors, places = self._scraps.cut_out(origins, self._how.side)
        costs = ((colors - old[:, :3]).square() * old[:, 6:]).sum(1)
        shown = cut(costs, self._how.overlap, self._neighbors(blocks).to(costs.device))
        new = torch.cat((colors, places, torch.ones_like(old[:, 6:])), 1)
        self._maps[:, y, x] = torch.where(shown[:, None], new, old).transpose(0, 1)
        self._stays[blocks[:, 0] + 1, blocks[:, 1] + 1] = True
        if self._variety:
            self._variety.note(blocks, origins)

    def _pixels(self, blocks: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns of the blocks' pixels, to index a map with: ``(N, side, 1)`` and ``(N, 1, side)``."""
        span = torch.arange(self._how.side)
        corners = (blocks * self._grid.step)[:, :, None] + span
        return corners[:, 0, :, None], corners[:, 1, None, :]

    def _neighbors(self, blocks: Tensor) -> Tensor:
        """Whether the left, top, right and bottom neighbors stay, ``(N, 4)``."""
        row, column = blocks[:, 0] + 1, blocks[:, 1] + 1
        beside = ((row, column - 1), (row - 1, column), (row, column + 1), (row + 1, column))
        return torch.stack([self._stays[place] for place in beside], 1)

    def _choose(self, blocks: Tensor, old: tuple[Tensor, Tensor, Tensor | None]) -> Tensor:
        """Picture, y and x ``(N, 3)`` of a patch for each block, given its colors, confidence and guide."""
        colors, confidence, guide = old
        patches, weights = colors, (confidence * (self._how.texture / 3)).expand_as(colors)
        if guide is not None:
            patches = torch.cat((patches, guide[:, :1]), 1)
            weights = torch.cat((weights, guide[:, 1:] * (1 - self._how.texture)), 1)
        found = self._scraps.errors(patches, weights)
        known = weights.sum((1, 2, 3))
        if self._variety:
            found = [self._variety.varied(each, blocks, number=i, known=known) for i, each in enumerate(found)]
        flat = torch.cat([errors.flatten(1) for errors in found], 1)
        slack = known * HALF_A_CODE
        luck = self._luck[blocks[:, 0], blocks[:, 1]]
        return _unravel(choose(flat, slack, luck, tolerance=self._how.tolerance).cpu(), found)


def _grown(guide: Mask, size: tuple[int, int]) -> Tensor:
    """The guide and where it counts, ``(2, H, W)``: not where blocks stand out over the canvas."""
    height, width = guide.shape[1:]
    return F.pad(torch.cat((guide, torch.ones_like(guide))), (0, size[1] - width, 0, size[0] - height))


def _unravel(flat: Tensor, maps: Sequence[Tensor]) -> Tensor:
    """Picture, y and x ``(N, 3)`` of places counted through the maps ``(N, H, W)`` of all pictures."""
    ends = torch.tensor([each[0].numel() for each in maps]).cumsum(0)
    number = torch.bucketize(flat, ends, right=True)
    starts = torch.cat((torch.zeros(1, dtype=torch.long), ends))
    widths = torch.tensor([each.shape[-1] for each in maps])
    inside = flat - starts[number]
    return torch.stack((number, inside // widths[number], inside % widths[number]), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuiltedTexture:
    """Settings of `quilt_texture`."""

    patch: int
    """Side of a patch in pixels: about the largest thing of the texture that should stay whole."""
    overlap: int
    """Pixels in which neighbors are cut to fit; at most half a patch."""
    tolerance: float = 0.02
    """Unlike the paper's 0.1: patches vary without, as what shows already counts as worse; a tenth costs a tenth of
    the seams (measured on brush strokes)."""
    seed: int = 0


def quilt_texture(swatch: Image, size: tuple[int, int], settings: QuiltedTexture) -> Image:
    """A texture of `size` (height, width) of patches of the swatch: every pixel is one of the swatch's.

    Unlike the paper, a patch may not simply go on where its neighbor's ends, and what shows already counts as worse:
    else parts of the swatch come out again as a whole, or as a row of tiles. `InputError` where the swatch has no whole
    patch.

    >>> swatch = torch.rand(3, 12, 16)
    >>> quilt_texture(swatch, (20, 30), QuiltedTexture(patch=6, overlap=2)).shape
    torch.Size([3, 20, 30])
    """
    require_window(swatch, settings.patch, "patch")
    how = Laying(
        side=settings.patch,
        overlap=settings.overlap,
        tolerance=settings.tolerance,
        generator=torch.Generator().manual_seed(settings.seed),
        roam=True,
    )
    return lay(Canvas.empty(size, swatch.device), Scraps([swatch]), how).colors


def require_window(swatch: Image, side: int, word: str) -> None:
    """`InputError` unless a window of `side` pixels, called `word`, fits into the swatch."""
    height, width = swatch.shape[1:]
    if side > min(height, width):
        raise InputError(
            f"the swatch of {width}x{height} px is smaller than a {word} of {side} px; take a larger swatch or a "
            f"smaller {word}"
        )
