"""Frames of a movie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, final

import av
import torch
from av import VideoFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from vidstyle.errors import InputError
from vidstyle.types import ClipInfo, Frame, Image
from vidstyle.video.color import UNSPECIFIED, Coding, coding_of, guessed_matrix, matrix_named, stored_size
from vidstyle.video.layout import has_alpha
from vidstyle.video.libav import errors_logged, limit_pixels, open_container, video_stream
from vidstyle.video.pixels import image_of
from vidstyle.video.probe import declared_end, probe_movie
from vidstyle.video.stills import MAX_PIXELS
from vidstyle.video.text import shown

_HIGH_DYNAMIC_RANGE = {16: "PQ", 18: "HLG"}


@final
class VideoSource:
    """Frames of a movie, upright, with their exact times; every pass decodes from the start."""

    def __init__(
        self,
        path: Path,
        *,
        max_pixels: int = MAX_PIXELS,
        input_matrix: str | None = None,
        first_number: int = 1,
    ) -> None:
        self._info = probe_movie(path, max_pixels=max_pixels, first_number=first_number)
        if input_matrix is not None:
            self._info = replace(self._info, color=replace(self._info.color, matrix=matrix_named(input_matrix)))
        self._max_pixels = max_pixels
        self._coding = source_coding(self._info)
        self._standing = _remarks(self._info)
        self._found: tuple[str, ...] = ()

    @property
    def info(self) -> ClipInfo:
        """The clip as probed."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """Remarks on the clip, then `damage`."""
        return self._standing + self._found

    @property
    def damage(self) -> tuple[str, ...]:
        """What the latest pass met that a sound clip does not have."""
        return self._found

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames with ``start <= index < stop``.

        Earlier frames are decoded too and then dropped: seeking in a damaged or oddly indexed file may land
        elsewhere, counting cannot.
        """
        with open_container(self._info.path) as container:
            decoding = _Decoding(container, self._info, self._max_pixels)
            try:
                for index, (pts, decoded) in islice(enumerate(decoding.frames()), start, stop):
                    yield self._frame(index, pts, decoded)
            finally:
                self._found = decoding.warnings()

    def most_frames(self) -> int:
        """How many packets of video the file has: no frame comes without one. Reads the file, decodes nothing."""
        count = 0
        # A tail that cannot be read holds no frame.
        with open_container(self._info.path) as container, suppress(av.FFmpegError, OSError):
            for packet in container.demux(video_stream(container, self._info.path)):
                count += packet.size > 0
        return count

    def _frame(self, index: int, pts: int, decoded: VideoFrame) -> Frame:
        image = image_of(decoded, self._coding)
        image = upright(image.flip(1) if self._info.mirrored else image, self._info.rotation)
        if image.shape[1:] != (self._info.height, self._info.width):
            raise InputError(
                f"{shown(self._info.path)}: frame {index + self._info.first_number} is {image.shape[2]}x"
                f"{image.shape[1]}, the first one {self._info.width}x{self._info.height}; convert it to one size"
            )
        return Frame(index=index, pts=pts, time_base=self._info.time_base, image=image)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: every pass closes what it opened."""


def source_coding(info: ClipInfo) -> Coding:
    """How a movie's codes become RGB."""
    width, height = stored_size(info)
    return coding_of(info.color, width=width, height=height, pixel_format=info.pixel_format)


def upright(image: Image, rotation: int) -> Image:
    """The image turned counter-clockwise by `rotation` degrees; `InputError` unless a multiple of 90."""
    if rotation % 90:
        raise InputError(f"a rotation by {rotation} degrees is not supported; only quarter turns are")
    return image if rotation == 0 else torch.rot90(image, rotation // 90, (1, 2)).contiguous()


def _remarks(info: ClipInfo) -> tuple[str, ...]:
    name = shown(info.path)
    remarks = []
    if info.color.matrix == UNSPECIFIED and info.pixel_format.startswith(("yuv", "nv", "p0")):
        guess = "BT.709" if guessed_matrix(*stored_size(info)) == 1 else "BT.601"
        remarks.append(f"{name}: has no color tags; read as {guess}, as players do")
    if info.color.transfer in _HIGH_DYNAMIC_RANGE:
        kind = _HIGH_DYNAMIC_RANGE[info.color.transfer]
        remarks.append(f"{name}: is high dynamic range ({kind}); its codes are painted as they are")
    if has_alpha(info.pixel_format) and info.codec != "gif":
        remarks.append(f"{name}: has an alpha channel ({info.pixel_format}), which is dropped")
    return tuple(remarks)


class _Decoding:
    """One pass over a movie's packets, and what went wrong in it."""

    def __init__(self, container: InputContainer, info: ClipInfo, max_pixels: int) -> None:
        self._container = container
        self._info = info
        self._stream = video_stream(container, info.path)
        limit_pixels(self._stream, max_pixels)
        self._last_pts: int | None = None
        self._video_end = Fraction(0)
        self._any_end = Fraction(0)
        self._count = 0
        self._errors = 0
        self._repaired_times = 0
        self._interlaced = False
        self._short: str | None = None

    def frames(self) -> Iterator[tuple[int, VideoFrame]]:
        """Every frame with its pts, in presentation order."""
        for packet in self._packets():
            self._note_end(packet)
            # Not packet.stream_index: PyAV leaves it 0 on the packet that flushes the decoder.
            if packet.stream.index != self._stream.index:
                continue
            for frame in self._decode(packet):
                self._count += 1
                self._interlaced |= frame.interlaced_frame
                yield self._place(frame), frame
        self._check_end()

    def _packets(self) -> Iterator[Packet[Stream]]:
        # Sound is read along, so that a cut file is told from one whose sound simply lasts longer.
        streams = [self._stream, *self._container.streams.audio]
        packets = self._container.demux(*streams)
        while True:
            before = errors_logged()
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):
                # The tail is unreadable: give back what the decoder still holds.
                self._errors += max(errors_logged() - before, 1)
                yield self._flush_packet()
                return
            self._errors += errors_logged() - before
            if packet is None:
                return
            yield packet

    def _flush_packet(self) -> Packet[Stream]:
        packet: Packet[Stream] = Packet()
        packet.stream = self._stream
        return packet

    def _decode(self, packet: Packet[Stream]) -> list[VideoFrame]:
        before = errors_logged()
        try:
            return [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
        except av.FFmpegError:
            self._errors += max(1 - (errors_logged() - before), 0)
            return []
        finally:
            self._errors += errors_logged() - before

    def _note_end(self, packet: Packet[Stream]) -> None:
        time = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or time is None or not packet.time_base:
            return
        end = Fraction((time + (packet.duration or 0)) * packet.time_base)
        self._any_end = max(self._any_end, end)
        if packet.stream.index == self._stream.index:
            self._video_end = max(self._video_end, end)

    def _place(self, frame: VideoFrame) -> int:
        """The frame's pts, made to grow where a file has none or one that does not."""
        step = max(round(1 / (self._info.frame_rate * self._info.time_base)), 1)
        following = 0 if self._last_pts is None else self._last_pts + step
        pts = frame.pts if frame.pts is not None else frame.dts
        if pts is None or (self._last_pts is not None and pts <= self._last_pts):
            self._repaired_times += 1
            pts = following
        self._last_pts = pts
        return pts

    def _check_end(self) -> None:
        """Note whether the clip ended before its header says."""
        if self._count == 0:
            raise InputError(f"{shown(self._info.path)}: holds no frame that decodes")
        end = declared_end(self._container, self._stream)
        if end is None:
            return
        # Where only the whole container's length is known, any stream may be the long one.
        reached = self._video_end if self._stream.duration else max(self._video_end, self._any_end)
        slack = max(end / 50, 3 / self._info.frame_rate)
        if reached < end - slack:
            self._short = f"ends after {float(reached):.2f} s, its header says {float(end):.2f} s"

    def warnings(self) -> tuple[str, ...]:
        """What went wrong, one line each."""
        name = shown(self._info.path)
        lines = []
        if self._errors:
            lines.append(f"{name}: is damaged; the decoder reported {self._errors} errors")
        if self._short:
            lines.append(f"{name}: is short; it {self._short}")
        if self._repaired_times:
            lines.append(f"{name}: {self._repaired_times} frames had no usable time and follow the one before")
        if self._interlaced:
            lines.append(f"{name}: is interlaced; deinterlace it first, combed frames are painted as they are")
        return tuple(lines)
