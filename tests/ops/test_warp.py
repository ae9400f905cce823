from __future__ import annotations

import pytest
import torch

from tests import clips
from vidstyle.ops import bands
from vidstyle.ops.warp import Canvas, Kernel, resize_flow, warp

KERNELS: tuple[Kernel, ...] = ("bilinear", "bicubic", "sharp")
SIZES = ((1, 1), (1, 7), (2, 2), (12, 12), (91, 161), (17, 1300))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", SIZES)
def test_zero_flow_is_exact(kernel: Kernel, size: tuple[int, int]) -> None:
    image = torch.rand(3, *size)
    assert torch.equal(warp(image, torch.zeros(2, *size), kernel), image)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("size", [*SIZES, (64, 32), (63, 64)])
def test_a_canvas_is_warped_as_its_picture(kernel: Kernel, size: tuple[int, int]) -> None:
    image, flow = torch.rand(3, *size), 3 * torch.randn(2, *size)
    assert torch.equal(warp(Canvas.of(image), flow, kernel), warp(image, flow, kernel))


@pytest.mark.parametrize("kernel", KERNELS)
def test_bands_have_no_seams(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    image, flow = torch.rand(3, 61, 40), 3 * torch.randn(2, 61, 40)
    whole = warp(image, flow, kernel)
    monkeypatch.setattr(bands, "PIXELS", 8 * 40)
    assert torch.allclose(warp(image, flow, kernel), whole, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_whole_pixels_are_exact(kernel: Kernel) -> None:
    pair = clips.pan(5, -3)
    moved = warp(pair.previous, pair.to_previous, kernel)
    assert torch.equal(moved[:, :-3, 5:], pair.current[:, :-3, 5:])


@pytest.mark.parametrize("kernel", KERNELS)
def test_outside_reads_the_border(kernel: Kernel) -> None:
    image = torch.rand(3, 8, 8)
    assert torch.equal(warp(image, clips.constant_flow(100, 0, (8, 8)), kernel), image[..., -1:].expand(3, 8, 8))


def test_sign_of_the_flow() -> None:
    pair = clips.pan(2, 1)
    unmoved = (pair.previous - pair.current).abs().mean()
    right = (warp(pair.previous, pair.to_previous) - pair.current).abs()[:, 4:-4, 4:-4].mean()
    wrong = (warp(pair.previous, -pair.to_previous) - pair.current).abs().mean()
    assert right < 1e-6 < unmoved < wrong


@pytest.mark.parametrize("kernel", KERNELS)
def test_ramps_are_moved_exactly(kernel: Kernel) -> None:
    ramp = torch.arange(24.0).expand(1, 24, 24)
    for image, dx, dy in ((ramp, 0.25, 0.7), (ramp.transpose(1, 2), 0.7, 0.25)):
        moved = warp(image, clips.constant_flow(dx, dy, (24, 24)), kernel)
        assert torch.allclose((moved - image)[:, 4:-4, 4:-4], torch.tensor(0.25), atol=1e-4)


def test_kernels_at_half_a_pixel_are_the_known_ones() -> None:
    impulse = torch.zeros(1, 3, 24)
    impulse[..., 12] = 1
    outer = {"bilinear": 0.0, "sharp": -0.08, "bicubic": -0.09375}
    for kernel in KERNELS:
        taps = warp(impulse, clips.constant_flow(0.5, 0, (3, 24)), kernel)[0, 1, 10:14]
        tap = outer[kernel]
        assert torch.allclose(taps, torch.tensor((tap, 0.5 - tap, 0.5 - tap, tap)), atol=1e-6)


def test_sharp_keeps_detail_through_many_warps() -> None:
    image = torch.rand(1, 64, 64, generator=torch.Generator().manual_seed(0))
    there, back = clips.constant_flow(0.5, 0.5, (64, 64)), clips.constant_flow(-0.5, -0.5, (64, 64))
    spread = {}
    for kernel in KERNELS:
        moved = image
        for _ in range(5):
            moved = warp(warp(moved, there, kernel), back, kernel)
        spread[kernel] = float(moved[:, 16:-16, 16:-16].std())
    assert spread["bilinear"] < 0.65 * spread["sharp"]
    assert spread["sharp"] < float(image.std()), "never amplifies"


def test_resize_flow_scales_values() -> None:
    small = resize_flow(clips.constant_flow(4, 2), (32, 48))
    assert torch.allclose(small, clips.constant_flow(2, 1, (32, 48)))
    assert torch.allclose(resize_flow(small, clips.SIZE), clips.constant_flow(4, 2))
