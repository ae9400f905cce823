"""Color maps as tables: a lattice over the RGB cube, with linear interpolation between its points."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.ops.bilateral_grid import blur_grid

_FITS = 3
"""Rounds of `fit_table`; each leaves about a third of the error (measured on three clips)."""

_VIEWS = 4
"""Times that the view of a point is widened where few colors are."""

_FEW = 4.0
"""Colors that count as few around a point."""


def lattice(size: int) -> Tensor:
    """The points of a table with `size` of them along each axis, ``(3, size, size, size)``: red varies fastest.

    >>> lattice(2)[:, 0, 0, 1].tolist(), lattice(2)[:, 1, 0, 0].tolist()
    ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0])
    """
    line = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(line, line, line, indexing="ij")
    return torch.stack((red, green, blue))


def tabulate(move: Callable[[Tensor], Tensor], size: int) -> Tensor:
    """The table of a map of colors ``(3, N)``: its values at the points of `lattice`.

    >>> bool(torch.equal(tabulate(lambda colors: colors, 3), lattice(3)))
    True
    """
    points = lattice(size)
    return move(points.flatten(1)).view(points.shape)


def look_up(table: Tensor, colors: Tensor) -> Tensor:
    """Colors ``(3, ...)`` through a table, trilinearly; colors outside ``[0, 1]`` are taken to its border.

    >>> x = torch.rand(3, 4, 5)
    >>> bool(torch.allclose(look_up(lattice(5), x), x, atol=1e-6))
    True
    """
    places = (2 * colors.reshape(3, -1) - 1).T[None, None, None]
    found = F.grid_sample(table.to(colors)[None], places, mode="bilinear", padding_mode="border", align_corners=True)
    return found.reshape(-1, *colors.shape[1:])


def fit_table(colors: Tensor, values: Tensor, size: int) -> Tensor:
    """The smooth table ``(3, size, size, size)`` that gives colors ``(3, N)`` about their `values`; 0 far from them.

    Means of what lies around a point, coarse to fine, of the colors' errors again and again: where few colors are, a
    point has the mean of a wider view (compare `bilateral_grid.fit_grid`).

    >>> x = torch.rand(3, 2000)
    >>> bool((look_up(fit_table(x, 0.1 * x.square(), 9), x) - 0.1 * x.square()).abs().mean() < 2e-3)
    True
    """
    table = colors.new_zeros(3, size, size, size)
    for _ in range(_FITS):
        table = table + _local_means(colors, values - look_up(table, colors), size)
    return table


def _local_means(colors: Tensor, values: Tensor, size: int) -> Tensor:
    """Of the values around each point of a lattice; of wider and wider views where there are few."""
    views = [_gathered(colors, torch.cat((values, torch.ones_like(values[:1]))), size)]
    for _ in range(_VIEWS):
        views.append(blur_grid(views[-1]))
    means = torch.zeros_like(views[0][:3])
    for view in reversed(views):
        means = (view[:3] + _FEW * means) / (view[3:] + _FEW)
    return means


def _gathered(colors: Tensor, values: Tensor, size: int) -> Tensor:
    """Values ``(C, N)`` summed into the eight points around their colors: the transpose of `look_up`."""
    with torch.enable_grad():
        table = torch.zeros(len(values), size, size, size, dtype=values.dtype, device=values.device, requires_grad=True)
        (sums,) = torch.autograd.grad(look_up(table, colors), table, values)
    return sums


def cube_text(table: Tensor, title: str) -> str:
    """A table in the words of a ``.cube`` file: Adobe, "Cube LUT Specification 1.0" (2013).

    Values are not clamped: a player interpolates, then clips, as we do.

    >>> cube_text(lattice(2), "same").splitlines()[:2]
    ['TITLE "same"', 'LUT_3D_SIZE 2']
    """
    rows = [" ".join(f"{value:.6f}" for value in color) for color in table.flatten(1).T.tolist()]
    plain = " ".join(title.replace('"', "'").split())
    head = [f'TITLE "{plain}"', f"LUT_3D_SIZE {table.shape[1]}"]
    return "\n".join([*head, "DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0", *rows, ""])
