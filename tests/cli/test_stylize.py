"""Whole runs of the default command."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.media import times_of, write_sequence


def test_run(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    said = vidstyle(clip, *look, "-o", "out.mkv")
    assert said.code == 0
    assert said.out == ""
    assert said.err.startswith("wrote out.mkv: 6 frames in ")
    assert "\x1b" not in said.err
    assert "\r" not in said.err
    assert len(times_of(Path("out.mkv"))) == 6


def test_default_output(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    assert vidstyle(*look, clip, "-q").err == ""
    assert Path("clip_waves.mp4").is_file()


def test_json_ends_with_the_summary(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    said = vidstyle(clip, *look, "-o", "out.mp4", "--json")
    assert said.err == ""
    assert [record["event"] for record in said.records] == ["started", *["frame_done"] * 6, "finished"]
    assert said.records[-1]["frames"] == 6
    assert {record["schema"] for record in said.records} == {1}


def test_dry_run_writes_nothing(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    said = vidstyle(clip, *look, "-o", "out.mp4", "--dry-run", "--size", "24")
    assert said.code == 0
    assert "24x16" in said.out
    assert "fingerprint" in said.out
    assert re.search(r"frames +~6\n", said.out) and re.search(r"memory +about \d+ MiB at its peak", said.out)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("output", ["taken.mp4", "nowhere/out.mp4", "nowhere/of/f.####.png", "f.####.png", "out.nope"])
def test_dry_run_refuses_the_outputs_that_the_run_would(
    vidstyle: Command, clip: Path, look: tuple[str, ...], output: str
) -> None:
    for name in ("taken.mp4", "f.0003.png"):
        Path(name).write_bytes(b"old")
    dry, wet = (vidstyle(clip, *look, "-o", output, *words) for words in (("--dry-run",), ()))
    assert (dry.code, dry.err) == (wet.code, wet.err) and dry.code in (2, 5)
    assert sorted(path.name for path in Path().iterdir()) == ["f.0003.png", "taken.mp4"]


def test_dry_run_counts_what_is_left(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    words = (clip, *look, "-o", "out/f.####.png", "--skip-existing")

    def planned() -> int:
        (plan,) = vidstyle(*words, "--dry-run", "--json").records
        return int(plan["frames"])

    assert planned() == 6 and not Path("out").exists()
    assert vidstyle(*words, "--frames", "1-4").code == 0
    assert planned() == 2
    assert vidstyle(*words).code == 0
    assert planned() == 0


def test_dry_run_in_json(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    said = vidstyle(clip, *look, "--dry-run", "--json")
    assert [record["event"] for record in said.records] == ["plan"]
    assert said.records[0]["frames"] == 6 and said.records[0]["frames_estimated"]
    assert said.records[0]["bytes"] > 100e6
    assert said.records[0]["job"]["look"]["flow"]["method"] == "none"


def test_overwrite(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    Path("out.mp4").write_bytes(b"old")
    assert vidstyle(clip, *look, "-o", "out.mp4", "-y").code == 0
    assert len(times_of(Path("out.mp4"))) == 6


def test_input_is_never_the_output(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    before = clip.read_bytes()
    assert vidstyle(clip, *look, "-o", clip, "-y").code == 5
    assert clip.read_bytes() == before


def test_sequence_goes_on_where_it_stopped(vidstyle: Command, look: tuple[str, ...]) -> None:
    write_sequence(Path("in"), [7, 8, 9])
    assert vidstyle("in/f.####.png", *look, "-o", "out/f.####.png").code == 0
    Path("out/f.0008.png").unlink()
    said = vidstyle("in/f.####.png", *look, "-o", "out/f.####.png", "--skip-existing")
    assert said.code == 0
    assert "1 frame in" in said.err
    assert sorted(path.name for path in Path("out").glob("*.png")) == ["f.0007.png", "f.0008.png", "f.0009.png"]


def test_damage_is_an_error_for_the_strict(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    data = bytearray(clip.read_bytes())
    middle = data.index(b"mdat") + 700
    data[middle : middle + 400] = bytes(400)
    Path("bad.mp4").write_bytes(data)
    said = vidstyle("bad.mp4", *look, "-o", "out.mp4")
    assert said.code == 0
    assert said.err.startswith("warning: ")
    assert vidstyle("bad.mp4", *look, "-o", "out2.mp4", "--strict").code == 4


@pytest.mark.skipif(sys.platform == "win32", reason="text mode of pipes")
def test_video_on_the_standard_output(tmp_path: Path, clip: Path, look: tuple[str, ...]) -> None:
    target = tmp_path / "piped.mkv"
    command = [sys.executable, "-m", "vidstyle", str(clip), *look, "-o", "-", "--json"]
    with target.open("wb") as file:
        done = subprocess.run(
            command, stdout=file, stderr=subprocess.PIPE, text=True, check=False, cwd=Path(__file__).parents[2]
        )
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1].startswith('{"event": "finished"')
    assert len(times_of(target)) == 6
