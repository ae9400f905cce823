"""Figures of clips whose figures can be written down."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from math import pi, sin

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests import clips
from tests.measuring.rig import Tensors, known_pan, measured, still
from vidstyle.flow.cuts import NoCuts
from vidstyle.measuring.figures import LONG, Clip, FrameFigures
from vidstyle.measuring.meter import Instruments, Meter
from vidstyle.types import Image

WIDTH = clips.SIZE[1]


def gray(*levels: float) -> list[Image]:
    return [torch.full((3, 16, 24), level) for level in levels]


def column(frames: tuple[FrameFigures, ...], figure: str, clip: Clip = Clip.STYLED) -> list[float | None]:
    return [frame.value(clip, figure) for frame in frames]


def test_paint_that_moves_with_the_content_has_no_warping_error() -> None:
    content, styled = clips.panning(12, 2, seed=1), clips.panning(12, 2, seed=2)
    found = measured(content, styled, flow=known_pan(content, 2))
    assert found.totals["warp_k1"] == pytest.approx(0, abs=1e-6)
    assert found.totals["warp_k8"] == pytest.approx(0, abs=1e-6)
    assert found.totals["change"] > 0.02, "it does move"
    assert found.totals["coverage_k1"] == pytest.approx((WIDTH - 2) / WIDTH)
    assert found.totals["coverage_k8"] == pytest.approx((WIDTH - 16) / WIDTH)


def test_paint_that_stays_while_the_content_moves_has_one() -> None:
    content = clips.panning(4, 2, seed=1)
    stuck = [clips.texture(seed=2)] * 4
    found = measured(content, stuck, flow=known_pan(content, 2))
    moved = (stuck[0][..., :-2] - stuck[0][..., 2:]).square().mean().sqrt()
    assert found.totals["warp_k1"] == pytest.approx(float(moved), rel=1e-5)


def test_an_offset_between_frames_is_the_error() -> None:
    base = clips.texture()
    styled = [base + 0.1 * (i % 2) for i in range(12)]
    found = measured([base] * 12, styled)
    assert found.totals["warp_k1"] == pytest.approx(0.1, rel=1e-5)
    assert found.totals["warp_k8"] == pytest.approx(0, abs=1e-6), "eight frames later it is back"
    assert found.totals["content_warp_k1"] == 0
    assert found.totals["warp_k1_to_content"] is None


def test_errors_are_summed_as_squares() -> None:
    found = measured(gray(*[0.5] * 3), gray(0.2, 0.3, 0.5))
    assert column(found.frames, "warp_k1") == [None, pytest.approx(0.1), pytest.approx(0.2)]
    assert found.totals["warp_k1"] == pytest.approx((0.025) ** 0.5)


def test_long_errors_begin_after_eight_frames() -> None:
    found = measured(gray(*[0.5] * 10), gray(0.2, *[0.3] * 9))
    errors = column(found.frames, "warp_k8")
    assert errors == [None] * LONG + [pytest.approx(0.1), pytest.approx(0.0)]


def test_amplification_is_change_over_change() -> None:
    found = measured(gray(*[0.4, 0.45] * 4), gray(*[0.3, 0.4] * 4), gray(*[0.3, 0.5] * 4))
    assert found.totals["amplification"] == pytest.approx(2)
    assert found.totals["change_to_per_frame"] == pytest.approx(0.5)


def stripes(period: int) -> Image:
    """A sine of whole periods along x, one period more than shown at either side."""
    x = torch.arange(14 * period) * (2 * pi / period)
    return (0.5 + 0.4 * torch.sin(x)).expand(3, 16, -1)


def test_a_box_filter_lowers_sharpness_by_its_response() -> None:
    wide = stripes(8)
    sharp = wide[..., 8:-8].contiguous()
    blurred = torch.stack([wide.roll(shift, 2) for shift in (-1, 0, 1)]).mean(0)[..., 8:-8].contiguous()
    response = sin(3 * pi / 8) / (3 * sin(pi / 8))
    beside_content = measured([sharp] * 2, [blurred] * 2)
    assert beside_content.totals["sharpness"] == pytest.approx(response, rel=1e-4)
    beside_per_frame = measured(gray(0.5, 0.5), [blurred] * 2, [sharp] * 2)
    assert beside_per_frame.totals["sharpness"] == pytest.approx(response, rel=1e-4)
    assert measured([blurred] * 2, [sharp] * 2).totals["sharpness"] == pytest.approx(1 / response, rel=1e-4)


def test_a_ramp_of_luma_is_its_drift() -> None:
    count, slope = 30, 0.01
    found = measured(gray(*[0.5] * count), gray(*[0.2 + slope * i for i in range(count)]))
    assert found.totals["drift_luma"] == pytest.approx(slope * (count - LONG), rel=1e-4)
    assert found.totals["drift_palette"] == pytest.approx(0, abs=1e-6)


def test_what_the_content_does_too_is_no_drift() -> None:
    ramp = [0.2 + 0.01 * i for i in range(20)]
    assert measured(gray(*ramp), gray(*ramp)).totals["drift_luma"] == pytest.approx(0, abs=1e-6)


def test_flicker_is_no_drift() -> None:
    found = measured(gray(*[0.5] * 20), gray(*[0.4, 0.6] * 10))
    assert found.totals["drift_luma"] == pytest.approx(0, abs=1e-6)


def test_blue_that_grows_is_a_drift_of_the_palette() -> None:
    count, slope = 20, 0.01
    tint = torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1)
    styled = [image + slope * i * tint for i, image in enumerate(gray(*[0.4] * count))]
    moved = slope * (count - LONG)
    found = measured(gray(*[0.5] * count), styled)
    assert found.totals["drift_luma"] == pytest.approx(0.0722 * moved, rel=1e-3)
    assert found.totals["drift_palette"] == pytest.approx(moved * (0.5**2 + (0.0722 / 1.5748) ** 2) ** 0.5, rel=1e-3)


def test_nothing_is_compared_across_a_cut() -> None:
    levels = [0.2] * 10 + [0.8] * 10
    found = measured(gray(*levels), gray(*levels), cuts=(10,))
    assert found.cuts == (11,), "numbers count from 1"
    assert [frame.opens_shot for frame in found.frames] == [index == 10 for index in range(20)]
    assert column(found.frames, "warp_k1")[10] is None
    assert column(found.frames, "change")[10] is None
    assert column(found.frames, "warp_k8")[10:18] == [None] * LONG
    assert found.totals["warp_k1"] == 0
    without = measured(gray(*levels), gray(*levels))
    assert without.totals["warp_k1"] == pytest.approx(0.6 / 19**0.5), "one step of 0.6 in 19"


def test_drift_begins_anew_with_a_shot() -> None:
    found = measured(gray(*[0.5] * 20), gray(*[0.2] * 10, *[0.8] * 10), cuts=(10,))
    assert found.totals["drift_luma"] == pytest.approx(0, abs=1e-6)


def test_clips_of_other_lengths_and_sizes() -> None:
    larger = [torch.full((3, 32, 48), 0.3)] * 7
    found = measured(gray(*[0.5] * 5), larger, gray(*[0.4] * 7))
    assert len(found.frames) == 5
    assert found.warnings == (
        "content.mkv: ends after 5 frames, where styled.mkv goes on; what follows is not measured",
    )
    assert measured(gray(0.5), gray(0.5)).warnings == ()


def test_large_frames_are_compared_small() -> None:
    content = [torch.rand(3, 8, 900, generator=torch.Generator().manual_seed(1))] * 2
    sizes = []

    def flow(source: Image, target: Image) -> Image:
        sizes.append(tuple(source.shape[1:]))
        return still(source, target)

    measured(content, content, flow=flow)
    assert set(sizes) == {(4, 448)}


def test_a_clip_of_one_frame_has_what_needs_no_other() -> None:
    found = measured(gray(0.5), gray(0.25))
    assert found.totals["warp_k1"] is None
    assert found.totals["luma"] == pytest.approx(0.25)


def test_only_a_window_of_frames_is_alive() -> None:
    made: list[weakref.ref[NDArray[np.float32]]] = []

    def images() -> Iterator[Image]:
        for _ in range(60):
            pixels = np.zeros((3, 8, 8), np.float32)
            # The tensor, and every view of it, keeps the array alive.
            made.append(weakref.ref(pixels))
            yield torch.from_numpy(pixels)

    sources = {clip: Tensors(clip, images) for clip in (Clip.CONTENT, Clip.STYLED)}
    meter = Meter(sources, Instruments(still, NoCuts(), torch.device("cpu"), longest=448))
    most = max(sum(reference() is not None for reference in made) for _ in meter.frames())
    assert 2 * LONG <= most <= 2 * (LONG + 8)
