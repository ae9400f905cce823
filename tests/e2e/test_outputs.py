"""What stands where, whatever happens to a run: killed, ended, out of room, run again, aimed at its own input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from tests.e2e.conftest import QUICK, Spawn, names, pictures
from tests.limits import small_files
from tests.media import times_of, write_movie, write_sequence
from vidstyle.events import Event, FrameDone
from vidstyle.video.sources import probe
from vidstyle.video.stills import read_picture, write_picture

BLEND = ("--stabilizer", "blend", "--blend-interval", "8", "--blend-fade", "2", "--adain-hold", "4")
"""The default methods with so little memory that a part of a short clip is a part."""


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    return write_movie(tmp_path / "in.mp4", frames=12, audio_tracks=1)


def two_scenes(folder: Path, count: int, cut: int) -> None:
    """Numbered pictures from 1 with another scene from the index `cut` on."""
    files = write_sequence(folder, range(1, count + 1), size=(48, 32))
    for path in files[cut:]:
        write_picture(path, 1 - read_picture(path).roll(20, 2).flip(0))


def test_a_part_across_a_cut_is_that_part_of_the_whole(tmp_path: Path, paint: Command) -> None:
    two_scenes(tmp_path / "in", 66, cut=49)
    said = paint("in/f.####.png", "whole/f.####.png", *BLEND, "-v")
    assert said.code == 0 and "cut before frame 50" in said.err
    assert paint("in/f.####.png", "part/f.####.png", *BLEND, "--frames", "40-60").code == 0
    whole, part = pictures("whole"), pictures("part")
    assert list(part) == [f"f.{number:04d}.png" for number in range(40, 61)]
    assert all(whole[name] == data for name, data in part.items())


def interrupting(number: int, after: int) -> object:
    """An observer that sends this process a signal after some frames."""

    def observe(event: Event) -> None:
        if isinstance(event, FrameDone) and event.done == after:
            os.kill(os.getpid(), number)

    return observe


def stopped(process: subprocess.Popen[bytes], number: int, *, after: int) -> int:
    """Send a signal once some frames are done; gives the exit code."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "frame_done" and event["done"] == after:
            process.send_signal(number)
            break
    process.stdout.close()
    return process.wait(timeout=60)


def test_a_killed_run_leaves_nothing_under_the_name_and_the_next_is_right(
    tmp_path: Path, paint: Command, spawn: Spawn, style: Path
) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=60, size=(48, 32), audio_tracks=1)
    process = spawn(source, "--style", style, "-o", "out.mp4", "--json", *QUICK, stdout=subprocess.PIPE)
    assert stopped(process, signal.SIGKILL, after=3) == -signal.SIGKILL
    assert "out.mp4" not in names()
    assert paint(source, "out.mp4", *QUICK).code == 0
    assert paint(source, "other.mp4", *QUICK).code == 0
    assert times_of(Path("out.mp4")) == times_of(source)
    assert Path("out.mp4").read_bytes() == Path("other.mp4").read_bytes()


def test_a_killed_sequence_holds_whole_pictures_and_goes_on_as_if_nothing_was(
    tmp_path: Path, paint: Command, spawn: Spawn, style: Path
) -> None:
    two_scenes(tmp_path / "in", 40, cut=21)
    words = ("in/f.####.png", "--style", style, "-o", "out/f.####.png", *BLEND)
    process = spawn(*words, "--json", stdout=subprocess.PIPE)
    assert stopped(process, signal.SIGKILL, after=5) == -signal.SIGKILL
    left = pictures("out")
    assert 5 <= len(left) < 40
    said = paint("in/f.####.png", "out/f.####.png", *BLEND, "--skip-existing")
    assert said.code == 0 and f": {40 - len(left)} frames in" in said.err
    assert paint("in/f.####.png", "whole/f.####.png", *BLEND).code == 0
    assert pictures("out") == pictures("whole")


def test_an_ended_run_cleans_up(tmp_path: Path, spawn: Spawn, style: Path) -> None:
    source = write_movie(tmp_path / "in.mp4", frames=80, size=(48, 32), audio_tracks=1)
    process = spawn(source, "--style", style, "-o", "out.mp4", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert stopped(process, signal.SIGTERM, after=3) == 143
    assert process.stderr is not None
    # The reader of the events is gone too; whichever is noticed first, there is one line at most.
    assert process.stderr.read() in (b"vidstyle: interrupted\n", b"")
    process.stderr.close()
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_end_while_a_picture_is_written_leaves_no_half(
    movie: Path, paint: Command, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    write = Path.write_bytes

    def write_and_end(path: Path, data: bytes) -> int:
        size = write(path, data)
        if path.name.startswith("f.0003.png"):
            os.kill(os.getpid(), number)
        return size

    monkeypatch.setattr(Path, "write_bytes", write_and_end)
    assert paint(movie, "out/f.####.png").code == code
    assert names("out") == ["f.####.png.vidstyle.json", "f.0001.png", "f.0002.png"]


@pytest.mark.parametrize("output", ["out.mkv", "out.mp4", "out/f.####.png"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, paint: Command, output: str) -> None:
    source = write_movie(tmp_path / "in.mkv", frames=30, codec="ffv1")
    with small_files(3000):
        said = paint(source, output)
    assert said.code == 5
    assert output.partition("/")[0] in said.err and len(said.err.splitlines()) == 1
    assert [path for path in tmp_path.rglob("*") if path.suffix in (".part", ".png", ".mp4")] == []
    assert "out.mkv" not in names()


def test_a_full_disk_ends_the_log_and_not_the_run(movie: Path, paint: Command) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    said = paint(movie, "out.mp4", *QUICK, "--log-file", "/dev/full")
    assert said.code == 0
    lines = said.err.splitlines()
    assert len(lines) == 2 and lines[0].startswith("warning: --log-file /dev/full: cannot be written any more")
    assert len(times_of(Path("out.mp4"))) == 12


@pytest.mark.parametrize("output", ["none/out.mp4", "in.mp4/out.mp4", "none/of/f.####.png", "in.mp4/f.####.png"])
def test_places_that_are_none(movie: Path, paint: Command, output: str) -> None:
    said = paint(movie, output)
    assert said.code == 5
    assert said.err.startswith("vidstyle: ") and len(said.err.splitlines()) == 1
    assert names() == ["in.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(movie: Path, paint: Command) -> None:
    Path("out").mkdir(mode=0o555)
    assert paint(movie, "out/out.mp4").code == 5


def test_a_closed_standard_output_is_one_line(movie: Path, spawn: Spawn, style: Path) -> None:
    process = spawn(movie, "--style", style, "-o", "-", stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (5, b"vidstyle: standard output: is closed\n")


def test_a_reader_of_the_video_that_leaves_is_one_line(movie: Path, spawn: Spawn, style: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = spawn(movie, "--style", style, "-o", "-", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (5, b"vidstyle: standard output: Broken pipe\n")


def test_existing_outputs(movie: Path, paint: Command) -> None:
    Path("out.mp4").write_bytes(b"precious")
    for flags in ((), ("-n",), ("--skip-existing",)):
        assert paint(movie, "out.mp4", *QUICK, *flags).code == 5
        assert Path("out.mp4").read_bytes() == b"precious"
    assert paint(movie, "out.mp4", *QUICK, "-y").code == 0
    assert len(times_of(Path("out.mp4"))) == 12
    assert names() == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize("flags", [("-y",), ("-n",), (), ("--skip-existing",)], ids=str)
def test_a_movie_is_never_painted_over(movie: Path, paint: Command, flags: tuple[str, ...]) -> None:
    before = movie.read_bytes()
    Path("soft.mp4").symlink_to(movie)
    Path("hard.mp4").hardlink_to(movie)
    Path("sub").mkdir()
    for name in ("in.mp4", "soft.mp4", "hard.mp4", "sub/../in.mp4"):
        assert paint(movie, name, *flags).code == 5
    assert paint("soft.mp4", "in.mp4", *flags).code == 5
    assert movie.read_bytes() == before
    assert Path("soft.mp4").is_symlink()


@pytest.mark.parametrize("name", ["f.{:04d}.png", "f.{:04d}.v3.png"])
def test_a_sequence_is_never_painted_over(tmp_path: Path, paint: Command, name: str) -> None:
    write_sequence(tmp_path / "in", [1, 2, 3], name=name)
    before = pictures("in")
    pattern = name.replace("{:04d}", "####")
    Path("soft").symlink_to("in")
    Path("hard").mkdir()
    Path("hard/x.0002.png").hardlink_to(Path("in") / name.format(2))
    for output in (f"in/{pattern}", f"soft/{pattern}", "in/", "hard/x.####.png"):
        said = paint(f"in/{pattern}", output, "-y", "--frames", "2-3")
        assert said.code == 5 and "is a picture of the input" in said.err, output
    assert pictures("in") == before


@pytest.mark.parametrize("output", ["out/f.####.png", "out.mp4"])
def test_running_twice_does_nothing_and_another_look_is_refused(movie: Path, paint: Command, output: str) -> None:
    quick = QUICK if output.endswith("mp4") else ()
    words = (movie, output, *quick, "--skip-existing")
    assert paint(*words).code == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path().rglob("*") if path.is_file()}
    said = paint(*words)
    assert said.code == 0 and "nothing to do" in said.err
    said = paint(*words, "--strength", "0.5")
    assert said.code == 5 and "other settings" in said.err
    write_picture("mask.png", half_white())
    assert paint(*words, "--mask", "mask.png").code == 5
    Path("mask.png").unlink()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert paint(movie, output, *quick, "-y", "--strength", "0.5").code == 0
    assert paint(*words, "--strength", "0.5").code == 0
    assert paint(*words).code == 5


def test_outputs_that_differ_after_the_number_have_records_of_their_own(movie: Path, paint: Command) -> None:
    assert paint(movie, "out/f.####.png", "--frames", "1-2").code == 0
    assert paint(movie, "out/f.####.tif", "--frames", "1-2", "--strength", "0.5").code == 0
    said = paint(movie, "out/f.####.png", "--frames", "1-3", "--strength", "0.5", "--skip-existing")
    assert said.code == 5 and "other settings" in said.err
    assert paint(movie, "out/f.####.png", "--frames", "1-3", "--skip-existing").code == 0


def test_frames_beyond_what_the_header_claims_are_painted(tmp_path: Path, paint: Command) -> None:
    one = write_movie(tmp_path / "one.ts", frames=6)
    source = tmp_path / "in.ts"
    source.write_bytes(one.read_bytes() * 2)
    assert probe(source).frame_count_from_header == 6
    assert paint(source, "out/f.####.png", "--frames", "1-6").code == 0
    assert paint(source, "out/f.####.png", "--frames", "7-9", "--skip-existing").code == 0
    assert paint(source, "out/f.####.png", "--skip-existing").code == 0
    assert len(pictures("out")) == 12
    assert "nothing to do" in paint(source, "out/f.####.png", "--skip-existing").err


def half_white() -> torch.Tensor:
    image = torch.zeros(3, 64, 96)
    image[..., 48:] = 1
    return image


def test_a_movie_of_other_frames_is_another_movie(movie: Path, paint: Command) -> None:
    assert paint(movie, "out.mp4", *QUICK, "--skip-existing", "--frames", "1-3").code == 0
    assert paint(movie, "out.mp4", *QUICK, "--skip-existing", "--frames", "1-2,3").code == 0
    assert paint(movie, "out.mp4", *QUICK, "--skip-existing", "--frames", "1-6").code == 5
    assert len(times_of(Path("out.mp4"))) == 3


def test_an_overwriting_that_was_stopped_is_never_taken_for_finished(
    movie: Path, paint: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (movie, "out/f.####.png")
    assert paint(*words).code == 0
    first = pictures("out")
    with monkeypatch.context() as patch:
        patch.setattr("vidstyle.cli.progress.log_event", interrupting(signal.SIGINT, after=4))
        assert paint(*words, "-y", "--strength", "0.5").code == 130
    assert sum(data != first[name] for name, data in pictures("out").items()) == 4
    for strength in ("0.5", "1"):
        assert paint(*words, "--skip-existing", "--strength", strength).code == 5
    assert paint(*words, "-y", "--strength", "0.5").code == 0
    assert "nothing to do" in paint(*words, "--skip-existing", "--strength", "0.5").err
    # With the pictures gone, nothing is left to mix with.
    for name in pictures("out"):
        (Path("out") / name).unlink()
    for _ in range(2):
        assert paint(*words, "--skip-existing", "--strength", "0.8").code == 0
