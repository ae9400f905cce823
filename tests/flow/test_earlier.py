"""Motion over several frames: searched within shots, for those who ask, and in whole jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import clips
from tests.conftest import save_untrained
from tests.flow.files import write_pair
from vidstyle.flow.cuts import FileCuts, NoCuts
from vidstyle.flow.motion import SearchedMotion
from vidstyle.flow.none import NoFlow
from vidstyle.flow.track import follow
from vidstyle.job import Job, run_job
from vidstyle.method_options import NoFlowOptions
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.trust import far_trust
from vidstyle.presets import Look, build_look
from vidstyle.types import Frame, Motion
from vidstyle.video.stills import write_picture

SHOT = clips.frames(clips.panning(12))


class Noted:
    """Searches, and notes between which frames."""

    def __init__(self, *, neighbors_only: bool = False) -> None:
        self.neighbors_only = neighbors_only
        self.pairs: list[tuple[int, int]] = []
        self._searched = SearchedMotion(NoFlow(NoFlowOptions(), torch.device("cpu")))

    def between(self, current: Frame, previous: Frame) -> Motion:
        self.pairs.append((current.index, previous.index))
        return self._searched.between(current, previous)


def test_motion_is_searched_over_the_distances_that_are_asked_for() -> None:
    motions = Noted()
    steps = list(follow(SHOT[:6], motions, NoCuts(), distances=(2, 4)))
    assert [sorted(step.earlier) for step in steps] == [[], [], [2], [2], [2, 4], [2, 4]]
    found = motions.between(SHOT[5], SHOT[1])
    trust = far_trust((SHOT[5].image, SHOT[1].image), found.to_previous, found.trust)
    assert torch.equal(steps[5].earlier[4].trust, trust) and trust.mean() < steps[5].earlier[2].trust.mean()
    assert [a - b for a, b in sorted(motions.pairs)][:6] == [1, 2, 1, 2, 1, 4]


def test_who_does_not_ask_pays_nothing() -> None:
    motions = Noted()
    assert not any(step.earlier for step in follow(SHOT, motions, NoCuts()))
    assert motions.pairs == [(i, i - 1) for i in range(1, len(SHOT))]


def test_no_motion_leads_over_a_cut() -> None:
    motions = Noted()
    steps = list(follow(SHOT, motions, FileCuts([6]), distances=(2, 4)))
    assert [max(step.earlier, default=0) for step in steps] == [0, 0, 2, 2, 4, 4] * 2
    assert all(a - b == 1 or (a < 6) == (b < 6) for a, b in motions.pairs)


def test_a_source_of_neighbors_is_not_asked_for_more() -> None:
    motions = Noted(neighbors_only=True)
    assert not any(step.earlier for step in follow(SHOT, motions, NoCuts(), distances=(2, 4)))
    assert all(a - b == 1 for a, b in motions.pairs)


# Whole jobs

COUNT = 18


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A square that passes quickly over a ground at rest, painted in chains of 8."""
    (tmp_path / "in").mkdir()
    ground, square = clips.texture((48, 64)), clips.texture((20, 16), seed=5)
    for index in range(COUNT):
        image = ground.clone()
        image[:, 14:34, 8 * (index % 6) : 8 * (index % 6) + 16] = square
        write_picture(tmp_path / "in" / f"in.{index:04d}.png", image)
    write_picture(tmp_path / "style.png", clips.texture(seed=8))
    slim = save_untrained(Vgg, tmp_path / "slim.safetensors")
    return Job(
        input=str(tmp_path / "in"),
        look=look_of(tmp_path),
        output=str(tmp_path / "out"),
        device="cpu",
        cuts="none",
        weights=(("slim", str(slim)),),
    )


def look_of(folder: Path, *, memory: int = 4) -> Look:
    quick = {"iterations": 1, "follow": 1, "interval": 8, "fade": 2}
    tables = {
        "style": {"images": [str(folder / "style.png")]},
        "stylizer": {"method": "gatys", "memory": memory, **quick},
        "flow": {"preset": "ultrafast"},
    }
    return build_look(tables, where="test")


def painted(job: Job, folder: str) -> dict[str, bytes]:
    where = Path(job.output).with_name(folder)
    run_job(replace(job, output=str(where / "f.####.png")))
    return {path.name: path.read_bytes() for path in sorted(where.glob("*.png"))}


@pytest.mark.parametrize("loop", [False, True])
def test_frames_alone_have_the_bytes_of_the_whole(job: Job, tmp_path: Path, loop: bool) -> None:
    job = replace(job, loop=loop)
    whole = painted(job, "whole")
    part = painted(replace(job, frames="2,16-17"), "part")
    assert part == {name: whole[name] for name in ("f.0002.png", "f.0016.png", "f.0017.png")}
    short = painted(replace(job, look=look_of(tmp_path, memory=1), frames="16-17"), "short")
    assert all(short[name] != whole[name] for name in short)


def test_kept_motion_serves_all_distances(job: Job, tmp_path: Path) -> None:
    plain = painted(replace(job, frames="0-5"), "plain")
    kept = replace(job, frames="0-5", flow_cache=str(tmp_path / "kept"))
    assert painted(kept, "first") == plain
    files = {path.name for path in (tmp_path / "kept").iterdir()}
    assert painted(kept, "second") == plain
    assert {path.name for path in (tmp_path / "kept").iterdir()} == files
    assert len(files) == 5 + 4 + 2


def test_motion_from_files_leads_to_the_frame_before_alone(job: Job, tmp_path: Path) -> None:
    for number in range(1, 6):
        write_pair(tmp_path / "vectors", number, torch.zeros(2, 48, 64), torch.zeros(2, 48, 64))
    job = replace(job, frames="0-5", flow_from=str(tmp_path / "vectors"))
    assert painted(job, "a") == painted(replace(job, look=look_of(tmp_path, memory=1)), "b")
