"""The commands besides the default one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from tests.media import write_movie, write_sequence
from vidstyle.catalog import METHODS
from vidstyle.cli.arguments import make_parser
from vidstyle.cli.commands import COMMANDS, completion, doctor, weights
from vidstyle.video.labels import draw_label
from vidstyle.video.stills import read_picture
from vidstyle.weights import importers, store


def test_version(vidstyle: Command) -> None:
    from vidstyle import __version__

    assert vidstyle("--version").out == f"vidstyle {__version__}\n"
    assert vidstyle("-V", "-v").out.splitlines()[2].startswith("torch ")


def test_probe(vidstyle: Command, clip: Path) -> None:
    write_movie(Path("turned.mkv"), frames=2, size=(64, 32), rotation=90)
    said = vidstyle("probe", clip, "turned.mkv")
    rows = {line[:16].strip(): line[18:].split() for line in said.out.splitlines()}
    assert rows["size"] == ["48x32", "32x64"]
    assert rows["frame rate"] == ["30000/1001", "(29.970)"] * 2
    assert rows["color matrix"] == ["bt709", "bt709"]


def test_probe_in_json(vidstyle: Command, clip: Path) -> None:
    write_sequence(Path("in"), [7, 8, 10])
    movie, sequence = vidstyle("probe", clip, "in", "--json").records
    assert (movie["width"], movie["frame_rate"], movie["color"]["range"]) == (48, "30000/1001", "limited")
    assert [stream["kind"] for stream in movie["streams"]] == ["video", "audio"]
    assert sequence["numbers"] == "7-8,10"


def test_probe_of_nothing(vidstyle: Command) -> None:
    assert vidstyle("probe").code == 2
    assert vidstyle("probe", "nowhere.mp4").code == 3


def test_methods(vidstyle: Command) -> None:
    said = vidstyle("methods")
    assert all(spec.summary in said.out for spec in METHODS)
    records = vidstyle("methods", "--json").records
    assert [(record["stage"], record["name"]) for record in records] == [(spec.stage, spec.name) for spec in METHODS]


def test_one_method(vidstyle: Command) -> None:
    said = vidstyle("methods", "adain")
    assert "--strength" in said.out
    assert "--adain-hold" in said.out
    assert "arXiv:1703.06868" in said.out and "may change over time" in said.out
    assert "in its weights: it takes no --style" in vidstyle("methods", "fast").out
    assert len(vidstyle("methods", "none", "--json").records) == 2


def test_unknown_method(vidstyle: Command) -> None:
    said = vidstyle("methods", "adian")
    assert said.code == 2
    assert "did you mean 'adain'?" in said.err


def test_presets(vidstyle: Command) -> None:
    said = vidstyle("presets")
    assert "stained_glass" in said.out
    assert any(record["name"] == "ink" for record in vidstyle("presets", "--json").records)
    shown = vidstyle("presets", "ink")
    assert "ink.jpg" in shown.out
    assert "Apache-2.0" in shown.out
    assert vidstyle("presets", "inkk").code == 2


@pytest.fixture
def own_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A manifest of one small file; gives the file."""
    folder = tmp_path / "store"
    (folder / "files").mkdir(parents=True)
    file = folder / "files" / "small.safetensors"
    file.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    texts = "".join(f'{name} = "x"\n' for name in ("summary", "licence", "attribution", "recipe"))
    (folder / "manifest.toml").write_text(
        f'[small]\nfile = "small.safetensors"\nsha256 = "{digest}"\nbytes = 7\n{texts}', encoding="utf-8"
    )
    monkeypatch.setattr(store, "FOLDER", folder)
    yield file


def test_weights(vidstyle: Command, own_manifest: Path) -> None:
    assert str(own_manifest) in vidstyle("weights", "list").out
    assert vidstyle("weights", "verify").code == 0
    (record,) = vidstyle("weights", "list", "--json").records
    assert (record["name"], record["path"], record["problem"]) == ("small", str(own_manifest), "")


def test_damaged_and_missing_weights(vidstyle: Command, own_manifest: Path) -> None:
    own_manifest.write_bytes(b"weighty")
    said = vidstyle("weights", "verify")
    assert said.code == 6
    assert "damaged" in said.out
    own_manifest.unlink()
    assert "missing" in vidstyle("weights", "list").out
    assert vidstyle("weights", "verify", "--json").code == 6


def test_weights_and_what(vidstyle: Command) -> None:
    assert vidstyle("weights").code == 2
    assert vidstyle("weights", "fetch").code == 2
    assert vidstyle("weights", "list", "adain").code == 2
    assert vidstyle("weights", "fetch", "adain", "a.pth").code == 2
    assert "they come with vidstyle" in vidstyle("weights", "fetch", "adain").err


def test_weights_are_imported_and_used(vidstyle: Command, clip: Path, style: Path) -> None:
    from tests.weights import public

    torch.save(public.vgg_normalised().state_dict(), "vgg.pth")
    torch.save(public.decoder().state_dict(), "decoder.pth")
    files = ("vgg.pth", "decoder.pth")
    use = "vidstyle INPUT --style IMAGE --weights adain=my.safetensors"
    said = vidstyle("weights", "import", "adain", *files, "-o", "my.safetensors")
    assert (said.code, said.err.splitlines()[-1]) == (0, f"use it with: {use}")
    assert vidstyle("weights", "import", "adain", *files, "-o", "my.safetensors").code == 5
    assert "vidstyle ships its own" in vidstyle("weights", "import", "adain", *files).err
    own = ("--weights", "adain=my.safetensors", "--frames", "1", "--flow", "none", "--stabilizer", "none")
    assert vidstyle(clip, "--style", style, *own, "-o", "painted.png").code == 0


def test_weights_that_can_be_brought_are_told(vidstyle: Command) -> None:
    assert set(weights.FETCHED) == {entry.name for entry in store.manifest().values() if entry.source}
    assert set(weights.IMPORTED) == set(importers.IMPORTERS)
    assert set(weights.OWN_FLAGS) | set(weights.CACHED_FLAGS) == set(weights.IMPORTED)
    cached = {name for name in weights.IMPORTED if not store.find_entry(name).is_shipped}
    assert set(weights.CACHED_FLAGS) == cached
    shown = vidstyle("weights", "--help").out
    assert all(name in shown for name in weights.IMPORTED)


def test_doctor(vidstyle: Command, own_manifest: Path) -> None:
    said = vidstyle("doctor", "--json")
    found = {record["name"]: record for record in said.records if record["event"] == "check"}
    assert said.code == 0
    assert said.records[-1] == {"event": "doctor", "schema": 1, "healthy": True}
    assert found["encoder h264"]["detail"] == "opens"
    assert {"torch", "ffmpeg", "device", "weights small", "current folder", "cache folder"} <= set(found)


def test_doctor_finds_what_is_wrong(vidstyle: Command, own_manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "encoder_checks", lambda: iter(()))
    own_manifest.unlink()
    said = vidstyle("doctor")
    assert said.code == 1
    assert any(line.startswith("bad") and "weights small" in line for line in said.out.splitlines())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion(vidstyle: Command, shell: str) -> None:
    said = vidstyle("completion", shell)
    assert said.code == 0
    assert "adain-hold" in said.out
    assert "preview" in said.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_completion_completes(vidstyle: Command) -> None:
    Path("script").write_text(vidstyle("completion", "bash").out)

    def complete(*words: str) -> list[str]:
        line = f"source ./script; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_vidstyle"
        command = ["bash", "-c", f'{line} 2>/dev/null; echo "${{COMPREPLY[@]}}"']
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert complete("vidstyle", "pre") == ["preview", "presets"]
    assert complete("vidstyle", "--adain-h") == ["--adain-hold"]
    assert complete("vidstyle", "train", "--steadi") == ["--steadiness-weight"]
    Path("clip.mp4").touch()
    assert complete("vidstyle", "measure", "cl") == complete("vidstyle", "measure", "--per-frame", "cl") == ["clip.mp4"]
    assert "-o default" in Path("script").read_text()


def test_every_placeholder_is_known_to_completion() -> None:
    parsers = [make_parser(spec) for spec in COMMANDS]
    named = {action.metavar for parser in parsers for action in parser._actions if isinstance(action.metavar, str)}
    kinds = (completion.FILES, completion.FOLDERS, completion.WORDS)
    assert named | {"COMMAND"} == frozenset.union(*kinds)
    assert sum(map(len, kinds)) == len(frozenset.union(*kinds))


def test_completion_for_an_unknown_shell(vidstyle: Command) -> None:
    assert vidstyle("completion", "cmd").code == 2


def test_preview(vidstyle: Command, clip: Path, style: Path, painter_file: Path) -> None:
    own = ("--weights", f"adain={painter_file}")
    said = vidstyle("preview", clip, "--style", style, "--strengths", "0,0.5,1", *own, "-o", "sheet.png", "--json")
    assert said.records[-1]["columns"] == ["waves 0", "waves 0.5", "waves 1"]
    sheet = read_picture("sheet.png")
    assert tuple(sheet.shape) == (3, 24 + 3 * (32 + 4), 4 + 4 * (48 + 4))
    assert vidstyle("preview", clip, "--style", style, *own, "-o", "sheet.png").code == 5
    assert vidstyle("preview", clip, "--preset", "ink", "--preset", "neon", *own, "-o", "sheet.png", "-y").code == 0


def test_preview_of_a_still_in_small_cells(vidstyle: Command, style: Path, painter_file: Path) -> None:
    said = vidstyle("preview", style, "--style", style, "--weights", f"adain={painter_file}", "--cell", "40")
    assert said.code == 0
    assert read_picture("waves_preview.png").shape[2] == 4 + 2 * (40 + 4)


def test_preview_without_style(vidstyle: Command, clip: Path) -> None:
    said = vidstyle("preview", clip)
    assert said.code == 2
    assert "--style" in said.err
    assert vidstyle("preview", clip, "--style", "a.png", "-o", "sheet.xyz").code == 2
    assert vidstyle("preview", clip, "--style", "a.png", "--strengths", "0.5,x").code == 2


def test_labels() -> None:
    image = torch.full((3, 40, 120), 0.5)
    labeled = draw_label(image, "frame 12")
    assert labeled.shape == image.shape
    assert labeled[:, :24].max() > 0.9
    assert torch.equal(labeled[:, 24:], image[:, 24:])
    assert torch.equal(draw_label(image, ""), image)
    assert draw_label(torch.zeros(3, 5, 9), "much too long").shape == (3, 5, 9)
