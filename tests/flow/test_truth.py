"""Every flow of the catalog on scenes whose motion is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.methods import build, cases
from tests.flow import truth
from vidstyle.catalog import Stage
from vidstyle.ops.warp import warp
from vidstyle.registry import default_method

SEEING = [case for case in cases(Stage.FLOW) if case.values[0][0].name != "none" and not case.values[0][0].weights]
"""All but the one that says that nothing moves, and those whose weights are random here."""

BOUNDS = 0.3, 0.65, 0.6
"""Of the median error in pixels, the share of uncovered pixels found, and the share of the others trusted. The worst
of DIS at any setting, measured: 0.25 px, and 0.73 and 0.66 where it searches at half the size."""

DEFAULT_BOUNDS = 0.1, 0.9, 0.87
"""The same for the default: 0.07 px, 0.94, 0.89."""


@pytest.mark.parametrize("name", ["pan", "parallax", "occluder", "crossing"])
def test_the_truth_is_true(name: str) -> None:
    scene = truth.SCENES[name]()
    inner = (slice(None), slice(truth.BORDER, -truth.BORDER), slice(truth.BORDER, -truth.BORDER))
    same = (warp(scene.previous, scene.to_previous) == scene.current).all(0)[inner[1:]]
    gone = scene.uncovered[inner[1:]]
    assert bool(same[~gone].all())
    assert not bool(same[gone].any())


@pytest.mark.parametrize("name", truth.SCENES)
@pytest.mark.parametrize("case", SEEING)
def test_scores(case: Any, name: str) -> None:
    score = truth.searched(truth.SCENES[name](), build(case))
    is_default = case[0] == default_method(Stage.FLOW) and not case[1]
    farthest, least_recall, least_trusted = DEFAULT_BOUNDS if is_default else BOUNDS
    assert score.endpoint < farthest and score.recall > least_recall and score.trusted > least_trusted
