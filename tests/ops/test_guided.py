"""Smoothing along a guide, where its answer is known."""

from __future__ import annotations

import torch

from vidstyle.ops.guided import box_mean, guided_filter


def test_box_means_are_means() -> None:
    image = torch.rand(2, 9, 7, generator=torch.Generator().manual_seed(1))
    found = box_mean(image, 2)
    for y, x in ((0, 0), (4, 3), (8, 6), (1, 5)):
        window = image[:, max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
        assert torch.allclose(found[:, y, x], window.mean((1, 2)), atol=1e-6)
    assert torch.allclose(box_mean(image, 20), image.mean((1, 2), keepdim=True).expand_as(image), atol=1e-6)


def test_what_is_a_line_in_the_guide_stays() -> None:
    guide = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1))
    image = torch.cat((0.5 * guide + 0.1, 1 - guide))
    assert torch.allclose(guided_filter(image, guide, radius=3, slack=1e-8), image, atol=1e-4)


def test_what_the_guide_does_not_show_is_smoothed() -> None:
    """Grain goes, the guide's edge stays."""
    guide = torch.zeros(1, 24, 24)
    guide[..., 12:] = 1
    grain = 0.1 * (torch.rand(1, 24, 24, generator=torch.Generator().manual_seed(1)) - 0.5)
    smooth = guided_filter(guide + grain, guide, radius=4, slack=1e-3)
    assert (smooth - guide).abs().mean() < 0.2 * grain.abs().mean()
    assert torch.allclose(smooth[..., 12] - smooth[..., 11], torch.ones(1, 24), atol=0.05)
