"""Losses with known answers."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops.statistics import Moments, moments
from vidstyle.train.losses import EMPTY, content_loss, style_loss, unrest


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(2, 4, 9, 7, generator=torch.Generator().manual_seed(1)) * 2 + 3


@pytest.fixture
def others() -> torch.Tensor:
    return torch.rand(2, 4, 9, 7, generator=torch.Generator().manual_seed(2))


def test_nothing_is_lost_on_equals(features: torch.Tensor) -> None:
    assert content_loss(features, features) == 0
    assert style_loss({"a": moments(features)}, {"a": moments(features)}) == 0


def test_content_ignores_what_the_style_owns(features: torch.Tensor) -> None:
    assert content_loss(5 * features + 2, features) < 1e-9
    assert content_loss(-features, features) == pytest.approx(4, rel=1e-4)


def test_content_of_unrelated_features_is_about_two(features: torch.Tensor) -> None:
    large = torch.randn(2, 1, 4, 64, 64, generator=torch.Generator().manual_seed(3))
    assert content_loss(large[0], large[1]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e3])
def test_style_is_relative_to_its_target(features: torch.Tensor, others: torch.Tensor, scale: float) -> None:
    def scaled(m: Moments) -> Moments:
        return Moments(scale * m.mean, scale * m.std)

    painted, style = moments(others), moments(features)
    plain = style_loss({"a": painted}, {"a": style})
    assert style_loss({"a": scaled(painted)}, {"a": scaled(style)}) == pytest.approx(float(plain), rel=1e-3)


def test_style_by_hand() -> None:
    painted = Moments(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 1.0]]))
    target = Moments(torch.tensor([[1.0, 4.0]]), torch.tensor([[1.0, 2.0]]))
    # (2^2 + 1^2) / (1 + 16 + 1 + 4)
    assert style_loss({"a": painted}, {"a": target}) == pytest.approx(5 / 22)
    assert style_loss({"a": painted, "b": target}, {"a": target, "b": target}) == pytest.approx(5 / 44)
    assert style_loss({"a": painted}, {"a": painted}) == 0


def test_flat_targets_divide_by_no_zero() -> None:
    flat = torch.zeros(1, 2, 4, 4)
    assert content_loss(flat, flat).isfinite()
    ones, zeros = Moments(torch.ones(1, 2), torch.ones(1, 2)), Moments(flat[..., 0, 0], flat[..., 0, 0])
    assert style_loss({"a": ones}, {"a": zeros}) > 0


def stripes(period: int) -> torch.Tensor:
    """``(1, 3, 36, 36)``: half a period 0.4, half 0.6, across."""
    column = (torch.arange(36) % period < period // 2).float() * 0.2 + 0.4
    return column.expand(1, 3, 36, 36)


def test_unrest_is_texture_where_there_is_none_to_paint() -> None:
    empty = torch.full((1, 3, 36, 36), 0.3)
    assert unrest(empty, empty) < 1e-6
    # Of nine alternating columns five are of the middle one's kind: 0.1 less a ninth of it.
    assert unrest(stripes(2), empty).item() == pytest.approx(0.8 / 9, rel=0.05)
    wide = torch.linspace(0, 1, 36).expand(1, 3, 36, 36)
    assert unrest(wide, empty) < 0.01, "a slope is no texture"


def test_unrest_spares_what_the_content_has() -> None:
    empty, weave = torch.full((1, 3, 36, 36), 0.3), stripes(4)
    assert unrest(weave, weave) < 1e-6
    faint = empty + (weave - 0.5) * EMPTY / 2  # a grain of a twentieth of EMPTY counts as nothing
    assert unrest(weave, faint).item() == pytest.approx(unrest(weave, empty).item(), rel=0.02)
