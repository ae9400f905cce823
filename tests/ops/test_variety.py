"""How much worse places count that are shown already, worked out place by place."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops import variety
from vidstyle.ops.blocks import Grid
from vidstyle.ops.variety import Variety

SIDE, STEP, LENGTH = 4, 3, 8
"""Of patches, from one to the next, and of rows and columns of places in a picture of 11 px."""


def varied(*, known: float = 0.0, errors: float = 1.0, origins: tuple[tuple[int, int, int], ...]) -> torch.Tensor:
    """What an error becomes for the second block of the second row, where the first row was cut from `origins`."""
    made = Variety([torch.rand(3, 11, 11), torch.zeros(3, 11, 11)], Grid(2, 3, SIDE, SIDE - STEP))
    blocks = torch.tensor([[0, column] for column in range(len(origins))])
    made.note(blocks, torch.tensor(origins))
    table = torch.full((1, LENGTH, LENGTH), errors)
    return made.varied(table, torch.tensor([[1, 1]]), number=0, known=torch.tensor([known]))[0]


def shared(y: int, x: int, top: int, left: int) -> float:
    """Pixels that two patches have in common, as a share of one."""
    return max(0, SIDE - abs(y - top)) * max(0, SIDE - abs(x - left)) / SIDE**2


@pytest.mark.parametrize(("nearby", "often"), [(2.0, 0.0), (0.0, 3.0), (1.5, 0.5)])
def test_errors_grow_with_what_is_shown(monkeypatch: pytest.MonkeyPatch, nearby: float, often: float) -> None:
    monkeypatch.setattr(variety, "_NEARBY", nearby)
    monkeypatch.setattr(variety, "_OFTEN", often)
    # The second one is of the other picture.
    found = varied(origins=((0, 0, 1), (1, 7, 0), (0, 5, 5)))
    uses = torch.tensor([[shared(y, x, 0, 1) + shared(y, x, 5, 5) for x in range(LENGTH)] for y in range(LENGTH)])
    expected = 1 + nearby * uses + often * uses / uses.mean()
    # Going on from the one up left is a step down and right; from the one up right it would be outside.
    expected[3, 4] = torch.inf
    assert torch.allclose(found, expected)
    assert found.isinf().sum() == 1


def test_what_fits_perfectly_counts_as_slightly_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variety, "_SLIGHT", 0.5)
    torch.manual_seed(0)
    spread = torch.rand(3, 11, 11).var((1, 2), correction=0).mean()
    torch.manual_seed(0)
    found = varied(errors=0.0, known=6.0, origins=((1, 0, 0),))
    assert torch.allclose(found, 3 * spread.expand_as(found))


def test_where_nothing_is_left_a_patch_may_go_on() -> None:
    picture = torch.rand(3, 5, 4)
    made = Variety([picture], Grid(1, 2, 4, 2))
    made.note(torch.tensor([[0, 0]]), torch.tensor([[0, 0, -1]]))
    found = made.varied(torch.ones(1, 2, 1), torch.tensor([[0, 1]]), number=0, known=torch.zeros(1))
    assert found.isfinite().all()
