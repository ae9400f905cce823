"""Cuts against every path there is."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from vidstyle.ops.seams import cheapest_path, cut

LEFT, TOP, RIGHT, BOTTOM = torch.eye(4, dtype=torch.bool)[:, None]


def every_path(length: int, width: int) -> list[tuple[int, ...]]:
    paths = product(range(width), repeat=length)
    return [path for path in paths if all(abs(a - b) <= 1 for a, b in pairwise(path))]


def cost_of(path: tuple[int, ...], costs: Tensor) -> float:
    return float(sum(row[column] for row, column in zip(costs, path, strict=True)))


@pytest.mark.parametrize(("length", "width"), [(1, 1), (1, 4), (5, 1), (4, 4), (6, 3)])
def test_no_path_is_cheaper(length: int, width: int) -> None:
    costs = torch.rand(5, length, width, generator=torch.Generator().manual_seed(length))
    paths = every_path(length, width)
    for own, found in zip(costs, cheapest_path(costs).tolist(), strict=True):
        assert tuple(found) in paths
        assert cost_of(tuple(found), own) == pytest.approx(min(cost_of(path, own) for path in paths), abs=1e-6)


def test_a_column_that_costs_nothing_is_the_path() -> None:
    costs = torch.rand(1, 9, 6) + 0.1
    costs[:, :, 4] = 0
    assert cheapest_path(costs).tolist() == [[4] * 9]


@pytest.mark.parametrize(
    ("side", "free", "shown"),
    [
        (LEFT, (slice(None), 1), (slice(None), slice(1, None))),
        (TOP, (2, slice(None)), (slice(2, None), slice(None))),
        (RIGHT, (slice(None), 6), (slice(None), slice(None, 7))),
        (BOTTOM, (5, slice(None)), (slice(None, 6), slice(None))),
    ],
)
def test_a_side_is_cut_along_what_costs_nothing(
    side: Tensor, free: tuple[int | slice, ...], shown: tuple[slice, slice]
) -> None:
    costs = torch.ones(1, 8, 8)
    costs[0][free] = 0
    expected = torch.zeros(1, 8, 8, dtype=torch.bool)
    expected[0][shown] = True
    assert torch.equal(cut(costs, 3, side), expected)


def test_in_corners_both_cuts_hold() -> None:
    costs = torch.rand(1, 8, 8)
    assert torch.equal(cut(costs, 3, LEFT | BOTTOM), cut(costs, 3, LEFT) & cut(costs, 3, BOTTOM))


def test_without_neighbors_a_patch_shows_whole() -> None:
    assert cut(torch.rand(2, 5, 5), 2, torch.zeros(2, 4, dtype=torch.bool)).all()
    assert cut(torch.rand(1, 5, 5), 0, LEFT).all()
