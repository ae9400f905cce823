"""Color maps as tables: a lattice over the RGB cube, with linear interpolation between its points."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


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
    return found.reshape(colors.shape)


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
