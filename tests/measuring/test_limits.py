"""Limits on sums and on frames."""

from __future__ import annotations

import pytest
import torch

from tests.measuring.rig import measured
from vidstyle.errors import LimitError
from vidstyle.measuring.figures import Measurement
from vidstyle.measuring.limits import Limit, check_limits, frames_to_redo


@pytest.fixture
def darkening() -> Measurement:
    """Twenty frames, each darker than the one before by 0.01, beside a content that stays."""
    content, styled = ([torch.full((3, 8, 8), 0.5 - slope * i) for i in range(20)] for slope in (0.0, 0.01))
    return measured(content, styled)


def test_either_sign_is_beyond_a_limit(darkening: Measurement) -> None:
    with pytest.raises(LimitError, match=r"drift_luma is 0\.12, above 0\.1"):
        check_limits(darkening, [Limit("drift_luma", 0.1)])
    assert frames_to_redo(darkening, [Limit("drift_luma", 0.1045)]) == (19, 20)


def test_all_broken_limits_are_named(darkening: Measurement) -> None:
    limits = [Limit("drift_luma", 0.1), Limit("frames", 1), Limit("luma", 0.1, is_most=False), Limit("luma", 0.1)]
    with pytest.raises(LimitError) as caught:
        check_limits(darkening, limits)
    assert str(caught.value) == (
        "styled.mkv: drift_luma is 0.12, above 0.1; frames could not be measured; luma is 0.405, above 0.1"
    )


def test_a_limit_on_a_ratio_condemns_no_frame(darkening: Measurement) -> None:
    assert frames_to_redo(darkening, [Limit("sharpness", 2, is_most=False)]) == ()


def test_a_value_at_the_limit_keeps_it() -> None:
    assert not Limit("x", 0.5).broken_by(0.5)
    assert not Limit("x", 0.5, is_most=False).broken_by(0.5)
