"""What every flow estimator promises."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.conformance.methods import build, cases
from tests.conformance.shots import texture, untouched
from vidstyle.catalog import Stage
from vidstyle.ops.warp import warp

pytestmark = pytest.mark.parametrize("case", cases(Stage.FLOW))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 5), (17, 33), (16, 200), (61, 83)])
def test_has_the_size_of_its_source(case: Any, size: tuple[int, int]) -> None:
    flow = build(case)(texture(1, size=size), texture(0, size=size))
    assert flow.shape == (2, *size) and flow.dtype == torch.float32
    assert flow.isfinite().all()


def require_sight(case: Any) -> None:
    if case[0].weights:
        pytest.skip("its weights are random here")


def test_sees_no_motion_where_there_is_none(case: Any) -> None:
    require_sight(case)
    image = texture(0, size=(61, 83))
    assert build(case)(image, image.clone()).abs().max() < 0.02


def test_points_from_source_to_target(case: Any) -> None:
    if case[0].name == "none":
        pytest.skip("says that nothing moves")
    require_sight(case)
    source, target = (texture(i, size=(96, 128), speed=(3.0, -2.0)) for i in (1, 0))
    flow = build(case)(source, target)
    inside = flow[:, 16:-16, 16:-16]
    # Half a pixel: what a search at half the size may miss. The wrong sign would be off by 6 and 4.
    assert abs(inside[0].median() - 3) < 0.5 and abs(inside[1].median() + 2) < 0.5
    error = (warp(target, flow) - source)[:, 16:-16, 16:-16].abs().mean()
    assert error < 0.2 * (target - source)[:, 16:-16, 16:-16].abs().mean()


def test_gives_the_same_bytes_again_and_leaves_its_input_alone(case: Any) -> None:
    source, target = texture(1), texture(0)
    checks = list(untouched([source, target]))
    estimator = build(case)
    first = estimator(source, target)
    estimator(target, source)
    assert torch.equal(first, estimator(source, target))
    assert torch.equal(first, build(case)(source, target))
    assert all(check() for check in checks)
