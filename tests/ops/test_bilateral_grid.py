"""Bilateral grids of color maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops import bilateral_grid
from vidstyle.ops.bilateral_grid import blur_grid, fit_grid, identity_grid, map_colors, sample_grid, splat
from vidstyle.ops.filters import luma

SHAPE = (4, 5, 6)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_nodes_are_met_and_between_them_it_is_linear() -> None:
    # A grid that tells the place it is asked at: luma, y and x from 0 to 1.
    lines = [torch.linspace(0, 1, count) for count in SHAPE]
    grid = torch.stack(torch.meshgrid(*lines, indexing="ij"))
    guide = noise(1, 8, 10)
    level, y, x = sample_grid(grid, guide)
    assert torch.allclose(level, guide[0], atol=1e-6)
    assert torch.allclose(y, ((torch.arange(8) + 0.5) / 8)[:, None].expand(8, 10), atol=1e-6)
    assert torch.allclose(x, ((torch.arange(10) + 0.5) / 10).expand(8, 10), atol=1e-6)


def test_splatting_is_the_transpose_of_sampling() -> None:
    grid, guide, values = noise(2, *SHAPE), noise(1, 7, 9, seed=1), noise(2, 7, 9, seed=2)
    here = (sample_grid(grid, guide) * values).sum()
    there = (grid * splat(values, guide, SHAPE)).sum()
    assert here.item() == pytest.approx(there.item(), rel=1e-5)


def test_a_global_affine_map_is_recovered() -> None:
    image = noise(3, 24, 30)
    matrix = torch.tensor([[1.2, -0.1, 0.0], [0.1, 0.7, 0.2], [0.0, 0.3, 0.5]])
    moved = torch.einsum("ij,jhw->ihw", matrix, image) + torch.tensor([0.1, -0.05, 0.2])[:, None, None]
    grid = fit_grid(image, moved, SHAPE)
    expected = torch.cat((matrix, torch.tensor([[0.1], [-0.05], [0.2]])), 1).flatten()
    assert torch.allclose(grid, expected.view(12, 1, 1, 1).expand_as(grid), atol=1e-3)
    assert torch.allclose(map_colors(grid, image), moved, atol=1e-4)


def test_two_sides_of_an_edge_keep_maps_of_their_own() -> None:
    image = 0.1 + 0.1 * noise(3, 32, 48)
    image[:, :, 24:] += 0.6
    moved = torch.where(luma(image) > 0.4, image * 0.5, image + 0.3)
    shown = map_colors(fit_grid(image, moved, (8, 4, 6)), image)
    assert (shown - moved).abs().mean() < 0.01


def test_a_flat_picture_of_one_color_takes_the_other_color() -> None:
    image, moved = torch.full((3, 9, 9), 0.5), torch.full((3, 9, 9), 0.2)
    assert torch.allclose(map_colors(fit_grid(image, moved, SHAPE), image), moved, atol=2e-3)


def test_a_grid_that_was_fitted_small_serves_a_large_picture() -> None:
    small = torch.linspace(0, 1, 40).expand(3, 30, 40)
    large = torch.nn.functional.interpolate(small[None], scale_factor=4, mode="bilinear")[0]
    grid = fit_grid(small, 1 - small, SHAPE)
    assert torch.allclose(map_colors(grid, large), 1 - large, atol=1e-3)


def test_strips_change_nothing_that_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    image, grid = noise(3, 33, 20), noise(12, *SHAPE)
    whole = map_colors(grid, image)
    monkeypatch.setattr(bilateral_grid, "STRIP", 7 * 20)
    assert torch.allclose(map_colors(grid, image), whole, atol=1e-5)


def test_colors_out_of_range_are_mapped_as_the_ends_are() -> None:
    grid = identity_grid(*SHAPE) * torch.linspace(0, 1, 4).view(1, 4, 1, 1)
    assert torch.allclose(map_colors(grid, torch.full((3, 2, 2), 1.5)), torch.full((3, 2, 2), 1.5), atol=1e-6)
    assert map_colors(grid, torch.full((3, 2, 2), -0.5)).abs().max() == 0


def test_blurring_keeps_what_is_flat_and_the_sum_of_what_is_inside() -> None:
    assert torch.equal(blur_grid(torch.ones(1, *SHAPE)), torch.ones(1, *SHAPE))
    dot = torch.zeros(1, 5, 5, 5)
    dot[0, 2, 2, 2] = 64
    assert blur_grid(dot)[0, 2, 2, 2] == 8 and blur_grid(dot).sum() == 64
