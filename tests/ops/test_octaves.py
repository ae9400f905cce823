"""Octaves of spatial frequency on waves whose frequency is known."""

from __future__ import annotations

import math

import pytest
import torch

from vidstyle.ops.octaves import COUNT, shared_by_octave, spectrum, weighed
from vidstyle.types import Image


def wave(length: float, size: tuple[int, int] = (64, 64)) -> Image:
    """A wave along x, `length` pixels from crest to crest."""
    x = torch.arange(size[1]) * (2 * math.pi / length)
    return torch.sin(x + 0.3).expand(1, *size)


@pytest.mark.parametrize(("length", "octave"), [(2.4, 0), (4, 1), (8, 2), (16, 3), (32, 4), (64, 5)])
def test_a_wave_lies_in_its_octave(length: float, octave: int) -> None:
    found = spectrum(wave(length))
    shares = shared_by_octave(found, found, 64)
    assert shares[octave] > 0.9 * shares.sum()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 1), (5, 8), (16, 9)])
def test_the_octaves_of_two_pictures_add_up_to_their_inner_product(size: tuple[int, int]) -> None:
    one, other = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)).double()
    shared = shared_by_octave(spectrum(one), spectrum(other), size[1])
    assert float(shared.sum()) == pytest.approx(float((one * other).sum()), rel=1e-9)


@pytest.mark.parametrize("shape", [(3, 5, 8), (2, 7), (6,)])
def test_even_weights_scale_the_picture(shape: tuple[int, ...]) -> None:
    image = torch.rand(shape, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(weighed(image, [3.0] * COUNT), 3 * image, atol=1e-5)


def test_a_weight_scales_its_octave_alone() -> None:
    fine, coarse = wave(4), wave(32)
    found = weighed(fine + coarse, [1.0, 0.0, *[2.0] * (COUNT - 2)])
    assert torch.allclose(found, 2 * coarse, atol=1e-5)
