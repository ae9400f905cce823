"""Color maps of regions, and the edges that they keep."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.ops.region_maps import Edges, apply_maps, bounded_maps, edge_correlation, keep_edges
from vidstyle.ops.tone import in_gamut

SIZE = (20, 24)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def scene() -> Edges:
    """A dark left and a light right, with some grain; two regions."""
    content = 0.2 + 0.1 * noise(3, *SIZE)
    content[:, :, 12:] += 0.5
    right = (torch.arange(SIZE[1]) >= 12).float().expand(SIZE)
    return Edges(content, content, torch.stack((1 - right, right)))


def maps(gains: tuple[float, float], constants: tuple[float, float]) -> Tensor:
    found = torch.eye(3, 4).repeat(2, 1, 1) * torch.tensor(gains).view(2, 1, 1)
    found[:, :, 3] = torch.tensor(constants)[:, None] + torch.tensor([0.02, 0.0, -0.02])
    return found


LEVELING = maps((1.0, 1.0), (0.25, -0.25))
"""The dark side becomes lighter, and the light one darker, until both are alike."""


def shown(edges: Edges, found: Tensor) -> Tensor:
    return apply_maps(edges.content, edges.masks, found)


def test_regions_that_become_alike_are_held_back_until_edges_stay() -> None:
    edges = scene()
    assert edge_correlation(shown(edges, LEVELING), edges.content) < 0.7
    found = keep_edges(edges, LEVELING, 0.95)
    after = shown(edges, found)
    assert edge_correlation(after, edges.content) >= 0.95
    # No further than needed: the light goes where it was to go, as far as edges let it.
    left = edges.masks[0].bool()
    assert luma(after)[0, left].mean() > luma(edges.content)[0, left].mean() + 0.05
    away, before = (each - luma(each) for each in (after, shown(edges, LEVELING)))
    assert torch.allclose(away, before, atol=1e-5)


def test_maps_that_keep_the_edges_stay_themselves() -> None:
    kind = maps((0.8, 0.8), (0.1, 0.1))
    assert torch.equal(keep_edges(scene(), kind, 0.95), kind)


def test_where_edges_just_go_under_the_bound_hardly_anything_changes() -> None:
    """In a film they do so from one key frame to the next: a jump would be seen."""
    edges, darkening = scene(), maps((3.0, 1.0), (-0.8, -0.6))
    before = in_gamut(shown(edges, darkening))
    bound = edge_correlation(before, edges.content) + 1e-3
    after = in_gamut(shown(edges, keep_edges(edges, darkening, bound)))
    assert edge_correlation(after, edges.content) >= bound
    assert 0 < (after - before).abs().max() < 0.01


def test_where_only_edges_count_luma_is_one_affine_function_of_the_content() -> None:
    """The limit of the screened Poisson equation: the content's slopes, at the level that was asked for."""
    edges = scene()
    found = luma(shown(edges, keep_edges(edges, LEVELING, 1.1))).flatten()
    light = luma(edges.content).flatten()
    line = torch.stack((light, torch.ones_like(light)), 1)
    left_over = found - line @ torch.linalg.lstsq(line, found[:, None]).solution[:, 0]
    assert left_over.abs().max() < 2e-3
    assert found.mean().item() == pytest.approx(luma(shown(edges, LEVELING)).mean().item(), abs=0.01)


def test_grain_that_the_small_picture_lost_counts() -> None:
    edges = scene()
    smooth = edges.masks[1] * 0.5 + 0.25
    soft = edges._replace(content=smooth.expand(3, -1, -1))
    stretching = maps((0.3, 3.0), (0.2, -1.6))
    found = keep_edges(soft, stretching, 0.95)
    assert edge_correlation(apply_maps(soft.sharp, soft.masks, found), soft.sharp) >= 0.95
    assert torch.equal(keep_edges(soft._replace(sharp=soft.content), stretching, 0.95), stretching)


def test_differences_are_stretched_within_bounds_and_means_go_where_they_went() -> None:
    wild, means = 4 * noise(2, 3, 4) - 2, noise(2, 3, seed=1)
    found = bounded_maps(wild, means, 1.5)
    assert torch.linalg.matrix_norm(found[:, :, :3], 2).max() <= 1.5001
    points = torch.cat((means, torch.ones(2, 1)), 1)[:, :, None]
    assert torch.allclose(found @ points, wild @ points, atol=1e-5)
    assert torch.allclose(bounded_maps(found, means, 1.6), found, atol=1e-6)


def test_edge_correlation_knows_like_from_unlike() -> None:
    image = noise(3, 30, 30)
    assert edge_correlation(image, 0.3 - 0.2 * image) == pytest.approx(1, abs=1e-5)
    assert abs(edge_correlation(image, noise(3, 30, 30, seed=1))) < 0.15
    assert edge_correlation(image[:, :1], image[:, :1]) == edge_correlation(0 * image, image) == 1
