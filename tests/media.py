"""Small movies and pictures that tests make for themselves."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import torch
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray
from torch import Tensor

NTSC = Fraction(30000, 1001)


def smooth_image(index: int, *, width: int = 96, height: int = 64) -> Tensor:
    """A colorful picture that moves with `index`, without the sharp color edges that chroma halving blurs."""
    y = torch.linspace(0, 3, height)[:, None]
    x = torch.linspace(0, 3, width)[None]
    phase = 0.2 * index
    waves = [torch.sin(x + phase) * torch.cos(y), torch.cos(x - y + phase), torch.sin(y + 2 * phase) * torch.cos(x)]
    return torch.stack(waves).mul(0.35).add(0.5)


def codes_8(image: Tensor) -> NDArray[np.uint8]:
    """An image as interleaved 8-bit RGB."""
    codes: NDArray[np.uint8] = image.permute(1, 2, 0).mul(255).round().byte().numpy()
    return codes


def write_movie(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction = NTSC,
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    tags: tuple[int, int, int, int] = (1, 1, 1, 1),
    audio_tracks: int = 0,
    subtitles: bool = False,
    cover: bool = False,
    chapters: bool = False,
    title: str | None = None,
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    audio_first: bool = False,
    attachment: bytes | None = None,
    audio_start: Fraction = Fraction(0),
    audio_seconds: Fraction | None = None,
    timecode: str | None = None,
) -> Path:
    """A movie; `times` are presentation times in units of `time_base`, `tags` primaries, transfer, matrix, range."""
    time_base = time_base or 1 / rate
    times = list(times or range(frames))
    with av.open(str(path), "w", options=container_options or {}) as container:
        voices = [_add_audio(container, track) for track in range(audio_tracks)] if audio_first else []
        stream: Any = container.add_stream(codec, rate=rate, options=options or _fast(codec))
        context = stream.codec_context
        context.width, context.height = size
        context.pix_fmt = pix_fmt
        context.time_base = time_base
        if pixel_aspect is not None:
            context.sample_aspect_ratio = pixel_aspect
        _tag(context, tags)
        if timecode is not None:
            stream.metadata["timecode"] = timecode
        if rotation:
            stream.set_display_rotation(rotation)
        if not audio_first:
            voices = [_add_audio(container, track) for track in range(audio_tracks)]
        texts = container.add_stream_from_template(_subtitle_template()) if subtitles else None
        picture = _add_cover(container) if cover else None
        if attachment is not None:
            container.add_attachment("font.ttf", "font/ttf", attachment)
        if title is not None:
            container.metadata["title"] = title
        if chapters:
            container.set_chapters(_two_chapters())
        end = (times[-1] + 1) * time_base
        for voice in voices:
            _write_audio(container, voice, start=audio_start, seconds=audio_seconds or end)
        if texts is not None:
            _write_subtitles(container, texts)
        if picture is not None:
            _write_cover(container, picture)
        for index, time in enumerate(times):
            frame = VideoFrame.from_ndarray(codes_8(smooth_image(index, width=size[0], height=size[1])), format="rgb24")
            _tag(frame, tags)
            frame = frame.reformat(
                format=pix_fmt, dst_colorspace=_swscale_matrix(tags[2]), dst_color_range=tags[3] or 1
            )
            _tag(frame, tags)
            frame.pts, frame.time_base = time, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _fast(codec: str) -> dict[str, str]:
    return {
        "libx264": {"preset": "ultrafast", "crf": "8", "bf": "2"},
        "libx265": {"preset": "ultrafast", "crf": "8", "x265-params": "log-level=none"},
    }.get(codec, {})


def _swscale_matrix(matrix: int) -> int:
    return {1: 1, 9: 9}.get(matrix, 5)


def _tag(target: Any, tags: tuple[int, int, int, int]) -> None:
    target.color_primaries, target.color_trc, target.colorspace, target.color_range = tags


def _add_audio(container: Any, track: int) -> Any:
    stream = container.add_stream("aac", rate=48000)
    stream.metadata["language"] = ("eng", "deu", "fra")[track]
    return stream


def _write_audio(container: Any, stream: Any, *, start: Fraction, seconds: Fraction) -> None:
    total = int(seconds * 48000)
    noise = np.random.default_rng(stream.index).normal(0, 0.1, (2, total)).astype(np.float32)
    for offset in range(0, total - 1023, 1024):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(noise[:, offset : offset + 1024]), "fltp", "stereo")
        frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
        frame.pts = offset + int(start * 48000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


_SRT = b"1\n00:00:00,000 --> 00:00:00,100\nfirst\n\n2\n00:00:00,150 --> 00:00:00,300\nsecond\n\n"


def _subtitle_input() -> Any:
    return av.open(io.BytesIO(_SRT), format="srt")


def _subtitle_template() -> Any:
    return _subtitle_input().streams.subtitles[0]


def _write_subtitles(container: Any, stream: Any) -> None:
    with _subtitle_input() as texts:
        for packet in texts.demux():
            if packet.size:
                packet.stream = stream
                container.mux(packet)


def _cover_bytes() -> bytes:
    return cv2.imencode(".png", np.full((8, 8, 3), 200, np.uint8))[1].tobytes()


def _add_cover(container: Any) -> Any:
    stream = container.add_stream("png", rate=25)
    stream.codec_context.width = stream.codec_context.height = 8
    stream.codec_context.pix_fmt = "rgb24"
    stream.disposition = 0x400
    return stream


def _write_cover(container: Any, stream: Any) -> None:
    packet: Any = av.Packet(_cover_bytes())
    packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, Fraction(1, 25)
    packet.is_keyframe = True
    container.mux(packet)


def _two_chapters() -> list[Any]:
    unit = Fraction(1, 1000)
    return [
        {"id": 1, "start": 0, "end": 200, "time_base": unit, "metadata": {"title": "one"}},
        {"id": 2, "start": 200, "end": 400, "time_base": unit, "metadata": {"title": "two"}},
    ]


def write_sequence(
    folder: Path,
    numbers: Sequence[int],
    *,
    name: str = "f.{:04d}.png",
    bit_depth: int = 8,
    size: tuple[int, int] = (24, 16),
) -> list[Path]:
    """Numbered pictures, made with OpenCV; frame k shows `smooth_image(k)`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, number in enumerate(numbers):
        top = 2**bit_depth - 1
        image = smooth_image(index, width=size[0], height=size[1])
        codes = image.permute(1, 2, 0).mul(top).round().numpy().astype(np.uint8 if bit_depth == 8 else np.uint16)
        path = folder / name.format(number)
        assert cv2.imwrite(str(path), np.ascontiguousarray(codes[..., ::-1]))
        paths.append(path)
    return paths


def png_bytes(
    width: int,
    height: int,
    *,
    depth: int,
    color_type: int,
    rows: Sequence[bytes],
    extra: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG file spelled out by hand; `rows` are unfiltered, `extra` chunks stand before the picture."""
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    raw = b"".join(b"\0" + row for row in rows)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def exif_block(orientation: int) -> bytes:
    """An Exif block that says nothing but an orientation."""
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + b"\0\0\0\0"


def exif_time_block(taken: str, fraction: str = "", *, size: tuple[int, int] | None = None) -> bytes:
    """An Exif block that says when a picture was taken: ``2026:06:21 18:30:15``, and up to three digits after that.

    With a width and a height it is the head of a TIFF file.
    """
    numbers = [] if size is None else list(zip((0x100, 0x101), size, strict=True))
    place = 14 + 12 * (len(numbers) + 1)
    first = struct.pack("<H", len(numbers) + 1)
    for tag, number in [*numbers, (0x8769, place)]:
        first += struct.pack("<HHII", tag, 4, 1, number)
    second = struct.pack("<HHHII", 2, 0x9003, 2, 20, place + 30)
    second += struct.pack("<HHI4s", 0x9291, 2, len(fraction) + 1, fraction.encode())
    return b"II*\0\x08\0\0\0" + first + bytes(4) + second + bytes(4) + taken.encode().ljust(20, b"\0")


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """A JPEG file with an Exif block at its head."""
    body = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def packets_of(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """Times and contents of all packets of a kind, ordered by stream and then as stored."""
    found: list[tuple[int, Fraction, bytes]] = []
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        # Without any stream, demux would give the packets of all.
        for packet in container.demux(*streams) if streams else ():
            if packet.size:
                time = Fraction(packet.pts or 0) * Fraction(packet.time_base)
                found.append((packet.stream_index, time, bytes(packet)))
    return [(time, data) for _, time, data in sorted(found, key=lambda entry: entry[0])]


def times_of(path: Path) -> list[Fraction]:
    """Presentation times of a movie's frames, read with libav alone."""
    with av.open(str(path)) as container:
        stream = next(each for each in container.streams.video if not int(each.disposition) & 0x400)
        return [Fraction(frame.pts or 0) * Fraction(frame.time_base or 0) for frame in container.decode(stream)]


def planes_of(path: Path) -> Iterator[list[NDArray[Any]]]:
    """Every frame's stored planes, read with libav alone; 16-bit samples where a sample has more than 8 bits."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            dtype = np.uint8 if frame.format.components[0].bits == 8 else np.dtype("<u2")
            planes = []
            for plane in frame.planes:
                rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
                planes.append(rows[:, : plane.width].astype(int))
            yield planes
