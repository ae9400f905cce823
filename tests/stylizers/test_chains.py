"""Chains of frames: who is painted after whom, and what shows where two chains meet."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.shots import frames, steps, texture
from vidstyle.ops.relay import Relay
from vidstyle.stylizers.chains import MEETING, carried, lead, paint_chains
from vidstyle.types import Frame, Image, Motion


def flat(value: float) -> Image:
    return torch.full((3, 8, 8), value)


def solve(frame: Frame) -> Image:
    return flat(frame.index / 100)


def follow(painted: Image, frame: Frame, motion: Motion, *, effort: float) -> Image:
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
    content, painted = texture(0), texture(0, seed=1)
    trust = torch.zeros_like(content[:1])
    trust[..., 12:24], trust[..., 24:36], trust[..., 36:] = 0.25, 0.5, 1.0
    start, fresh, moved = lead(painted, content, Motion(torch.zeros_like(content[:2]), trust))
    assert torch.allclose(moved, painted, atol=1e-6)
    assert torch.allclose(fresh.mean((1, 2)), painted.mean((1, 2)), atol=1e-3)
    wanted = torch.cat((fresh[..., :12], (fresh + moved)[..., 12:24] / 2, moved[..., 24:]), 2)
    assert torch.allclose(start, wanted, atol=1e-6)


def test_where_chains_meet_each_takes_fewer_steps_wherever_a_run_begins() -> None:
    def efforts(start: int, stop: int) -> list[tuple[int, float]]:
        found = []

        def follow(painted: Image, frame: Frame, motion: Motion, *, effort: float) -> Image:
            found.append((frame.index, effort))
            return painted

        list(paint_chains(steps(frames(start, stop, size=(8, 8))), Relay(8, 3), solve=solve, follow=follow))
        return found

    whole = efforts(0, 10)
    assert whole == [(i, 1.0) for i in range(1, 5)] + [(i, MEETING) for i in (5, 6, 6, 7, 7)] + [(8, 1.0), (9, 1.0)]
    assert efforts(5, 10) == [(6, MEETING), (7, MEETING), (8, 1.0), (9, 1.0)]
