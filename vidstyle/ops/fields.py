"""Nearest-neighbor fields: for every place of one picture, the place of another that it resembles most.

A field is an int64 tensor ``(2, H, W)``: y, then x, in pixels of the other picture. It is found by dense search: every
place of a window is compared. So it is exact within the window, the same in every run, and made of matrix products.
Patches go on beyond the border of a picture by its border pixels, so that all are whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

CELL = 2
"""Pixels to a side that share a window: what one place of a grid half as fine becomes on this one."""

MOST_VALUES = 2**22
"""Numbers that one table of likenesses may hold, 16 MiB: more places are searched in turns."""

_STAY = 1e-5
"""Likeness that a step costs, times its squared length: among equals the nearest to the start is taken. Rounding makes
differences of 1e-7, patches that differ to the eye some 1e-2 (measured on relu1_1 of photographs)."""


def unit(features: Tensor) -> Tensor:
    """Features ``(C, H, W)`` at length 1 in every place; where there is nothing, nothing.

    >>> unit(torch.tensor([[[3.0, 0.0]], [[4.0, 0.0]]]))[:, 0].tolist()
    [[0.6000000238418579, 0.0], [0.800000011920929, 0.0]]
    """
    return F.normalize(features, dim=0)


def match_all(source: Tensor, target: Tensor, *, patch: int) -> tuple[Tensor, Tensor]:
    """The fields from `source` to `target` and back, every place compared with every other.

    Both are ``(C, H, W)`` of any two sizes; the likeness of two places is the sum of products over patches of
    `patch` pixels a side. Of equals the first is taken.

    >>> picture = unit(torch.rand(8, 5, 6, generator=torch.Generator().manual_seed(1)))
    >>> forth, back = match_all(picture, picture.flip(2), patch=3)
    >>> back[:, 2, 1].tolist(), forth.shape
    ([2, 4], torch.Size([2, 5, 6]))
    """
    there, here = (_patches(features, patch) for features in (target, source))
    forth, best, back = [], there.new_full((len(there),), -torch.inf), torch.zeros_like(there[:, 0], dtype=torch.long)
    first = 0
    for some in torch.split(here, max(1, MOST_VALUES // len(there))):
        table = some @ there.T
        forth.append(table.argmax(1))
        likeness, place = table.max(0)
        better = likeness > best
        best, back = torch.where(better, likeness, best), torch.where(better, place + first, back)
        first += len(some)
    sizes = ((source.shape[-2], source.shape[-1]), (target.shape[-2], target.shape[-1]))
    return _places(torch.cat(forth), sizes[0], sizes[1][1]), _places(back, sizes[1], sizes[0][1])


def match_near(
    source: Tensor, target: Tensor, start: Tensor, *, radius: int, patch: int, where: Tensor | None = None
) -> Tensor:
    """The field from `source` to `target`, searched in windows around the places of `start`.

    `source` is ``(C, H, W)`` with even sides, `target` likewise, `start` a field. Every cell of 2x2 pixels is searched
    up to `radius` pixels to each side of where `start` has its first pixel; at the border, the window is moved
    inside. `where`, ``(H / 2, W / 2)``, names the cells to search; the others stay.

    >>> picture = unit(torch.rand(8, 12, 12))
    >>> start = whole_field((12, 12))
    >>> moved = match_near(picture[:, :, 2:10], picture, start[..., :8], radius=3, patch=3)
    >>> bool((moved[1, 2:-2, 2:-2] == start[1, 2:-2, 4:8]).all())
    True
    """
    cells = _cells(source.shape[-2:], where).to(start.device)
    sides = (target.shape[-2], target.shape[-1])
    reach = min(radius, (min(sides) - CELL) // 2)
    span = 2 * reach + 1
    most = torch.tensor([side - CELL - 2 * reach for side in sides], device=start.device)
    corners = (start[:, cells[:, 0], cells[:, 1]].T - reach).clamp_(min=0).minimum(most)
    found = start.clone()
    margin = patch // 2
    rows_a, rows_b = (features.flatten(1).T.contiguous() for features in (source, target))
    # A penalty by offset from the start, which is the middle of the window wherever it is not at the border.
    steps = torch.arange(-reach, reach + 1, device=start.device)
    cost = _STAY * (steps[:, None] ** 2 + steps**2).flatten().to(source)
    side = CELL + 2 * margin
    for here, there in _turns(cells, corners, side**2 * (side + 2 * reach) ** 2):
        a = rows_a[_blocks(here - margin, side, source.shape[-2:])]
        b = rows_b[_blocks(there - margin, side + 2 * reach, sides)]
        likeness = _sums(torch.bmm(a, b.transpose(1, 2)), side, span) / patch**2
        best = (likeness - cost).argmax(-1)
        row, column = (torch.arange(CELL, device=start.device) + here[:, i, None] for i in (0, 1))
        inside = torch.arange(CELL, device=start.device)
        found[0, row[:, :, None], column[:, None]] = there[:, 0, None, None] + inside[:, None] + best // span
        found[1, row[:, :, None], column[:, None]] = there[:, 1, None, None] + inside + best % span
    return found


def vote(picture: Tensor, field: Tensor, *, patch: int) -> Tensor:
    """What a field shows of a picture ``(C, h, w)``: for every pixel the mean over the patches that cover it.

    >>> picture = torch.arange(12.0).view(1, 3, 4)
    >>> torch.equal(vote(picture, whole_field((3, 4)), patch=3), picture)
    True
    """
    rows = picture.flatten(1).T.contiguous()
    height, width = picture.shape[-2:]
    total = rows.new_zeros(field[0].numel(), len(picture))
    for y, x in shifted(field, patch):
        total += rows[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).flatten()]
    return (total / patch**2).T.reshape(-1, *field.shape[1:])


def shifted(field: Tensor, patch: int) -> Iterator[Tensor]:
    """The fields that the patches around each pixel propose for it: ``p + (field(p + d) - (p + d))`` for every d.

    Fields of whole places or of fractional ones; what they propose may lie outside of the other picture.

    >>> [list(map(int, moved[1, 0])) for moved in shifted(torch.tensor([[[0, 0]], [[0, 5]]]), 1)]
    [[0, 5]]
    """
    height, width = field.shape[1:]
    own = whole_field((height, width), field.device).to(field)
    # Displacements go on beyond the border.
    rows, columns = (torch.arange(-(patch // 2), side + patch // 2).clamp_(0, side - 1) for side in (height, width))
    away = (field - own)[:, rows[:, None], columns]
    for y in range(patch):
        for x in range(patch):
            yield own + away[:, y : y + height, x : x + width]


def whole_field(size: tuple[int, int], device: torch.device | None = None) -> Tensor:
    """The field of a picture of `size` (height, width) to itself.

    >>> whole_field((1, 2)).tolist()
    [[[0, 0]], [[0, 1]]]
    """
    height, width = size
    rows, columns = (torch.arange(side, device=device) for side in (height, width))
    return torch.stack((rows[:, None].expand(height, width), columns.expand(height, width)))


def enlarge_field(field: Tensor, factor: int) -> Tensor:
    """The field between grids that are finer by a whole `factor`: blocks are moved as a whole.

    >>> enlarge_field(torch.tensor([[[1]], [[3]]]), 2).tolist()
    [[[2, 2], [3, 3]], [[6, 7], [6, 7]]]
    """
    fine = field.repeat_interleave(factor, 1).repeat_interleave(factor, 2)
    return factor * fine + whole_field((fine.shape[1], fine.shape[2]), field.device) % factor


def agreed(field: Tensor) -> Tensor:
    """The field with strays brought in line: each place moves as the one of its 3x3 neighbors that is most like all.

    The vector median (Astola, Haavisto and Neuvo 1990) of displacements, by the sum of absolute differences.

    >>> field = whole_field((3, 3))
    >>> field[:, 1, 1] += 40
    >>> torch.equal(agreed(field), whole_field((3, 3)))
    True
    """
    proposals = torch.stack(list(shifted(field, 3)))
    apart = torch.zeros_like(proposals[:, 0])
    for one in proposals:
        apart += 2 * (proposals - one).abs().sum(1)
    # Among equals the place's own, which is the fifth of nine.
    apart[4] -= 1
    return proposals.gather(0, apart.argmin(0).expand(1, 2, -1, -1))[0]


def _patches(features: Tensor, patch: int) -> Tensor:
    """Every patch as a row, ``(H * W, C * patch * patch)``."""
    margin = patch // 2
    return F.unfold(F.pad(features[None], (margin,) * 4, mode="replicate"), patch)[0].T.contiguous()


def _places(index: Tensor, size: tuple[int, int], width: int) -> Tensor:
    return torch.stack((index // width, index % width)).view(2, *size)


def _cells(size: torch.Size, where: Tensor | None) -> Tensor:
    """The first pixels of the cells, ``(N, 2)``."""
    if where is None:
        where = torch.ones(size[0] // CELL, size[1] // CELL, dtype=torch.bool)
    return where.nonzero() * CELL


def _turns(cells: Tensor, corners: Tensor, values: int) -> Iterator[tuple[Tensor, Tensor]]:
    count = max(1, MOST_VALUES // values)
    return zip(torch.split(cells, count), torch.split(corners, count), strict=True)


def _blocks(corners: Tensor, side: int, size: tuple[int, int] | torch.Size) -> Tensor:
    """Of blocks by their corners ``(N, 2)`` the numbers of their pixels, ``(N, side * side)``."""
    height, width = size
    along = torch.arange(side, device=corners.device)
    rows = (corners[:, 0, None] + along).clamp_(0, height - 1)
    columns = (corners[:, 1, None] + along).clamp_(0, width - 1)
    return (rows[:, :, None] * width + columns[:, None]).flatten(1)


def _sums(table: Tensor, side: int, span: int) -> Tensor:
    """Likenesses ``(N, CELL, CELL, span * span)`` of patches from ``(N, side * side, wide * wide)`` of pixels.

    A pixel at ``(i, j)`` of its block, moved by ``(v, u)``, meets ``(i + v, j + u)`` of the window: a diagonal, so a
    view of the table.
    """
    wide = side + span - 1
    strides = (side**2 * wide**2, side * wide**2 + wide, wide**2 + 1, wide, 1)
    products = table.as_strided((len(table), side, side, span, span), strides)
    length = side - CELL + 1
    rows = torch.stack([products[:, i : i + length].sum(1) for i in range(CELL)], 1)
    both = torch.stack([rows[:, :, i : i + length].sum(2) for i in range(CELL)], 2)
    return both.flatten(3)
