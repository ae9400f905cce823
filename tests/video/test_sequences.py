"""Numbered pictures, in and out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.media import exif_block, png_bytes, smooth_image, times_of, write_movie, write_sequence
from tests.video.conftest import Repaint
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import InputError, OutputError, UsageError
from vidstyle.video.sequences import parse_pattern
from vidstyle.video.sources import open_source, probe


def stored(path: Path) -> NDArray[Any]:
    """The samples of a picture file, read with OpenCV alone."""
    samples = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert samples is not None
    return samples


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("pattern", ["", "f.%04d.png", "f.####.png", "f.*.png", "f.?*.png"])
def test_every_way_to_name_a_sequence(tmp_path: Path, pattern: str) -> None:
    write_sequence(tmp_path, [1001, 1002, 1003])
    with open_source(str(tmp_path / pattern)) as clip:
        frames = list(clip.frames())
        assert clip.info.numbers == (1001, 1002, 1003)
        assert (clip.info.first_number, clip.info.is_sequence) == (1001, True)
        assert (clip.info.width, clip.info.height, clip.info.bit_depth) == (24, 16, 8)
        assert clip.info.frame_count_from_header == 3
        assert clip.warnings == ()
    assert [(frame.index, frame.time) for frame in frames] == [(k, Fraction(k, 25)) for k in range(3)]
    for frame in frames:
        assert (frame.image - smooth_image(frame.index, width=24, height=16)).abs().max() * 255 < 0.51


def test_order_is_by_number_and_widening_is_followed(tmp_path: Path) -> None:
    write_sequence(tmp_path / "a", [9998, 9999, 10000, 10001])
    write_sequence(tmp_path / "b", [1, 2, 9, 10, 11], name="IMG_{}.png")
    for given in (tmp_path / "a", tmp_path / "a" / "f.%04d.png"):
        assert probe(str(given)).numbers == (9998, 9999, 10000, 10001)
    for given in (tmp_path / "b", tmp_path / "b" / "IMG_#.png", tmp_path / "b" / "IMG_%d.png"):
        assert probe(str(given)).numbers == (1, 2, 9, 10, 11)
    with open_source(str(tmp_path / "b")) as clip:
        last = list(clip.frames())[-1]
        assert (last.image - smooth_image(4, width=24, height=16)).abs().max() * 255 < 0.51


def test_gaps_are_gaps_in_time_and_are_named(tmp_path: Path) -> None:
    write_sequence(tmp_path, [5, 6, 9, 12])
    with open_source(str(tmp_path / "f.%04d.png"), frame_rate=Fraction(24)) as clip:
        assert [(frame.index, frame.pts) for frame in clip.frames()] == [(0, 0), (1, 1), (2, 4), (3, 7)]
        assert clip.info.time_base == Fraction(1, 24)
        assert clip.info.numbers == (5, 6, 9, 12)
        assert len(clip.warnings) == 1
        assert clip.warnings[0].endswith("lacks 7-8,10-11")
        assert [frame.index for frame in clip.frames(1, 3)] == [1, 2]


def test_many_and_wide_gaps_are_told_without_counting_them(tmp_path: Path) -> None:
    write_sequence(tmp_path / "a", [20231231235959, 20240101000000])
    with open_source(str(tmp_path / "a")) as clip:
        assert clip.warnings[0].endswith("lacks 20231231235960-20240100999999")
    write_sequence(tmp_path / "b", list(range(1, 60, 2)))
    with open_source(str(tmp_path / "b")) as clip:
        assert clip.warnings[0].endswith(",38,40 and 9 more such runs")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("clip-{:04d}.png", "clip-####.png"), ("2024-01-{:02d}.png", "2024-01-##.png"), ("a -{}.png", "a -#.png")],
)
def test_a_hyphen_before_a_number_is_no_sign(tmp_path: Path, name: str, pattern: str) -> None:
    write_sequence(tmp_path, [1, 2, 3, 10], name=name)
    for given in (tmp_path, tmp_path / "*.png", tmp_path / pattern):
        with open_source(str(given)) as clip:
            assert clip.info.numbers == (1, 2, 3, 10)
            assert [frame.pts for frame in clip.frames()] == [0, 1, 2, 9]
    write_sequence(tmp_path, [1, 2], name="b-{}.png")
    with pytest.raises(InputError, match="holds 2 sequences") as caught:
        open_source(str(tmp_path))
    listed = str(caught.value).rpartition("them: ")[2].split(", ")
    assert sorted(listed) == sorted(str(tmp_path / each) for each in (pattern, "b-#.png"))


def test_transparent_pictures_are_told(tmp_path: Path) -> None:
    for alpha, told in ((255, 0), (100, 1)):
        rows = [bytes([10, 20, 30, alpha] * 4)] * 4
        (tmp_path / "f.1.png").write_bytes(png_bytes(4, 4, depth=8, color_type=6, rows=rows))
        with open_source(str(tmp_path)) as clip:
            assert len(clip.warnings) == told and clip.damage == ()
    assert "is transparent in places" in clip.warnings[0]


def test_several_sequences_in_a_folder_are_listed(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1, 2])
    write_sequence(tmp_path, [1, 2, 30], name="g_{:d}.png")
    write_sequence(tmp_path, [0], name="sky.png")
    with pytest.raises(InputError, match=r"holds 3 sequences, name one of them: ") as caught:
        open_source(str(tmp_path))
    names = str(caught.value).rpartition("them: ")[2].split(", ")
    assert names == [str(tmp_path / name) for name in ("f.####.png", "g_#.png", "sky.png")]
    assert [open_source(name).info.frame_count_from_header for name in names] == [2, 3, 1]


def test_what_file_managers_leave_is_ignored(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1, 2])
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "._f.0001.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    assert probe(str(tmp_path)).numbers == (1, 2)
    assert probe(str(tmp_path / "*.png")).numbers == (1, 2)


def test_mixed_sizes_are_refused_before_any_work(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1, 2])
    write_sequence(tmp_path, [3], size=(16, 24))
    with pytest.raises(InputError, match=r"f\.0003\.png: is 16x24, f\.0001\.png is 24x16"):
        open_source(str(tmp_path))


def test_orientation_counts_for_the_size(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1, 2])
    turned = png_bytes(16, 24, depth=8, color_type=2, rows=[bytes(48)] * 24, extra=[(b"eXIf", exif_block(6))])
    (tmp_path / "f.0003.png").write_bytes(turned)
    with open_source(str(tmp_path)) as clip:
        assert [tuple(frame.image.shape) for frame in clip.frames()] == [(3, 16, 24)] * 3


def test_one_number_twice_is_refused(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1, 2], name="f{}.png")
    write_sequence(tmp_path, [1], name="f{:02d}.png")
    with pytest.raises(InputError):
        open_source(str(tmp_path))


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    paths = write_sequence(tmp_path, [1, 2, 3], name="f{}.jpg")
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    with open_source(str(tmp_path)) as clip, pytest.raises(InputError, match=r"f2\.jpg: the picture is cut short"):
        list(clip.frames())


def test_nothing_found_is_one_line(tmp_path: Path) -> None:
    for given, text in (
        ("", "no pictures in this folder .*; movies are named one by one"),
        ("*.png", "matches no"),
        ("f.%04d.png", "no file has such a name"),
    ):
        with pytest.raises(InputError, match=text):
            open_source(str(tmp_path / given))
    with pytest.raises(InputError, match="no file has such a name"):
        open_source(str(tmp_path / "none" / "f.####.png"))


def test_arguments_that_do_not_apply(tmp_path: Path) -> None:
    write_sequence(tmp_path, [1])
    with pytest.raises(UsageError, match=r"--start-number: .* is a sequence"):
        open_source(str(tmp_path), start_number=5)
    with pytest.raises(UsageError, match="input_matrix"):
        open_source(str(tmp_path), input_matrix="bt709")


@pytest.mark.parametrize("extension", ["png", "tif"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, repaint: Repaint, extension: str) -> None:
    paths = write_sequence(tmp_path / "in", [7, 8, 12], name=f"f_{{:05d}}.{extension}", bit_depth=16)
    sink = repaint(str(tmp_path / "in"), f"{tmp_path / 'out'}/")
    assert probe(str(tmp_path / "in")).bit_depth == 16
    assert names(tmp_path / "out") == names(tmp_path / "in")
    assert sink.warnings == ()
    for path in paths:
        before = stored(path)
        after = stored(tmp_path / "out" / path.name)
        assert after.dtype == np.uint16
        assert np.array_equal(before, after)


@pytest.mark.parametrize(
    ("output", "written"),
    [
        ("o/x.%03d.png", ["x.1001.png", "x.1002.png"]),
        ("o/x_######.jpg", ["x_001001.jpg", "x_001002.jpg"]),
        ("o/", ["f.1001.png", "f.1002.png"]),
        ("o", ["f.1001.png", "f.1002.png"]),
    ],
)
def test_numbers_in_are_numbers_out(tmp_path: Path, repaint: Repaint, output: str, written: list[str]) -> None:
    write_sequence(tmp_path / "in", [1001, 1002])
    repaint(str(tmp_path / "in"), f"{tmp_path}/{output}")
    assert names(tmp_path / "o") == written


def test_a_movie_becomes_pictures_counted_from_one(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "clip.mp4", frames=3)
    repaint(source, tmp_path / "o" / "f.%04d.png")
    assert names(tmp_path / "o") == ["f.0001.png", "f.0002.png", "f.0003.png"]
    repaint(source, f"{tmp_path}/p/", span=(1, 3))
    assert names(tmp_path / "p") == ["clip.0002.png", "clip.0003.png"]


def test_ten_bit_movies_become_sixteen_bit_pictures(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mov", codec="prores_ks", pix_fmt="yuv422p10le", frames=1)
    repaint(source, tmp_path / "o.%d.png")
    assert stored(tmp_path / "o.1.png").dtype == np.uint16
    sink = repaint(source, tmp_path / "o.%d.jpg")
    assert sink.warnings == ("the input has 10 bits per sample, .jpg keeps 8",)


def test_a_sequence_becomes_a_movie_with_its_gap(tmp_path: Path, repaint: Repaint) -> None:
    write_sequence(tmp_path / "in", [1, 2, 5])
    repaint(str(tmp_path / "in"), tmp_path / "out.mp4")
    assert times_of(tmp_path / "out.mp4") == [Fraction(0), Fraction(1, 25), Fraction(4, 25)]
    with open_source(tmp_path / "out.mp4") as clip:
        assert clip.warnings == ()
        for frame in clip.frames():
            assert (frame.image - smooth_image(frame.index, width=24, height=16)).abs().mean() * 255 < 6


def test_a_still_is_a_clip_of_one_frame(tmp_path: Path, repaint: Repaint) -> None:
    write_sequence(tmp_path, [1], name="photo_{}.png")
    info = probe(tmp_path / "photo_1.png")
    assert (info.is_sequence, info.numbers, info.first_number, info.frame_count_from_header) == (False, (), 1, 1)
    repaint(tmp_path / "photo_1.png", tmp_path / "out.png")
    before, after = (next(open_source(tmp_path / name).frames()).image for name in ("photo_1.png", "out.png"))
    assert torch.equal(before, after)


def test_several_frames_do_not_fit_one_picture(tmp_path: Path, repaint: Repaint) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=2)
    with pytest.raises(OutputError, match=r"name out\.%04d\.png"):
        repaint(source, tmp_path / "out.png")


def test_pictures_of_the_input_are_never_written_over(tmp_path: Path, repaint: Repaint) -> None:
    paths = write_sequence(tmp_path / "in", [1, 2])
    before = [path.read_bytes() for path in paths]
    (tmp_path / "link").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "hard").mkdir()
    (tmp_path / "hard" / "f.0002.png").hardlink_to(paths[1])
    for output in ("in/", "in/f.%04d.png", "link/", "hard/"):
        with pytest.raises(OutputError, match="is a picture of the input"):
            repaint(str(tmp_path / "in"), f"{tmp_path}/{output}", overwrite=True)
    assert [path.read_bytes() for path in paths] == before


def test_existing_pictures_need_leave(tmp_path: Path, repaint: Repaint) -> None:
    write_sequence(tmp_path / "in", [1, 2, 3])
    write_sequence(tmp_path / "out", [3])
    with pytest.raises(OutputError, match=r"f\.0003\.png: exists already"):
        repaint(str(tmp_path / "in"), f"{tmp_path}/out/")
    assert names(tmp_path / "out") == ["f.0003.png"]
    repaint(str(tmp_path / "in"), f"{tmp_path}/out/", span=(0, 2))
    repaint(str(tmp_path / "in"), f"{tmp_path}/out/", overwrite=True)
    assert names(tmp_path / "out") == ["f.0001.png", "f.0002.png", "f.0003.png"]


def test_settings_that_pictures_do_not_have(tmp_path: Path, repaint: Repaint) -> None:
    write_sequence(tmp_path / "in", [1])
    for settings, text in (
        (EncodeSettings(crf=20), "are for movies"),
        (EncodeSettings(codec="h264"), "makes no pictures"),
        (EncodeSettings(codec="jpg"), "makes .jpg pictures"),
    ):
        with pytest.raises(UsageError, match=text):
            repaint(str(tmp_path / "in"), tmp_path / "o.%d.png", settings)
    repaint(str(tmp_path / "in"), tmp_path / "o.%d.png", EncodeSettings(codec="png16"))
    assert stored(tmp_path / "o.1.png").dtype == np.uint16


def test_patterns() -> None:
    for text, expected in (("f.####.png", "f.0007.png"), ("f%d.png", "f7.png"), ("f%03d_x.png", "f007_x.png")):
        name = parse_pattern(text)
        assert name is not None
        assert name.path(7).name == expected
    assert parse_pattern("f.png") is None
