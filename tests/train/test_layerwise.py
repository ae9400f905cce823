"""Layers fitted one by one."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from vidstyle.train.layerwise import best_lift, fit_layer, whitening, with_one


def skewed(rows: int) -> torch.Tensor:
    """Rows of which one direction has a hundred times the deviation of the others, far from the origin."""
    random = torch.Generator().manual_seed(5)
    return torch.randn(rows, 6, generator=random) + 100 * torch.randn(rows, 1, generator=random) + 30


def test_whitened_rows_have_unit_covariance() -> None:
    rows = skewed(4000)
    matrix, mean = whitening(rows)
    white = (rows - mean) @ matrix.T
    assert torch.allclose(torch.cov(white.T), torch.eye(6), atol=0.05)


def test_one_filter_is_found_where_the_inputs_hardly_vary() -> None:
    rows = skewed(4000)
    differences = torch.tensor([1.0, -2.0, 0.5, 0.0, 1.0, -0.5])
    target = (3 * F.relu(rows @ differences - 0.4) - 1)[:, None]
    fit = fit_layer(rows, target, width=4, steps=300, random=torch.Generator().manual_seed(1))
    assert fit.weight.shape == (4, 6) and fit.bias.shape == (4,) and fit.lift.shape == (5, 1)
    predicted = with_one(F.relu(rows @ fit.weight.T + fit.bias)) @ fit.lift
    assert (predicted - target).square().mean() < 0.02 * target.var()
    linear = with_one(rows) @ best_lift(rows, target)
    assert (linear - target).square().mean() > 0.1 * target.var()
