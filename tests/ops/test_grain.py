"""Regrain against known answers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.grain import regrain


def grainy(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    slope = torch.linspace(0.3, 0.5, 96).expand(3, 64, 96)
    return slope + 0.01 * torch.randn(3, 64, 96, generator=generator)


def roughness(image: Tensor) -> float:
    return float(image.diff(dim=2).std())


def test_grain_that_was_stretched_gets_its_old_size() -> None:
    image = grainy(1)
    moved = 0.2 + 3 * (image - 0.4)
    found = regrain(image, moved)
    assert roughness(moved) > 2.9 * roughness(image)
    assert roughness(found) < 1.6 * roughness(image)


def test_color_at_large_stays_as_it_was_moved() -> None:
    image = grainy(2)
    moved = 0.2 + 1.5 * (image - 0.4)
    found = regrain(image, moved)
    halves = [(found[..., part] - moved[..., part]).mean().abs() for part in (slice(0, 48), slice(48, None))]
    assert max(halves) < 0.01


def test_a_shift_passes_unchanged() -> None:
    image = grainy(3)
    assert torch.allclose(regrain(image, image + 0.2), image + 0.2, atol=1e-5)


def test_a_hard_edge_keeps_both_its_sides() -> None:
    image = torch.full((3, 64, 96), 0.2)
    image[..., 48:] = 0.8
    moved = torch.where(image > 0.5, 0.9, 0.1)
    found = regrain(image, moved)
    assert (found - moved).abs()[..., 24:72].max() < 0.07
    assert (found - moved).abs()[..., :24].max() < 1e-3 and (found - moved).abs()[..., 72:].max() < 1e-3


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (41, 41), (83, 42)])
def test_any_size_and_flat_pictures(size: tuple[int, int]) -> None:
    flat = torch.full((3, *size), 0.5)
    assert torch.allclose(regrain(flat, flat - 0.3), flat - 0.3, atol=1e-4)
