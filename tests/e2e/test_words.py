"""What the command answers to words alone: help, version, health, and words it does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.e2e.conftest import Spawn, names
from tests.media import write_movie


@pytest.mark.parametrize(
    ("words", "start"), [(["--help"], b"Usage: "), (["--version"], b"vidstyle "), (["doctor"], b"ok ")]
)
def test_questions_are_answered_with_zero(spawn: Spawn, words: list[str], start: bytes) -> None:
    process = spawn(*words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, b"")
    assert out.startswith(start)
    assert b"\x1b" not in out


LONG = "x" * 300
CLIP = ("in.mp4", "--style", "style.png")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((*CLIP, "--strenght", "1"), 2, "did you mean '--strength'?"),
        ((*CLIP, "--method", "adian"), 2, "did you mean 'adain'?"),
        ((*CLIP, "--stabilizer", "blnd"), 2, "did you mean 'blend'?"),
        ((*CLIP, "--preset", "stary"), 2, "did you mean 'starry'?"),
        ((*CLIP, "-c", "h246"), 2, "did you mean 'h264'?"),
        ((*CLIP, "-o", "out.mp5"), 2, "did you mean '.mp4'?"),
        ((*CLIP, "--frames", "five"), 2, "not a frame range"),
        ((*CLIP, "--frames", "0"), 3, "has none of the frames 0"),
        ((*CLIP, "--frames", "90-95"), 3, "has none of the frames 90-95"),
        ((*CLIP, "--mask", "no.png"), 3, "no.png: no such file"),
        ((*CLIP, "--cuts", "no.csv"), 3, "no.csv"),
        (("in.mp4", "--style", "stlye.png"), 3, "stlye.png: No such file"),
        (("in.mp4",), 2, "no style"),
        ((f"{LONG}.mp4", "--style", "style.png"), 3, "name too long"),
        ((f"{LONG}/f.####.png", "--style", "style.png"), 3, "name too long"),
        (("in.mp4", "--style", f"{LONG}.png"), 3, "name too long"),
        ((*CLIP, "--mask", LONG), 3, "name too long"),
        ((*CLIP, "-o", f"{LONG}.mp4"), 5, "name too long"),
        ((*CLIP, "-o", f"{LONG}/f.####.png"), 5, "name too long"),
        ((*CLIP, "-o", f"{LONG}/"), 5, "name too long"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_code(
    tmp_path: Path, vidstyle: Command, style: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    write_movie(tmp_path / "in.mp4", frames=2)
    (tmp_path / "style.png").write_bytes(style.read_bytes())
    said = vidstyle(*words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("vidstyle: ") and len(said.err.splitlines()) == 1
    assert told in said.err.replace("File name", "name")
    assert names() == ["in.mp4", "style.png"]
