"""From words to commands, tables and looks."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from vidstyle.catalog import METHODS, Stage
from vidstyle.cli.arguments import choose_command, parse
from vidstyle.cli.commands import COMMANDS
from vidstyle.cli.commands.stylize import job_from
from vidstyle.cli.look_flags import flag_of
from vidstyle.cli.picture_flags import Picture, picture
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError
from vidstyle.job import Job
from vidstyle.options import describe
from vidstyle.presets import find_preset


def job(*words: str) -> Job:
    return job_from(parse(["in.mp4", *words])[1])


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "stylize"),
        (["in.mp4", "--style", "a.png"], "stylize"),
        (["--style", "probe", "in.mp4"], "stylize"),
        (["./probe"], "stylize"),
        (["probe", "in.mp4"], "probe"),
        (["-v", "--json", "probe", "in.mp4"], "probe"),
        (["in.mp4", "probe"], "stylize"),
        (["stylize", "probe"], "stylize"),
        (["--", "probe"], "stylize"),
    ],
)
def test_default_command(words: list[str], name: str) -> None:
    assert choose_command(words)[0].name == name


def test_flags_before_a_command_stay() -> None:
    assert choose_command(["-v", "probe", "a"])[1] == ["-v", "a"]


def test_file_with_a_command_s_name() -> None:
    assert job_from(parse(["stylize", "probe", "--style", "a.png"])[1]).input == "probe"


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_command_has_help(spec: object, capsys: pytest.CaptureFixture[str]) -> None:
    name = spec.name  # type: ignore[attr-defined]
    with pytest.raises(SystemExit):
        parse([name, "--help"])
    assert f"vidstyle {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg", ("a.jpg", 1.0)),
        ("a.jpg:0.25", ("a.jpg", 0.25)),
        ("a.jpg:2", ("a.jpg", 2.0)),
        ("a.jpg:1e-1", ("a.jpg", 0.1)),
        (r"C:\art\a.jpg", (r"C:\art\a.jpg", 1.0)),
        (r"C:\art\a.jpg:0.5", (r"C:\art\a.jpg", 0.5)),
        ("C:7", ("C:7", 1.0)),
        ("12:30 photo.jpg", ("12:30 photo.jpg", 1.0)),
        ("night:2:1", ("night:2", 1.0)),
        ("a.jpg:nan", ("a.jpg:nan", 1.0)),
    ],
)
def test_style_pictures(text: str, expected: tuple[str, float]) -> None:
    assert picture(text) == Picture(*expected)


def test_several_styles() -> None:
    look = job("--style", "a.png:0.3", "--style", "b.png").look
    assert [(str(p.path), p.weight) for p in look.pictures] == [("a.png", 0.3), ("b.png", 1.0)]


@pytest.mark.parametrize("weights", [("-1", "1"), ("0", "0")])
def test_impossible_weights(weights: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="style weights"):
        job("--style", f"a.png:{weights[0]}", "--style", f"b.png:{weights[1]}")


def test_order_does_not_matter() -> None:
    arguments = parse(["--style", "a.png", "in.mp4", "-o", "-", "--crf", "20"])[1]
    assert job_from(arguments).input == "in.mp4"
    assert job_from(arguments).output == "-"


def test_every_option_has_a_flag() -> None:
    for spec in METHODS:
        choose = {Stage.STYLIZER: "--method", Stage.FLOW: "--flow", Stage.STABILIZER: "--stabilizer"}[spec.stage]
        pictures = ("--style", "a.png") if spec.needs_style else ()
        for info in describe(spec.options):
            flag = flag_of(spec, info)
            value = (flag, str(info.default))
            if info.kind is bool:
                value = (flag if info.default else flag.replace("--", "--no-", 1),)
            look = job(*pictures, choose, spec.name, *value).look
            assert getattr(getattr(look, spec.stage).options, info.name) == info.default


def preset_file(folder: Path) -> str:
    path = folder / "mine.toml"
    path.write_text(
        '[style]\nimages = ["art.png"]\nscale = 50.0\n[stylizer]\nstrength = 0.25\nhold = 7\n[flow]\nmethod = "none"\n'
    )
    return str(path)


def test_flags_over_preset_over_defaults(tmp_path: Path) -> None:
    preset = preset_file(tmp_path)
    below, above = job("--preset", preset).look, job("--preset", preset, "--strength", "0.5", "--flow", "dis").look
    assert (below.stylizer.options.strength, below.stylizer.options.hold, below.flow.method) == (0.25, 7, "none")
    assert (above.stylizer.options.strength, above.stylizer.options.hold, above.flow.method) == (0.5, 7, "dis")
    assert above.style.scale == 50.0
    assert above.style.keep_color == "none"
    assert above.pictures == below.pictures


def test_style_over_preset(tmp_path: Path) -> None:
    look = job(
        "--preset", preset_file(tmp_path), "--style", "b.png", "--keep-color", "match", "--style-scale", "70"
    ).look
    assert [str(p.path) for p in look.pictures] == ["b.png"]
    assert (look.style.scale, look.style.keep_color) == (70.0, "match")


def test_shipped_preset_by_name() -> None:
    assert job("--preset", "ink").look.pictures == find_preset_pictures("ink")


def find_preset_pictures(name: str) -> object:
    from vidstyle.presets import build_look

    return build_look(find_preset(name).tables, where="test").pictures


def test_unknown_preset() -> None:
    with pytest.raises(UsageError, match="did you mean 'mosaic'"):
        job("--preset", "mosiac")


def test_unknown_method() -> None:
    with pytest.raises(UsageError, match="--method: unknown stylizer 'adian'; did you mean 'adain'"):
        job("--style", "a.png", "--method", "adian")


def test_flag_of_a_method_that_is_not_chosen(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--dis-preset: is for --flow dis, but the flow is 'none'"):
        job("--style", "a.png", "--flow", "none", "--dis-preset", "fast")
    with pytest.raises(UsageError, match="--dis-preset: is for --flow dis, but the flow is 'none'"):
        job("--preset", preset_file(tmp_path), "--dis-preset", "fast")


def test_all_of_a_job() -> None:
    made = job(
        "--style", "a.png", "-o", "out.mkv", "--frames", "3-9x2", "--size", "640", "--mask", "m.png", "--cuts", "none",
        "-c", "hevc", "--crf", "21.5", "--pix-fmt", "yuv420p10le", "-e", "preset=fast", "-e", "tune=grain",
        "--bit-depth", "10", "--audio", "none", "--subs", "none", "--metadata", "none", "--skip-existing",
        "-d", "cpu", "--encoder", "vgg19", "--precision", "bf16", "--threads", "2", "--seed", "9",
        "--start-number", "1001", "--fps", "30000/1001", "--strict", "--weights", "adain=w.safetensors",
    )  # fmt: skip
    assert made == Job(
        input="in.mp4",
        look=made.look,
        output="out.mkv",
        frames="3-9x2",
        size=640,
        mask="m.png",
        cuts="none",
        encoding=EncodeSettings(
            codec="hevc",
            crf=21.5,
            pix_fmt="yuv420p10le",
            options=(("preset", "fast"), ("tune", "grain")),
            bit_depth=10,
            audio="none",
            subs="none",
            metadata="none",
        ),
        existing="skip",
        device="cpu",
        encoder="vgg19",
        precision="bf16",
        threads=2,
        seed=9,
        start_number=1001,
        frame_rate=Fraction(30000, 1001),
        strict=True,
        weights=(("adain", "w.safetensors"),),
    )


def test_what_is_not_given_is_the_job_s_default() -> None:
    made = job("--style", "a.png")
    assert made == Job(input="in.mp4", look=made.look, output="in_a.mp4")


def test_training_needs_no_libav() -> None:
    code = (
        "import sys\nsys.modules['av'] = None\n"
        "import vidstyle.cli.commands.train as train, vidstyle.train.adain, vidstyle.train.loop\n"
        "from vidstyle.cli.arguments import parse\n"
        "parse(['train', 'adain', '--content', 'a', '--steps', '5', '--bf16'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
