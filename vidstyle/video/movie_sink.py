"""Frames into a movie, with the sound and all else of the input."""

from __future__ import annotations

import sys
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

import av
from av.codec import CodecContext
from av.container import OutputContainer
from av.video.stream import VideoStream

from vidstyle.encoding import EncodeSettings
from vidstyle.errors import InputError, OutputError, UsageError
from vidstyle.types import ClipInfo, ColorTags, Frame
from vidstyle.video.color import coding_of
from vidstyle.video.copying import Companions
from vidstyle.video.encoders import CODECS, STILL_CODECS, EncodePlan, resolve_settings
from vidstyle.video.libav import quiet_encoder, start_counting_errors
from vidstyle.video.outputs import publish, require_free, unfinished_name
from vidstyle.video.pixels import frame_of
from vidstyle.video.text import reason, shown

_FRAGMENTS = {"movflags": "hybrid_fragmented+delay_moov", "flush_packets": "1"}
"""A killed run leaves a playable file; without delay_moov the picture would lag by the B-frames' delay."""


@final
class VideoSink:
    """A movie being written under an unfinished name; it gets its own when the context ends without an error."""

    def __init__(
        self,
        output: Path | str,
        like: ClipInfo,
        settings: EncodeSettings,
        *,
        overwrite: bool = False,
        span: tuple[int, int] | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._path = None if str(output) == "-" else Path(output)
        self._name = "standard output" if self._path is None else shown(self._path)
        self._like = like
        self._settings = settings
        self._is_span = span is not None
        self._span_seconds = None if span is None else (span[1] - span[0]) / like.frame_rate
        self._plan = resolve_settings(settings, output, like, size=size)
        if self._path is None and sys.stdout is None:
            raise OutputError("standard output: is closed")
        if self._path is not None:
            require_free(self._path, overwrite=overwrite, inputs=(like.path,))
        self._unfinished = None if self._path is None else unfinished_name(self._path)
        _require_container(self._plan)
        _require_encoder(self._plan, size or (like.width, like.height), like.frame_rate)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._companions: Companions | None = None
        self._shift = Fraction(0)
        self._end = Fraction(0)
        self._warnings = self._plan.warnings

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the output lacks of the input, one line each; complete when everything is written."""
        return self._warnings + (() if self._companions is None else self._companions.warnings)

    def write(self, frame: Frame) -> None:
        """Take the next frame, in presentation order, with its own time."""
        try:
            if self._stream is None:
                self._open(frame)
            self._encode(frame)
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"{self._name}: {reason(error)}") from None

    def _open(self, frame: Frame) -> None:
        height, width = frame.image.shape[1:]
        if (width, height) != (self._like.width, self._like.height):
            self._plan = resolve_settings(self._settings, self._target, self._like, size=(width, height))
            self._warnings = self._plan.warnings
        options = _muxer_options(self._plan.container, frame.time_base)
        self._container = av.open(self._destination, "w", format=self._plan.container, options=options)
        self._stream = _add_video(self._container, self._plan, like=self._like, frame=frame)
        if self._is_span:
            self._shift = frame.time
        if not self._like.is_sequence and self._like.codec not in STILL_CODECS:
            self._add_companions(self._container, self._stream)

    @property
    def _target(self) -> Path | str:
        return "-" if self._path is None else self._path

    @property
    def _destination(self) -> Any:
        if self._unfinished is None:
            return _Unseekable(sys.stdout.buffer)
        return f"file:{self._unfinished.absolute()}"

    def _add_companions(self, container: OutputContainer, stream: VideoStream) -> None:
        self._companions = Companions(self._like.path, container, self._settings)
        if self._is_span:
            self._companions.start_at(self._shift)
        self._companions.add_streams(stream)
        self._companions.add_chapters(self._span_seconds)

    def _encode(self, frame: Frame) -> None:
        assert self._container is not None and self._stream is not None
        height, width = frame.image.shape[1:]
        pixel_format = self._plan.pixel_format
        coding = coding_of(self._plan.color, width=width, height=height, pixel_format=pixel_format)
        picture = frame_of(frame.image, pixel_format, coding)
        # Tags on the frame as well: some encoders look nowhere else.
        _tag(picture, self._plan.color)
        picture.time_base = frame.time_base
        picture.pts = frame.pts - round(self._shift / frame.time_base)
        self._container.mux(self._stream.encode(picture))
        start = frame.time - self._shift
        self._end = start + 1 / self._like.frame_rate
        if self._companions is not None:
            self._companions.copy_until(start)

    def _finish(self) -> None:
        if self._container is None or self._stream is None:
            raise InputError(f"{shown(self._like.path)}: gave no frame to write to {self._name}")
        try:
            self._container.mux(self._stream.encode())
            if self._companions is not None:
                self._companions.copy_until(self._end if self._is_span else None)
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"{self._name}: {reason(error)}") from None
        if self._path is not None and self._unfinished is not None:
            publish(self._unfinished, self._path)

    def _discard(self) -> None:
        if self._companions is not None:
            self._companions.close()
        if self._unfinished is not None:
            self._close_quietly()
            self._unfinished.unlink(missing_ok=True)

    def _close_quietly(self) -> None:
        if self._container is None:
            return
        try:
            self._container.close()
        except (av.FFmpegError, OSError):
            # A full disk refuses the trailer too; the error that led here is the one to tell.
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish and publish the movie, or remove what there is of it after an error."""
        try:
            if error is None:
                self._finish()
        finally:
            self._discard()


class _Unseekable:
    """A pipe for libav: bytes go in order, nothing is ever rewritten."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        self._stream.write(data)
        return len(data)


def _muxer_options(container: str, time_base: Fraction) -> dict[str, str]:
    """What the muxer is told. Left alone, mp4's doubles a coarse time base until it is finer than 1/10000."""
    if container not in ("mp4", "mov"):
        return {}
    return {**_FRAGMENTS, "video_track_timescale": str(time_base.denominator)}


def _add_video(container: OutputContainer, plan: EncodePlan, *, like: ClipInfo, frame: Frame) -> VideoStream:
    stream = container.add_stream(plan.encoder, rate=like.frame_rate, options=plan.options)
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    context.width, context.height = frame.image.shape[2], frame.image.shape[1]
    context.pix_fmt = plan.pixel_format
    context.time_base = frame.time_base
    context.sample_aspect_ratio = like.pixel_aspect
    # PyAV asks for threads within a frame, which makes x264 cut every frame into slices: 5 % more bytes.
    context.thread_type = "AUTO"
    if plan.encoder == "libx265" and plan.container in ("mp4", "mov"):
        # Apple's players know this tag only.
        context.codec_tag = "hvc1"
    _tag(context, plan.color)
    return stream


def _tag(target: Any, tags: ColorTags) -> None:
    """Set color tags on a frame or a codec context, which name them alike."""
    target.color_primaries = tags.primaries
    target.color_trc = tags.transfer
    target.colorspace = tags.matrix
    target.color_range = {None: 0, False: 1, True: 2}[tags.full_range]


def _require_container(plan: EncodePlan) -> None:
    """`UsageError` unless the container takes what the encoder makes, found out before any frame is painted."""
    if not _takes(plan.container, plan.encoder):
        fitting = ", ".join(name for name, codec in CODECS.items() if _takes(plan.container, codec.encoder))
        raise UsageError(f"{plan.encoder} does not go into {plan.container}; codecs that do: {fitting}")


def _takes(container: str, encoder: str) -> bool:
    with av.open(BytesIO(), "w", format=container) as nowhere:
        try:
            nowhere.add_stream(encoder)
        except ValueError:
            return False
    return True


def _require_encoder(plan: EncodePlan, size: tuple[int, int], frame_rate: Fraction) -> None:
    """`OutputError` unless the encoder opens with these settings, found out before any frame is painted."""
    start_counting_errors()
    quiet_encoder(plan.encoder)
    context: Any = CodecContext.create(plan.encoder, "w")
    context.width, context.height = size
    context.pix_fmt = plan.pixel_format
    context.time_base = 1 / frame_rate
    context.framerate = frame_rate
    context.options = dict(plan.options)
    try:
        context.open()
    except (av.FFmpegError, OSError, ValueError) as error:
        logged = av.logging.get_last_error()[1]
        told = f" ({logged[2].strip()})" if logged else ""
        raise OutputError(
            f"{plan.encoder} refuses {size[0]}x{size[1]} {plan.pixel_format} with {plan.options}: {reason(error)}{told}"
        ) from None
