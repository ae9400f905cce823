"""Motion that only tells shots apart."""

from __future__ import annotations

import torch

from tests import clips
from vidstyle.flow.cuts import AutoCuts
from vidstyle.flow.dis import Dis
from vidstyle.flow.track import COARSE, track
from vidstyle.method_options import DisOptions
from vidstyle.ops.resize import resize
from vidstyle.types import Flow, Image

WIDE = (COARSE // 2, 2 * COARSE)


class Watched:
    """An estimator that notes the sizes it is given."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, ...]] = set()
        self._dis = Dis(DisOptions(preset="ultrafast"), torch.device("cpu"))

    def __call__(self, source: Image, target: Image) -> Flow:
        self.seen.add(tuple(source.shape))
        return self._dis(source, target)


def openings(images: list[Image], flow: Watched, *, coarse: bool) -> list[int]:
    frames = clips.frames([resize(image, WIDE) for image in images])
    found = list(track(iter(frames), flow, AutoCuts(), coarse=coarse))
    assert all(step.frame.image.shape == (3, *WIDE) for step in found)
    return [step.frame.index for step in found if step.motion is None]


def test_cuts_are_found_on_shrunken_frames() -> None:
    flow = Watched()
    assert openings(clips.with_cut(8, 4), flow, coarse=True) == [0, 4]
    assert openings(clips.panning(6, 4), flow, coarse=True) == [0]
    assert flow.seen == {(3, WIDE[0] // 2, COARSE)}


def test_whole_frames_are_seen_where_motion_is_used() -> None:
    flow = Watched()
    openings(clips.panning(3), flow, coarse=False)
    assert flow.seen == {(3, *WIDE)}
