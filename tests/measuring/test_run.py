"""What a measurement searches motion with."""

from __future__ import annotations

import pytest
import torch

from tests import clips
from tests.measuring.rig import still
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.measuring.run import MeasureJob, load_flow
from vidstyle.method_options import DisOptions
from vidstyle.presets import Choice
from vidstyle.stages import load_flow as load_stage
from vidstyle.types import FlowEstimator


@pytest.mark.parametrize(
    ("asked", "present", "expected"),
    [
        ("auto", {"raft-small", "raft-large", "dis"}, "raft-small"),
        ("auto", {"raft-large", "dis"}, "dis"),
        ("auto", {"dis"}, "dis"),
        ("raft-large", {"raft-small", "raft-large", "dis"}, "raft-large"),
    ],
)
def test_auto_takes_the_network_that_a_processor_can_run(
    monkeypatch: pytest.MonkeyPatch, asked: str, present: set[str], expected: str
) -> None:
    def load(choice: Choice, compute: Compute) -> FlowEstimator:
        if choice.method not in present:
            raise WeightsError(f"{choice.method}: not here")
        return still

    monkeypatch.setattr("vidstyle.stages.load_flow", load)
    job = MeasureJob(content="content.mp4", styled="styled.mp4", flow=asked, device="cpu")
    assert load_flow(job)[0] == expected


def test_motion_is_not_searched_where_a_run_searches_it() -> None:
    # Red and green that cancel in the luma of BT.709, on which runs search, but not in the gray of BT.601.
    pattern = clips.texture((64, 128))[:1] - 0.5
    wide = 0.5 + torch.cat((0.9 * pattern, -0.9 * pattern * 0.2126 / 0.7152, torch.zeros_like(pattern)))
    source, target = wide[..., 16:112], wide[..., 13:109]
    aside = load_flow(MeasureJob(content="content.mp4", styled="styled.mp4", flow="dis", device="cpu"))[1]
    assert float(aside(source, target)[0, 16:-16, 16:-16].median()) == pytest.approx(3, abs=0.5)
    runs = load_stage(Choice("dis", DisOptions()), Compute(torch.device("cpu")))
    assert float(runs(source, target)[0, 16:-16, 16:-16].median()) == pytest.approx(0, abs=0.5), "nothing to be seen"


def test_a_network_that_was_asked_for_is_not_replaced() -> None:
    job = MeasureJob(content="content.mp4", styled="styled.mp4", flow="raft-small", device="cpu")
    with pytest.raises(WeightsError):
        load_flow(job)
