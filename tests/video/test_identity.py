"""Frames written back unchanged: same codes, same times, same sound, same tags.

The one exception is chroma of half the size: it comes back as it is after growing and shrinking.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from tests.media import packets_of, planes_of, smooth_image, times_of, write_movie, write_sequence
from tests.video.conftest import LOSSLESS, Repaint
from tests.video.test_pixels import spread
from vidstyle.encoding import EncodeSettings
from vidstyle.types import ColorTags
from vidstyle.video.sources import open_source, probe

MILLISECOND = Fraction(1, 1000)
UNEVEN = [0, 33, 133, 166, 266, 300, 333, 433, 466]
FFV1 = EncodeSettings(codec="ffv1")


def keeps_codes(source: Path, output: Path) -> None:
    """Assert that every plane is the same code by code; chroma of half the size, as the chroma filters leave it."""
    name = probe(output).pixel_format
    for before, after in zip(planes_of(source), planes_of(output), strict=True):
        assert np.array_equal(after[0], before[0])
        height, width = before[0].shape
        for plane, other in zip(before[1:], after[1:], strict=True):
            if "420" in name or "422" in name:
                # Half a code for rounding; the formula gives 64ths.
                full = spread(plane, height=height if "420" in name else plane.shape[0], width=width)
                assert np.abs(other - full).max() < 0.52
            else:
                assert np.array_equal(other, plane)


def tagged(path: Path) -> tuple[int, int, int, int]:
    """Color tags as libav reads them from the stream."""
    with av.open(str(path)) as container:
        context: Any = container.streams.video[0].codec_context
        return context.color_primaries, context.color_trc, context.colorspace, context.color_range


def test_ntsc_with_sound(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", audio_tracks=1)
    sink = repaint(source, tmp_path / "out.mp4", LOSSLESS)
    assert times_of(tmp_path / "out.mp4") == times_of(source) == [Fraction(1001, 30000) * k for k in range(12)]
    assert packets_of(tmp_path / "out.mp4", "audio") == packets_of(source, "audio")
    assert len(packets_of(source, "audio")) > 10
    keeps_codes(source, tmp_path / "out.mp4")
    assert tagged(tmp_path / "out.mp4") == tagged(source) == (1, 1, 1, 1)
    assert probe(tmp_path / "out.mp4").frame_rate == Fraction(30000, 1001)
    assert probe(tmp_path / "out.mp4").frame_count_from_header == 12
    assert sink.warnings == ()


@pytest.mark.parametrize(("source", "output"), [("in.mkv", "out.mkv"), ("in.mp4", "out.mp4"), ("in.mkv", "out.mp4")])
def test_variable_frame_rate(tmp_path: Path, repaint: Repaint, source: str, output: str) -> None:
    write_movie(tmp_path / source, frames=len(UNEVEN), times=UNEVEN, time_base=MILLISECOND, audio_tracks=1)
    repaint(tmp_path / source, tmp_path / output)
    assert times_of(tmp_path / output) == [time * MILLISECOND for time in UNEVEN]
    assert packets_of(tmp_path / output, "audio") == packets_of(tmp_path / source, "audio")


def test_mp4_keeps_a_coarse_time_base(tmp_path: Path, repaint: Repaint) -> None:
    write_sequence(tmp_path / "s", range(1, 5))
    repaint(tmp_path / "s", tmp_path / "out.mp4")
    repaint(tmp_path / "out.mp4", tmp_path / "again.mp4")
    assert probe(tmp_path / "out.mp4").time_base == probe(tmp_path / "again.mp4").time_base == Fraction(1, 25)
    assert times_of(tmp_path / "again.mp4") == [Fraction(k, 25) for k in range(4)]


def test_times_of_another_grid_move_by_half_a_millisecond_at_most(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4")
    repaint(source, tmp_path / "out.mkv")
    moved = [abs(a - b) for a, b in zip(times_of(source), times_of(tmp_path / "out.mkv"), strict=True)]
    assert max(moved) <= MILLISECOND / 2


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_late_start_is_kept_for_picture_and_sound(tmp_path: Path, repaint: Repaint, suffix: str) -> None:
    source = write_movie(
        tmp_path / f"in{suffix}",
        times=[5000 + 40 * k for k in range(12)],
        time_base=MILLISECOND,
        rate=Fraction(25),
        audio_tracks=1,
        audio_start=Fraction(5),
        audio_seconds=Fraction(1, 2),
    )
    repaint(source, tmp_path / f"out{suffix}")
    assert times_of(tmp_path / f"out{suffix}") == times_of(source)
    assert times_of(source)[0] == 5
    assert packets_of(tmp_path / f"out{suffix}", "audio") == packets_of(source, "audio")


@pytest.mark.parametrize("bframes", ["0", "2", "3"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_frames_that_decode_out_of_order(tmp_path: Path, repaint: Repaint, bframes: str, suffix: str) -> None:
    source = write_movie(tmp_path / f"in{suffix}", options={"bf": bframes, "crf": "8"}, frames=20, audio_tracks=1)
    output = tmp_path / f"out{suffix}"
    repaint(source, output)
    assert times_of(output) == times_of(source)
    assert len(times_of(output)) == 20
    assert times_of(output)[0] == 0
    assert packets_of(output, "audio") == packets_of(source, "audio")


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_clips(tmp_path: Path, repaint: Repaint, frames: int) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=frames)
    repaint(source, tmp_path / "out.mp4")
    assert times_of(tmp_path / "out.mp4") == times_of(source)


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (161, 91), (96, 91), (1, 1)])
def test_odd_sizes_stay(tmp_path: Path, repaint: Repaint, size: tuple[int, int]) -> None:
    source = write_movie(tmp_path / "in.mkv", size=size, codec="ffv1", frames=3)
    sink = repaint(source, tmp_path / "out.mkv", LOSSLESS)
    info = probe(tmp_path / "out.mkv")
    assert (info.width, info.height) == size
    odd = size[0] % 2 or size[1] % 2
    assert info.pixel_format == ("yuv444p" if odd else "yuv420p")
    assert any("odd size" in line for line in sink.warnings) == bool(odd)
    if not odd:
        keeps_codes(source, tmp_path / "out.mkv")
        return
    with open_source(source) as before, open_source(tmp_path / "out.mkv") as after:
        for one, other in zip(before.frames(), after.frames(), strict=True):
            assert (one.image - other.image).abs().mean() * 255 < 1


def test_pixels_that_are_not_square(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", pixel_aspect=Fraction(64, 45))
    repaint(source, tmp_path / "out.mp4")
    assert probe(source).pixel_aspect == probe(tmp_path / "out.mp4").pixel_aspect == Fraction(64, 45)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_turns_the_pixels_and_is_gone(tmp_path: Path, repaint: Repaint, rotation: int) -> None:
    aspect = Fraction(64, 45)
    source = write_movie(tmp_path / "in.mp4", rotation=rotation, pixel_aspect=aspect, pix_fmt="yuv444p")
    repaint(source, tmp_path / "out.mp4", replace(LOSSLESS, pix_fmt="yuv444p"))
    plain = write_movie(tmp_path / "plain.mp4", pixel_aspect=aspect, pix_fmt="yuv444p")
    info = probe(tmp_path / "out.mp4")
    on_its_side = rotation in (90, 270)
    assert info.rotation == 0
    assert (info.width, info.height) == ((64, 96) if on_its_side else (96, 64))
    assert info.pixel_aspect == (1 / aspect if on_its_side else aspect)
    with open_source(plain) as before, open_source(tmp_path / "out.mp4") as after:
        for one, other in zip(before.frames(), after.frames(), strict=True):
            turned = torch.rot90(one.image, rotation // 90, (1, 2))
            assert (turned - other.image).abs().mean() * 255 < 1


def test_rotation_agrees_with_another_reader(tmp_path: Path) -> None:
    import cv2

    source = write_movie(tmp_path / "in.mp4", rotation=90, frames=1)
    _, reference = cv2.VideoCapture(str(source)).read()
    with open_source(source) as clip:
        image = next(clip.frames()).image
    difference = image - torch.from_numpy(reference[..., ::-1].copy()).permute(2, 0, 1) / 255
    assert difference.abs().mean() * 255 < 4


@pytest.mark.parametrize("tags", [(6, 6, 6, 1), (5, 6, 5, 1), (1, 1, 1, 2), (9, 14, 9, 1), (2, 2, 2, 0), (1, 13, 1, 1)])
def test_color_tags_are_kept_and_obeyed(tmp_path: Path, repaint: Repaint, tags: tuple[int, int, int, int]) -> None:
    source = write_movie(tmp_path / "in.mp4", tags=tags, frames=3)
    repaint(source, tmp_path / "out.mp4", LOSSLESS)
    assert tagged(tmp_path / "out.mp4") == tagged(source) == tags
    keeps_codes(source, tmp_path / "out.mp4")
    with open_source(source) as clip:
        for frame in clip.frames():
            assert (frame.image - smooth_image(frame.index)).abs().mean() * 255 < 2.5


def test_prores_keeps_tags_that_only_frames_carry(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mov", codec="prores_ks", pix_fmt="yuv422p10le", frames=3)
    repaint(source, tmp_path / "out.mov")
    assert tagged(tmp_path / "out.mov")[:3] == tagged(source)[:3] == (1, 1, 1)
    info = probe(tmp_path / "out.mov")
    assert info.color == probe(source).color
    # Bytes 14 to 16 of a ProRes frame's header are its own copy of the tags.
    _, packet = packets_of(tmp_path / "out.mov", "video")[0]
    assert tuple(packet[8 + 14 : 8 + 17]) == (1, 1, 1)
    assert (info.codec, info.bit_depth) == ("prores", 10)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix", "settings", "depth"),
    [
        ("libx265", "yuv420p10le", ".mp4", EncodeSettings(options=(("x265-params", "lossless=1"),)), 10),
        ("ffv1", "yuv422p10le", ".mkv", FFV1, 10),
        ("ffv1", "yuv444p12le", ".mkv", FFV1, 12),
        ("ffv1", "gbrp16le", ".mkv", FFV1, 16),
        ("ffv1", "gray", ".mkv", FFV1, 8),
        ("ffv1", "gray10le", ".mkv", FFV1, 10),
        ("ffv1", "yuv420p", ".mkv", FFV1, 8),
        ("ffv1", "bgr0", ".mkv", FFV1, 8),
        ("libx264", "yuvj420p", ".mp4", LOSSLESS, 8),
    ],
)
def test_bit_depths_and_formats_are_kept_code_by_code(
    tmp_path: Path, repaint: Repaint, codec: str, pix_fmt: str, suffix: str, settings: EncodeSettings, depth: int
) -> None:
    tags = (2, 2, 2, 0) if pix_fmt.startswith(("gbr", "bgr", "gray")) else (1, 1, 1, 2 if "j" in pix_fmt else 1)
    source = write_movie(tmp_path / f"in{suffix}", codec=codec, pix_fmt=pix_fmt, frames=3, tags=tags)
    output = tmp_path / f"out{suffix}"
    sink = repaint(source, output, settings)
    assert probe(output).bit_depth == probe(source).bit_depth == depth
    keeps_codes(source, output)
    assert probe(output).color == probe(source).color
    assert sink.warnings == ()


@pytest.mark.parametrize(
    ("output", "settings", "most"),
    [
        ("out.mov", None, 1),
        ("out.mkv", EncodeSettings(codec="hevc10", options=(("x265-params", "lossless=1"),)), 1),
        ("out.mp4", EncodeSettings(codec="h264", crf=0), 3),
    ],
)
def test_ten_bits_stay_ten_bits(
    tmp_path: Path, repaint: Repaint, output: str, settings: EncodeSettings | None, most: int
) -> None:
    source = write_movie(tmp_path / "in.mov", codec="prores_ks", pix_fmt="yuv422p10le", frames=4)
    repaint(source, tmp_path / output, settings)
    assert probe(tmp_path / output).bit_depth == 10
    with open_source(source) as before, open_source(tmp_path / output) as after:
        for one, other in zip(before.frames(), after.frames(), strict=True):
            assert (one.image - other.image).abs().mean() * 1023 < most


def test_everything_beside_the_picture_comes_along(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(
        tmp_path / "in.mkv",
        audio_tracks=2,
        audio_first=True,
        subtitles=True,
        chapters=True,
        title="A film",
        attachment=b"letters" * 5,
    )
    sink = repaint(source, tmp_path / "out.mkv")
    assert sink.warnings == ()
    for kind in ("audio", "subtitle"):
        assert packets_of(tmp_path / "out.mkv", kind) == packets_of(source, kind)
        assert packets_of(source, kind)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.metadata["title"] == "A film"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["one", "two"]
        assert [stream.language for stream in container.streams.audio] == ["eng", "deu"]
        attachments: Any = container.streams.attachments
        assert [(each.name, bytes(each.data)) for each in attachments] == [("font.ttf", b"letters" * 5)]
    assert times_of(tmp_path / "out.mkv") == times_of(source)


def test_what_does_not_fit_is_named(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mkv", audio_tracks=1, subtitles=True, attachment=b"letters")
    sink = repaint(source, tmp_path / "out.mp4")
    assert [("subtitle" in line, "attachment" in line) for line in sink.warnings] == [(True, False), (False, True)]
    assert packets_of(tmp_path / "out.mp4", "audio") == packets_of(source, "audio")


def test_sound_subtitles_and_tags_can_be_left_out(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mkv", audio_tracks=1, subtitles=True, chapters=True, title="A film")
    sink = repaint(source, tmp_path / "out.mkv", EncodeSettings(audio="none", subs="none", metadata="none"))
    assert sink.warnings == ()
    assert packets_of(tmp_path / "out.mkv", "audio") == packets_of(tmp_path / "out.mkv", "subtitle") == []
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.chapters() == []
        assert "title" not in container.metadata


def test_a_cover_is_not_the_film(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", cover=True, audio_tracks=1, audio_first=True)
    info = probe(source)
    assert (info.width, info.height, info.codec) == (96, 64, "h264")
    sink = repaint(source, tmp_path / "out.mp4")
    assert times_of(tmp_path / "out.mp4") == times_of(source)
    assert len(times_of(source)) == 12
    assert [line.endswith("a cover picture, is left out") for line in sink.warnings] == [True]


def test_a_span_brings_its_own_sound_and_begins_at_zero(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mkv", frames=50, rate=Fraction(25), audio_tracks=1, chapters=True)
    repaint(source, tmp_path / "out.mkv", span=(10, 20))
    assert times_of(tmp_path / "out.mkv") == [Fraction(k, 25) for k in range(10)]
    begin, end = Fraction(10, 25), Fraction(20, 25)
    sound = packets_of(source, "audio")
    # A packet cannot be cut: the one that began before the span is left out.
    inside = [data for time, data in sound if begin <= time < end]
    written = packets_of(tmp_path / "out.mkv", "audio")
    assert [data for _, data in written] == inside
    assert abs(written[3][0] + begin - next(time for time, data in sound if data == written[3][1])) <= MILLISECOND
    assert written[-1][0] < end - begin


@pytest.mark.parametrize(("span", "expected"), [(None, "01:02:03:04"), ((1, 3), None)])
def test_timecode_is_kept_for_whole_clips(
    tmp_path: Path, repaint: Repaint, span: tuple[int, int] | None, expected: str | None
) -> None:
    source = write_movie(tmp_path / "in.mov", rate=Fraction(25), frames=4, timecode="01:02:03:04")
    sink = repaint(source, tmp_path / "out.mov", span=span)
    with av.open(str(tmp_path / "out.mov")) as container:
        assert container.streams.video[0].metadata.get("timecode") == expected
    assert sink.warnings == ()


def test_sound_may_outlast_the_picture(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", audio_tracks=1, audio_seconds=Fraction(3))
    repaint(source, tmp_path / "out.mp4")
    assert packets_of(tmp_path / "out.mp4", "audio") == packets_of(source, "audio")
    with open_source(source) as clip:
        assert len(list(clip.frames())) == 12
        assert clip.warnings == ()


def test_two_runs_give_the_same_bytes(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=24, audio_tracks=1)
    for name in ("one.mp4", "two.mp4"):
        repaint(source, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_another_size_keeps_times_and_aspect(tmp_path: Path) -> None:
    from vidstyle.video.sinks import open_sink

    source = write_movie(tmp_path / "in.mp4", pixel_aspect=Fraction(64, 45))
    with open_source(source) as clip, open_sink(tmp_path / "out.mp4", clip, size=(48, 32)) as sink:
        for frame in clip.frames():
            sink.write(replace(frame, image=frame.image[:, ::2, ::2]))
    info = probe(tmp_path / "out.mp4")
    assert (info.width, info.height, info.pixel_aspect) == (48, 32, Fraction(64, 45))
    assert times_of(tmp_path / "out.mp4") == times_of(source)


def test_rgb_sources_become_tagged_movies(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mkv", codec="ffv1", pix_fmt="bgr0", tags=(2, 2, 2, 0), frames=3)
    repaint(source, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").color == ColorTags(1, 1, 1, False)
