"""The pictures of a page are those of the clips."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests import clips
from tests.media import write_movie
from vidstyle.measuring.figures import Clip
from vidstyle.measuring.pictures import make_gallery, pick
from vidstyle.measuring.run import MeasureJob, run_measurement
from vidstyle.video.sources import open_source
from vidstyle.video.stills import write_picture


def test_picked_frames_are_the_clip_s(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "clip.mkv", frames=8, size=(48, 32))
    with open_source(path) as source:
        frames = [frame.image for frame in source.frames()]
        found = pick(source, {0: 2, 1: 5})
        assert pick(source, {}) == {}
    assert sorted(found) == [0, 1]
    assert torch.equal(found[0], frames[2])
    assert torch.equal(found[1], frames[5])


def test_a_map_shows_where_the_error_is(tmp_path: Path) -> None:
    base = clips.texture((32, 48)) * 0.8
    spot = base.clone()
    spot[:, 10:20, 30:40] += 0.2
    for name, second in (("content", base), ("styled", spot)):
        (tmp_path / name).mkdir()
        for number, image in enumerate((base, second)):
            write_picture(tmp_path / name / f"{number}.png", image)
    job = MeasureJob(content=str(tmp_path / "content"), styled=str(tmp_path / "styled"), flow="none")
    measurement = run_measurement(job)
    assert measurement.totals["warp_k1"] == pytest.approx((0.04 * 100 / (32 * 48)) ** 0.5, rel=0.02)
    gallery = make_gallery(job, measurement)
    (suspect,) = gallery.suspects
    before, after, error = suspect.pictures
    assert suspect.number == 1
    assert torch.allclose(before, base, atol=0.003)
    assert torch.allclose(after, spot, atol=0.003)
    assert error[:, 10:20, 30:40].min() == 1, "white, the error is above a tenth"
    assert error.mean() == pytest.approx(100 / (32 * 48), abs=0.001), "black everywhere else"
    assert [(item.number, item.before) for item in gallery.comparisons] == [(0, Clip.CONTENT), (1, Clip.CONTENT)]


def test_what_could_not_be_compared_is_blue(tmp_path: Path) -> None:
    for name in ("content", "styled"):
        (tmp_path / name).mkdir()
        for number, image in enumerate(clips.panning(2, 8)):
            write_picture(tmp_path / name / f"{number}.png", image)
    job = MeasureJob(content=str(tmp_path / "content"), styled=str(tmp_path / "styled"))
    (suspect,) = make_gallery(job, run_measurement(job)).suspects
    red, _, blue = suspect.pictures[2][:, 32, -3]
    assert blue > 3 * red, "this column has just come in"
