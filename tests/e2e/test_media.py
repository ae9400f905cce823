"""Odd and ordinary media through the whole command: what is not painted comes out as it went in."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.cli.conftest import Command, Said
from tests.e2e.conftest import QUICK, names, pictures
from tests.media import packets_of, planes_of, times_of, write_movie, write_sequence
from vidstyle.types import ClipInfo
from vidstyle.video.sources import open_source, probe
from vidstyle.video.stills import read_picture, read_picture_and_depth, write_picture

MILLISECOND = Fraction(1, 1000)
UNEVEN = [0, 33, 133, 166, 266, 300, 333, 433, 466]


def display_size(info: ClipInfo) -> tuple[Fraction, int]:
    return info.width * info.pixel_aspect, info.height


def keeps(source: Path, output: Path, *, times_exact: bool = True) -> ClipInfo:
    """Assert everything that a repainted movie keeps of its input; gives the output's description."""
    before, after = times_of(source), times_of(output)
    assert len(before) == len(after) > 0
    assert all(abs(a - b) <= (0 if times_exact else MILLISECOND) for a, b in zip(before, after, strict=True))
    one, other = probe(source), probe(output)
    if times_exact:
        assert other.time_base == one.time_base
    assert other.frame_rate == one.frame_rate
    assert display_size(other) == display_size(one)
    assert other.rotation == 0
    assert other.bit_depth == one.bit_depth
    assert other.color == one.color
    for kind in ("audio", "subtitle"):
        assert packets_of(output, kind) == packets_of(source, kind)
    return other


def difference(source: Path, output: Path) -> float:
    """The mean difference of the pictures, in 8-bit codes."""
    with open_source(source) as before, open_source(output) as after:
        pairs = zip(before.frames(), after.frames(), strict=True)
        return float(torch.stack([(a.image - b.image).abs().mean() for a, b in pairs]).mean() * 255)


def is_quiet(said: Said) -> None:
    assert said.code == 0
    assert said.err.startswith("wrote ")
    assert len(said.err.splitlines()) == 1


MOVIES: dict[str, dict[str, Any]] = {
    "ntsc.mp4": {"audio_tracks": 1},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "audio_tracks": 1},
    "hevc10.mp4": {"codec": "libx265", "pix_fmt": "yuv420p10le", "tags": (9, 14, 9, 1), "audio_tracks": 1},
    "uneven.mkv": {"frames": 9, "times": UNEVEN, "time_base": MILLISECOND, "audio_tracks": 1},
    "uneven.mp4": {"frames": 9, "times": UNEVEN, "time_base": MILLISECOND, "audio_tracks": 1},
    "anamorphic.mp4": {"pixel_aspect": Fraction(64, 45)},
    "out of order.mp4": {"options": {"bf": "3", "crf": "8"}, "audio_tracks": 1},
    "in order.mkv": {"options": {"bf": "0", "crf": "8"}, "audio_tracks": 1},
    "silent.mp4": {"frames": 2},
    "one.mp4": {"frames": 1},
    "601.mp4": {"tags": (6, 6, 6, 1), "frames": 4},
    "full range.mp4": {"tags": (1, 1, 1, 2), "frames": 4},
    "tracks.mkv": {"audio_tracks": 2, "audio_first": True, "subtitles": True},
    "late.mp4": {
        "times": [5000 + 40 * k for k in range(12)], "time_base": MILLISECOND, "rate": Fraction(25),
        "audio_tracks": 1, "audio_start": Fraction(5), "audio_seconds": Fraction(1, 2),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MOVIES)
def test_a_movie_keeps_all_that_is_not_painted(tmp_path: Path, paint: Command, name: str) -> None:
    source, output = write_movie(tmp_path / name, **MOVIES[name]), Path(f"out{Path(name).suffix}")
    is_quiet(paint(source, output, *(() if "prores" in name else QUICK)))
    info = keeps(source, output)
    assert info.codec == probe(source).codec
    assert difference(source, output) > 5, "nothing was painted"


@pytest.mark.parametrize(("before", "after"), [("in.mp4", "out.mkv"), ("in.mkv", "out.mp4"), ("in.mov", "out.mkv")])
def test_another_container_keeps_picture_and_sound_together(
    tmp_path: Path, paint: Command, before: str, after: str
) -> None:
    source, output = write_movie(tmp_path / before, audio_tracks=1), Path(after)
    is_quiet(paint(source, output, *QUICK))
    moved = [b - a for a, b in zip(times_of(source), times_of(output), strict=True)]
    sounds = list(zip(packets_of(source, "audio"), packets_of(output, "audio"), strict=True))
    assert all(one[1] == other[1] for one, other in sounds)
    moved += [other[0] - one[0] for one, other in sounds]
    assert max(moved) - min(moved) <= MILLISECOND
    # AAC begins 1024 samples before the picture; Matroska has no times below 0, so that all is later by as much.
    assert 0 - MILLISECOND <= min(moved) <= Fraction(1024, 48000) + MILLISECOND


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_sound_as_broadcast_fits_every_container(tmp_path: Path, paint: Command, suffix: str) -> None:
    source = write_movie(tmp_path / "in.ts", frames=30, audio_tracks=1)
    is_quiet(paint(source, f"out{suffix}", *QUICK))
    assert np.array_equal(samples_of(Path(f"out{suffix}")), samples_of(source))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_joined_recording_goes_on(tmp_path: Path, paint: Command, suffix: str) -> None:
    one = write_movie(tmp_path / "one.ts", frames=50, audio_tracks=1)
    source = tmp_path / "in.ts"
    source.write_bytes(one.read_bytes() * 2)
    said = paint(source, f"out{suffix}", *QUICK)
    assert said.code == 0 and "stream 1 jumps back in time" in said.err
    assert len(samples_of(Path(f"out{suffix}"))) == 2 * len(samples_of(one))
    starts = [time for time, _ in packets_of(Path(f"out{suffix}"), "audio")]
    assert starts == sorted(set(starts)) and starts[-1] > 3
    assert len(times_of(Path(f"out{suffix}"))) == 100


def samples_of(path: Path) -> NDArray[np.float32]:
    """All sound of a movie, left channel."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_a_span_has_the_chapters_and_texts_of_its_time(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mkv", rate=Fraction(25), audio_tracks=1, subtitles=True, chapters=True)
    assert paint(source, "out.mkv", *QUICK, "--frames", "3-5").code == 0
    # The first text lasts to 0.1 s and the second begins at 0.15 s; the span is 0.08 to 0.2 s.
    assert [time for time, _ in packets_of(Path("out.mkv"), "subtitle")] == [0, Fraction(70, 1000)]
    assert times_of(Path("out.mkv")) == [0, Fraction(40, 1000), Fraction(80, 1000)]
    assert all(time >= 0 for time, _ in packets_of(Path("out.mkv"), "audio"))
    with av.open("out.mkv") as container:
        (chapter,) = container.chapters()
    assert (chapter["metadata"]["title"], chapter["start"] * chapter["time_base"]) == ("one", 0)
    assert chapter["end"] * chapter["time_base"] == Fraction(12, 100)


def test_all_streams_chapters_and_tags_come_along(tmp_path: Path, paint: Command) -> None:
    source = write_movie(
        tmp_path / "in.mkv", audio_tracks=2, audio_first=True, subtitles=True, chapters=True, title="A film",
        attachment=b"letters" * 5,
    )  # fmt: skip
    is_quiet(paint(source, "out.mkv", *QUICK))
    keeps(source, Path("out.mkv"))
    assert len(packets_of(source, "subtitle")) == 2
    with av.open("out.mkv") as container:
        assert container.metadata["title"] == "A film"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["one", "two"]
        assert [stream.language for stream in container.streams.audio] == ["eng", "deu"]
        assert [stream.type for stream in container.streams].count("attachment") == 1


def test_what_a_container_cannot_hold_is_named(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mkv", audio_tracks=1, subtitles=True)
    said = paint(source, "out.mp4", *QUICK)
    assert said.code == 0
    assert said.err.startswith("warning: ") and "(subtitle, " in said.err.splitlines()[0]
    assert packets_of(Path("out.mp4"), "audio") == packets_of(source, "audio")


def test_a_cover_is_not_the_film(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mp4", cover=True, frames=5)
    assert paint(source, "out.mp4", *QUICK).code == 0
    assert (probe("out.mp4").width, len(times_of(Path("out.mp4")))) == (96, 5)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_clip_comes_out_upright(tmp_path: Path, paint: Command, rotation: int) -> None:
    source = write_movie(tmp_path / "in.mp4", rotation=rotation, frames=3, audio_tracks=1)
    assert probe(source).rotation == rotation
    is_quiet(paint(source, "out.mp4", *QUICK))
    assert keeps(source, Path("out.mp4")).width == (96 if rotation == 180 else 64)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(("column", "axis"), [(0, 2), (1, 1)])
def test_a_mirrored_clip_comes_out_as_players_show_it(tmp_path: Path, rotation: int, column: int, axis: int) -> None:
    plain = write_movie(tmp_path / "plain.mp4", rotation=rotation, frames=1)
    data = plain.read_bytes()
    place = data.index(b"tkhd") + 44  # of the matrix: version, times, number, duration, layer and volume come before
    matrix = list(struct.unpack(">9i", data[place : place + 36]))
    for row in (0, 3):
        matrix[row + column] *= -1
    source = tmp_path / "mirrored.mp4"
    source.write_bytes(data[:place] + struct.pack(">9i", *matrix) + data[place + 36 :])
    with open_source(plain) as one, open_source(source) as other:
        assert other.info.mirrored and not one.info.mirrored
        (upright,), (mirrored,) = list(one.frames()), list(other.frames())
    assert torch.equal(mirrored.image, upright.image.flip(axis))


def test_an_odd_and_rotated_size_stays(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mp4", size=(161, 91), pix_fmt="yuv444p", rotation=90, frames=3)
    assert paint(source, "out.mp4", *QUICK).code == 0
    info = keeps(source, Path("out.mp4"))
    assert (info.width, info.height) == (91, 161)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (2, 96), (16, 16), (161, 91), (4097, 17)])
def test_any_size_stays(tmp_path: Path, paint: Command, size: tuple[int, int]) -> None:
    is_odd = bool(size[0] % 2 or size[1] % 2)
    source = write_movie(tmp_path / "in.mkv", size=size, frames=3, pix_fmt="yuv444p" if is_odd else "yuv420p")
    said = paint(source, "out.mkv", *QUICK)
    assert said.code == 0
    assert ("odd size" in said.err) == is_odd
    info = keeps(source, Path("out.mkv"))
    assert (info.width, info.height) == size


def test_a_size_beyond_the_encoder_is_one_line(tmp_path: Path, paint: Command) -> None:
    source = tmp_path / "in.y4m"
    source.write_bytes(b"YUV4MPEG2 W16386 H2 F25:1 C420\nFRAME\n" + bytes(16386 * 3))
    said = paint(source, "out.mkv")
    assert said.code == 5
    assert "libx264 refuses 16386x2" in said.err and len(said.err.splitlines()) == 1
    assert names() == ["in.y4m"]


def test_a_gray_clip_becomes_a_painting(tmp_path: Path, paint: Command) -> None:
    source = write_movie(tmp_path / "in.mkv", codec="ffv1", pix_fmt="gray", tags=(2, 2, 2, 0), frames=4)
    assert paint(source, "out.mkv", *QUICK).code == 0
    info = probe("out.mkv")
    assert times_of(Path("out.mkv")) == times_of(source)
    assert (info.width, info.height, info.bit_depth, info.pixel_format) == (96, 64, 8, "yuv420p")
    with open_source("out.mkv") as clip:
        image = next(clip.frames()).image
    assert (image[0] - image[2]).abs().mean() > 0.02, "the style has colors, its painting has none"


IDENTITIES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "601": ({"tags": (6, 6, 6, 1)}, ("--crf", "0")),
    "709, full": ({"tags": (1, 1, 1, 2)}, ("--crf", "0")),
    "untagged": ({"tags": (2, 2, 2, 0)}, ("--crf", "0")),
    "jpeg range": ({"pix_fmt": "yuvj420p", "tags": (1, 1, 1, 2)}, ("--crf", "0")),
    "2020, 10 bits": ({"codec": "ffv1", "pix_fmt": "yuv420p10le", "tags": (9, 14, 9, 1)}, ("-c", "ffv1")),
    "4:2:2, 10 bits": ({"codec": "ffv1", "pix_fmt": "yuv422p10le"}, ("-c", "ffv1")),
    "rgb, 16 bits": ({"codec": "ffv1", "pix_fmt": "gbrp16le", "tags": (2, 2, 2, 0)}, ("-c", "ffv1")),
    "gray": ({"codec": "ffv1", "pix_fmt": "gray", "tags": (2, 2, 2, 0)}, ("-c", "ffv1")),
}


@pytest.mark.parametrize("kind", IDENTITIES)
def test_what_the_mask_spares_keeps_its_codes(tmp_path: Path, paint: Command, kind: str) -> None:
    options, flags = IDENTITIES[kind]
    source = write_movie(tmp_path / "in.mkv", frames=3, **options)
    write_picture("nowhere.png", torch.zeros(3, 64, 96))
    assert paint(source, "out.mkv", "--mask", "nowhere.png", *flags).code == 0
    one_code = 2 ** (probe(source).bit_depth - 8)
    halves_chroma = any(name in probe(source).pixel_format for name in ("420", "422"))
    for before, after in zip(planes_of(source), planes_of(Path("out.mkv")), strict=True):
        errors = [np.abs(a - b) / one_code for a, b in zip(before, after, strict=True)]
        assert not errors[0].any()
        # Chroma of half the size is smoothed a little; in 8-bit codes, 0.05 on average where it is most.
        assert all(error.max() <= halves_chroma and error.mean() <= 0.1 * halves_chroma for error in errors[1:])
    assert probe("out.mkv").bit_depth == probe(source).bit_depth
    assert probe("out.mkv").color == probe(source).color


def test_sixteen_bits_and_numbers_of_a_sequence_stay(tmp_path: Path, paint: Command) -> None:
    numbers = [998, 999, 1000, 1001, 1004]
    write_sequence(tmp_path / "in", numbers, bit_depth=16, size=(48, 32))
    said = paint("in/f.####.png", "out/g.####.png")
    assert said.code == 0
    assert "lacks 1002-1003" in said.err
    assert [name for name in names("out") if name.endswith(".png")] == [f"g.{n:04d}.png" for n in numbers]
    image, depth = read_picture_and_depth(Path("out/g.1001.png"))
    assert (image.shape, depth) == ((3, 32, 48), 16)
    codes = image.mul(65535).round()
    assert (codes % 257 != 0).any(), "only 8 bits of the 16 are used"


def test_numbers_before_a_version_stay(paint: Command) -> None:
    Path("in").mkdir()
    for number in (7, 8, 9):
        write_picture(f"in/shot2.{number:03d}.v3.png", torch.full((3, 16, 24), number / 20))
    assert paint("in/shot2.###.v3.png", "out/").code == 0
    assert list(pictures("out")) == [f"shot2.{number:03d}.v3.png" for number in (7, 8, 9)]


def test_a_still_becomes_a_still(paint: Command) -> None:
    write_picture("in.png", torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0)))
    is_quiet(paint("in.png", "out.png"))
    assert read_picture("out.png").shape == (3, 40, 60)
