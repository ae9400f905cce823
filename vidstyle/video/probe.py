"""What a clip is, from its header and its first frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import VideoFrame
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.stream import Stream
from av.video.stream import VideoStream

from vidstyle.errors import InputError
from vidstyle.types import ClipInfo, ColorTags, StreamInfo
from vidstyle.video.layout import bit_depth_of
from vidstyle.video.libav import limit_pixels, open_container, video_stream
from vidstyle.video.stills import MAX_PIXELS
from vidstyle.video.text import shown

_DEFAULT_RATE = Fraction(25)
"""Frames a second where nothing says otherwise, as ffmpeg has it."""


def probe_movie(path: Path, *, max_pixels: int = MAX_PIXELS, first_number: int = 1) -> ClipInfo:
    """A movie's description; `InputError` where no frame of it decodes.

    One frame is decoded, because headers are silent or wrong about rotation and color tags.
    """
    with open_container(path) as container:
        stream = video_stream(container, path)
        require_size(stream.codec_context.width, stream.codec_context.height, path, max_pixels=max_pixels)
        limit_pixels(stream, max_pixels)
        frame = _first_frame(container, stream, path)
        require_size(frame.width, frame.height, path, max_pixels=max_pixels)
        return _describe(container, stream, frame, path=path, first_number=first_number)


def require_size(width: int, height: int, path: Path, *, max_pixels: int) -> None:
    """`InputError` for a picture larger than allowed."""
    if width * height > max_pixels:
        raise InputError(f"{shown(path)}: {width}x{height} is more than {max_pixels} pixels; raise max_pixels")


def _first_frame(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    frame = next(_lenient_frames(container, stream), None)
    if frame is None:
        raise InputError(f"{shown(path)}: holds no frame that decodes")
    return frame


def _lenient_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError):
            packet = None
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            # A damaged first packet; a later one may decode.
            continue
        yield from frames


def _describe(
    container: InputContainer, stream: VideoStream, frame: VideoFrame, *, path: Path, first_number: int
) -> ClipInfo:
    rotation = frame.rotation % 360
    on_its_side = rotation in (90, 270)
    width, height = (frame.height, frame.width) if on_its_side else (frame.width, frame.height)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    frame_rate = stream.guessed_rate or stream.average_rate or _DEFAULT_RATE
    time_base = Fraction(stream.time_base) if stream.time_base else 1 / Fraction(frame_rate)
    return ClipInfo(
        path=path,
        width=width,
        height=height,
        frame_rate=Fraction(frame_rate),
        time_base=time_base,
        frame_count_from_header=_claimed_count(container, stream, Fraction(frame_rate)),
        bit_depth=bit_depth_of(frame.format.name),
        pixel_format=frame.format.name,
        codec=stream.codec_context.codec.canonical_name,
        container=container.format.name,
        pixel_aspect=1 / Fraction(aspect) if on_its_side else Fraction(aspect),
        rotation=rotation,
        mirrored=_is_mirrored(frame),
        color=_tags(frame),
        streams=tuple(_stream_info(each) for each in container.streams),
        first_number=first_number,
        first_time=(frame.pts if frame.pts is not None else frame.dts or 0) * time_base,
    )


def _is_mirrored(frame: VideoFrame) -> bool:
    """Whether the display matrix mirrors: libav's `rotation` tells only where it turns the horizontal."""
    data: Any = frame.side_data  # typed as what it is not
    try:
        matrix = data[Type.DISPLAYMATRIX]
    except KeyError:
        return False
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix))
    return bool(a * d < b * c)


def _claimed_count(container: InputContainer, stream: VideoStream, frame_rate: Fraction) -> int | None:
    if stream.frames:
        return stream.frames
    end = declared_end(container, stream)
    if end is None:
        return None
    start = stream.start_time * stream.time_base if stream.start_time and stream.time_base else Fraction(0)
    return max(round((end - start) * frame_rate), 1)


def declared_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """When the video ends by the header, in seconds; None where it does not say."""
    if stream.duration and stream.time_base:
        return Fraction(((stream.start_time or 0) + stream.duration) * stream.time_base)
    tag = next((value for key, value in stream.metadata.items() if key.upper().startswith("DURATION")), None)
    if tag is not None:
        return _clock_time(tag)
    return Fraction(container.duration, av.time_base) if container.duration else None


def _clock_time(text: str) -> Fraction | None:
    """Seconds of Matroska's ``hours:minutes:seconds``; None for anything else."""
    parts = text.split(":")
    try:
        hours, minutes, seconds = (Fraction(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds


def _tags(frame: VideoFrame) -> ColorTags:
    full_range = {1: False, 2: True}.get(int(frame.color_range))
    return ColorTags(
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        matrix=int(frame.colorspace),
        full_range=full_range,
    )


def _stream_info(stream: Stream) -> StreamInfo:
    # Data streams (timecode, chapter text) have no codec context.
    codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
    return StreamInfo(index=stream.index, kind=stream.type, codec=codec, language=stream.language)
