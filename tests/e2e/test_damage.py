"""Inputs that are cut, flipped, nothing at all, or lie about themselves, through the whole command."""

from __future__ import annotations

import os
import random
import socket
import struct
import zlib
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from tests.e2e.conftest import QUICK, names
from tests.media import png_bytes, times_of, write_movie


def is_refused(said: Said, code: int = 3) -> str:
    assert said.code == code, said.err
    assert said.err.startswith("vidstyle: ") and len(said.err.splitlines()) == 1, said.err
    return said.err


def cut(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


CUT = {
    "in.mkv": {},
    "front.mp4": {"movflags": "faststart"},
    "parts.mp4": {"movflags": "frag_keyframe+empty_moov"},
    "in.ts": {},
}


@pytest.mark.parametrize("name", CUT)
def test_half_a_file_is_painted_with_a_warning_and_an_error_for_the_strict(
    tmp_path: Path, paint: Command, name: str
) -> None:
    quick = {"crf": "8", "g": "6", "preset": "ultrafast"}
    source = cut(write_movie(tmp_path / name, frames=30, options=quick, container_options=CUT[name], audio_tracks=1))
    said = paint(source, "out.mkv", *QUICK)
    assert said.code == 0
    assert said.err.startswith("warning: ")
    assert "is short" in said.err or "is damaged" in said.err
    assert 4 < len(times_of(Path("out.mkv"))) < 28
    said = paint(source, "strict.mkv", *QUICK, "--strict")
    assert said.code == 4
    assert "--strict" in said.err
    assert "strict.mkv" in names()


def test_a_movie_without_its_index_is_refused(tmp_path: Path, paint: Command) -> None:
    source = cut(write_movie(tmp_path / "in.mp4", audio_tracks=1))
    assert "not a video that can be read" in is_refused(paint(source, "out.mp4"))
    assert names() == ["in.mp4"]


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", ".mp4"), ("ffv1", ".mkv")])
def test_flipped_bytes_are_counted(tmp_path: Path, paint: Command, codec: str, suffix: str) -> None:
    source = write_movie(
        tmp_path / f"in{suffix}", codec=codec, frames=12, options={"slicecrc": "1"} if codec == "ffv1" else None
    )
    data, chance = bytearray(source.read_bytes()), random.Random(1)
    for _ in range(40):
        data[chance.randrange(len(data) // 5, len(data) * 4 // 5)] ^= 0xFF
    source.write_bytes(data)
    said = paint(source, "out.mkv", *QUICK)
    assert said.code == 0
    assert "is damaged; the decoder reported" in said.err
    assert paint(source, "strict.mkv", *QUICK, "--strict").code == 4


def test_what_is_no_video_is_one_line(tmp_path: Path, paint: Command) -> None:
    Path("empty.mp4").touch()
    Path("random.mp4").write_bytes(random.Random(0).randbytes(5000))
    Path("text.mp4").write_text("hello\n" * 100)
    Path("zeros.mp4").write_bytes(bytes(5000))
    Path("folder.mp4").mkdir()
    os.mkfifo("fifo.mp4")
    Path("list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfifo.mp4\n#EXT-X-ENDLIST\n")
    before = names()
    for name in ("random", "text", "zeros", "list"):
        assert "not a video that can be read" in is_refused(paint(f"{name}.mp4", "out.mp4"))
    assert "is empty" in is_refused(paint("empty.mp4", "out.mp4"))
    assert "no such file" in is_refused(paint("missing.mp4", "out.mp4"))
    assert "no such file" in is_refused(paint("http://127.0.0.1:9/in.mp4", "out.mp4"))
    assert "has no name" in is_refused(paint("", "out.mp4"))
    for name in ("fifo.mp4", "/dev/null", "/dev/zero"):
        assert "not an ordinary file" in is_refused(paint(name, "out.mp4"))
    assert "no pictures" in is_refused(paint("folder.mp4", "out.mp4"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.mp4")
        assert "not an ordinary file" in is_refused(paint("socket.mp4", "out.mp4"))
    assert names() == sorted([*before, "socket.mp4"])


def test_sound_alone_is_refused(paint: Command) -> None:
    import av
    import numpy as np

    with av.open("in.m4a", "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "no video stream" in is_refused(paint("in.m4a", "out.mp4"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path, paint: Command) -> None:
    write_movie(tmp_path / "in.mp4", frames=1).chmod(0)
    assert "ermission" in is_refused(paint("in.mp4", "out.mp4"))


@pytest.mark.parametrize(
    "name",
    ["12:30 clip.mp4", "concat:x.mp4", "100%d.mp4", "\u00fc\U0001f600'\".mp4", "line\nbreak.mp4", "a" * 251 + ".mp4"],
)
def test_odd_names_are_files_all_the_same(tmp_path: Path, paint: Command, name: str) -> None:
    write_movie(tmp_path / name, frames=2)
    Path("out").mkdir()
    said = paint(name, f"out/{name}", "-q", *QUICK)
    assert (said.code, said.out, said.err) == (0, "", "")
    assert names("out") == [name]
    assert len(times_of(tmp_path / "out" / name)) == 2


def test_a_name_with_a_dash(tmp_path: Path, paint: Command) -> None:
    write_movie(tmp_path / "-dash.mp4", frames=2)
    assert paint("./-dash.mp4", "./-out.mp4", *QUICK).code == 0
    assert names() == ["-dash.mp4", "-out.mp4"]


def head_of_png(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def y4m(head: str) -> bytes:
    return f"YUV4MPEG2 {head} C420\n".encode() + b"FRAME\n" + bytes(96 * 64 * 3 // 2)


LIARS = {
    "wide.png": head_of_png(65535, 65535),
    "bomb.png": head_of_png(40000, 30000),
    "wide.bmp": b"BM" + bytes(16) + struct.pack("<ii", 2**31 - 1, -(2**31)) + bytes(40),
    "wide.y4m": y4m("W65535 H65535 F25:1"),
    "wide.ivf": b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP80", 65535, 65535, 25, 1, 10**9, 0),
    "negative.y4m": y4m("W-96 H64 F25:1"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", LIARS)
def test_absurd_sizes_are_refused_before_they_are_believed(paint: Command, name: str) -> None:
    Path(name).write_bytes(LIARS[name])
    is_refused(paint(name, "out.mkv"))
    assert names() == [name]


@pytest.mark.parametrize("rate", ["F0:0", "F1:1", "F1:1000000", "F1000000:1"])
def test_absurd_rates_do_no_harm(paint: Command, rate: str) -> None:
    Path("in.y4m").write_bytes(y4m(f"W96 H64 {rate}"))
    assert paint("in.y4m", "out.mkv", *QUICK).code == 0
    assert len(times_of(Path("out.mkv"))) == 1


SMALL = png_bytes(2, 2, depth=8, color_type=2, rows=[bytes(6)] * 2)
SPARSE = {
    "in.mp4": b"",
    "in.png": SMALL,
    "headless.png": b"",
    "in.tiff": b"II*\0" + struct.pack("<IH", 8, 0),
    "in.bmp": b"BM" + bytes(16) + struct.pack("<ii", 8, 8),
    "in.webp": b"RIFF" + bytes(4) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(10),
    "in.jpg": b"\xff\xd8",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", SPARSE)
def test_ten_gigabytes_of_nothing_are_refused_unread(paint: Command, name: str) -> None:
    Path(name).write_bytes(SPARSE[name])
    os.truncate(name, 10 * 2**30)
    is_refused(paint(name, "out.mkv"))
    assert names() == [name]


@pytest.mark.timeout(20)
def test_a_billion_declared_frames_are_not_waited_for(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=5)
    data = bytearray(source.read_bytes())
    place = data.index(b"stts") + 12
    data[place : place + 4] = struct.pack(">I", 10**9)
    source.write_bytes(data)
    assert paint(source, "out.mp4", *QUICK).code == 0
    assert len(times_of(Path("out.mp4"))) == 5
