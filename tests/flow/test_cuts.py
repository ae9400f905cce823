from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from tests import clips
from vidstyle.errors import InputError
from vidstyle.flow.cut_list import read_cuts
from vidstyle.flow.cuts import AutoCuts, CutRule, FileCuts, NoCuts
from vidstyle.flow.dis import Dis
from vidstyle.flow.track import reach_of, track
from vidstyle.method_options import DisOptions
from vidstyle.types import Frame, Image, Step

COUNT = 14


def tracked(frames: list[Frame], cuts: CutRule | None = None) -> list[Step]:
    flow = Dis(DisOptions(preset="fast"), torch.device("cpu"))
    return list(track(iter(frames), flow, AutoCuts() if cuts is None else cuts))


def openings(images: list[Image]) -> list[int]:
    return [step.frame.index for step in tracked(clips.frames(images)) if step.motion is None]


def test_hard_cut_is_found() -> None:
    assert openings(clips.with_cut(COUNT, 6)) == [0, 6]


def test_cut_to_the_last_frame_and_after_the_first() -> None:
    assert openings(clips.with_cut(COUNT, COUNT - 1)) == [0, COUNT - 1]
    assert openings(clips.with_cut(COUNT, 1)) == [0, 1]


def test_shot_of_one_frame() -> None:
    images = [*clips.panning(6, seed=3), clips.texture(seed=9), *clips.panning(6, seed=4)]
    assert openings(images) == [0, 6, 7]


@pytest.mark.parametrize(
    "images",
    [
        clips.panning(COUNT, 1),
        clips.panning(COUNT, 25),
        clips.with_flash(clips.panning(COUNT), 6),
        clips.with_flash(clips.panning(COUNT), COUNT - 2),
        clips.with_flicker(clips.panning(COUNT), 0.1),
        clips.with_grain(clips.panning(COUNT), 0.05),
        clips.ramp(COUNT, 0.4),
    ],
    ids=["pan", "fast-pan", "flash", "late-flash", "flicker", "grain", "ramp"],
)
def test_no_cut(images: list[Image]) -> None:
    assert openings(images) == [0]


def test_flash_loses_trust_on_both_sides() -> None:
    motions = {step.frame.index: step.motion for step in tracked(clips.frames(clips.with_flash(clips.panning(9), 4)))}
    low = [motions[i] for i in (4, 5)]
    assert all(motion is not None and float(motion.trust.mean()) < 0.15 for motion in low)
    calm = motions[7]
    assert calm is not None and float(calm.trust.mean()) > 0.8


def test_gap_in_time_is_a_cut() -> None:
    frames = clips.frames(clips.panning(10))
    gapped = [replace(frame, pts=frame.pts + (20 if frame.index >= 5 else 0)) for frame in frames]
    assert [step.shot for step in tracked(gapped)] == [0] * 5 + [1] * 5
    halved = [replace(frame, time_base=Fraction(1, 12)) for frame in frames]
    assert {step.shot for step in tracked(halved)} == {0}


def test_given_rules() -> None:
    frames = clips.frames(clips.with_cut(8, 4), start=100)
    assert [step.shot for step in tracked(frames, NoCuts())] == [0] * 8
    assert [step.shot for step in tracked(frames, FileCuts([102, 106, 900]))] == [0, 0, 1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("start", range(1, 11))
def test_decisions_do_not_depend_on_the_start(start: int) -> None:
    images = clips.with_flash(clips.with_cut(18, 9), 13)
    whole, rule = tracked(clips.frames(images)), AutoCuts()
    early = max(0, start - reach_of(rule).before)
    late = tracked(clips.frames(images[early:], start=early))
    for one, other in zip(whole[start:], late[start - early :], strict=True):
        assert one.frame.index == other.frame.index
        assert (one.motion is None) == (other.motion is None)
        if one.motion is not None and other.motion is not None:
            assert torch.equal(one.motion.to_previous, other.motion.to_previous)
            assert torch.equal(one.motion.trust, other.motion.trust)


def test_an_early_end_does_not_change_what_is_before_it() -> None:
    images = clips.with_cut(14, 7)
    whole, after = tracked(clips.frames(images)), AutoCuts().reach.after
    for stop in range(6, 12):
        part = tracked(clips.frames(images[: stop + after]))
        assert [s.shot for s in part[:stop]] == [s.shot for s in whole[:stop]]


def test_bounded_memory() -> None:
    pulled: list[int] = []

    def source() -> list[Frame]:
        return clips.frames(clips.panning(12))

    def watched() -> object:
        for frame in source():
            pulled.append(frame.index)
            yield frame

    rule = AutoCuts()
    flow = Dis(DisOptions(preset="ultrafast"), torch.device("cpu"))
    for step in track(watched(), flow, rule):  # type: ignore[arg-type]
        assert pulled[-1] - step.frame.index <= rule.reach.after


SCENES = """Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode,End Time (seconds)
1,1,00:00:00.000,0.000,48,00:00:02.000,2.000
2,49,00:00:02.000,2.000,96,00:00:04.000,4.000
3,97,00:00:04.000,4.000,120,00:00:05.000,5.000
"""


@pytest.mark.parametrize("head", ["", "Timecode List:,00:00:02.000,00:00:04.000\n", "\ufeff"])
def test_scene_lists(tmp_path: Path, head: str) -> None:
    path = tmp_path / "scenes.csv"
    path.write_text(head + SCENES, encoding="utf-8")
    assert read_cuts(path) == (0, 48, 96)


def test_plain_lists(tmp_path: Path) -> None:
    path = tmp_path / "cuts.txt"
    path.write_text("1010\n\n1020\n", encoding="utf-8")
    assert read_cuts(path, first_number=1001) == (9, 19)


@pytest.mark.parametrize(
    "text", ["", "hello", "12\nx\n", "Scene Number,Start\n1,2\n", "-4\n", "1,2,3\n", SCENES + "4,x\n"]
)
def test_nonsense_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cuts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"cuts\.csv"):
        read_cuts(path)


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none"):
        read_cuts(tmp_path / "none.csv")
    path = tmp_path / "b.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError):
        read_cuts(path)
