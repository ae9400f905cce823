from __future__ import annotations

import torch

from tests import clips
from vidstyle.ops.trust import closest_first, far_trust, flow_trust, motion_boundary, motion_trust, uncovered


def test_moving_square_known_answer() -> None:
    pair = clips.moving_square()
    doubt = uncovered(pair.to_previous, pair.to_next)
    expected = torch.zeros_like(doubt)
    expected[:, 20:40, 20:28] = 1
    assert torch.equal(doubt, expected), "exactly 160 px: columns 20-27 of rows 20-39"
    assert int(motion_boundary(pair.to_previous).sum()) == 156


def test_still_picture_is_trusted_everywhere() -> None:
    still = torch.zeros(2, 8, 8)
    assert float(flow_trust(still, still).min()) > 0.999


def test_leaving_the_picture_is_not_trusted() -> None:
    pair = clips.pan(6, 0)
    trust = flow_trust(pair.to_previous, pair.to_next)
    assert float(trust[..., :4].max()) < 0.01
    assert float(trust[..., 10:].min()) > 0.99


def test_uncovered_ground_is_not_trusted_by_pictures_either() -> None:
    pair = clips.moving_square()
    trust = motion_trust((pair.current, pair.previous), pair.to_previous, pair.to_next)
    assert float(trust[:, 22:38, 21:27].mean()) < 0.2
    assert float(trust[:, :, 60:].min()) > 0.95
    assert float(trust[:, 24:36, 32:44].min()) > 0.9


def test_light_alone_keeps_trust() -> None:
    still, flow = clips.texture(), torch.zeros(2, *clips.SIZE)
    assert float(motion_trust((still + 0.08, still), flow, flow).min()) > 0.9


def test_flash_loses_trust() -> None:
    still, flow = clips.texture(), torch.zeros(2, *clips.SIZE)
    flash = (still + 0.6).clamp(0, 1)
    assert float(motion_trust((flash, still), flow, flow).mean()) < 0.1


def test_wrong_flow_loses_trust() -> None:
    pair = clips.pan(9, 0)
    still = torch.zeros(2, *clips.SIZE)
    assert float(motion_trust((pair.current, pair.previous), still, still).mean()) < 0.5


def test_bare_ground_is_trusted_a_little_despite_its_flow() -> None:
    flat = torch.full((3, 32, 32), 0.5)
    there, back = clips.constant_flow(3, 0, (32, 32)), clips.constant_flow(3, 0, (32, 32))
    assert float(flow_trust(there, back).max()) == 0
    trust = motion_trust((flat, flat), there, back)
    assert 0.5 < float(trust.min()) <= float(trust.max()) < 0.95


def test_far_pictures_must_agree_in_their_light_as_well() -> None:
    still, flow = clips.texture(), torch.zeros(2, *clips.SIZE)
    all_of_it = torch.ones(1, *clips.SIZE)
    (grainy,) = clips.with_grain([still], 0.02)
    assert float(far_trust((grainy, still), flow, all_of_it).min()) > 0.95
    assert float(far_trust((still + 0.08, still), flow, all_of_it).max()) < 0.2
    assert torch.equal(far_trust((still, still), flow, all_of_it / 2), all_of_it / 2)


def test_far_frames_count_where_no_nearer_one_does() -> None:
    """Five places: known from the frame before; hidden for one frame; for three; half known; never seen."""
    trusts = [
        torch.tensor([1.0, 0.0, 0.0, 0.5, 0.0]),
        torch.tensor([1.0, 1.0, 0.0, 0.75, 0.0]),
        torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0]),
    ]
    weights = closest_first(trusts)
    assert [weight.tolist() for weight in weights] == [
        [1.0, 0.0, 0.0, 0.5, 0.0],
        [0.0, 1.0, 0.0, 0.25, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
    ]


def test_weights_of_earlier_frames_sum_to_one_at_most() -> None:
    trusts = list(torch.rand(4, 1, 40, 40, generator=torch.Generator().manual_seed(5)))
    weights = torch.stack(closest_first(trusts))
    assert float(weights.min()) >= 0 and float(weights.sum(0).max()) <= 1 + 1e-6
    assert torch.equal(weights[0], trusts[0])
    assert torch.equal(torch.stack(closest_first(trusts[:2])), weights[:2])
