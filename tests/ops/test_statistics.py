"""Channel statistics against their definitions."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops.statistics import EPSILON, adain, lifted_moments, moments, standardize


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(2, 5, 12, 9, generator=torch.Generator().manual_seed(1)) * 3 + 1


@pytest.fixture
def other() -> torch.Tensor:
    return torch.rand(2, 5, 7, 7, generator=torch.Generator().manual_seed(2)) - 2


def test_moments_are_mean_and_biased_deviation() -> None:
    m = moments(torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]]))
    assert m.mean.item() == 3
    assert m.std.item() == pytest.approx((3.5 + EPSILON) ** 0.5)


def test_moments_of_half_precision_are_float32() -> None:
    assert moments(torch.ones(1, 1, 4, 4, dtype=torch.bfloat16)).mean.dtype == torch.float32


def test_adain_gives_the_moments_of_the_style(features: torch.Tensor, other: torch.Tensor) -> None:
    painted = moments(adain(features, moments(features), moments(other)))
    assert torch.allclose(painted.mean, moments(other).mean, atol=1e-4)
    assert torch.allclose(painted.std, moments(other).std, atol=1e-4)


def test_adain_of_itself_changes_nothing(features: torch.Tensor) -> None:
    assert torch.allclose(adain(features, moments(features), moments(features)), features, atol=1e-5)


def test_adain_is_local_once_moments_are_held(features: torch.Tensor, other: torch.Tensor) -> None:
    held = moments(features)
    part = adain(features[..., :4], held, moments(other))
    assert torch.equal(part, adain(features, held, moments(other))[..., :4])


def test_shuffling_the_pixels_of_the_style_changes_nothing(features: torch.Tensor, other: torch.Tensor) -> None:
    order = torch.randperm(49, generator=torch.Generator().manual_seed(3))
    shuffled = other.flatten(2)[..., order].view_as(other)
    before = adain(features, moments(features), moments(other))
    after = adain(features, moments(features), moments(shuffled))
    assert not torch.equal(other, shuffled)
    assert torch.allclose(before, after, atol=1e-5)


def test_lifted_moments_are_those_of_the_lifted_features(features: torch.Tensor) -> None:
    generator = torch.Generator().manual_seed(4)
    weight, bias = torch.randn(8, 5, generator=generator), torch.randn(8, generator=generator)
    direct = moments(torch.einsum("oc,nchw->nohw", weight, features) + bias[:, None, None])
    short = lifted_moments(features, weight, bias)
    assert torch.allclose(direct.mean, short.mean, atol=1e-4)
    assert torch.allclose(direct.std, short.std, atol=1e-4)


def test_standardized_features_have_mean_0_and_deviation_1(features: torch.Tensor) -> None:
    m = moments(standardize(features))
    assert m.mean.abs().max() < 1e-5
    assert (m.std - 1).abs().max() < 1e-4


def test_flat_features_stay_finite() -> None:
    flat = torch.full((1, 2, 4, 4), 7.0)
    assert standardize(flat).abs().max() == 0
    assert adain(flat, moments(flat), moments(flat)).isfinite().all()
