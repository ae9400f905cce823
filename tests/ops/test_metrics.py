"""Figures of single pictures and pairs against their definitions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from tests import clips
from vidstyle.ops.metrics import (
    area_means,
    clipped_share,
    comparable,
    content_distance,
    mean_gradient,
    palette,
    style_distance,
    warp_error,
)
from vidstyle.ops.statistics import moments


def test_what_was_covered_is_not_compared() -> None:
    pair = clips.moving_square()
    mask = comparable(pair.to_previous, pair.to_next)
    assert mask[0, 20:40, 20:28].max() == 0, "ground that the square has left"
    assert mask[0, 22:38, 31:45].min() == 1, "the square itself"
    assert mask[0, :18].min() == 1, "still ground"
    assert set(mask.unique().tolist()) == {0, 1}
    assert warp_error((pair.current, pair.previous), pair.to_previous, mask) == 0


def test_what_comes_in_is_not_compared() -> None:
    pair = clips.pan(5, -3)
    mask = comparable(pair.to_previous, pair.to_next)
    assert mask.sum() == (clips.SIZE[0] - 3) * (clips.SIZE[1] - 5)
    assert warp_error((pair.current, pair.previous), pair.to_previous, mask) == 0


def test_warp_error_counts_only_the_mask() -> None:
    image = torch.full((3, 4, 4), 0.5)
    other = image.clone()
    other[:, 0] += 0.2
    mask = torch.ones(1, 4, 4)
    mask[:, 0] = 0
    still = torch.zeros(2, 4, 4)
    assert warp_error((image, other), still, mask) == 0
    assert warp_error((image, other), still, 1 - mask) == pytest.approx(0.04)


def test_gradient_of_a_slope() -> None:
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(8.0), indexing="ij")
    assert mean_gradient((0.03 * x + 0.04 * y).expand(3, -1, -1)) == pytest.approx(0.05, rel=1e-5)
    assert mean_gradient(torch.rand(3, 1, 8)) == 0


def test_the_last_two_codes_are_clipped() -> None:
    codes = torch.tensor([0, 1, 2, 128, 253, 254, 255, 128]) / 255
    image = torch.full((3, 1, 8), 0.5)
    image[1, 0] = codes
    assert clipped_share(image) == 4 / 8


def test_palette_of_pure_colors() -> None:
    blue = torch.zeros(3, 2, 2)
    blue[2] = 1
    luma, cb, cr, *spread = palette(blue).tolist()
    assert (luma, cb, cr) == (pytest.approx(0.0722), pytest.approx(0.5), pytest.approx(-0.0722 / 1.5748))
    assert spread == [pytest.approx(0, abs=1e-6)] * 2


def test_style_distance_is_that_of_the_moments() -> None:
    generator = torch.Generator().manual_seed(1)
    x, y = (torch.randn(1, 4, 16, 16, generator=generator) * scale + shift for scale, shift in ((1, 0), (2, 1)))
    mean_x, mean_y = x.mean((2, 3)), y.mean((2, 3))
    std_x, std_y = x.std((2, 3)), y.std((2, 3))
    apart = (mean_x - mean_y).square().sum() + (std_x - std_y).square().sum()
    expected = float(apart / (mean_y.square().sum() + std_y.square().sum()))
    one, two = {"a": moments(x), "b": moments(y)}, {"a": moments(y), "b": moments(y)}
    # The deviations here are unbiased, those of `moments` are not: half a percent at 256 samples.
    assert style_distance(one, two) == pytest.approx(expected / 2, rel=5e-3)


def test_unrelated_content_is_at_distance_2() -> None:
    generator = torch.Generator().manual_seed(2)
    x, y = (torch.randn(1, 32, 32, 32, generator=generator) for _ in range(2))
    assert content_distance(x, y) == pytest.approx(2, abs=0.05)
    assert content_distance(3 * x + 1, x) == pytest.approx(0, abs=1e-6), "neither gain nor shift counts"


@pytest.mark.parametrize("size", [(17, 40), (64, 31), (9, 13), (64, 96)])
def test_area_means_are_those_of_opencv(size: tuple[int, int]) -> None:
    image = clips.texture(cell=2)
    reduced = cv2.resize(np.ascontiguousarray(image.permute(1, 2, 0)), size[::-1], interpolation=cv2.INTER_AREA)
    assert torch.allclose(area_means(image, size), torch.from_numpy(reduced).permute(2, 0, 1), atol=1e-5)


def test_area_means_keep_the_mean() -> None:
    image = torch.rand(3, 50, 70, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(area_means(image, (7, 11)).mean((1, 2)), image.mean((1, 2)), atol=1e-6)
