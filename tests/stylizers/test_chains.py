"""Chains of frames: who is painted after whom, and what shows where two chains meet."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.shots import frames, steps, texture
from vidstyle.ops.relay import Relay
from vidstyle.stylizers.chains import carried, paint_chains, start_between
from vidstyle.types import Frame, Image, Motion


def flat(value: float) -> Image:
    return torch.full((3, 8, 8), value)


def solve(frame: Frame) -> Image:
    return flat(frame.index / 100)


def follow(painted: Image, frame: Frame, motion: Motion) -> Image:
    """A chain keeps the color it began with, and darkens a little at every step."""
    return painted - 0.001


def shown(start: int, stop: int) -> list[float]:
    painted = paint_chains(steps(frames(start, stop, size=(8, 8))), Relay(8, 3), solve=solve, follow=follow)
    return [float(image.mean()) for image in painted]


def test_a_chain_follows_until_the_next_has_faded_in() -> None:
    first = [0.40 - 0.001 * (i - 40) for i in range(40, 48)]
    second = [0.45 - 0.001 * (i - 45) for i in range(45, 53)]
    mixed = [a + w * (b - a) for a, b, w in zip(first[5:], second, (0.25, 0.5, 0.75), strict=False)]
    assert shown(40, 53)[:5] == pytest.approx(first[:5], abs=1e-5)
    assert shown(40, 53)[5:8] == pytest.approx(mixed, abs=1e-5)
    assert shown(40, 53)[8:] == pytest.approx(second[3:], abs=1e-5)


def test_a_cut_ends_all_chains() -> None:
    assert shown(46, 47) == pytest.approx([0.46])


def test_what_moves_by_whole_pixels_loses_nothing_and_is_given_nothing() -> None:
    image = texture(0)
    flow = torch.tensor([3.0, -2.0]).view(2, 1, 1).expand(2, *image.shape[1:]).contiguous()
    moved = carried(image, Motion(flow, torch.ones_like(image[:1])))
    assert torch.allclose(moved[:, 2:, :-3], image[:, :-2, 3:], atol=1e-6)
    between = carried(image, Motion(flow + 0.5, torch.ones_like(image[:1])))
    assert between[:, 4:-4, 4:-4].std() == pytest.approx(float(image[:, 4:-4, 4:-4].std()), rel=0.1)


def test_a_frame_starts_from_what_is_trusted_at_least_half() -> None:
    trust = torch.tensor([0.0, 0.25, 0.5, 1.0]).view(1, 1, 4)
    start = start_between(torch.zeros(3, 1, 4), torch.ones(3, 1, 4), trust)
    assert start[0, 0].tolist() == [0.0, 0.5, 1.0, 1.0]
