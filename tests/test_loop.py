"""A clip that loops: painted so that its end leads to its beginning."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests import clips
from tests.media import write_movie
from vidstyle.errors import UsageError
from vidstyle.events import Event, Warned
from vidstyle.job import Job, plan_job, run_job
from vidstyle.loop import Ring, ring_of
from vidstyle.presets import build_look
from vidstyle.selection import Selection
from vidstyle.types import Reach
from vidstyle.video.sources import open_source
from vidstyle.video.stills import read_picture, write_picture

COUNT, STEP = 24, 4
"""Frames of a round, and pixels that the camera moves in each: 96, the width of the clips."""


def write_round(folder: Path) -> None:
    """A camera that turns once around: the frame after the last is the first. Under flicker, which makes memories."""
    folder.mkdir()
    half = clips.texture()
    world = torch.cat((half, half.flip(-1)), -1)[..., ::2]
    turned = [world.roll(-STEP * index, dims=-1) for index in range(COUNT)]
    for index, image in enumerate(clips.with_flicker(turned, 0.03)):
        write_picture(folder / f"in.{index:04d}.png", image)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    write_round(tmp_path / "in")
    write_picture(tmp_path / "style.png", clips.texture(seed=8))
    look = build_look(
        {
            "style": {"images": [str(tmp_path / "style.png")]},
            "stylizer": {"method": "color", "hold": 12},
            "stabilizer": {"method": "blend", "interval": 16, "fade": 6, "light": 0.0},
            "flow": {"preset": "fast"},
        },
        where="test",
    )
    return Job(input=str(tmp_path / "in"), look=look, output=str(tmp_path / "out"), device="cpu")


def painted(job: Job, folder: str = "out") -> list[Tensor]:
    where = Path(job.output).with_name(folder)
    run_job(replace(job, output=str(where / "f.####.png")))
    return [read_picture(path) for path in sorted(where.glob("*.png"))]


def steps(images: list[Tensor]) -> list[float]:
    """How much the painting changes from each frame to the next, along the known motion; the last is the seam."""
    followers = [*images[1:], images[0]]
    return [
        float((other - image.roll(-STEP, dims=-1)).abs().mean()) for image, other in zip(images, followers, strict=True)
    ]


def test_the_seam_is_a_step_like_any_other(job: Job) -> None:
    *inside, seam = steps(painted(replace(job, loop=True)))
    assert seam <= max(inside)
    *inside, seam = steps(painted(job, "plain"))
    assert seam > 1.5 * max(inside), "the clip has no seam, so nothing is tested"


def test_any_frames_alone_are_those_of_the_whole(job: Job) -> None:
    job = replace(job, loop=True)
    whole = painted(job)
    for frames in ("0-1", "22,23"):
        part = painted(replace(job, frames=frames), frames)
        numbers = [int(path.stem[2:]) for path in sorted(Path(job.output).with_name(frames).glob("*.png"))]
        assert len(part) == len(numbers) > 0
        assert all(torch.equal(image, whole[number]) for image, number in zip(part, numbers, strict=True))
    assert plan_job(replace(job, frames="23"))["passes"][0][0] < 0


def test_a_clip_that_does_not_loop_is_said_to(job: Job, tmp_path: Path) -> None:
    for path in sorted((tmp_path / "in").iterdir())[14:]:
        path.unlink()
    for index in range(14, COUNT):
        write_picture(tmp_path / "in" / f"in.{index:04d}.png", clips.texture(seed=40))
    events: list[Event] = []
    run_job(replace(job, loop=True, cuts="auto"), events.append)
    said = [event.message for event in events if isinstance(event, Warned)]
    assert any("its last frame does not lead to its first" in message for message in said)


def test_the_lead_in_of_a_short_clip_is_half_of_it() -> None:
    assert [Ring(count, 1).lead for count in (2, 7, 48, 500)] == [1, 3, 24, 24]
    passes = list(Ring(6, 1).passes(Selection(), Reach(before=100, after=2)))
    assert passes == [(-3, 6)]


def test_frames_of_the_lead_in_are_the_last_ones_in_times_before_the_first(job: Job) -> None:
    with open_source(job.input) as source:
        ring = ring_of(source)
        around = list(ring.frames(source, -2, 2))
        whole = list(source.frames())
    assert (ring.count, [frame.index for frame in around]) == (COUNT, [-2, -1, 0, 1])
    assert torch.equal(around[1].image, whole[-1].image) and torch.equal(around[2].image, whole[0].image)
    assert len({b.time - a.time for a, b in pairwise(around)}) == 1


def test_a_movie_is_counted_to_its_end(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", frames=5)
    with open_source(tmp_path / "a.mp4") as source:
        ring, times = ring_of(source), [frame.pts for frame in source.frames()]
    assert ring == Ring(5, 5 * (times[1] - times[0]))


def test_one_frame_is_no_clip(job: Job, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--loop: .* has one frame; expected a clip"):
        run_job(replace(job, input=str(tmp_path / "style.png"), output=str(tmp_path / "x.png"), loop=True))
