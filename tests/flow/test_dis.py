from __future__ import annotations

import pytest
import torch

from tests import clips
from tests.flow import truth
from vidstyle.flow.dis import Dis
from vidstyle.method_options import DisOptions
from vidstyle.ops.trust import flow_trust

CPU = torch.device("cpu")


def dis(**values: object) -> Dis:
    return Dis(DisOptions(**values), CPU)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (12, 12), (161, 91), (12, 400), (700, 1), (33, 129)])
@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
def test_any_size(size: tuple[int, int], preset: str) -> None:
    image = torch.rand(3, *size)
    flow = dis(preset=preset, max_size=300)(image, image)
    assert flow.shape == (2, *size)
    assert float(flow.abs().max()) < 0.05


@pytest.mark.parametrize(
    "pair", [clips.pan(3, -2), clips.sub_pixel_pan(1.5, 0.25), clips.zoom(1.03)], ids=["whole", "parts", "zoom"]
)
def test_known_motion(pair: clips.Pair) -> None:
    flow = dis()(pair.current, pair.previous)
    error = (flow - pair.to_previous).norm(dim=0)[8:-8, 8:-8]
    assert float(error.median()) < 0.1


def test_rotation_by_two_degrees_where_trusted() -> None:
    pair = clips.rotation(2, size=(192, 256))
    there, back = dis()(pair.current, pair.previous), dis()(pair.previous, pair.current)
    error = (there - pair.to_previous).norm(dim=0)
    kept = flow_trust(there, back)[0] > 0.99
    kept[:12], kept[-12:], kept[:, :12], kept[:, -12:] = False, False, False, False
    assert float(kept.float().mean()) > 0.6
    assert float(error[kept].mean()) < 0.1


def test_reduced_search_scales_the_flow_back() -> None:
    pair = clips.zoom(1.03, size=(192, 256))
    flow = dis(max_size=128)(pair.current, pair.previous)
    assert float((flow - pair.to_previous).norm(dim=0)[16:-16, 16:-16].median()) < 0.25


def test_both_ways_at_once_are_the_search_and_a_good_way_back() -> None:
    pair = clips.zoom(1.03, size=(128, 192))
    estimator = dis()
    there, back = estimator.both(pair.current, pair.previous)
    assert torch.equal(there, estimator(pair.current, pair.previous))
    error = (back - estimator(pair.previous, pair.current)).norm(dim=0)
    assert 0 < float(error.max()) < 0.7


def test_both_ways_of_large_frames() -> None:
    pair = clips.zoom(1.03, size=(256, 960))
    estimator = dis()
    there, back = estimator.both(pair.current, pair.previous)
    assert torch.equal(there, estimator(pair.current, pair.previous))
    # What moved in over the border has no counterpart.
    error = (back - estimator(pair.previous, pair.current)).norm(dim=0)[12:-12, 24:-24]
    assert float((error < 0.7).float().mean()) > 0.99


def test_what_is_found_depends_on_the_pair_alone() -> None:
    pair, other = clips.zoom(1.03, size=(256, 960)), clips.pan(3, -2)
    estimator = dis()
    first = estimator.both(pair.current, pair.previous)
    estimator.both(other.current, other.previous)
    again = estimator.both(pair.current, pair.previous)
    assert all(torch.equal(*flows) for flows in zip(first, again, strict=True))


@pytest.mark.parametrize("name", ["parallax", "crossing", "light"])
def test_large_frames_are_searched_as_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "SIZE", (360, 960))
    score = truth.searched(truth.SCENES[name](), dis())
    assert score.endpoint < 0.1 and score.recall > 0.95 and score.trusted > 0.97
