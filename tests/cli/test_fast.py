"""A method whose style is in its weights, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from tests.conftest import save_untrained
from tests.weights import public
from vidstyle.nets.transform import FastNet
from vidstyle.video.stills import read_picture
from vidstyle.weights import store

QUICK = ("--flow", "none", "--stabilizer", "none", "--method", "fast")
RECIPE = "vidstyle train fast --style IMAGE --content PHOTOS --teacher TEACHER -o RUN"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The flag's value for an untrained network."""
    return f"fast={save_untrained(FastNet, tmp_path_factory.mktemp('weights') / 'fast.safetensors')}"


def test_it_paints_without_a_style(vidstyle: Command, clip: Path, own: str) -> None:
    assert vidstyle(clip, *QUICK, "--weights", own).code == 0
    assert Path("clip_fast.mp4").is_file()
    assert "in the weights" in vidstyle(clip, *QUICK, "--weights", own, "-o", "b.mp4", "--dry-run").out


def test_a_style_that_nobody_would_look_at_is_an_error(vidstyle: Command, clip: Path, style: Path, own: str) -> None:
    for words in (("--style", style), ("--preset", "ink")):
        said = vidstyle(clip, *QUICK, "--weights", own, *words)
        assert said.code == 2
        assert "--method fast: has its style in its weights, so it takes no picture" in said.err
    assert "fast" in vidstyle(clip, *QUICK, "--strength", "0.5").err


def test_without_weights_it_says_how_to_get_them_and_finds_imported_ones(
    vidstyle: Command, clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = {"file": "fast.safetensors", "recipe": RECIPE} | dict.fromkeys(("summary", "licence", "attribution"), "x")
    (tmp_path / "manifest.toml").write_text("\n".join(["[fast]", *(f'{k} = "{v}"' for k, v in texts.items())]))
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache"))
    said = vidstyle(clip, *QUICK, "--fast-network", "own")
    assert said.code == 6
    assert said.err.endswith(f"get it with: {RECIPE}\n") and len(said.err.splitlines()) == 1
    torch.save(public.johnson_state(), "candy.pth")
    said = vidstyle("weights", "import", "fast", "candy.pth")
    assert said.code == 0 and "use it with: vidstyle INPUT --method fast --fast-network own" in said.err
    assert vidstyle(clip, *QUICK, "--fast-network", "own", "--frames", "1", "-o", "painted.png").code == 0


def test_its_column_of_a_sheet_has_its_name(vidstyle: Command, clip: Path, own: str) -> None:
    said = vidstyle("preview", clip, "--method", "fast", "--weights", own, "-o", "sheet.png", "--json")
    assert said.records[-1]["columns"] == ["fast"]
    assert read_picture("sheet.png").shape[0] == 3
