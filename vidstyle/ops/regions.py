"""Label maps: which region each pixel belongs to, told by color, and regions as masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.types import Image, Labels

TOLERANCE = 0.1
"""Largest difference of a channel within one color of a map that was compressed: of Luan et al.'s code."""

MOST_EXACT = 64
"""Different colors up to which a map is taken at its word; compression makes hundreds of them (seen on 24 maps)."""

LEAST_SHARE = 0.002
"""Of a map's flat pixels that a region covers at least; what compression leaves over has 0.0004 (24 maps)."""

_SAMPLES = 2**20
"""Pixels of a map at most by which its colors are told."""


def palette_of(maps: Sequence[Image]) -> Tensor:
    """The colors of the regions in label maps, ``(K, 3)``, the most frequent first.

    Maps of few colors may have any, such as class numbers as gray levels; in others, colors within `TOLERANCE` are one.

    >>> palette_of([torch.tensor([[[0.0, 1.0, 1.0]]]).expand(3, 4, 3)]).tolist()
    [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    colors, shares = _histogram([image.nan_to_num(0).flatten(1) for image in maps])
    if len(colors) <= MOST_EXACT:
        return colors[shares >= LEAST_SHARE]
    colors, shares = _histogram([_flat_pixels(image) for image in maps])
    found: list[Tensor] = []
    while len(colors):
        near = distance(colors, colors[:1])[:, 0] <= TOLERANCE
        if not found or shares[near].sum() >= LEAST_SHARE:
            found.append(colors[0])
        colors, shares = colors[~near], shares[~near]
    return torch.stack(found)


def _histogram(maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The different colors of maps ``(3, N)`` in 8 bits, and their shares, falling; each map counts alike."""
    parts, weights = [], []
    for pixels in maps:
        some = pixels[:, :: -(-pixels.shape[1] // _SAMPLES)].cpu()
        codes = (some.clamp(0, 1) * 255).round().long()
        parts.append((codes[0] * 256 + codes[1]) * 256 + codes[2])
        weights.append(torch.full(parts[-1].shape, 1 / (parts[-1].numel() * len(maps)), dtype=torch.float64))
    found, places = np.unique(torch.cat(parts).numpy(), return_inverse=True)
    codes = torch.from_numpy(found)
    shares = torch.zeros(len(codes), dtype=torch.float64).index_add_(0, torch.from_numpy(places), torch.cat(weights))
    order = shares.argsort(descending=True, stable=True)
    codes, shares = codes[order], shares[order]
    return torch.stack((codes // 65536, codes // 256 % 256, codes % 256), 1) / 255, shares


def _flat_pixels(image: Image) -> Tensor:
    """The pixels ``(3, N)`` that are like their neighbors: in between, soft edges mix colors. All where none is."""
    sound = image.nan_to_num(0)
    most, least = (sign * F.max_pool2d(sign * sound, 3, 1, 1) for sign in (1, -1))
    flat = (most - least).amax(0) <= TOLERANCE
    return sound[:, flat] if flat.any() else sound.flatten(1)


def distance(colors: Tensor, palette: Tensor) -> Tensor:
    """Largest difference of a channel between colors ``(N, 3)`` and those of a palette ``(K, 3)``: ``(N, K)``.

    >>> distance(torch.tensor([[0.0, 0.5, 1.0]]), torch.ones(1, 3)).item()
    1.0
    """
    return torch.stack([(colors - color).abs().amax(1) for color in palette], 1)


def tolerance_of(palette: Tensor) -> float:
    """How far a color may be from the nearest of a palette and still be meant: `TOLERANCE`, less where they are close.

    >>> tolerance_of(torch.tensor([[0.0, 0, 0], [0.02, 0.02, 0.02]])) < 0.011
    True
    """
    if len(palette) < 2:
        return TOLERANCE
    apart = distance(palette, palette).fill_diagonal_(1)
    return min(TOLERANCE, float(apart.min()) / 2)


def label(image: Image, palette: Tensor) -> Labels:
    """The number of the nearest color of a palette for every pixel of a map, ``(1, H, W)``.

    >>> label(torch.ones(3, 1, 2), torch.eye(3)[:2]).flatten().tolist()
    [0, 0]
    """
    apart = distance(image.flatten(1).T, palette.to(image))
    return apart.argmin(1).to(torch.uint8).view(1, *image.shape[1:])


def unknown_colors(image: Image, palette: Tensor) -> Tensor:
    """The colors of a map that a palette lacks, ``(n, 3)``; mixtures along edges are none.

    >>> unknown_colors(torch.ones(3, 4, 4), torch.zeros(1, 3)).tolist()
    [[1.0, 1.0, 1.0]]
    """
    found = palette_of([image])
    known = distance(found, palette.cpu()).amin(1) <= tolerance_of(palette)
    return found[~known]


def region_masks(labels: Labels, count: int, size: tuple[int, int]) -> Tensor:
    """The share of each region in every cell of a grid of `size`, ``(count, H, W)``, summing to 1.

    Of a grid finer than the labels, each cell has the label nearest to it.

    >>> region_masks(torch.tensor([[[0, 1]]]), 2, (1, 1)).flatten().tolist()
    [0.5, 0.5]
    """
    return torch.cat([F.adaptive_avg_pool2d((labels == number).float(), size) for number in range(count)])
