"""What may be written where, and what is left when it goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.limits import small_files
from tests.media import packets_of, times_of, write_movie
from tests.video.conftest import Repaint
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import InputError, OutputError, UsageError
from vidstyle.types import ClipInfo
from vidstyle.video.encoders import resolve_settings
from vidstyle.video.sinks import open_sink
from vidstyle.video.sources import open_source, probe


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_movie(tmp_path / "in.mp4", frames=4, audio_tracks=1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_existing_output_needs_leave(tmp_path: Path, source: Path, repaint: Repaint) -> None:
    (tmp_path / "out.mp4").write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"out\.mp4: exists already"):
        repaint(source, tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == b"precious"
    repaint(source, tmp_path / "out.mp4", overwrite=True)
    assert len(times_of(tmp_path / "out.mp4")) == 4


def test_the_input_is_never_the_output(tmp_path: Path, source: Path, repaint: Repaint) -> None:
    before = source.read_bytes()
    (tmp_path / "soft.mp4").symlink_to(source)
    (tmp_path / "hard.mp4").hardlink_to(source)
    (tmp_path / "sub").mkdir()
    for name in ("in.mp4", "soft.mp4", "hard.mp4", "sub/../in.mp4"):
        with pytest.raises(OutputError, match="is the input"):
            repaint(source, tmp_path / name, overwrite=True)
    assert source.read_bytes() == before


def test_folders(tmp_path: Path, source: Path, repaint: Repaint) -> None:
    with pytest.raises(OutputError, match="no such folder"):
        repaint(source, tmp_path / "none" / "out.mp4")
    (tmp_path / "out.mp4").mkdir()
    repaint(source, tmp_path / "out.mp4", EncodeSettings(codec="png"))
    assert len(names(tmp_path / "out.mp4")) == 4


def test_an_error_leaves_nothing_behind(tmp_path: Path, source: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_source(source) as clip,
        open_sink(tmp_path / "out.mp4", clip) as sink,
    ):
        for frame in clip.frames():
            sink.write(frame)
            assert not (tmp_path / "out.mp4").exists()
            if frame.index == 2:
                raise ZeroDivisionError
    assert names(tmp_path) == ["in.mp4"]


def test_an_overwritten_file_survives_an_error(tmp_path: Path, source: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"precious")
    with (
        pytest.raises(ZeroDivisionError),
        open_source(source) as clip,
        open_sink(tmp_path / "out.mp4", clip, overwrite=True) as sink,
    ):
        sink.write(next(clip.frames()))
        raise ZeroDivisionError
    assert (tmp_path / "out.mp4").read_bytes() == b"precious"


@pytest.mark.parametrize(("output", "indices"), [("out.mp4", None), ("out.png", (3,))])
def test_no_frame_is_an_error(tmp_path: Path, source: Path, output: str, indices: tuple[int, ...] | None) -> None:
    sink = open_sink(tmp_path / output, probe(source), indices=indices)
    with pytest.raises(InputError, match="gave no frame"), sink:
        pass
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize("output", ["out.mkv", "out.mp4", "out.%d.png"])
def test_a_full_disk_is_one_line_with_the_path(tmp_path: Path, repaint: Repaint, output: str) -> None:
    source = write_movie(tmp_path / "in.mkv", codec="ffv1", frames=30)
    with small_files(3000), pytest.raises(OutputError) as caught:
        repaint(source, tmp_path / output, EncodeSettings(codec="ffv1") if output == "out.mkv" else None)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert names(tmp_path) == ["in.mkv"]


def test_matroska_on_standard_output(tmp_path: Path, source: Path) -> None:
    code = (
        "import sys\n"
        "from vidstyle.video.sources import open_source\n"
        "from vidstyle.video.sinks import open_sink\n"
        "with open_source(sys.argv[1]) as clip, open_sink('-', clip) as sink:\n"
        "    for frame in clip.frames(): sink.write(frame)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, source], capture_output=True, check=True)
    assert done.stderr == b""
    (tmp_path / "out.mkv").write_bytes(done.stdout)
    assert len(times_of(tmp_path / "out.mkv")) == 4
    assert [data for _, data in packets_of(tmp_path / "out.mkv", "audio")] == [
        data for _, data in packets_of(source, "audio")
    ]
    assert "matroska" in probe(tmp_path / "out.mkv").container


def test_a_killed_run_leaves_a_movie_that_plays(tmp_path: Path) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=60, size=(160, 96))
    code = (
        "import os, signal, sys\n"
        "from vidstyle.encoding import EncodeSettings\n"
        "from vidstyle.video.sources import open_source\n"
        "from vidstyle.video.sinks import open_sink\n"
        "quick = EncodeSettings(options=(('g', '10'), ('preset', 'ultrafast'), ('tune', 'zerolatency')))\n"
        "clip = open_source(sys.argv[1])\n"
        "sink = open_sink(sys.argv[2], clip, quick)\n"
        "for frame in clip.frames(): sink.write(frame)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, source, tmp_path / "out.mp4"], check=False)
    assert done.returncode == -signal.SIGKILL
    (part,) = tmp_path.glob("out.mp4.*.part")
    assert not (tmp_path / "out.mp4").exists()
    part.rename(tmp_path / "rescued.mp4")
    assert len(times_of(tmp_path / "rescued.mp4")) >= 30


def info(**changes: object) -> ClipInfo:
    plain = ClipInfo(
        path=Path("in.mp4"), width=64, height=64, frame_rate=Fraction(25), time_base=Fraction(1, 25),
        frame_count_from_header=None, bit_depth=8, pixel_format="yuv420p", codec="h264", container="mp4",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


TEN = {"bit_depth": 10, "pixel_format": "yuv420p10le"}
PRORES = {"bit_depth": 10, "pixel_format": "yuv422p10le", "codec": "prores"}


@pytest.mark.parametrize(
    ("output", "like", "settings", "encoder", "pixel_format"),
    [
        ("o.mp4", info(), EncodeSettings(), "libx264", "yuv420p"),
        ("o.mkv", info(**TEN), EncodeSettings(), "libx264", "yuv420p10le"),
        ("o.mp4", info(codec="hevc"), EncodeSettings(), "libx265", "yuv420p"),
        ("o.mp4", info(**TEN, codec="hevc"), EncodeSettings(), "libx265", "yuv420p10le"),
        ("o.mov", info(**PRORES), EncodeSettings(), "prores_ks", "yuv422p10le"),
        ("o.mp4", info(**PRORES), EncodeSettings(), "libx264", "yuv420p10le"),
        ("o.mov", info(), EncodeSettings(), "libx264", "yuv420p"),
        ("o.webm", info(), EncodeSettings(), "libvpx-vp9", "yuv420p"),
        ("o.webm", info(**TEN), EncodeSettings(), "libsvtav1", "yuv420p10le"),
        ("o.mkv", info(), EncodeSettings(codec="ffv1"), "ffv1", "yuv420p"),
        ("o.mkv", info(**PRORES), EncodeSettings(codec="ffv1"), "ffv1", "yuv422p10le"),
        ("o.mkv", info(), EncodeSettings(bit_depth=10), "libx264", "yuv420p10le"),
        ("o.mkv", info(**TEN), EncodeSettings(bit_depth=8), "libx264", "yuv420p"),
        ("o.mkv", info(), EncodeSettings(codec="utvideo"), "utvideo", "gbrp"),
        ("o.mkv", info(), EncodeSettings(codec="h265"), "libx265", "yuv420p"),
        ("o.mkv", info(width=65), EncodeSettings(), "libx264", "yuv444p"),
        ("o.mkv", info(width=65), EncodeSettings(pix_fmt="yuv444p"), "libx264", "yuv444p"),
        ("-", info(), EncodeSettings(), "libx264", "yuv420p"),
    ],
)
def test_what_an_output_gets(
    output: str, like: ClipInfo, settings: EncodeSettings, encoder: str, pixel_format: str
) -> None:
    plan = resolve_settings(settings, output, like)
    assert (plan.encoder, plan.pixel_format) == (encoder, pixel_format)


@pytest.mark.parametrize(
    ("changes", "size", "matrix"),
    [
        ({"width": 1920, "height": 1080}, None, 2),
        ({"width": 1920, "height": 1080}, (960, 540), 1),
        ({"width": 960, "height": 540}, (1920, 1080), 6),
        # Stored 1024x576, so meant as BT.601, but upright it is 1024 lines tall.
        ({"width": 576, "height": 1024, "rotation": 90}, None, 6),
    ],
)
def test_untagged_clips_are_tagged_where_the_guess_would_change(
    changes: dict[str, int], size: tuple[int, int] | None, matrix: int
) -> None:
    assert resolve_settings(EncodeSettings(), "o.mp4", info(**changes), size=size).color.matrix == matrix


def test_fewer_bits_than_the_input_are_told() -> None:
    like = info(bit_depth=12, pixel_format="yuv444p12le")
    assert "keeps 10" in resolve_settings(EncodeSettings(), "o.mp4", like).warnings[0]


@pytest.mark.parametrize(
    ("output", "settings", "text"),
    [
        ("o.mp4", EncodeSettings(codec="h246"), "did you mean 'h264'"),
        ("o.webm", EncodeSettings(codec="h264"), "libx264 does not go into webm; codecs that do: av1, vp9"),
        ("o.mp4", EncodeSettings(codec="aac"), "encodes audio"),
        ("o.mp4", EncodeSettings(pix_fmt="yuv420"), "did you mean 'yuv420p'"),
        ("o.mp4", EncodeSettings(codec="av1", pix_fmt="yuv444p"), "does not go with libsvtav1"),
        ("o.mp4", EncodeSettings(options=(("presett", "slow"),)), "did you mean 'preset'"),
        ("o.mov", EncodeSettings(codec="prores", crf=20), "has no crf"),
        ("o.mp4", EncodeSettings(codec="vp9", bit_depth=10), "takes no 10 bits"),
        ("o.mpp", EncodeSettings(), "names no format"),
        ("o", EncodeSettings(), "names no format"),
    ],
)
def test_settings_that_cannot_be_are_told_before_any_work(
    tmp_path: Path, source: Path, output: str, settings: EncodeSettings, text: str
) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        open_sink(tmp_path / output, probe(source), settings)
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize(
    "settings",
    [EncodeSettings(options=(("preset", "slowly"),)), EncodeSettings(codec="prores", options=(("profile", "best"),))],
)
def test_an_encoder_that_does_not_open_is_told_before_any_work(
    tmp_path: Path, source: Path, settings: EncodeSettings
) -> None:
    with pytest.raises(OutputError, match="refuses 96x64") as caught:
        open_sink(tmp_path / "out.mov", probe(source), settings)
    assert "\n" not in str(caught.value)


def test_many_frames_do_not_go_into_one_picture(tmp_path: Path, source: Path) -> None:
    for indices in (None, (2, 5)):
        with pytest.raises(OutputError, match=r"out.png: is one picture.* name out.%04d.png, or one of --frames"):
            open_sink(tmp_path / "out.png", probe(source), indices=indices)
    silent = replace(probe(source), frame_count_from_header=None)
    with pytest.raises(OutputError, match="is one picture"), open_sink(tmp_path / "out.png", silent) as sink:
        for frame in open_source(source).frames(0, 2):
            sink.write(frame)
    assert names(tmp_path) == ["in.mp4"]


def test_a_size_the_encoder_refuses_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="refuses 17000x2"):
        open_sink(tmp_path / "out.mp4", info(width=17000, height=2, path=tmp_path / "in.mp4"))


def test_large_frames_are_encoded_so_that_memory_lasts() -> None:
    large, usual = info(width=3840, height=2160), info(width=1920, height=1080)
    plans = [resolve_settings(EncodeSettings(), "o.mp4", clip).options for clip in (usual, large)]
    assert [plan["preset"] for plan in plans] == ["medium", "faster"]
    assert ["rc-lookahead=6" in plan["x264-params"] for plan in plans] == [False, True]
    named = resolve_settings(EncodeSettings(options=(("preset", "slow"),)), "o.mp4", large).options
    assert named["preset"] == "slow" and "lookahead" not in named["x264-params"]
