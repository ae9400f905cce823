"""Regions that pictures share."""

from __future__ import annotations

import torch
from torch import Tensor

from vidstyle.ops.clustering import joint_clusters, place_features


def halves(*, swapped: bool = False, gain: float = 1.0) -> Tensor:
    """Features ``(1, 4, 8, 6)`` of one kind above and of another below, with a little noise."""
    kinds = torch.tensor([[1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.5]])
    top, bottom = kinds.flip(0) if swapped else kinds
    rows = torch.stack([top] * 4 + [bottom] * 4)
    noise = 0.05 * torch.rand(8, 6, 4, generator=torch.Generator().manual_seed(4))
    return gain * (rows[:, None] + noise).permute(2, 0, 1)[None]


def found(content: Tensor, style: Tensor, count: int = 2) -> tuple[Tensor, Tensor]:
    ours, (theirs,) = joint_clusters(place_features(content), [place_features(style)], count)
    return tuple(shares.argmax(1).view(8, 6) for shares in (ours, theirs))  # type: ignore[return-value]


def test_equals_find_each_other_at_another_brightness() -> None:
    ours, theirs = found(halves(), halves(gain=0.1))
    assert torch.equal(ours, theirs)
    assert ours[0, 0] != ours[7, 0] and (ours[:4] == ours[0, 0]).all() and (ours[4:] == ours[7, 0]).all()


def test_kind_counts_more_than_height() -> None:
    weak = torch.cat([halves()] * 16, 1)
    swapped = torch.cat([halves(swapped=True)] * 16, 1)
    ours, theirs = found(weak, swapped)
    assert ours[0, 0] == theirs[7, 0] and ours[7, 0] == theirs[0, 0]


def test_one_region_is_everything_and_more_than_points_are_allowed() -> None:
    ours, theirs = joint_clusters(torch.rand(5, 3), [torch.rand(4, 3)], 1)
    assert torch.equal(ours, torch.ones(5, 1)) and torch.equal(theirs[0], torch.ones(4, 1))
    ours, _ = joint_clusters(torch.zeros(1, 3), [torch.zeros(1, 3)], 6)
    assert ours.isfinite().all() and torch.allclose(ours.sum(1), torch.ones(1))


def test_shares_change_little_where_features_change_little() -> None:
    content, style = halves(), halves(gain=0.1)
    ours, _ = joint_clusters(place_features(content), [place_features(style)], 3)
    later, _ = joint_clusters(place_features(content + 1e-4), [place_features(style)], 3)
    assert (ours - later).abs().max() < 0.01
