"""What training tasks have in common."""

from __future__ import annotations

import torch

from tests.conformance.shots import texture
from vidstyle.train.terms import BEYOND, GRAIN, moved, unsteadiness


def test_moved_pictures_are_a_window_with_new_grain() -> None:
    pictures = torch.stack([texture(0, size=(64, 64), seed=i) for i in range(2)])
    again, window = moved(pictures, torch.Generator().manual_seed(1), stride=8)
    assert again.shape == (2, 3, 48, 48)
    noise = again - pictures[window]
    assert 0.9 * GRAIN < noise.std() < 1.1 * GRAIN
    assert abs(noise.mean()) < GRAIN / 20


def test_they_move_by_more_than_the_stride_and_stay_inside() -> None:
    pictures = torch.zeros(1, 3, 64, 64)
    seen = set()
    for seed in range(60):
        again, (_, rows, columns) = moved(pictures, torch.Generator().manual_seed(seed), stride=8)
        assert again.shape[2:] == (48, 48)
        seen |= {rows.start, columns.start}
    assert seen == set(range(1, 8 + BEYOND + 1))


def test_steadiness_leaves_the_border_out() -> None:
    painted = torch.zeros(1, 3, 64, 64)
    again = painted.clone()
    again[..., :16, :] = 1
    assert unsteadiness(painted, again) == 0
    assert unsteadiness(painted, painted + 0.5) == 0.5
    assert unsteadiness(painted[..., :16, :16], again[..., :16, :16]) == 1
