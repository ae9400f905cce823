"""Where two pictures that overlap are cut so that it shows least: Efros and Freeman 2001, section 2.1."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cheapest_path(costs: Tensor) -> Tensor:
    """Columns ``(N, L)`` of the paths of least sum down ``(N, L, W)`` costs, sideways by at most one per row.

    ``E(i, j) = e(i, j) + min(E(i-1, j-1), E(i-1, j), E(i-1, j+1))``, and back from the least of the last row.

    >>> cheapest_path(torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]])).tolist()
    [[1, 0, 1]]
    """
    total, *rows = costs.unbind(1)
    moves = []
    for row in rows:
        beside = F.pad(total, (1, 1), value=torch.inf)
        least, move = torch.stack((beside[:, :-2], beside[:, 1:-1], beside[:, 2:])).min(0)
        total = row + least
        moves.append(move - 1)
    columns = [total.argmin(1)]
    for move in reversed(moves):
        columns.append(columns[-1] + move.gather(1, columns[-1][:, None])[:, 0])
    return torch.stack(columns[::-1], 1)


def cut(costs: Tensor, overlap: int, sides: Tensor) -> Tensor:
    """Where new patches show, ``(N, S, S)`` boolean, laid over old ones with ``(N, S, S)`` costs of a cut there.

    `sides` is ``(N, 4)``, boolean: left, top, right, bottom. Where it is true, the patch is cut along the cheapest
    path through the `overlap` pixels of that side; elsewhere it reaches its border. In corners both cuts hold.

    >>> cut(torch.tensor([[[1.0, 0.0, 1.0]] * 3]), 2, torch.tensor([[True, False, False, False]]))[0, 0].tolist()
    [False, True, True]
    """
    shown = torch.ones_like(costs, dtype=torch.bool)
    if overlap == 0:
        return shown
    for side, (turned, back) in enumerate(_TURNS):
        which = sides[:, side].nonzero()[:, 0]
        if len(which):
            inside = _right_of_path(turned(costs[which]), overlap)
            shown[which] = shown[which] & back(inside)
    return shown


def _right_of_path(costs: Tensor, overlap: int) -> Tensor:
    path = cheapest_path(costs[..., :overlap])
    return torch.arange(costs.shape[-1], device=costs.device) >= path[..., None]


def _as_is(patches: Tensor) -> Tensor:
    return patches


def _transposed(patches: Tensor) -> Tensor:
    return patches.transpose(1, 2)


def _mirrored(patches: Tensor) -> Tensor:
    return patches.flip(2)


def _transposed_mirrored(patches: Tensor) -> Tensor:
    return patches.transpose(1, 2).flip(2)


def _mirrored_transposed(patches: Tensor) -> Tensor:
    return patches.flip(2).transpose(1, 2)


_TURNS = (
    (_as_is, _as_is),
    (_transposed, _transposed),
    (_mirrored, _mirrored),
    (_transposed_mirrored, _mirrored_transposed),
)
"""Per side how to turn patches so that it lies left, and how to turn them back."""
