from __future__ import annotations

import torch

from tests import clips
from vidstyle.ops.detail import color_range, share_within, sharpen_to, sharpness
from vidstyle.ops.filters import BINOMIAL_3, blur, shrink


def test_sharpness_of_a_ramp_is_its_slope() -> None:
    ramp = (torch.arange(48.0) / 100).expand(3, 32, 48)
    assert torch.allclose(sharpness(ramp)[..., 1:3], torch.full((1, 4, 2), 0.01))


def test_sharpness_comes_back_after_blurring_and_goes_after_sharpening() -> None:
    image = clips.texture(cell=4)
    soft = blur(image, BINOMIAL_3)
    for changed in (soft, image + (image - soft)):
        for _ in range(12):
            changed = sharpen_to(changed, sharpness(image))
        assert float((sharpness(changed) / sharpness(image) - 1).abs().mean()) < 0.02


def test_flat_paint_has_no_detail_to_scale() -> None:
    flat = torch.full((3, 16, 16), 0.5)
    assert torch.equal(sharpen_to(flat, sharpness(clips.texture((16, 16)))), flat)


def test_color_range_is_the_deviation_and_never_nothing() -> None:
    stripes = torch.tensor([0.2, 0.2, 0.6, 0.6]).repeat(8).expand(3, 32, 32)
    assert torch.allclose(color_range(shrink(stripes, 2), 2.5)[..., 2:6, 2:6], torch.tensor(2.5 * 0.2))
    assert torch.allclose(color_range(torch.zeros(3, 32, 32), 2.5), torch.tensor(0.04))


def test_memory_goes_where_colors_are_too_far_apart_and_nowhere_else() -> None:
    stray, limit = torch.zeros(3, 32, 32), torch.full((3, 16, 16), 0.05)
    stray[1, :, :16] = -0.2
    stray[:, :, 16:] = 0.04
    share = share_within(stray, limit)
    assert torch.allclose(share[..., :16], torch.tensor(0.25)) and torch.allclose(share[..., 16:], torch.tensor(1.0))


def test_any_size() -> None:
    for size in ((1, 1), (1, 37), (31, 17), (9, 5)):
        image, like = torch.rand(3, *size), torch.rand(3, *size)
        assert sharpen_to(image, sharpness(like)).shape == (3, *size)
        assert share_within(image, color_range(like, 2.5)).shape == (1, *size)
