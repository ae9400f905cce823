"""Dense search against comparing place by place, and fields whose answer is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops import fields
from vidstyle.ops.fields import enlarge_field, match_all, match_near, shifted, unit, vote, whole_field


def features(size: tuple[int, int], seed: int = 0, channels: int = 6) -> Tensor:
    return unit(torch.randn(channels, *size, generator=torch.Generator().manual_seed(seed)))


def likeness(source: Tensor, target: Tensor, patch: int) -> Tensor:
    """Of every place with every place, ``(H, W, h, w)``, each product by itself."""
    around = range(-(patch // 2), patch // 2 + 1)
    total = torch.zeros(*source.shape[1:], *target.shape[1:])
    for y in around:
        for x in around:
            total += torch.einsum("chw,cij->hwij", moved(source, y, x), moved(target, y, x))
    return total


def moved(picture: Tensor, y: int, x: int) -> Tensor:
    """``out(p) = picture(p + (y, x))``, going on beyond the border."""
    rows = (torch.arange(picture.shape[1]) + y).clamp(0, picture.shape[1] - 1)
    columns = (torch.arange(picture.shape[2]) + x).clamp(0, picture.shape[2] - 1)
    return picture[:, rows[:, None], columns]


@pytest.mark.parametrize("patch", [3, 5])
def test_all_places_are_compared_both_ways(patch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In several turns as well."""
    source, target = features((6, 7), 1), features((5, 9), 2)
    table = likeness(source, target, patch)
    best, best_back = table.flatten(2).argmax(2), table.flatten(0, 1).argmax(0)
    for most in (fields.MOST_VALUES, 200):
        monkeypatch.setattr(fields, "MOST_VALUES", most)
        forth, back = match_all(source, target, patch=patch)
        assert torch.equal(forth[0] * 9 + forth[1], best)
        assert torch.equal(back[0] * 7 + back[1], best_back)


@pytest.mark.parametrize(("patch", "radius"), [(3, 1), (3, 6), (5, 2)])
def test_near_is_the_best_of_the_window(patch: int, radius: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = features((8, 10), 1), features((12, 14), 2)
    generator = torch.Generator().manual_seed(3)
    coarse = torch.stack([torch.randint(0, side, (4, 5), generator=generator) for side in (6, 7)])
    start = enlarge_field(coarse, 2)
    table = likeness(source, target, patch)
    monkeypatch.setattr(fields, "MOST_VALUES", 20_000)
    found = match_near(source, target, start, radius=radius, patch=patch)
    reach = min(radius, 5)
    for y in range(8):
        for x in range(10):
            # The window of its cell, moved inside.
            top = min(max(int(start[0, y - y % 2, x]) - reach, 0), 10 - 2 * reach) + y % 2
            left = min(max(int(start[1, y, x - x % 2]) - reach, 0), 12 - 2 * reach) + x % 2
            window = table[y, x, top : top + 2 * reach + 1, left : left + 2 * reach + 1]
            row, column = divmod(int(window.argmax()), 2 * reach + 1)
            assert found[:, y, x].tolist() == [top + row, left + column]


def test_a_picture_is_found_in_itself() -> None:
    picture = features((10, 12))
    own = whole_field((10, 12))
    for found in (*match_all(picture, picture, patch=3), match_near(picture, picture, own, radius=4, patch=5)):
        assert torch.equal(found, own)


def test_a_shift_is_found_as_that_shift() -> None:
    picture = features((16, 20))
    part = picture[:, 3:13, 4:18]
    found = match_near(part, picture, whole_field((10, 14)), radius=5, patch=3)
    assert torch.equal((found - whole_field((10, 14)))[:, 1:-1, 1:-1].unique(dim=2)[:, 0, 0], torch.tensor([3, 4]))
    assert torch.equal(found[:, 1:-1, 1:-1], whole_field((16, 20))[:, 4:12, 5:17])


def test_among_equals_the_start_stays() -> None:
    flat = torch.ones(2, 12, 12)
    start = whole_field((12, 12)).clamp(3, 8)
    start = start[:, ::2, ::2].repeat_interleave(2, 1).repeat_interleave(2, 2) + whole_field((12, 12)) % 2
    assert torch.equal(match_near(flat, flat, start, radius=2, patch=3), start)


def test_only_the_named_cells_are_searched() -> None:
    source, target = features((8, 8), 1), features((8, 8), 2)
    own = whole_field((8, 8))
    where = torch.zeros(4, 4, dtype=torch.bool)
    where[1, 2] = True
    everywhere = match_near(source, target, own, radius=2, patch=3)
    found = match_near(source, target, own, radius=2, patch=3, where=where)
    assert torch.equal(found[:, 2:4, 4:6], everywhere[:, 2:4, 4:6])
    found[:, 2:4, 4:6] = own[:, 2:4, 4:6]
    assert torch.equal(found, own)
    assert torch.equal(match_near(source, target, own, radius=2, patch=3, where=where & False), own)


def test_tiny_grids_are_searched_as_far_as_they_go() -> None:
    found = match_near(features((2, 2), 1), features((2, 4), 2), whole_field((2, 2)), radius=6, patch=3)
    assert torch.equal(found, whole_field((2, 2)))


def test_votes_are_whole_numbers() -> None:
    """Where two parts meet that were moved apart, each pixel is the mean of what its three patches say."""
    picture = torch.arange(12.0).view(1, 1, 12)
    field = whole_field((1, 6))
    field[1, :, 3:] += 6
    shown = vote(picture, field, patch=3)
    assert shown.flatten().tolist() == [0.0, 1.0, 4.0, 7.0, 10.0, 11.0]
    assert torch.equal(vote(picture, whole_field((1, 12)), patch=5), picture)


def test_patches_propose_where_they_would_go_on() -> None:
    field = torch.tensor([[[0, 0, 0]], [[5, 9, 7]]])
    proposals = [moved[1, 0].tolist() for moved in shifted(field, 3)]
    assert proposals[3:6] == [[5, 6, 10], [5, 9, 7], [8, 6, 7]]
    assert len(proposals) == 9


def test_a_field_is_enlarged_by_blocks() -> None:
    coarse = torch.tensor([[[4, 0]], [[1, 2]]])
    assert enlarge_field(coarse, 2)[0].tolist() == [[8, 8, 0, 0], [9, 9, 1, 1]]
    assert enlarge_field(coarse, 4)[1, 0].tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
