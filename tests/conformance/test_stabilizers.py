"""What every stabilizer promises."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.conformance.methods import build, cases
from tests.conformance.shots import SIZE, frames, steps, untouched
from vidstyle.catalog import Stage
from vidstyle.types import Image, Stabilizer, Step, StyledStep

pytestmark = pytest.mark.parametrize("case", cases(Stage.STABILIZER))


def make(case: Any) -> Stabilizer:
    stabilizer: Stabilizer = build(case)
    return stabilizer


def painted(shot: list[Step]) -> list[StyledStep]:
    """The frames with a flicker that depends on the frame alone."""
    made = []
    for step in shot:
        noise = torch.rand(step.frame.image.shape, generator=torch.Generator().manual_seed(step.frame.index))
        made.append(StyledStep(step, (0.8 * (1 - step.frame.image) + 0.2 * noise).clamp(0, 1)))
    return made


def same(a: list[Image], b: list[Image]) -> bool:
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_gives_one_image_in_range_per_step(case: Any) -> None:
    steady = list(make(case).stabilize(painted(steps(frames(0, 6)))))
    assert len(steady) == 6
    for image in steady:
        assert image.shape == (3, *SIZE) and image.dtype == torch.float32
        assert image.min() >= 0 and image.max() <= 1 and image.isfinite().all()


@pytest.mark.parametrize("size", [(1, 1), (1, 37), (31, 17), (50, 8)])
def test_takes_any_size(case: Any, size: tuple[int, int]) -> None:
    steady = list(make(case).stabilize(painted(steps(frames(0, 3, size=size)))))
    assert [image.shape for image in steady] == [(3, *size)] * 3
    assert all(image.isfinite().all() for image in steady)


def test_takes_a_shot_of_one_frame_and_of_none(case: Any) -> None:
    only = painted(steps(frames(7, 8)))
    assert same(list(make(case).stabilize(only)), [only[0].image])
    assert list(make(case).stabilize([])) == []


def test_gives_the_same_bytes_again(case: Any) -> None:
    shot = painted(steps(frames(0, 5)))
    assert same(list(make(case).stabilize(shot)), list(make(case).stabilize(shot)))


def test_keeps_nothing_over_a_cut(case: Any) -> None:
    first, second = painted(steps(frames(0, 4))), painted(steps(frames(4, 8, seed=1), shot=1))
    stabilizer = make(case)
    list(stabilizer.stabilize(first))
    assert same(list(stabilizer.stabilize(second)), list(make(case).stabilize(second)))


def test_two_shots_at_once_do_not_meet(case: Any) -> None:
    first, second = painted(steps(frames(0, 3))), painted(steps(frames(3, 6, seed=1), shot=1))
    stabilizer = make(case)
    pairs = list(zip(stabilizer.stabilize(first), stabilizer.stabilize(second), strict=True))
    assert same([b for _, b in pairs], list(make(case).stabilize(second)))


def test_reach_is_honest(case: Any) -> None:
    stabilizer = make(case)
    reach = stabilizer.reach
    # A short reach is tried from every start, so that each place between two anchors is met; a long one costs too much.
    starts = range(18) if reach.before <= 16 else (1, 13)
    shown = frames(0, starts[-1] + reach.before + 2 + reach.after, size=(16, 24))
    whole = list(stabilizer.stabilize(painted(steps(shown))))
    for start in starts:
        late = list(stabilizer.stabilize(painted(steps(shown[start:]))))
        assert torch.equal(late[reach.before], whole[start + reach.before]), f"from frame {start}"


def test_leaves_its_input_alone(case: Any) -> None:
    shot = painted(steps(frames(0, 4)))
    motions = [styled.step.motion for styled in shot if styled.step.motion]
    parts = [part for m in motions for part in (m.to_previous, m.trust)]
    checks = list(untouched([*(s.image for s in shot), *(s.step.frame.image for s in shot), *parts]))
    list(make(case).stabilize(shot))
    assert all(check() for check in checks)
