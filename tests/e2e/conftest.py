"""What the tests of whole runs share: the command with the shipped weights, and one style picture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from tests.cli.conftest import vidstyle as vidstyle
from tests.media import smooth_image
from vidstyle.video.stills import write_picture

ROOT = Path(__file__).parents[2]
QUICK = ("-e", "preset=ultrafast")
"""For x264 and x265, where the test is not about how well they compress."""
Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A style picture."""
    path = tmp_path_factory.mktemp("styles") / "waves.png"
    write_picture(path, smooth_image(40, width=80, height=80))
    return path


@pytest.fixture
def paint(vidstyle: Command, style: Path) -> Command:
    """Run the command with the style and the shipped weights; `words` follow input and output."""

    def run(source: object, output: object, *words: object) -> Said:
        return vidstyle(source, "--style", style, "-o", output, *words)

    return run


@pytest.fixture
def spawn(tmp_path: Path) -> Spawn:
    """Start the command in a process of its own, in the test's folder."""

    def start(*words: object, **settings: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "vidstyle", *map(str, words)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=tmp_path, env=environment, **settings)  # type: ignore[call-overload, no-any-return]

    return start


def names(folder: Path | str = ".") -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def pictures(folder: Path | str) -> dict[str, bytes]:
    """The PNGs of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.png"))}
