"""Motion from files and from earlier runs, in whole jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests import clips
from tests.flow.files import write_pair
from vidstyle.cli.arguments import parse
from vidstyle.cli.commands.stylize import job_from
from vidstyle.errors import InputError, UsageError
from vidstyle.flow.dis import Dis
from vidstyle.job import Job, plan_job, run_job
from vidstyle.presets import Look, build_look
from vidstyle.types import Flow, Image
from vidstyle.video.stills import write_picture

COUNT = 6


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Frames 101 to 106 of a pan, without a network."""
    (tmp_path / "in").mkdir()
    for index, image in enumerate(clips.panning(COUNT, 2)):
        write_picture(tmp_path / "in" / f"in.{101 + index}.png", image)
    for seed in (8, 9):
        write_picture(tmp_path / f"style{seed}.png", clips.texture(seed=seed))
    return Job(input=str(tmp_path / "in"), look=look_of(tmp_path), output=str(tmp_path / "out"), device="cpu")


def look_of(folder: Path, *, style: int = 8, preset: str = "ultrafast") -> Look:
    tables = {
        "style": {"images": [str(folder / f"style{style}.png")]},
        "stylizer": {"method": "color"},
        "stabilizer": {"method": "blend"},
        "flow": {"preset": preset},
    }
    return build_look(tables, where="test")


def painted(job: Job, folder: str) -> dict[str, bytes]:
    where = Path(job.output).with_name(folder)
    run_job(replace(job, output=str(where / "f.####.png")))
    return {path.name: path.read_bytes() for path in sorted(where.glob("*.png"))}


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each pair of frames that is searched."""
    found: list[int] = []
    both = Dis.both

    def counted(self: Dis, current: Image, previous: Image) -> tuple[Flow, Flow]:
        found.append(1)
        return both(self, current, previous)

    monkeypatch.setattr(Dis, "both", counted)
    return found


def test_kept_motion_serves_another_style(job: Job, tmp_path: Path, searches: list[int]) -> None:
    kept = replace(job, flow_cache=str(tmp_path / "kept"))
    other = look_of(tmp_path, style=9)
    assert painted(job, "plain") == painted(kept, "first")
    assert len(searches) == 2 * (COUNT - 1)
    searches.clear()
    second = painted(replace(kept, look=other), "second")
    assert searches == []
    assert second == painted(replace(job, look=other), "second plain")
    searches.clear()
    painted(replace(kept, look=look_of(tmp_path, preset="fast")), "third")
    assert len(searches) == COUNT - 1


def test_kept_motion_decides_no_pixel(job: Job, tmp_path: Path) -> None:
    kept = replace(job, flow_cache=str(tmp_path / "kept"), flow_cache_limit=1.0)
    assert plan_job(kept)["fingerprint"] == plan_job(job)["fingerprint"]


def write_vectors(folder: Path, dx: float) -> None:
    for number in range(102, 101 + COUNT):
        write_pair(folder, number, clips.constant_flow(dx, 0), clips.constant_flow(-dx, 0))


def test_given_motion_takes_the_place_of_searched(job: Job, tmp_path: Path, searches: list[int]) -> None:
    write_vectors(tmp_path / "true", 2)
    write_vectors(tmp_path / "none", 0)
    true = replace(job, flow_from=str(tmp_path / "true"))
    still = replace(job, flow_from=str(tmp_path / "none"))
    pictures = painted(true, "a")
    assert searches == [] and len(pictures) == COUNT
    assert pictures != painted(still, "b")
    # A part alone reads the vectors of its own numbers.
    assert painted(replace(true, frames="105"), "c") == {"f.0105.png": pictures["f.0105.png"]}
    before = plan_job(true)["fingerprint"]
    assert before != plan_job(job)["fingerprint"]
    write_pair(tmp_path / "true", 103, torch.zeros(2, 64, 96), torch.zeros(2, 64, 97))
    assert before != plan_job(true)["fingerprint"]


def test_missing_vectors_end_the_run(job: Job, tmp_path: Path) -> None:
    write_vectors(tmp_path / "true", 2)
    (tmp_path / "true" / "forward" / "0103.flo").unlink()
    with pytest.raises(InputError, match="no forward vectors for frame 103"):
        painted(replace(job, flow_from=str(tmp_path / "true")), "a")


def test_settings_that_do_not_go_together(job: Job, tmp_path: Path) -> None:
    write_vectors(tmp_path / "true", 2)
    both = replace(job, flow_from=str(tmp_path / "true"), flow_cache=str(tmp_path / "kept"))
    with pytest.raises(UsageError, match="--flow-cache: keeps motion that is searched, but --flow-from reads it"):
        run_job(both)
    with pytest.raises(UsageError, match="--flow-cache-limit: expected gigabytes above 0"):
        run_job(replace(job, flow_cache=str(tmp_path / "kept"), flow_cache_limit=float("nan")))


def test_the_command_takes_them() -> None:
    words = ["a.mp4", "--method", "color", "--style", "a.jpg"]
    job = job_from(parse([*words, "--loop", "--flow-cache", "kept", "--flow-cache-limit", "2.5"])[1])
    assert (job.loop, job.flow_cache, job.flow_cache_limit, job.flow_from) == (True, "kept", 2.5, None)
    job = job_from(parse([*words, "--flow-from", "vectors"])[1])
    assert (job.loop, job.flow_cache, job.flow_cache_limit, job.flow_from) == (False, None, 20.0, "vectors")
    with pytest.raises(UsageError, match="--flow-from: reads motion, so --flow would search it in vain"):
        job_from(parse([*words, "--flow-from", "vectors", "--flow", "dis"])[1])
