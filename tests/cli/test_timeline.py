"""Style over time through the command: flags, presets, whole runs, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.media import exif_time_block, smooth_image, with_exif, write_sequence
from vidstyle.cli.arguments import parse
from vidstyle.cli.commands.stylize import job_from
from vidstyle.cli.picture_flags import Picture, picture
from vidstyle.errors import UsageError
from vidstyle.presets import Look, build_look, find_preset, overlay
from vidstyle.video.stills import encode_picture, write_picture

DAY, NIGHT = "day.png", "night.png"


@pytest.fixture
def paint(vidstyle: Command, painter_file: Path) -> Command:
    """Run the command on quick settings, beside two style pictures."""
    write_picture(DAY, smooth_image(40))
    write_picture(NIGHT, 1 - smooth_image(25))
    quick = ("--weights", f"adain={painter_file}", "--flow", "none", "--stabilizer", "none", "--adain-hold", "2")
    return lambda *words: vidstyle(*words, *quick)


def look_of(*words: str) -> Look:
    return job_from(parse(["in.mp4", *words])[1]).look


def keys_of(look: Look) -> list[dict[str, Any]]:
    return [key.as_record() for key in look.keys]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg@5s", ("a.jpg", 1.0, "5s")),
        ("a.jpg:2@5s", ("a.jpg", 2.0, "5s")),
        ("a.jpg@18:30", ("a.jpg", 1.0, "18:30")),
        ("a.jpg:0.5@18:30:05", ("a.jpg", 0.5, "18:30:05")),
        ("painting@250f", ("painting", 1.0, "250f")),
        (r"C:\art\a.jpg:2@5s", (r"C:\art\a.jpg", 2.0, "5s")),
        # What is no time is part of the name.
        ("logo@2x.png", ("logo@2x.png", 1.0, "")),
        ("me@home.jpg:2", ("me@home.jpg", 2.0, "")),
        ("a.jpg@work/b.jpg", ("a.jpg@work/b.jpg", 1.0, "")),
        ("mail@noon", ("mail@noon", 1.0, "")),
        ("old@5s:1", ("old@5s", 1.0, "")),
        ("@5s", ("@5s", 1.0, "")),
    ],
)
def test_pictures_with_times(text: str, expected: tuple[str, float, str]) -> None:
    assert picture(text) == Picture(*expected)


@pytest.mark.parametrize("text", ["a.jpg@noon", "a.jpg@", "a.jpg@1.5", "a.jpg:2@25:00", "a.jpg@5s:2"])
def test_what_should_be_a_time_but_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"--style: .* is no time; expected"):
        look_of("--style", text)


def test_flags_become_keys() -> None:
    look = look_of("--style", "a.jpg@0s", "--style", "b.jpg:3@5s", "--style", "c.jpg@5s", "--style", "a.jpg@9s")
    assert [str(p.path) for p in look.pictures] == ["a.jpg", "b.jpg", "c.jpg"]
    assert keys_of(look) == [
        {"at": "0s", "weights": (1, 0, 0)},
        {"at": "5s", "weights": (0, 0.75, 0.25)},
        {"at": "9s", "weights": (1, 0, 0)},
    ]
    assert look_of("--style", "a.jpg@0s", "--style", "b.jpg@5s", "--style-ease", "smooth").style.ease == "smooth"


PRESET = """
[style]
images = ["a.png", "b.png"]
ease = "step"

[[style.keys]]
at = "1f"
weights = [1, 0]
strength = 0.5

[[style.keys]]
at = "9f"
weights = [0, 1]
"""


def test_keys_in_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    look = look_of("--preset", str(path))
    assert keys_of(look) == [{"at": "1f", "weights": (1, 0), "strength": 0.5}, {"at": "9f", "weights": (0, 1)}]
    assert look.style.ease == "step"
    # Weights are of their pictures; the strength is of whatever is painted.
    other = look_of("--preset", str(path), "--style", "c.png")
    assert [str(p.path) for p in other.pictures] == ["c.png"]
    assert keys_of(other) == [{"at": "1f", "strength": 0.5}]
    timed = look_of("--preset", str(path), "--style", "c.png@2s")
    assert keys_of(timed) == [{"at": "2s", "weights": (1,)}]
    path.write_text(PRESET.replace("ease", "weights = [1, 1]\nease"))
    with pytest.raises(UsageError, match="style weights: there are some in the keys as well"):
        find_preset(str(path))


def test_pictures_over_keys_of_weights_alone_leave_none() -> None:
    below = {"style": {"images": ["a"], "keys": [{"at": "5s", "weights": [1]}]}}
    merged = overlay(below, {"style": {"images": ["b"]}})
    assert merged == {"style": {"images": ["b"]}}
    assert build_look(merged, where="test").keys == ()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("day.png@2s", "night.png@1s"), "1s comes after 2s; put the keys in the order of their times"),
        (("day.png@2s", "day.png@2s"), "--style day.png@2s: is there twice"),
        (("day.png@2s", "night.png@2.0s"), "2.0s: there are two keys at this time"),
        (("day.png@2s", "night.png"), "--style night.png: has no time, but day.png has"),
        (("day.png@2s", "night.png@90f"), "2s and 90f: seconds and frame numbers do not mix"),
        (("day.png@2q", "night.png@3s"), "'2q' is no time"),
        (("day.png:0@2s", "night.png@3s"), "2s: weights: at least one must be above 0"),
        (("day.png@18:30", "night.png@23:00"), "its frames do not say when they were taken, so none lies at 18:30"),
    ],
)
def test_what_cannot_be_is_one_line(paint: Command, clip: Path, words: tuple[str, ...], message: str) -> None:
    flags = [flag for word in words for flag in ("--style", word)]
    said = paint(clip, *flags, "-o", "out.mkv")
    assert said.code == 2 and message in said.err and len(said.err.splitlines()) == 1
    assert not Path("out.mkv").exists()


def test_what_cannot_change_says_so(vidstyle: Command, clip: Path) -> None:
    said = vidstyle(clip, "--method", "fast", "--preset", "fade.toml")
    assert said.code == 2
    Path("fade.toml").write_text('[[style.keys]]\nat = "0s"\nstrength = 0.5\n')
    said = vidstyle(clip, "--method", "fast", "--preset", "fade.toml")
    assert said.code == 2 and "--method fast: its style cannot change over time (@0s); methods that can: " in said.err
    said = vidstyle("lut", clip, "--style", "a.jpg@0s")
    assert said.code == 2 and "@0s: a table cannot change over time" in said.err


FADE = ("--style", f"{DAY}@7f", "--style", f"{NIGHT}@10f")


def test_a_part_of_a_fade_is_that_part_of_the_whole(paint: Command) -> None:
    write_sequence(Path("in"), [6, 7, 8, 9, 10, 12])
    assert paint("in/f.####.png", *FADE, "-o", "whole").code == 0
    assert paint("in/f.####.png", *FADE, "-o", "part", "--frames", "8-9,12").code == 0
    whole, part = ({path.name: path.read_bytes() for path in Path(name).glob("*.png")} for name in ("whole", "part"))
    assert len(whole) == 6 and len(part) == 3
    assert part.items() <= whole.items()
    # Before the fade and after it, the other picture is not there.
    assert paint("in/f.####.png", "--style", DAY, "-o", "day").code == 0
    assert paint("in/f.####.png", "--style", NIGHT, "-o", "night").code == 0
    shows_day, shows_night = (
        {name[-8:-4] for name, data in whole.items() if Path(alone, name).read_bytes() == data}
        for alone in ("day", "night")
    )
    assert (shows_day, shows_night) == ({"0006", "0007"}, {"0010", "0012"})


def test_the_record_of_a_run_has_its_keys(paint: Command, clip: Path) -> None:
    (plan,) = paint(clip, *FADE, "--dry-run", "--json").records
    assert plan["job"]["look"]["keys"][1] == {"at": "10f", "weights": [0, 1]}
    assert plan["job"]["output"] == "clip_day_night.mp4"
    (later,) = paint(clip, *FADE[:-1], f"{NIGHT}@11f", "--dry-run", "--json").records
    assert later["fingerprint"] != plan["fingerprint"]
    assert "@10f" in paint(clip, *FADE, "--dry-run").out


def test_a_time_lapse_goes_by_its_clock(paint: Command) -> None:
    Path("in").mkdir()
    for number, taken in enumerate(("18:00:00", "19:00:00", "20:00:00", "21:00:00")):
        block = exif_time_block(f"2026:06:21 {taken}")
        Path(f"in/f.{number}.jpg").write_bytes(with_exif(encode_picture(smooth_image(number), ".jpg"), block))
    by_clock = ("--style", f"{DAY}@18:30", "--style", f"{NIGHT}@20:30")
    assert paint("in", *by_clock, "-o", "clock.####.png").code == 0
    # Frame 1, taken at 19:00, lies a quarter of the way; frame 2 three quarters.
    for share, number in ((0.25, 1), (0.75, 2)):
        mixed = ("--style", f"{DAY}:{1 - share}", "--style", f"{NIGHT}:{share}")
        assert paint("in", *mixed, "-o", f"mixed{number}.####.png").code == 0
        assert Path(f"clock.000{number}.png").read_bytes() == Path(f"mixed{number}.000{number}.png").read_bytes()


def test_probe_tells_when_pictures_were_taken(vidstyle: Command) -> None:
    Path("in").mkdir()
    for number in (1, 2):
        block = exif_time_block(f"2026:06:21 18:30:0{number}", "5")
        Path(f"in/f.{number}.jpg").write_bytes(with_exif(encode_picture(smooth_image(number), ".jpg"), block))
    times = ["2026-06-21 18:30:01.500000", "2026-06-21 18:30:02.500000"]
    assert vidstyle("probe", "in", "--json").records[0]["taken"] == times
    assert " to ".join(times) in vidstyle("probe", "in").out


def test_preview_shows_a_timeline_in_one_column(paint: Command, clip: Path) -> None:
    said = paint("preview", clip, *FADE, "--size", "24", "-o", "sheet.png", "--json")
    assert said.code == 0 and said.records[0]["columns"] == ["day night"]
    said = paint("preview", clip, "--style", DAY, "--style", NIGHT, "--size", "24", "-o", "two.png", "--json")
    assert said.records[0]["columns"] == ["day", "night"]
