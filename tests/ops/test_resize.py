"""Sizes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vidstyle.ops.resize import crop_to, fit_longest, pad_to_multiple, resize

sides = st.integers(1, 5000)


def test_an_equal_size_is_the_very_input() -> None:
    image = torch.rand(3, 5, 7)
    assert resize(image, (5, 7)) is image


def test_flat_stays_flat_and_no_edge_overshoots() -> None:
    assert torch.allclose(resize(torch.full((3, 9, 9), 0.3), (4, 5)), torch.tensor(0.3))
    edge = torch.zeros(1, 3, 16, 16)
    edge[..., 8:] = 1
    scaled = resize(edge, (37, 41))
    assert scaled.shape == (1, 3, 37, 41)
    assert scaled.min() == 0 and scaled.max() == 1


def test_reducing_averages_what_is_too_fine() -> None:
    checker = (torch.arange(64)[:, None] + torch.arange(64)[None]).remainder(2).float().expand(3, 64, 64)
    reduced = resize(checker, (16, 16))
    assert (reduced - 0.5).abs().max() < 0.1


@given(sides, sides, st.integers(1, 8192))
def test_the_longest_side_fits_and_the_aspect_stays(height: int, width: int, longest: int) -> None:
    new_height, new_width = fit_longest(height, width, longest)
    assert max(new_height, new_width) == longest
    assert min(new_height, new_width) >= 1
    assert abs(new_height - max(1.0, height * longest / max(height, width))) <= 0.5
    assert abs(new_width - max(1.0, width * longest / max(height, width))) <= 0.5


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 15), (161, 91)])
def test_padding_grows_to_a_multiple_and_is_undone(size: tuple[int, int]) -> None:
    images = torch.rand(1, 3, *size)
    padded = pad_to_multiple(images, 8, at_least=16)
    assert all(side % 8 == 0 and side >= 16 for side in padded.shape[2:])
    assert torch.equal(crop_to(padded, size), images)
    assert torch.equal(padded[..., -1, -1], images[..., -1, -1])
