"""Inputs that are cut, flipped, empty, or not what they seem."""

from __future__ import annotations

import os
import random
import socket
from fractions import Fraction
from pathlib import Path

import pytest

from tests.media import NTSC, times_of, write_movie
from tests.video.conftest import Repaint
from vidstyle.errors import InputError, UsageError
from vidstyle.video.sources import open_source, probe


def decoded(path: Path) -> tuple[int, tuple[str, ...]]:
    """How many frames a damaged clip still gives, and what is said of it."""
    with open_source(path) as clip:
        frames = list(clip.frames())
        assert [frame.index for frame in frames] == list(range(len(frames)))
        return len(frames), clip.warnings


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def refused(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        open_source(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("name", "options"),
    [("in.mkv", {}), ("in.mp4", {"movflags": "faststart"}), ("in.mp4", {"movflags": "frag_keyframe+empty_moov"})],
)
@pytest.mark.parametrize("audio_tracks", [0, 1])
def test_half_a_file_gives_half_the_frames_and_a_warning(
    tmp_path: Path, repaint: Repaint, name: str, options: dict[str, str], audio_tracks: int
) -> None:
    source = write_movie(
        tmp_path / name,
        frames=60,
        size=(160, 96),
        container_options=options,
        audio_tracks=audio_tracks,
        options={"crf": "8", "g": "12", "preset": "ultrafast"},
    )
    assert decoded(source) == (60, ())
    count, warnings = decoded(cut(source, 0.5))
    assert 10 < count < 50
    assert any(("is short" in line) or ("damaged" in line) for line in warnings)
    repaint(source, tmp_path / "out.mkv")
    assert len(times_of(tmp_path / "out.mkv")) == count


def test_short_files_are_told_by_their_header(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mkv", frames=60, options={"crf": "8", "g": "12"})
    _, warnings = decoded(cut(source, 0.5))
    assert any("is short" in line and "2.00 s" in line for line in warnings)


def test_a_movie_without_its_index_is_refused(tmp_path: Path) -> None:
    assert "not a video that can be read" in refused(cut(write_movie(tmp_path / "in.mp4", frames=40), 0.6))


def flip(path: Path, count: int) -> Path:
    """Change bytes in the middle, where frames are and headers are not."""
    data = bytearray(path.read_bytes())
    chance = random.Random(1)
    for _ in range(count):
        data[chance.randrange(len(data) // 5, len(data) * 4 // 5)] ^= 0xFF
    path.write_bytes(data)
    return path


def test_flipped_bytes_are_counted(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=60, size=(160, 96))
    count, warnings = decoded(flip(source, 60))
    assert count > 40
    assert any("is damaged; the decoder reported" in line for line in warnings)
    assert decoded(source)[1] == warnings
    repaint(source, tmp_path / "out.mp4")
    assert len(times_of(tmp_path / "out.mp4")) == count


def test_checksums_of_ffv1_are_watched(tmp_path: Path) -> None:
    options = {"level": "3", "slicecrc": "1", "g": "1"}
    source = write_movie(tmp_path / "in.mkv", codec="ffv1", options=options, frames=20)
    assert decoded(source) == (20, ())
    _, warnings = decoded(flip(source, 5))
    assert any("damaged" in line for line in warnings)


def test_damage_of_one_input_is_not_told_of_another(tmp_path: Path) -> None:
    broken = flip(write_movie(tmp_path / "broken.mp4", frames=40, size=(160, 96)), 60)
    sound = write_movie(tmp_path / "sound.mp4", frames=40)
    with open_source(broken) as one, open_source(sound) as other:
        for _ in zip(one.frames(), other.frames(), strict=False):
            pass
        assert one.warnings
        assert other.warnings == ()


def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "random.mp4").write_bytes(random.Random(0).randbytes(5000))
    (tmp_path / "text.mp4").write_text("hello\n" * 100)
    (tmp_path / "zeros.mp4").write_bytes(bytes(5000))
    os.mkfifo(tmp_path / "fifo.mp4")
    (tmp_path / "folder.mp4").mkdir()
    assert "is empty" in refused(tmp_path / "empty.mp4")
    for name in ("random", "text", "zeros"):
        assert "not a video that can be read" in refused(tmp_path / f"{name}.mp4")
    assert "no such file" in refused(tmp_path / "missing.mp4")
    assert "not an ordinary file" in refused(tmp_path / "fifo.mp4")
    assert "not an ordinary file" in refused("/dev/null")
    assert "no pictures" in refused(tmp_path / "folder.mp4")


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.mp4")
        assert "not an ordinary file" in refused("socket.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mp4")
    source.chmod(0)
    assert "ermission" in refused(source)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    import av
    import numpy as np

    with av.open(str(tmp_path / "in.m4a"), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert "no video stream" in refused(tmp_path / "in.m4a")


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile in.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nin.mp4\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
)
def test_a_file_that_names_other_files_is_refused(tmp_path: Path, playlist: str) -> None:
    write_movie(tmp_path / "in.mp4")
    (tmp_path / "list.mp4").write_text(playlist)
    assert "not a video that can be read" in refused(tmp_path / "list.mp4")


def test_addresses_are_not_opened() -> None:
    assert "no such file" in refused("http://127.0.0.1:9/in.mp4")


def test_a_frame_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mp4")
    with pytest.raises(InputError, match="96x64 is more than 6143 pixels"):
        open_source(source, max_pixels=6143)
    assert open_source(source, max_pixels=6144).info.width == 96


ODD_NAMES = [
    "12:30 clip.mp4",
    "concat:x.mp4",
    "100%d.mp4",
    "-dash.mp4",
    "\u00fc\U0001f600'\".mp4",
    "line\nbreak.mp4",
    "a" * 251 + ".mp4",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_files_all_the_same(
    tmp_path: Path, repaint: Repaint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_movie(tmp_path / "plain.mp4", frames=3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    repaint(name, f"out/{name}")
    assert len(times_of(tmp_path / "out" / name)) == 3
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_deleted_working_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=2)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert "no such file" in refused("in.mp4")
    assert decoded(source)[0] == 2


def test_a_part_of_a_clip_has_the_indices_and_times_of_the_whole(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=20)
    with open_source(source) as clip:
        whole = list(clip.frames())
        part = list(clip.frames(7, 12))
        assert [frame.index for frame in part] == [7, 8, 9, 10, 11]
        assert [frame.time for frame in part] == [Fraction(index) / NTSC for index in range(7, 12)]
        assert all(bool((a.image == b.image).all()) for a, b in zip(part, whole[7:12], strict=True))
        assert list(clip.frames(5, 5)) == []
        assert [frame.index for frame in clip.frames(18, 99)] == [18, 19]


def test_passes_do_not_disturb_one_another(tmp_path: Path) -> None:
    with open_source(write_movie(tmp_path / "in.mp4")) as clip:
        pairs = list(zip(clip.frames(), clip.frames(2), strict=False))
    assert [(a.index, b.index) for a, b in pairs] == [(k, k + 2) for k in range(10)]


def test_what_a_movie_is(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mkv", audio_tracks=2, subtitles=True)
    info = probe(source)
    assert (info.codec, info.pixel_format, info.bit_depth) == ("h264", "yuv420p", 8)
    assert info.time_base == Fraction(1, 1000)
    assert info.frame_count_from_header == 12
    assert [(each.kind, each.language) for each in info.streams] == [
        ("video", None), ("audio", "eng"), ("audio", "deu"), ("subtitle", None),
    ]  # fmt: skip
    assert (info.is_sequence, info.first_number, info.numbers) == (False, 1, ())
    assert open_source(source, start_number=1001).info.first_number == 1001


def test_a_named_matrix_overrides_the_tags(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mp4", tags=(6, 6, 6, 1), frames=1)
    plain = next(open_source(source).frames()).image
    other = next(open_source(source, input_matrix="bt709").frames()).image
    assert (plain - other).abs().max() * 255 > 5
    with pytest.raises(UsageError, match="did you mean 'bt709'"):
        open_source(source, input_matrix="bt709x")
    with pytest.raises(UsageError, match=r"--fps: .* is a movie and has its own rate"):
        open_source(source, frame_rate=Fraction(24))


@pytest.mark.parametrize(
    ("options", "text"),
    [({"tags": (2, 2, 2, 0)}, "no color tags; read as BT.601"), ({"tags": (9, 16, 9, 1)}, "high dynamic range (PQ)")],
)
def test_remarks_on_color(tmp_path: Path, options: dict[str, tuple[int, int, int, int]], text: str) -> None:
    with open_source(write_movie(tmp_path / "in.mp4", frames=1, **options)) as clip:  # type: ignore[arg-type]
        assert len(clip.warnings) == 1
        assert text in clip.warnings[0]


def test_interlaced_clips_are_told(tmp_path: Path) -> None:
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1", "preset": "ultrafast"}
    with open_source(write_movie(tmp_path / "in.mp4", frames=4, options=options)) as clip:
        assert len(list(clip.frames())) == 4
        assert any("is interlaced" in line for line in clip.warnings)
