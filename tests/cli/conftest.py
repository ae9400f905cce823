"""What tests of the command share: a small clip, a style, and a way to run it and read what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.media import smooth_image, write_movie
from vidstyle import cli
from vidstyle.video.stills import write_picture


@dataclass(frozen=True)
class Said:
    """An exit code and what was written."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Said]


@pytest.fixture
def vidstyle(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in process, in an empty folder; no traceback may ever show."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Said:
        capfd.readouterr()
        code = cli.main([str(word) for word in words])
        said = Said(code, *capfd.readouterr())
        assert "Traceback" not in said.out + said.err
        return said

    return run


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six small frames with sound."""
    return write_movie(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=6, size=(48, 32), audio_tracks=1)


@pytest.fixture(scope="session")
def style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A style picture."""
    path = tmp_path_factory.mktemp("styles") / "waves.png"
    write_picture(path, smooth_image(40))
    return path


@pytest.fixture
def look(style: Path, painter_file: Path) -> tuple[str, ...]:
    """The flags of a quick look that needs no trained weights."""
    return ("--style", str(style), "--weights", f"adain={painter_file}", "--flow", "none", "--stabilizer", "none")
