"""What every stylizer promises."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.conformance.methods import build, cases
from tests.conformance.shots import SIZE, frames, steps, style, untouched
from tests.limits import given_threads
from vidstyle.catalog import Stage
from vidstyle.types import Image, Step, Stylizer

# By modules, so that what one test has painted serves the next.
pytestmark = pytest.mark.parametrize("case", cases(Stage.STYLIZER), scope="module")


def make(case: Any) -> Stylizer:
    stylizer: Stylizer = build(case, style())
    return stylizer


def same(a: list[Image], b: list[Image]) -> bool:
    return len(a) == len(b) and all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def shot() -> list[Step]:
    return steps(frames(4, 7), shot=1)


@pytest.fixture(scope="module")
def painted(case: Any) -> list[Image]:
    """`shot` by a stylizer that has painted nothing else."""
    return list(make(case).stylize(shot()))


def test_gives_one_image_in_range_per_step(painted: list[Image]) -> None:
    assert len(painted) == 3
    for image in painted:
        assert image.shape == (3, *SIZE) and image.dtype == torch.float32
        assert image.min() >= 0 and image.max() <= 1 and image.isfinite().all()


@pytest.mark.parametrize("size", [(1, 1), (1, 37), (31, 17), (50, 8)])
def test_takes_any_size(case: Any, size: tuple[int, int]) -> None:
    painted = list(make(case).stylize(steps(frames(0, 2, size=size))))
    assert [image.shape for image in painted] == [(3, *size)] * 2
    assert all(image.isfinite().all() for image in painted)


def test_takes_a_shot_of_one_frame_and_of_none(case: Any) -> None:
    assert len(list(make(case).stylize(steps(frames(7, 8))))) == 1
    assert list(make(case).stylize([])) == []


def test_gives_the_same_bytes_again_and_keeps_nothing_over_a_cut(case: Any, painted: list[Image]) -> None:
    stylizer = make(case)
    list(stylizer.stylize(steps(frames(1, 4, seed=1))))
    assert same(list(stylizer.stylize(shot())), painted)


def test_two_shots_at_once_do_not_meet(case: Any, painted: list[Image]) -> None:
    stylizer = make(case)
    pairs = list(zip(stylizer.stylize(steps(frames(1, 4, seed=1))), stylizer.stylize(shot()), strict=True))
    assert same([b for _, b in pairs], painted)


def test_reach_is_honest(case: Any) -> None:
    stylizer = make(case)
    reach, last = stylizer.reach, 3
    wanted = reach.before + 4
    whole = frames(0, wanted + last + reach.after)
    from_start = list(stylizer.stylize(steps(whole)))[wanted : wanted + last]
    late = steps(whole[wanted - reach.before :])
    assert same(from_start, list(stylizer.stylize(late))[reach.before : reach.before + last])


def test_threads_change_no_bit_unless_the_catalog_says_so(case: Any) -> None:
    if case[0].counts_threads:
        return
    painted = []
    for count in (1, 2):
        with given_threads(count):
            painted.append(list(make(case).stylize(steps(frames(0, 2, size=(120, 200))))))
    assert same(*painted)


def test_leaves_its_input_alone(case: Any) -> None:
    seen = steps(frames(0, 3))
    checks = list(untouched(step.frame.image for step in seen))
    for image in make(case).stylize(seen):
        image.zero_()  # The image is the taker's own.
    assert all(check() for check in checks)


def test_lends_no_mode_of_torch_to_its_caller(case: Any) -> None:
    for _ in make(case).stylize(steps(frames(0, 2))):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")
