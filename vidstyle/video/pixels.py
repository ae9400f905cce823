"""Decoded frames to images and images to frames for an encoder.

YCbCr is computed here, in float, and not by swscale: measured on smooth pictures, swscale's default
8-bit YCbCr to RGB is dark by one luma code on the way back, its accurate one costs more than this, and
above 8 bits every one of its routes is off by about two codes. swscale only reorders RGB bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from av import VideoFrame
from av.video.plane import VideoPlane
from torch import Tensor

from vidstyle.errors import InputError, UsageError
from vidstyle.types import Image
from vidstyle.video.chroma import grow, shrink
from vidstyle.video.color import Coding
from vidstyle.video.layout import Codes, Layout, bit_depth_of, has_alpha, layout_of

_RGB_16 = {"rgb48le": ("<u2", 3), "rgb48be": (">u2", 3), "rgba64le": ("<u2", 4), "rgba64be": (">u2", 4)}

_PACKED_RGB = {"rgb48le", "rgb48be", "rgb24", "bgr24", "rgb0", "bgr0", "0rgb", "0bgr"}
"""Formats without planes that frames can be made in."""

STRIP = 2**17
"""Pixels that are converted at a time, so that what is in between stays in a processor's cache: at 4K a third of the
time, and none of the memory."""


def image_of(frame: VideoFrame, coding: Coding) -> Image:
    """The image of a decoded frame, on the CPU; `coding` matters to YCbCr and gray only. Alpha is left out."""
    name = frame.format.name
    layout = layout_of(name)
    if layout is not None:
        return _image_of_planes(frame, layout, coding)
    if name in _RGB_16:
        return _image_of_rgb_16(frame)
    if bit_depth_of(name) > 8:
        raise InputError(f"pixel format {name} is not supported; convert the clip to yuv422p10le, for example")
    pixels = torch.from_numpy(frame.reformat(format="rgb24").to_ndarray())
    return to_unit(pixels)


def to_unit(pixels: Tensor) -> Image:
    """The image of interleaved codes ``(H, W, 3)``, ``uint8`` or ``uint16``."""
    image = torch.empty((3, *pixels.shape[:2]))
    for channel in range(3):
        image[channel] = pixels[..., channel]
    return image.div_(255 if pixels.dtype == torch.uint8 else 65535)


def to_codes(image: Image, bit_depth: int) -> Codes:
    """Interleaved codes ``(H, W, 3)`` of an image, rounded to nearest: ``uint8``, or ``uint16`` above 8 bits."""
    scaled = (image.permute(1, 2, 0) * (2**bit_depth - 1)).add_(0.5).clamp_(0, 2**bit_depth - 1)
    # Not every torch operation knows uint16, numpy's all do.
    narrow = scaled.to(torch.uint8) if bit_depth == 8 else scaled
    codes: Codes = narrow.contiguous().cpu().numpy().astype(np.uint8 if bit_depth == 8 else np.uint16, copy=False)
    return codes


def frame_of(image: Image, pixel_format: str, coding: Coding) -> VideoFrame:
    """A frame in an encoder's pixel format; rounds to nearest. The caller sets times and tags."""
    if not is_writable(pixel_format):
        raise UsageError(f"pixel format {pixel_format!r} cannot be written; yuv420p or yuv420p10le can")
    image = image.detach()
    layout = layout_of(pixel_format)
    if layout is not None:
        return _frame_of_planes(image, pixel_format, layout=layout, coding=coding)
    if pixel_format in _RGB_16:
        return _frame_of_rgb_16(image, pixel_format)
    return VideoFrame.from_ndarray(to_codes(image, 8), format="rgb24").reformat(format=pixel_format)


def is_writable(pixel_format: str) -> bool:
    """Whether `frame_of` makes frames of this pixel format."""
    layout = layout_of(pixel_format)
    if layout is not None:
        return not layout.interleaved and not has_alpha(pixel_format)
    return pixel_format in _PACKED_RGB


def _view(plane: VideoPlane, layout: Layout, samples: int) -> Codes:
    """The stored samples ``(lines, samples)`` of a plane, without copying and without line padding."""
    stride = plane.line_size // layout.dtype.itemsize
    rows: Codes = np.frombuffer(memoryview(plane), layout.dtype, count=stride * plane.height)
    return rows.reshape(plane.height, stride)[:, :samples]


def _unit(codes: Codes, layout: Layout, scale: tuple[float, float]) -> Tensor:
    """``(code - zero) / step`` as float, for ``scale = (step, zero)``."""
    step, zero = scale
    plain = codes.astype(np.float32)
    return torch.from_numpy(plain).mul_(1 / (step * 2**layout.shift)).sub_(zero / step)


def _strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    """First and last lines, exclusive, of strips of about `STRIP` pixels; all begin at an even line."""
    step = max(2, STRIP // width // 2 * 2)
    return ((top, min(top + step, height)) for top in range(0, height, step))


def _image_of_planes(frame: VideoFrame, layout: Layout, coding: Coding) -> Image:
    image = torch.empty((3, frame.height, frame.width))
    planes = _stored_planes(frame, layout)
    for top, bottom in _strips(frame.height, frame.width):
        strip = image[:, top:bottom]
        if layout.family == "gbr":
            whole = (float(2**layout.bit_depth - 1), 0.0)
            for channel, plane in zip((1, 2, 0), planes, strict=True):
                strip[channel] = _unit(plane[top:bottom], layout, whole)
            continue
        luma = _unit(planes[0][top:bottom], layout, coding.luma_scale(layout.bit_depth))
        if layout.family == "gray":
            strip.copy_(luma.clamp_(0, 1))
        else:
            chroma = _chroma_of(planes[1:], (top, bottom), frame.width, layout=layout, coding=coding)
            _to_rgb(luma, chroma, coding, out=strip)
    return image


def _stored_planes(frame: VideoFrame, layout: Layout) -> list[Codes]:
    """The samples of a frame's planes, alpha left out; Cb and Cr apart."""
    width = frame.width
    if layout.family == "gray":
        return [_view(frame.planes[0], layout, width)]
    if layout.family == "gbr":
        return [_view(plane, layout, width) for plane in frame.planes[:3]]
    luma = _view(frame.planes[0], layout, width)
    _, columns = layout.chroma_size(frame.height, width)
    if not layout.interleaved:
        return [luma, *(_view(plane, layout, columns) for plane in frame.planes[1:3])]
    pairs = _view(frame.planes[1], layout, 2 * columns)
    order = (1, 0) if layout.swapped else (0, 1)
    return [luma, *(pairs[:, offset::2] for offset in order)]


def _chroma_of(
    planes: Sequence[Codes], lines: tuple[int, int], width: int, *, layout: Layout, coding: Coding
) -> Tensor:
    """Cb and Cr of these lines of the picture, ``(2, h, w)`` in -0.5 .. 0.5, grown to the size of luma's."""
    top, bottom = lines
    scale = coding.chroma_scale(layout.bit_depth)
    # With a line more on either side, from which lines in between are interpolated.
    first, last = (max(0, top // 2 - 1), -(-bottom // 2) + 1) if layout.half_lines else lines
    stored = torch.stack([_unit(plane[first:last], layout, scale) for plane in planes])
    if not layout.half_lines:
        return grow(stored, height=bottom - top, width=width)
    start = top - 2 * first
    return grow(stored, height=2 * stored.shape[1], width=width)[:, start : start + bottom - top]


def _to_rgb(luma: Tensor, chroma: Tensor, coding: Coding, *, out: Image) -> None:
    """``R = Y + 2(1 - Kr) Cr``, ``B = Y + 2(1 - Kb) Cb``, G from ``Y = Kr R + Kg G + Kb B``; H.273 eq. 38-40."""
    red, blue = coding.weights
    green = 1 - red - blue
    cb, cr = chroma
    torch.add(luma, cr, alpha=2 * (1 - red), out=out[0])
    torch.add(luma, cb, alpha=-2 * blue * (1 - blue) / green, out=out[1])
    out[1].add_(cr, alpha=-2 * red * (1 - red) / green)
    torch.add(luma, cb, alpha=2 * (1 - blue), out=out[2])
    out.clamp_(0, 1)


def _image_of_rgb_16(frame: VideoFrame) -> Image:
    dtype, channels = _RGB_16[frame.format.name]
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // 2)
    pixels = rows[:, : frame.width * channels].reshape(frame.height, frame.width, channels)
    return to_unit(torch.from_numpy(pixels[..., :3].astype(np.uint16)))


def _frame_of_rgb_16(image: Image, pixel_format: str) -> VideoFrame:
    codes = to_codes(image, 16)
    frame = VideoFrame(codes.shape[1], codes.shape[0], pixel_format)
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), _RGB_16[pixel_format][0]).reshape(plane.height, plane.line_size // 2)
    rows[:, : codes.shape[1] * 3] = codes.reshape(codes.shape[0], -1)
    return frame


def _frame_of_planes(image: Image, pixel_format: str, *, layout: Layout, coding: Coding) -> VideoFrame:
    height, width = image.shape[1:]
    frame = VideoFrame(width, height, pixel_format)
    # Elsewhere than on a processor every strip would be a transfer.
    strips = _strips(height, width) if image.device.type == "cpu" else ((0, height),)
    for top, bottom in strips:
        for number, codes in enumerate(_planes_of(image[:, top:bottom], layout, coding)):
            first = top // 2 if layout.half_lines and number else top
            _view(frame.planes[number], layout, codes.shape[1])[first : first + len(codes)] = codes
    return frame


def _planes_of(image: Image, layout: Layout, coding: Coding) -> list[Codes]:
    if layout.family == "gbr":
        whole = (float(2**layout.bit_depth - 1), 0.0)
        return [_codes(image[channel], layout, whole) for channel in (1, 2, 0)]
    red, blue = coding.weights
    luma = torch.mul(image[0], red).add_(image[1], alpha=1 - red - blue).add_(image[2], alpha=blue)
    planes = [_codes(luma, layout, coding.luma_scale(layout.bit_depth))]
    if layout.family == "gray":
        return planes
    differences = torch.stack(((image[2] - luma).mul_(0.5 / (1 - blue)), (image[0] - luma).mul_(0.5 / (1 - red))))
    chroma = shrink(differences, lines=layout.half_lines, columns=layout.half_columns)
    scale = coding.chroma_scale(layout.bit_depth)
    return planes + [_codes(plane, layout, scale) for plane in chroma]


def _codes(plane: Tensor, layout: Layout, scale: tuple[float, float]) -> Codes:
    """Codes of a plane, rounded to nearest."""
    step, zero = scale
    codes = plane.mul(step).add_(zero + 0.5).clamp_(0, 2**layout.bit_depth - 1)
    if layout.bit_depth == 8:
        return codes.to(torch.uint8).cpu().numpy()
    return codes.cpu().numpy().astype(layout.dtype)
