"""Textures grown pixel by pixel from a seed.

After Efros and Leung, *Texture synthesis by non-parametric sampling* (ICCV 1999); constants from the authors'
published algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.ops.patch_search import HALF_A_CODE, MOST_VALUES, choose
from vidstyle.ops.quilting import require_window
from vidstyle.types import Image, Mask

_SEED = 3
"""Side in pixels of what the texture grows from."""

_MOST_ERROR = 0.3
"""Mean square difference, summed over channels, beyond which a pixel waits for more neighbors."""

_GROWTH = 1.1
"""By which that limit grows when a round has filled nothing."""

_SIGMA = 1 / 6.4
"""Of the windows' Gaussian weights, as a share of the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownTexture:
    """Settings of `grow_texture`."""

    window: int
    """Side in pixels, odd, of the neighborhood that decides a pixel: about the largest regular thing in it."""
    tolerance: float = 0.1
    seed: int = 0


def grow_texture(swatch: Image, size: tuple[int, int], settings: GrownTexture) -> Image:
    """A texture of `size` (height, width), grown from its middle: every pixel is one of the swatch's.

    Unlike the paper, where each pixel sees the one before, half of the pixels at the border of what is filled are
    found at once, those with the most known neighbors: a hundred times faster, and alike to the eye.
    `InputError` where the swatch has no whole window.

    >>> swatch = torch.rand(3, 9, 9)
    >>> grow_texture(swatch, (12, 10), GrownTexture(window=5)).shape
    torch.Size([3, 12, 10])
    """
    require_window(swatch, max(_SEED, settings.window), "window")
    growth = _Growth(swatch, size, settings)
    while growth.goes_on:
        growth.round()
    return growth.image


@final
class _Growth:
    """A texture while it grows."""

    def __init__(self, swatch: Image, size: tuple[int, int], settings: GrownTexture) -> None:
        self._radius = settings.window // 2
        self._settings = settings
        self._generator = torch.Generator().manual_seed(settings.seed)
        self._windows = _Windows(swatch, settings.window)
        radius = self._radius
        self._canvas = swatch.new_zeros(3, size[0] + 2 * radius, size[1] + 2 * radius)
        self._filled = torch.zeros_like(self._canvas[:1])
        self._limit = _MOST_ERROR
        self._plant(swatch, size)

    @property
    def image(self) -> Image:
        """What has grown."""
        return self._inner(self._canvas).clone()

    @property
    def goes_on(self) -> bool:
        """Whether pixels are left to fill."""
        return not bool(self._inner(self._filled).all())

    def _inner(self, padded: Tensor) -> Tensor:
        height, width = padded.shape[1:]
        radius = self._radius
        return padded[:, radius : height - radius, radius : width - radius]

    def _plant(self, swatch: Image, size: tuple[int, int]) -> None:
        """A few pixels of a random place of the swatch in the middle."""
        rows, columns = (min(_SEED, length) for length in size)
        top, left = (
            int(torch.randint(length - _SEED + 1, (1,), generator=self._generator)) for length in swatch.shape[1:]
        )
        y, x = (size[0] - rows) // 2 + self._radius, (size[1] - columns) // 2 + self._radius
        self._canvas[:, y : y + rows, x : x + columns] = swatch[:, top : top + rows, left : left + columns]
        self._filled[:, y : y + rows, x : x + columns] = 1

    def round(self) -> None:
        """Fill those pixels at the border that know most, as far as the swatch has something alike."""
        border = self._border()
        found = [self._find(some) for some in torch.split(border, self._windows.batch)]
        colors, errors = (torch.cat(parts) for parts in zip(*found, strict=True))
        sure = errors < self._limit
        if not sure.any():
            self._limit *= _GROWTH
            return
        y, x = border[sure].T
        self._canvas[:, y, x] = colors[sure].T
        self._filled[:, y, x] = 1

    def _border(self) -> Tensor:
        """Rows and columns ``(N, 2)`` in the padded canvas of the half of the border that has most neighbors."""
        known = F.conv2d(self._filled[None], torch.ones_like(self._filled)[None, :, :3, :3], padding=1)[0]
        beside = self._inner((known * (1 - self._filled)).round())[0]
        pixels = beside.nonzero()
        # Shuffled first, so that equals come in no order.
        pixels = pixels[torch.randperm(len(pixels), generator=self._generator).to(pixels.device)]
        order = beside[pixels[:, 0], pixels[:, 1]].argsort(descending=True, stable=True)
        return pixels[order[: -(-len(order) // 2)]] + self._radius

    def _find(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Colors ``(N, 3)`` for the pixels and how badly they fit, ``(N,)``."""
        span = torch.arange(-self._radius, self._radius + 1, device=pixels.device)
        y, x = pixels[:, 0, None, None] + span[:, None], pixels[:, 1, None, None] + span
        patches = self._canvas[:, y, x].transpose(0, 1)
        errors = self._windows.errors(patches, self._filled[0, y, x])
        luck = torch.rand(len(pixels), generator=self._generator).to(errors)
        slack = torch.full_like(luck, 3 * HALF_A_CODE)
        place = choose(errors, slack, luck, tolerance=self._settings.tolerance)
        return self._windows.centers[place], errors.gather(1, place[:, None])[:, 0]


@final
class _Windows:
    """All windows of a swatch, to be compared with many at once by two matrix products."""

    def __init__(self, swatch: Image, side: int) -> None:
        radius = side // 2
        height, width = swatch.shape[1:]
        self._swatch = swatch
        self._side = side
        self._center = swatch.mean((1, 2), keepdim=True)
        self.centers = swatch[:, radius : height - radius, radius : width - radius].flatten(1).T
        """Colors ``(P, 3)`` of the windows' middle pixels."""
        self.batch = max(1, MOST_VALUES // len(self.centers))
        """How many windows to compare at once."""
        self._rows = max(1, MOST_VALUES // (3 * side * side * (width - side + 1)))
        distance = torch.arange(-radius, radius + 1, device=swatch.device) / (_SIGMA * side)
        taps = torch.exp(distance.square() / -2)
        self._gauss = torch.outer(taps, taps).flatten()

    def errors(self, patches: Tensor, filled: Mask) -> Tensor:
        """Weighted mean square differences ``(N, P)`` over what is filled, summed over channels.

        ``d = sum G V (t - s)^2 / sum G V`` for ``(N, 3, S, S)`` patches of which ``(N, S, S)`` is filled.
        """
        weights = filled.flatten(1) * self._gauss
        weights = weights / weights.sum(1, keepdim=True)
        centered = (patches - self._center).flatten(2)
        weighted = (centered * weights[:, None]).flatten(1)
        own = (centered.square().sum(1) * weights).sum(1, keepdim=True)
        parts = [
            torch.addmm(own, weights, squares).sub_(weighted @ windows, alpha=2) for windows, squares in self._tables()
        ]
        return torch.cat(parts, 1).clamp_min_(0)

    def _tables(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Windows ``(3 S S, P')`` and their squares summed over channels ``(S S, P')``, some rows at a time."""
        last = self._swatch.shape[1] - self._side + 1
        for top in range(0, last, self._rows):
            strip = self._swatch[:, top : min(last, top + self._rows) + self._side - 1] - self._center
            windows = F.unfold(strip[None], self._side)[0]
            yield windows, windows.view(3, -1, windows.shape[1]).square().sum(0)
