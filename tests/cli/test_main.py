"""Exit codes, one-line errors, signals, and closed outputs."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from vidstyle import cli, job
from vidstyle.events import Event, FrameDone


def test_unknown_option_names_the_nearest(vidstyle: Command) -> None:
    said = vidstyle("clip.mp4", "--stile", "a.png")
    assert said.code == 2
    assert said.err == "vidstyle: unknown option '--stile'; did you mean '--style'?\n"


def test_unknown_option_far_from_all(vidstyle: Command) -> None:
    assert "vidstyle --help lists them" in vidstyle("clip.mp4", "--zzzzzzzzzz").err


def test_options_are_not_abbreviated(vidstyle: Command) -> None:
    assert vidstyle("clip.mp4", "--styl", "a.png").code == 2


def test_second_input(vidstyle: Command) -> None:
    said = vidstyle("a.mp4", "b.mp4", "--style", "a.png")
    assert said.code == 2
    assert "unexpected argument 'b.mp4'" in said.err


def test_value_out_of_bounds(vidstyle: Command) -> None:
    said = vidstyle("a.mp4", "--style", "a.png", "--strength", "3")
    assert (said.code, said.err) == (2, "vidstyle: --strength: 3.0 is outside 0 .. 1\n")


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--size", "0"),
        ("--size", "big"),
        ("--fps", "1/0"),
        ("--fps", "-3"),
        ("--crf", "x"),
        ("-e", "x"),
        ("--seed", "-1"),
    ],
)
def test_values_of_the_wrong_kind(vidstyle: Command, flag: str, value: str) -> None:
    said = vidstyle("a.mp4", "--style", "a.png", flag, value)
    assert said.code == 2
    assert said.err.startswith("vidstyle: -")
    assert "expected" in said.err


def test_existing_flags_exclude_each_other(vidstyle: Command) -> None:
    assert vidstyle("a.mp4", "--style", "a.png", "-y", "-n").code == 2


def test_no_input(vidstyle: Command) -> None:
    said = vidstyle()
    assert said.code == 2
    assert "no input" in said.err


def test_a_mistyped_command_is_no_input(vidstyle: Command) -> None:
    assert "neither a file nor a command; did you mean 'methods'?" in vidstyle("methodss").err
    Path("methodss").touch()
    assert "no style" in vidstyle("methodss").err and "no style" in vidstyle("probe.mp4").err


def test_what_has_no_effect_is_refused(vidstyle: Command, clip: Path, style: Path) -> None:
    for words, message in (
        (("a.mp4", "--method", "fast", "--style-scale", 50), "--style-scale: --method fast has its style in"),
        (("a.mp4", "--style", "a.png", "--flow-cache-limit", 3), "--flow-cache-limit: there is no folder to limit"),
        (("a.mp4", "--style", "a.png", "--flow-from", "v", "--dis-preset", "fast"), "--flow-from: reads motion"),
        (("lut", "a.mp4", "--style", "a.png", "--stabilizer", "none"), "unknown option '--stabilizer'"),
        (("lut", "a.mp4", "--style", "a.png", "--dis-preset", "fast"), "unknown option '--dis-preset'"),
        (("preview", "a.mp4", "--style", "a.png", "--encoder", "vgg19"), "--encoder vgg19: --method adain does not"),
        (("a.mp4", "--style", "a.png", "--weights", "sanet=/nope"), "not used by --method adain; those it uses: adain"),
        (("a.mp4", "--style", "a.png", "--weights", "raft-small=/nope"), "--weights raft-small: not used by"),
        (("a.mp4", "--method", "fast", "--weights", "fast_ink=a"), "those it uses: fast_starry"),
        (("preview", clip, "--style", style, "--weights", "slim=a"), "--weights slim: not used by --method adain"),
    ):
        said = vidstyle(*words)
        assert said.code == 2 and message in said.err and len(said.err.splitlines()) == 1


def test_no_style_shows_the_fix(vidstyle: Command, clip: Path) -> None:
    said = vidstyle(clip)
    assert said.code == 2
    assert "--style IMAGE" in said.err
    assert "--preset" in said.err


def test_missing_input(vidstyle: Command, look: tuple[str, ...]) -> None:
    said = vidstyle("nowhere.mp4", *look)
    assert (said.code, said.err) == (3, "vidstyle: nowhere.mp4: no such file\n")


def test_missing_style(vidstyle: Command, clip: Path, painter_file: Path) -> None:
    assert vidstyle(clip, "--style", "nowhere.png", "--weights", f"adain={painter_file}").code == 3


def test_existing_output(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    Path("out.mp4").write_bytes(b"precious")
    said = vidstyle(clip, *look, "-o", "out.mp4")
    assert said.code == 5
    assert "-y overwrites it" in said.err
    assert Path("out.mp4").read_bytes() == b"precious"


def test_weights_that_are_none(vidstyle: Command, clip: Path, style: Path) -> None:
    Path("bad.safetensors").write_bytes(b"no weights")
    said = vidstyle(clip, "--style", style, "--weights", "adain=bad.safetensors")
    assert said.code == 6
    assert "bad.safetensors" in said.err


def test_unknown_weights(vidstyle: Command, clip: Path, style: Path) -> None:
    said = vidstyle(clip, "--style", style, "--weights", "adian=x")
    assert said.code == 2
    assert "did you mean 'adain'?" in said.err


def test_weights_that_the_look_uses(vidstyle: Command, clip: Path, style: Path) -> None:
    for words in (
        ("--method", "gatys", "--weights", "slim=nowhere"),
        ("--method", "gatys", "--encoder", "vgg19", "--weights", "vgg19=nowhere"),
        ("--method", "sanet", "--weights", "slim=nowhere"),
        ("--method", "color", "--flow", "raft-small", "--weights", "raft-small=nowhere"),
    ):
        said = vidstyle(clip, "--style", style, *words, "-o", "o.mp4")
        assert (said.code, "nowhere" in said.err) == (6, True)


def test_absent_device(vidstyle: Command, clip: Path, look: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert vidstyle(clip, *look, "-d", "cuda").code == 7


def test_no_device(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    assert vidstyle(clip, *look, "-d", "gpu").code == 2


def test_errors_in_json(vidstyle: Command) -> None:
    said = vidstyle("a.mp4", "--json")
    assert said.records[-1]["event"] == "error"
    assert said.records[-1]["exit_code"] == said.code == 2
    assert said.records[-1]["message"] in said.err


def test_errors_in_json_leave_the_video_alone(vidstyle: Command, look: tuple[str, ...]) -> None:
    said = vidstyle("nowhere.mp4", *look, "--progress", "json", "-o", "-")
    assert said.out == ""
    assert '"exit_code": 3' in said.err


def boom(*_: object) -> None:
    raise ZeroDivisionError("a bug\nin two lines")


def test_internal_error(vidstyle: Command, clip: Path, look: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "run_job", boom)
    said = vidstyle(clip, *look)
    assert said.code == 1
    assert (
        said.err == "vidstyle: internal error: ZeroDivisionError: a bug in two lines (VIDSTYLE_DEBUG=1 shows where)\n"
    )
    monkeypatch.setenv("VIDSTYLE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        vidstyle(clip, *look)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_out_of_memory(
    vidstyle: Command, clip: Path, look: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def run_job(*_: object) -> None:
        raise error

    monkeypatch.setattr(job, "run_job", run_job)
    said = vidstyle(clip, *look)
    assert said.code == 7
    assert "--size" in said.err


def test_interrupt(vidstyle: Command, clip: Path, look: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "run_job", interrupted)
    said = vidstyle(clip, *look)
    assert (said.code, said.err) == (130, "vidstyle: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process can catch")
def test_termination_cleans_up(
    vidstyle: Command, clip: Path, look: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_at_third(event: Event) -> None:
        if isinstance(event, FrameDone) and event.done == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("vidstyle.cli.progress.log_event", stop_at_third)
    said = vidstyle(clip, *look, "-o", "out.mp4", "--progress", "none")
    assert (said.code, said.err) == (143, "vidstyle: interrupted\n")
    assert [path for path in Path().iterdir() if "json" not in path.name] == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_log_file(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    assert vidstyle(clip, *look, "-o", "out.mp4", "--log-file", "run.log").code == 0
    assert vidstyle(clip, *look, "-o", "out.mp4", "--log-file", "run.log").code == 5
    lines = Path("run.log").read_text().splitlines()
    assert "INFO start" in lines[0]
    assert lines[0].split()[0].endswith("Z")
    assert "ERROR" in lines[-1]
    assert logging.getLogger("vidstyle").handlers == []


def test_log_file_that_cannot_be(vidstyle: Command) -> None:
    assert vidstyle("methods", "--log-file", "nowhere/run.log").code == 5


def test_verbose_logs_every_frame_only_when_twice(vidstyle: Command, clip: Path, look: tuple[str, ...]) -> None:
    once, twice = (vidstyle(clip, *look, "-o", "out.mp4", "-y", flag).err for flag in ("-v", "-vv"))
    assert "INFO start" in once
    assert "DEBUG" not in once
    assert "DEBUG frame 6 done" in twice


def test_help_leaves_with_zero(vidstyle: Command) -> None:
    said = vidstyle("--help")
    assert said.code == 0
    assert "--adain-hold" in said.out
    assert "completion" in said.out


def spawn(*words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidstyle", *words]
    return subprocess.run(command, text=True, check=False, cwd=Path(cli.__file__).parents[2], **settings)  # type: ignore[call-overload, no-any-return]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end differently")
@pytest.mark.parametrize("word", ["methods", "--help"])
def test_reader_that_leaves(word: str) -> None:
    read, write = os.pipe()
    os.close(read)
    done = spawn(word, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_behind_the_standard_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = spawn("methods", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 5
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_closed_outputs() -> None:
    command = [f"{sys.executable} -m vidstyle methods >&- 2>&-"]
    assert subprocess.run(command, shell=True, check=False, cwd=Path(cli.__file__).parents[2]).returncode == 0


def test_help_is_plain_where_nobody_sees_color() -> None:
    done = spawn("--help", capture_output=True, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


HEAVY = ("torch", "torchvision", "av", "cv2", "rich")


@pytest.mark.parametrize(
    ("words", "heavy"),
    [(["--version", "-v"], HEAVY), (["--help"], HEAVY[:-1]), (["methods"], HEAVY), (["presets"], HEAVY)],
)
def test_answers_come_without_heavy_imports(words: list[str], heavy: tuple[str, ...]) -> None:
    code = (
        f"import sys\nfrom vidstyle import cli\nassert cli.main({words!r}) == 0\n"
        f"assert not set({heavy!r}) & set(sys.modules), set({heavy!r}) & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
