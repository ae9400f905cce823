"""Going over from one painting to another."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops.dissolve import dissolve
from vidstyle.types import Image


def strokes(seed: int) -> Image:
    """Blotches of some 4 px on gray."""
    coarse = torch.rand(3, 24, 32, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse[None], scale_factor=4, mode="bilinear")[0].clamp(0, 1)


def test_it_begins_with_the_old_and_ends_with_the_new() -> None:
    old, new = strokes(1), strokes(2)
    for weight, expected in ((0.0, old), (1.0, new)):
        shown = dissolve(old, new, weight)
        assert torch.equal(shown, expected) and shown is not expected


def test_half_way_strokes_are_as_strong_as_before() -> None:
    """A plain mean of two paintings that have nothing in common keeps 0.71 of their deviation."""
    old, new = strokes(1), strokes(2)
    flat = float(torch.lerp(old, new, 0.5).std() / old.std())
    kept = float(dissolve(old, new, 0.5).std() / old.std())
    assert flat < 0.75
    assert 0.9 < kept < 1.1


def test_what_both_paintings_share_is_not_made_stronger() -> None:
    old = strokes(1)
    assert torch.allclose(dissolve(old, old.clone(), 0.3), old, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 50)])
def test_any_size_stays_in_range(size: tuple[int, int]) -> None:
    old, new = torch.zeros(3, *size), torch.ones(3, *size)
    shown = dissolve(old, new, 0.5)
    assert shown.shape == old.shape
    assert (shown - 0.5).abs().max() < 0.1
