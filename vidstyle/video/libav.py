"""Opening files with libav: what may be opened, how errors read, and how many errors were logged."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import av
import av.logging
from av.container import InputContainer
from av.video.stream import VideoStream

from vidstyle.errors import InputError
from vidstyle.video.text import reason, shown

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,avi,flv,asf,ogg,mxf,nut,ivf,obu,av1,"
    "h264,hevc,m4v,mjpeg,dv,yuv4mpegpipe,gif,apng,rm,vob"
)
"""Demuxers that may open an input: no playlists, no concatenations, nothing that reads another file."""


def start_counting_errors() -> None:
    """Have libav count the errors it logs; it prints nothing and leaves a level that is already set.

    Damage that a decoder conceals shows nowhere else: not in exceptions, not in a frame's flags.
    """
    if av.logging.get_level() is None:
        # ERROR lines are counted at any level, and printed at none of those below.
        av.logging.set_level(av.logging.PANIC)


def quiet_encoder(encoder: str) -> None:
    """Keep an encoder that writes past libav's log from filling stderr."""
    if encoder == "libsvtav1":
        # Read when the encoder opens; 1 leaves its errors. There is no option for it.
        os.environ.setdefault("SVT_LOG", "1")


def errors_logged() -> int:
    """Errors that libav has logged in this process so far."""
    count, _ = av.logging.get_last_error()
    return count


def require_file(path: Path) -> None:
    """`InputError` unless `path` is a readable, not empty, ordinary file."""
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{shown(path)}: {reason(error)}") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{shown(path)}: not an ordinary file")
    if status.st_size == 0:
        raise InputError(f"{shown(path)}: the file is empty")


def open_container(path: Path) -> InputContainer:
    """The container at `path`; `InputError` where it cannot be opened."""
    require_file(path)
    start_counting_errors()
    try:
        # Without the protocol, names such as "12:30 clip.mp4" are taken for addresses.
        name = "file:" + os.path.abspath(path)  # noqa: PTH100 - keeps symbolic links and needs no working folder
        return av.open(name, options={"protocol_whitelist": "file", "format_whitelist": FORMATS})
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{shown(path)}: not a video that can be read ({reason(error)})") from None


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream to repaint: the best one that is no cover picture; `InputError` where there is none."""
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise InputError(f"{shown(path)}: holds no video stream")
    best = container.streams.best("video")
    return next((stream for stream in streams if best is not None and stream.index == best.index), streams[0])


def limit_pixels(stream: VideoStream, max_pixels: int) -> None:
    """Have the decoder refuse a frame far above the limit, whatever the header says; before it decodes."""
    # Twice the limit, because decoders round sizes up to whole blocks.
    stream.codec_context.options = {"max_pixels": str(2 * max_pixels)}


def is_cover(stream: VideoStream) -> bool:
    """Whether a video stream is a cover picture."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)
