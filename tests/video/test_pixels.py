"""Codes to RGB and back, against the formulas of BT.601, BT.709 and BT.2020 and against libav."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from av import VideoFrame
from numpy.typing import NDArray
from torch import Tensor

from tests.media import smooth_image
from vidstyle.errors import InputError, UsageError
from vidstyle.types import ColorTags
from vidstyle.video import pixels
from vidstyle.video.chroma import grow, shrink
from vidstyle.video.color import Coding, coding_of, guessed_matrix, matrix_named
from vidstyle.video.pixels import frame_of, image_of, is_writable

PLANAR = [
    "yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv422p12le", "yuv420p16le",
    "gray", "gray10le", "gbrp", "gbrp10le", "gbrp16le", "rgb24", "rgb48le", "rgb48be", "bgr0",
]  # fmt: skip
HALVED = [name for name in PLANAR if "420" in name or "422" in name]


def codes_of(frame: VideoFrame) -> list[NDArray[Any]]:
    """Every plane's stored samples, in the machine's byte order, without line padding."""
    order = ">" if frame.format.name.endswith("be") else "<"
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.dtype(f"{order}u2")
    per_pixel = {"rgb24": 3, "rgb48le": 3, "rgb48be": 3, "bgr0": 4}.get(frame.format.name, 1)
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
        planes.append(rows[:, : plane.width * per_pixel].astype(int))
    return planes


def spread(plane: NDArray[Any], *, height: int, width: int) -> NDArray[Any]:
    """What is left of a chroma plane ``(h, w)`` after the way to full size and back, by the filters' formulas.

    Growing puts 1 2 1 over 2 along x and 1 3 3 1 over 4 along y; after shrinking's 1 2 1 over 4 and 1 1 over 2,
    every second sample of either product is 1 6 1 over 8. Borders repeat, but for the last line of an odd
    height, which has the line above it on both sides.
    """
    if plane.shape[1] != width:
        padded = np.pad(plane, ((0, 0), (1, 1)), mode="edge")
        plane = (padded[:, :-2] + 6 * plane + padded[:, 2:]) / 8
    if plane.shape[0] != height:
        padded = np.pad(plane, ((1, 1), (0, 0)), mode="edge")
        padded[-1] = plane[-2] if height % 2 else plane[-1]
        plane = (padded[:-2] + 6 * plane + padded[2:]) / 8
    return plane


def flat_frame(pixel_format: str, codes: tuple[int, ...]) -> VideoFrame:
    frame = VideoFrame(16, 16, pixel_format)
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    for plane, code in zip(frame.planes, codes, strict=True):
        np.frombuffer(memoryview(plane), dtype)[:] = code
    return frame


@pytest.mark.parametrize(
    ("pixel_format", "codes", "coding", "rgb"),
    [
        # Codes of pure red, worked out by hand from the standards' formulas.
        ("yuv444p", (63, 102, 240), Coding(1, False), (1, 0, 0)),
        ("yuv444p", (81, 90, 240), Coding(6, False), (1, 0, 0)),
        ("yuv444p", (76, 85, 255), Coding(6, True), (1, 0, 0)),
        ("yuv420p10le", (250, 409, 960), Coding(1, False), (1, 0, 0)),
        ("yuv420p10le", (294, 387, 960), Coding(9, False), (1, 0, 0)),
        ("yuv422p12le", (3760, 2048, 2048), Coding(1, False), (1, 1, 1)),
        ("gray", (128,), Coding(1, True), (128 / 255,) * 3),
        ("gray10le", (64,), Coding(1, False), (0, 0, 0)),
        ("gbrp10le", (0, 1023, 511.5), Coding(1, False), (0.5, 0, 1)),
    ],
)
def test_known_codes_become_known_colors(
    pixel_format: str, codes: tuple[int, ...], coding: Coding, rgb: tuple[float, float, float]
) -> None:
    image = image_of(flat_frame(pixel_format, codes), coding)
    one_code = 1 / (2 ** (10 if "10" in pixel_format else 8) - 1)
    assert torch.allclose(image, torch.tensor(rgb)[:, None, None].expand_as(image).float(), atol=2 * one_code)


@pytest.mark.parametrize(
    ("pixel_format", "luma", "full_range", "expected"),
    [
        ("yuv420p", 16, False, 0),
        ("yuv420p", 234, False, 218 / 219),
        ("yuv444p", 254, True, 254 / 255),
        ("yuv420p10le", 936, False, 872 / 876),
        ("yuv422p12le", 3759, False, 3503 / 3504),
        ("yuv420p10le", 1022, True, 1022 / 1023),
    ],
)
def test_grays_are_exact(pixel_format: str, luma: int, full_range: bool, expected: float) -> None:
    coding = Coding(1, full_range)
    gray = 2 ** (VideoFrame(16, 16, pixel_format).format.components[0].bits - 1)
    image = image_of(flat_frame(pixel_format, (luma, gray, gray)), coding)
    assert torch.allclose(image, torch.full_like(image, expected), atol=1e-6)
    assert (
        np.frombuffer(memoryview(frame_of(image, pixel_format, coding).planes[0]), np.uint8)[:1] == luma % 256
    ).all()


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("full_range", [False, True])
def test_eight_bits_agree_with_libav(matrix: int, full_range: bool) -> None:
    frame = flat_frame("yuv444p", (120, 90, 180))
    reference = frame.reformat(
        format="rgb24", src_colorspace={1: 1, 6: 5, 9: 9}[matrix], src_color_range=2 if full_range else 1
    )
    image = image_of(frame, Coding(matrix, full_range))
    assert np.abs(image.permute(1, 2, 0).numpy() * 255 - reference.to_ndarray()).max() <= 1


@pytest.mark.parametrize("pixel_format", PLANAR)
@pytest.mark.parametrize("size", [(96, 64), (97, 64), (2, 2), (1, 1)])
def test_codes_survive_the_way_to_rgb_and_back(pixel_format: str, size: tuple[int, int]) -> None:
    coding = coding_of(ColorTags(matrix=1), width=96, height=64, pixel_format=pixel_format)
    width, height = size
    frame = frame_of(smooth_image(3, width=width, height=height), pixel_format, coding)
    before = codes_of(frame)
    after = codes_of(frame_of(image_of(frame, coding), pixel_format, coding))
    assert np.array_equal(after[0], before[0])
    for plane, other in zip(before[1:], after[1:], strict=True):
        if pixel_format in HALVED:
            # Half a code for rounding. The formula gives 64ths, so 0.52 forgives float32 and nothing else.
            full = spread(plane, height=height if "420" in pixel_format else plane.shape[0], width=width)
            assert np.abs(other - full).max() < 0.52
        else:
            assert np.array_equal(other, plane)


@pytest.mark.parametrize("pixel_format", HALVED)
def test_halved_chroma_of_a_smooth_picture_moves_by_one_8_bit_code_at_most(pixel_format: str) -> None:
    coding = Coding(1, False)
    frame = frame_of(smooth_image(3), pixel_format, coding)
    one_code = 2 ** (frame.format.components[0].bits - 8)
    again = frame_of(image_of(frame, coding), pixel_format, coding)
    for plane, other in list(zip(codes_of(frame), codes_of(again), strict=True))[1:]:
        error = np.abs(plane - other) / one_code
        assert error.max() <= 1
        # 0.073 where it is largest; the borders, which move by an eighth of a step, make the maximum.
        assert error.mean() < 0.1


@pytest.mark.parametrize("pixel_format", ["yuv444p10le", "gbrp", "rgb24", "yuv444p12le"])
def test_error_stays_below_one_code(pixel_format: str) -> None:
    coding = Coding(1, False)
    image = smooth_image(0)
    error = (image_of(frame_of(image, pixel_format, coding), coding) - image).abs()
    bits = 8 if pixel_format in ("gbrp", "rgb24") else 10
    assert error.mean() * (2**bits - 1) < 0.5
    assert error.max() * (2**bits - 1) < 2


def test_rounds_to_nearest_and_clamps() -> None:
    image = torch.tensor([0.4 / 255, 0.6 / 255, -1.0, 2.0]).expand(3, 1, 4)
    assert frame_of(image, "rgb24", Coding(1, False)).to_ndarray()[0, :, 0].tolist() == [0, 1, 0, 255]


def test_semi_planar_and_shifted_formats_read_like_planar_ones() -> None:
    coding = Coding(1, False)
    planar = frame_of(smooth_image(1), "yuv420p10le", coding)
    expected = image_of(planar, coding)
    assert torch.equal(image_of(planar.reformat(format="p010le"), coding), expected)
    assert torch.equal(image_of(planar.reformat(format="yuv420p10be"), coding), expected)
    planar = frame_of(smooth_image(1), "yuv420p", coding)
    expected = image_of(planar, coding)
    assert torch.equal(image_of(planar.reformat(format="nv12"), coding), expected)
    assert torch.equal(image_of(planar.reformat(format="nv21"), coding), expected)


@pytest.mark.parametrize(("height", "width"), [(26, 34), (26, 33), (25, 34), (25, 33), (26, 17), (13, 34), (13, 17)])
def test_chroma_grown_and_shrunk_is_spread_by_1_6_1(height: int, width: int) -> None:
    chroma = torch.rand(2, 13, 17, generator=torch.Generator().manual_seed(0))
    again = shrink(grow(chroma, height=height, width=width), lines=height != 13, columns=width != 17)
    assert again.shape == chroma.shape
    for plane, other in zip(chroma.numpy(), again.numpy(), strict=True):
        assert np.abs(other - spread(plane, height=height, width=width)).max() < 1e-6


def there_and_back(chroma: Tensor) -> Tensor:
    """A chroma plane ``(h, w)`` at twice its size and back."""
    grown = grow(chroma[None], height=2 * chroma.shape[0], width=2 * chroma.shape[1])
    return shrink(grown, lines=True, columns=True)[0]


def test_flat_chroma_and_ramps_come_back() -> None:
    # Eighths of small whole numbers: float32 holds them all.
    flat = torch.full((6, 8), 5.0)
    assert torch.equal(there_and_back(flat), flat)
    ramp = torch.arange(8.0)
    expected = [0.125, 1, 2, 3, 4, 5, 6, 6.875]
    assert there_and_back(ramp.expand(6, 8)).tolist() == [expected] * 6
    assert there_and_back(ramp.expand(6, 8).mT).mT.tolist() == [expected] * 6


def test_a_point_of_chroma_spreads_as_the_filters_say() -> None:
    point = torch.zeros(7, 7)
    point[3, 3] = 64
    row = torch.tensor([0.0, 0, 1, 6, 1, 0, 0])
    assert torch.equal(there_and_back(point), torch.outer(row, row))


@pytest.mark.parametrize(
    ("line", "column", "lines", "columns"),
    [
        (4, 6, [0, 0, 2, 0, 0, 0], [0, 0, 0, 2, 0, 0]),
        (5, 6, [0, 0, 2, 0, 0, 0], [0, 0, 0, 2, 0, 0]),
        (4, 7, [0, 0, 2, 0, 0, 0], [0, 0, 0, 1, 1, 0]),
        (5, 5, [0, 0, 2, 0, 0, 0], [0, 0, 1, 1, 0, 0]),
    ],
)
def test_a_painted_point_is_shrunk_by_1_2_1_and_1_1(
    line: int, column: int, lines: list[int], columns: list[int]
) -> None:
    point = torch.zeros(1, 12, 12)
    point[0, line, column] = 16
    both = torch.outer(torch.tensor(lines), torch.tensor(columns))
    assert shrink(point, lines=True, columns=True)[0].tolist() == both.tolist()
    assert shrink(point, lines=False, columns=True)[0, line].tolist() == [4 * each for each in columns]
    assert shrink(point, lines=True, columns=False)[0, :, column].tolist() == [4 * each for each in lines]


def test_alternating_chroma_is_gone_and_not_folded_over() -> None:
    stripes = torch.tensor([1.0, -1]).repeat(8).expand(1, 16, 16)
    # The left border repeats the column on it.
    assert shrink(stripes, lines=False, columns=True)[0].tolist() == [[0.5] + [0] * 7] * 16
    assert not shrink(stripes.mT, lines=True, columns=False).any()
    assert not shrink(stripes, lines=True, columns=True)[..., 1:].any()
    assert not shrink(stripes.mT, lines=True, columns=True).any()
    # What the plane can hold stays: lines where only columns are halved, and the other way about.
    assert torch.equal(shrink(stripes.mT, lines=False, columns=True), stripes.mT[..., ::2])
    assert torch.equal(shrink(stripes, lines=True, columns=False), stripes[:, ::2])


@pytest.mark.parametrize("period", [2, 2.5, 3, 4, 8, 16])
def test_finer_chroma_is_fainter_after_shrinking(period: float) -> None:
    # The frequency responses of 1 2 1 and 1 1. The inverse of growing would let 5/8 of the columns and 5/4 of
    # the lines of period 3 through, as a pattern of period 6.
    place = torch.arange(48.0)
    wave = torch.cos(place * (2 * math.pi / period)).expand(1, 48, 48)
    between = torch.cos((place + 0.5) * (2 * math.pi / period)).expand(1, 48, 48)
    fainter = math.cos(math.pi / period)
    columns = shrink(wave, lines=False, columns=True)
    assert torch.allclose(columns[..., 1:], fainter**2 * wave[..., 2::2], atol=1e-5)
    lines = shrink(wave.mT, lines=True, columns=False)
    assert torch.allclose(lines, fainter * between.mT[:, ::2], atol=1e-5)


def test_chroma_sits_left_and_between_lines() -> None:
    ramp = torch.arange(8.0).expand(1, 8, 8)
    assert grow(ramp, height=16, width=16)[0, 0, :5].tolist() == [0, 0.5, 1, 1.5, 2]
    assert grow(ramp.mT, height=16, width=16)[0, :5, 0].tolist() == [0, 0.25, 0.75, 1.25, 1.75]
    assert shrink(ramp, lines=True, columns=True)[0, 0].tolist() == [0.25, 2, 4, 6]
    assert shrink(ramp.mT, lines=True, columns=True)[0, :, 0].tolist() == [0.5, 2.5, 4.5, 6.5]


def test_a_new_color_edge_keeps_its_chroma_in_bounds() -> None:
    image = torch.zeros(3, 32, 32)
    image[0, :, 16:] = 1
    again = image_of(frame_of(image, "yuv420p", Coding(1, False)), Coding(1, False))
    assert again[0, :, 20:].min() > 0.98
    assert again[:, :, :12].max() < 0.02


def test_untagged_clips_are_guessed_by_size() -> None:
    assert [guessed_matrix(1920, 1080), guessed_matrix(1280, 720), guessed_matrix(720, 576)] == [1, 1, 6]
    assert guessed_matrix(1440, 576) == 1


def test_unknown_matrices_and_formats_are_refused() -> None:
    with pytest.raises(InputError, match="matrix 8"):
        coding_of(ColorTags(matrix=8), width=64, height=64, pixel_format="yuv420p")
    with pytest.raises(UsageError, match="did you mean 'bt709'"):
        matrix_named("bt907")
    with pytest.raises(UsageError, match="yuva420p"):
        frame_of(smooth_image(0), "yuva420p", Coding(1, False))
    assert not is_writable("p010le")


@pytest.mark.parametrize("size", [(37, 21), (5, 1)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv440p", "yuv444p10le", "gray", "gbrp"])
def test_strips_change_no_code(monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]) -> None:
    image, coding = torch.rand(3, *size, generator=torch.Generator().manual_seed(6)), Coding(1, False)
    whole = frame_of(image, name, coding)
    shown = image_of(whole, coding)
    monkeypatch.setattr(pixels, "STRIP", 4 * size[1])
    assert all(
        np.array_equal(*pair) for pair in zip(codes_of(whole), codes_of(frame_of(image, name, coding)), strict=True)
    )
    assert torch.equal(shown, image_of(whole, coding))
