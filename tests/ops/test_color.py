"""Global color against known answers."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops.color import (
    REGULARIZATION,
    color_moments,
    match_colors,
    monge_kantorovich,
    symmetric_root,
    with_luminance_of,
)
from vidstyle.ops.filters import luma


def covariance(seed: int) -> torch.Tensor:
    root = torch.randn(3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + 0.1 * torch.eye(3, dtype=torch.float64)


def picture(seed: int, size: tuple[int, int] = (24, 32)) -> torch.Tensor:
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(seed))


def test_moments_are_those_of_numpy() -> None:
    image = picture(1)
    expected = torch.cov(image.flatten(1).double(), correction=0)
    found = color_moments(image)
    assert torch.allclose(found.covariance() - REGULARIZATION * torch.eye(3), expected, atol=1e-12)
    assert torch.allclose(found.mean, image.double().mean((1, 2)))


@pytest.mark.parametrize("power", [0.5, -0.5, 1.0, 2.0])
def test_a_root_is_a_power(power: float) -> None:
    s = covariance(2)
    root = symmetric_root(s, power)
    if power == 0.5:
        assert torch.allclose(root @ root, s)
    if power == -0.5:
        assert torch.allclose(root @ s @ root, torch.eye(3, dtype=s.dtype))
    if power >= 1:
        assert torch.allclose(root, torch.linalg.matrix_power(s, int(power)))


def test_monge_kantorovich_reaches_its_target_and_is_symmetric() -> None:
    s, t = covariance(3), covariance(4)
    transform = monge_kantorovich(s, t)
    assert torch.allclose(transform @ s @ transform.T, t)
    assert torch.allclose(transform, transform.T)
    assert (torch.linalg.eigvalsh(transform) > 0).all()


def test_monge_kantorovich_of_equals_is_the_identity() -> None:
    s = covariance(5)
    assert torch.allclose(monge_kantorovich(s, s), torch.eye(3, dtype=s.dtype))


def test_match_colors_recovers_a_symmetric_affine_change() -> None:
    image = 0.3 + 0.3 * picture(6)
    change = torch.tensor([[0.8, 0.1, 0.0], [0.1, 0.7, -0.1], [0.0, -0.1, 0.9]])
    changed = torch.einsum("dc,chw->dhw", change, image) + torch.tensor([0.05, 0.1, 0.0]).view(3, 1, 1)
    assert changed.min() > 0 and changed.max() < 1
    found = match_colors(image, color_moments(image), color_moments(changed))
    # The regularization of the covariances is what is left.
    assert (found - changed).abs().max() < 2e-3


def test_match_colors_of_a_flat_picture_gives_the_target_mean() -> None:
    flat, target = torch.full((3, 8, 8), 0.2), 0.4 + 0.2 * picture(7)
    found = match_colors(flat, color_moments(flat), color_moments(target))
    assert torch.allclose(found.mean((1, 2)), target.mean((1, 2)), atol=1e-5)


def test_keeping_color_takes_luminance_and_leaves_the_differences() -> None:
    content, painted = 0.35 + 0.1 * picture(8), 0.35 + 0.1 * picture(9)
    kept = with_luminance_of(content, painted)
    assert torch.allclose(luma(kept), luma(painted), atol=1e-6)
    assert torch.allclose(kept[0] - kept[1], content[0] - content[1], atol=1e-6)
    assert torch.allclose(kept[2] - kept[1], content[2] - content[1], atol=1e-6)


def test_keeping_color_stays_in_range() -> None:
    kept = with_luminance_of(picture(10), torch.ones(3, 24, 32))
    assert kept.min() >= 0 and kept.max() <= 1
