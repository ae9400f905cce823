"""Color maps that change over a picture and over its light: bilateral grids of affine maps.

A grid is ``(12, L, H, W)``: at each of ``L`` levels of luma and ``H`` by ``W`` places a 3x4 matrix, row by row, which
takes ``[red, green, blue, 1]`` to a color. Pixels take theirs from the eight nodes around, linearly (Chen, Paris and
Durand 2007; affine maps as in Chen et al. 2016, *Bilateral guided upsampling*). So a picture changes smoothly where
its light does, and edges stay edges. The nodes at the ends lie on the picture's border, whatever its size: a grid that
is fitted on a small picture serves a large one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.types import Image, Mask

COEFFICIENTS = 12
"""Of an affine map of colors."""

STRIP = 2**18
"""Pixels that are mapped at a time, so that what is in between stays in a processor's cache (measured at 4K)."""

RIDGE = 1e-3
"""Of Luan et al.'s code, where it damps maps of 3x3 pixels toward 0."""

_DAMPING = 1e-6
"""Toward the identity: a picture of one color fits many maps."""

_VIEWS = 3
"""Times that a node's view is widened: from about one node around to about four (chosen by eye on twelve pairs)."""

_FAR = 1e-3
"""Share of the mean node's pixels that every node sees of the whole picture, so that none is empty."""


def identity_grid(levels: int, height: int, width: int) -> Tensor:
    """The grid that leaves every color as it is.

    >>> identity_grid(2, 1, 1)[:, 0, 0, 0].view(3, 4).tolist()[1]
    [0.0, 1.0, 0.0, 0.0]
    """
    return torch.eye(3, 4).reshape(COEFFICIENTS, 1, 1, 1).repeat(1, levels, height, width)


def sample_grid(grid: Tensor, guide: Mask, rows: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """What a grid ``(C, L, H, W)`` holds for every pixel of a guide ``(1, h, w)`` in ``[0, 1]``: ``(C, h, w)``.

    `rows` are the top and the bottom of the guide as shares of the grid's height. Differentiable in the grid.

    >>> sample_grid(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1), torch.tensor([[[0.25, 0.75]]])).flatten().tolist()
    [0.25, 0.75]
    """
    height, width = guide.shape[1:]
    # Along y first, then luma and x by row: a sampling in two dimensions, ten times as fast as one in three (measured).
    weights = _hats(_centers(height, guide) * (rows[1] - rows[0]) + rows[0], grid.shape[2])
    slices = torch.einsum("rh,clhw->rclw", weights, grid)
    across = (2 * _centers(width, guide) - 1).expand(height, width)
    places = torch.stack((across, 2 * guide[0] - 1), 2)[:, None]
    sampled = F.grid_sample(slices, places, mode="bilinear", padding_mode="border", align_corners=True)
    return sampled[:, :, 0].transpose(0, 1)


def _centers(count: int, like: Tensor) -> Tensor:
    """Of `count` equal parts of the range from 0 to 1."""
    return (torch.arange(count, dtype=like.dtype, device=like.device) + 0.5) / count


def _hats(places: Tensor, count: int) -> Tensor:
    """Weights ``(N, count)`` of nodes between 0 and 1 for linear interpolation at `places`."""
    nodes = torch.arange(count, dtype=places.dtype, device=places.device)
    return (1 - (places[:, None] * (count - 1) - nodes).abs()).clamp_min(0)


def splat(values: Tensor, guide: Mask, shape: tuple[int, int, int]) -> Tensor:
    """Values ``(C, h, w)`` gathered in a grid of `shape` (levels, height, width): the transpose of `sample_grid`.

    >>> splat(torch.ones(1, 1, 2), torch.tensor([[[0.0, 0.25]]]), (2, 1, 1)).flatten().tolist()
    [1.75, 0.25]
    """
    with torch.enable_grad():
        grid = torch.zeros(len(values), *shape, dtype=values.dtype, device=values.device, requires_grad=True)
        (gathered,) = torch.autograd.grad(sample_grid(grid, guide), grid, values)
    return gathered


def apply_affine(coefficients: Tensor, colors: Tensor) -> Tensor:
    """Colors ``(3, ...)`` moved by a map of their own each, ``(12, ...)``.

    >>> apply_affine(identity_grid(1, 1, 1)[:, 0], torch.full((3, 1, 1), 0.5)).flatten().tolist()
    [0.5, 0.5, 0.5]
    """
    red, green, blue = colors
    moved = []
    for of_red, of_green, of_blue, constant in torch.split(coefficients, 4):
        moved.append(torch.addcmul(torch.addcmul(torch.addcmul(constant, of_red, red), of_green, green), of_blue, blue))
    return torch.stack(moved)


def map_colors(grid: Tensor, image: Image, guide: Mask | None = None) -> Image:
    """The image with every color moved by the grid's map for it; not clamped. In strips, so that memory is small.

    >>> x = torch.rand(3, 5, 7)
    >>> bool(torch.allclose(map_colors(identity_grid(3, 2, 2), x), x, atol=1e-6))
    True
    """
    height, width = image.shape[1:]
    step = max(1, STRIP // width)
    result = torch.empty_like(image, memory_format=torch.contiguous_format)
    for top in range(0, height, step):
        strip = image[:, top : top + step]
        light = luma(strip) if guide is None else guide[:, top : top + step]
        rows = (top / height, (top + strip.shape[1]) / height)
        result[:, top : top + step] = apply_affine(sample_grid(grid, light.clamp(0, 1), rows), strip)
    return result


def fit_grid(content: Image, painted: Image, shape: tuple[int, int, int]) -> Tensor:
    """The grid of `shape` (levels, height, width) whose maps take `content` to `painted` best, by least squares.

    Coarse to fine: one map for the picture, then maps of nodes that see far around, then less far, each damped toward
    the one before by `RIDGE`. So where a node sees few colors, which fit many maps, its map is that of its
    surroundings. A global affine map is recovered. In float64 inside, on the CPU.

    >>> x = torch.rand(3, 8, 8)
    >>> bool(torch.allclose(map_colors(fit_grid(x, 1 - x, (3, 2, 2)), x), 1 - x, atol=1e-4))
    True
    """
    moments = _moments(content.cpu().double(), painted.cpu().double(), shape)
    mean = moments.flatten(1).mean(1).view(-1, 1, 1, 1)
    maps = _solve(mean.expand_as(moments), torch.eye(3, 4).double(), _DAMPING)
    views = [blur_grid(moments)]
    for _ in range(_VIEWS):
        views.append(blur_grid(blur_grid(views[-1])))
    for view in reversed(views):
        maps = _solve(view + _FAR * mean, maps, RIDGE)
    return maps.flatten(1).T.reshape(COEFFICIENTS, *shape).to(content)


def _moments(content: Tensor, painted: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Of ``[c, 1]`` and the painted color, all products summed around each node: 16 and 12 channels."""
    guide = luma(content).clamp(0, 1)
    colors = torch.cat((content, torch.ones_like(guide)))
    products = [torch.einsum("ihw,jhw->ijhw", left, colors).flatten(0, 1) for left in (colors, painted)]
    return splat(torch.cat(products), guide, shape)


def _solve(moments: Tensor, toward: Tensor, ridge: float) -> Tensor:
    """The maps ``(nodes, 3, 4)`` of least error, damped toward others."""
    flat = moments.flatten(1).T
    squares, crosses = flat[:, :16].reshape(-1, 4, 4), flat[:, 16:].reshape(-1, 3, 4)
    damping = ridge * squares[:, 3, 3].view(-1, 1, 1)
    identity = torch.eye(4, dtype=flat.dtype)
    maps: Tensor = torch.linalg.solve(squares + damping * identity, crosses + damping * toward, left=False)
    return maps


def blur_grid(grid: Tensor) -> Tensor:
    """A grid ``(C, L, H, W)`` filtered by 1-2-1 along luma, y and x; its border stands for what lies beyond.

    >>> blur_grid(torch.tensor([0.0, 4.0, 0.0]).view(1, 3, 1, 1)).flatten().tolist()
    [1.0, 2.0, 1.0]
    """
    for axis in (1, 2, 3):
        last = grid.shape[axis] - 1
        before = torch.cat((grid.narrow(axis, 0, 1), grid.narrow(axis, 0, last)), axis)
        after = torch.cat((grid.narrow(axis, 1, last), grid.narrow(axis, last, 1)), axis)
        grid = (before + 2 * grid + after) / 4
    return grid
