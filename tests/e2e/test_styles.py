"""Style pictures and weights of every kind, good and bad, through the whole command."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.cli.conftest import Command, Said
from tests.e2e.conftest import QUICK, names
from tests.media import smooth_image, write_movie
from vidstyle.video.sources import open_source
from vidstyle.video.stills import write_picture
from vidstyle.weights import store

SHIPPED = store.FOLDER / "files/adain.safetensors"


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    return write_movie(tmp_path / "in.mp4", frames=3)


@pytest.fixture(autouse=True)
def style_of_the_command(vidstyle: Command, style: Path) -> None:
    """A copy of the style in the test's folder."""
    Path("style.png").write_bytes(style.read_bytes())


def first_frame(path: str) -> torch.Tensor:
    with open_source(path) as clip:
        return next(clip.frames()).image


def is_refused(said: Said, code: int) -> str:
    assert said.code == code, said.err
    assert said.err.startswith("vidstyle: ") and len(said.err.splitlines()) == 1, said.err
    assert "out.mp4" not in names()
    return said.err


def noise(*shape: int, top: int = 255) -> NDArray[np.uint16]:
    return np.random.default_rng(5).integers(0, top + 1, shape).astype(np.uint16)


STYLES: dict[str, NDArray[Any]] = {
    "one pixel": np.full((1, 1, 3), 90, np.uint8),
    "one line": np.full((1, 40, 3), (10, 200, 90), np.uint8),
    "sixteen bits": noise(60, 70, 3, top=65535),
    "gray": noise(60, 70).astype(np.uint8),
    "gray, sixteen bits": noise(60, 70, top=65535),
    "transparent": noise(60, 70, 4).astype(np.uint8),
    "huge": np.zeros((6000, 6000), np.uint8),
}


@pytest.mark.parametrize("kind", STYLES)
def test_any_picture_is_a_style(movie: Path, vidstyle: Command, kind: str) -> None:
    assert cv2.imwrite("own.png", STYLES[kind])
    assert vidstyle(movie, "--style", "own.png", "-o", "out.mp4", *QUICK).code == 0
    assert vidstyle(movie, "--style", "style.png", "-o", "other.mp4", *QUICK).code == 0
    assert (first_frame("out.mp4") - first_frame("other.mp4")).abs().mean() > 0.02, "the style makes no difference"


def test_the_content_may_be_the_style(vidstyle: Command) -> None:
    write_picture("in.png", smooth_image(3))
    assert vidstyle("in.png", "--style", "in.png", "-o", "out.png").code == 0
    assert vidstyle("in.png", "--style", "in.png", "-o", "in.png", "-y").code == 5


def test_eight_styles_are_mixed_by_their_weights(movie: Path, vidstyle: Command) -> None:
    def flags(*weights: float) -> list[str]:
        return [word for k, weight in enumerate(weights) for word in ("--style", f"s{k}.png:{weight}")]

    for k in range(8):
        write_picture(f"s{k}.png", torch.full((3, 40, 40), k / 8) * torch.tensor((1, 0.5, k % 2)).view(3, 1, 1))
    assert vidstyle(movie, *flags(1, 2, 0.5, 0, 0, 4, 1, 1), "-o", "out.mp4", *QUICK).code == 0
    assert vidstyle(movie, *flags(2, 4, 1, 0, 0, 8, 2, 2), "-o", "twice.mp4", *QUICK).code == 0
    assert vidstyle(movie, *flags(1, 0, 0, 0, 0, 0, 0, 0), "-o", "first.mp4", *QUICK).code == 0
    assert torch.equal(first_frame("out.mp4"), first_frame("twice.mp4"))
    assert not torch.equal(first_frame("out.mp4"), first_frame("first.mp4"))


def test_styles_that_are_none(movie: Path, vidstyle: Command) -> None:
    whole = Path("style.png").read_bytes()
    Path("cut.png").write_bytes(whole[: len(whole) // 2])
    Path("text.png").write_text("no picture")
    Path("empty.png").touch()
    os.mkfifo("fifo.png")
    for name in ("cut.png", "text.png", "empty.png", "fifo.png", "missing.png", "in.mp4", ".", "/dev/zero"):
        is_refused(vidstyle(movie, "--style", name, "-o", "out.mp4"), 3)
    for weight in ("-1", "0", "1e400"):
        is_refused(vidstyle(movie, "--style", f"style.png:{weight}", "-o", "out.mp4"), 2)


def test_a_style_that_would_fill_the_memory_is_refused(vidstyle: Command) -> None:
    write_movie(Path("in.mp4"), size=(1024, 512), frames=1)
    cv2.imwrite("line.png", np.zeros((1, 2000, 3), np.uint8))
    assert "would be 1024000x512" in is_refused(vidstyle("in.mp4", "--style", "line.png", "-o", "out.mp4"), 3)


class Trap:
    """Unpickling this makes a folder."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("mkdir executed",)


def test_weights_that_are_none(movie: Path, vidstyle: Command) -> None:
    shipped = SHIPPED.read_bytes()
    Path("cut.safetensors").write_bytes(shipped[: len(shipped) // 2])
    Path("empty.safetensors").touch()
    Path("trap.safetensors").write_bytes(pickle.dumps(Trap()))
    torch.save({"w": Trap()}, "trap.pth")
    for name in ("cut", "empty", "trap", "missing"):
        file = f"adain={name}.safetensors"
        assert name in is_refused(vidstyle(movie, "--style", "style.png", "-o", "out.mp4", "--weights", file), 6)
    for name in ("trap.pth", "style.png", "."):
        is_refused(vidstyle(movie, "--style", "style.png", "-o", "out.mp4", "--weights", f"adain={name}"), 6)
    assert not Path("executed").exists()
    pickle.loads(pickle.dumps(Trap()))
    assert Path("executed").exists(), "the trap works, so its silence above means something"


def test_shipped_weights_are_proven(movie: Path, vidstyle: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, "own")
    Path("own").mkdir()
    data = bytearray(SHIPPED.read_bytes())
    (Path("own") / SHIPPED.name).write_bytes(data)
    assert vidstyle(movie, "--style", "style.png", "-o", "good.mp4", *QUICK).code == 0
    for damaged in (data[:-1], data[:-1] + bytes([data[-1] ^ 1]), pickle.dumps(Trap())):
        (Path("own") / SHIPPED.name).write_bytes(damaged)
        told = is_refused(vidstyle(movie, "--style", "style.png", "-o", "out.mp4"), 6)
        assert "damaged or of another version" in told
    assert not Path("executed").exists()


def test_weights_that_are_nowhere(movie: Path, vidstyle: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bare").mkdir()
    (Path("bare") / "manifest.toml").write_bytes((store.FOLDER / "manifest.toml").read_bytes())
    monkeypatch.setattr(store, "FOLDER", Path("bare"))
    told = is_refused(vidstyle(movie, "--style", "style.png", "-o", "out.mp4"), 6)
    assert "no adain.safetensors in " in told
