"""The tone curve against known answers."""

from __future__ import annotations

import torch
from torch import Tensor

from vidstyle.ops.filters import luma
from vidstyle.ops.tone import ToneCurve, in_gamut, tone_curve, tone_knots


def colors(seed: int) -> Tensor:
    return torch.rand(3, 5000, generator=torch.Generator().manual_seed(seed))


def between(source: Tensor, target: Tensor) -> ToneCurve:
    return tone_curve(tone_knots(source), [tone_knots(target)], [1.0])


def test_equal_light_stays() -> None:
    content = colors(1)
    assert (between(content, content)(content) - content).abs().max() < 1 / 255


def test_light_gets_the_distribution_of_the_style() -> None:
    content, target = colors(2), 0.4 * colors(3) + 0.05
    found = luma(between(content, target)(content))[0]
    shares = torch.linspace(0.02, 0.98, 20)
    assert torch.allclose(found.quantile(shares), luma(target)[0].quantile(shares), atol=2e-3)


def test_hue_is_kept_and_saturation_follows_light() -> None:
    content, target = 0.2 + 0.6 * colors(4), 0.5 * (0.2 + 0.6 * colors(4))
    found = between(content, target)(content)
    before, after = content - luma(content), found - luma(found)
    cosine = torch.cosine_similarity(before, after, dim=0)
    assert cosine.min() > 0.999
    ratio = after.norm(dim=0) / before.norm(dim=0)
    assert torch.allclose(ratio, torch.full_like(ratio, 0.5), atol=0.06)


def test_the_curve_rises_within_its_bounds() -> None:
    narrow, wide = 0.5 + 0.02 * colors(5), colors(6)
    for source, target in ((narrow, wide), (wide, narrow)):
        line = torch.linspace(0, 1, 1001)
        slopes = between(source, target).curve(line).diff() / line.diff()
        assert slopes.min() > 0.29 and slopes.max() < 3.01


def test_a_flat_picture_moves_to_the_mean_of_the_style_and_stays_flat() -> None:
    flat = torch.full((3, 100), 0.5)
    found = between(flat, 0.2 * colors(7))(flat)
    assert found.isfinite().all() and float(found.std()) < 1e-6
    assert torch.allclose(found.mean(), tone_knots(0.2 * colors(7)).mean(), atol=1e-4)


def test_what_lies_beyond_the_range_comes_back_in_order_and_with_its_hue() -> None:
    wild = 1.8 * colors(8) - 0.4
    found = in_gamut(wild)
    assert found.min() > -1e-6 and found.max() < 1 + 1e-6
    assert (luma(found)[0][luma(wild)[0].argsort()].diff() > -1e-6).all()
    before, after = wild - luma(wild), found - luma(found)
    colorful = after.norm(dim=0) > 0.01
    assert torch.cosine_similarity(before, after, dim=0)[colorful].min() > 0.999
    inside = (0.2 + 0.6 * colors(8)).requires_grad_()
    (slope,) = torch.autograd.grad(in_gamut(inside).sum(), inside)
    assert torch.allclose(slope, torch.ones_like(slope), atol=1e-4)
