"""The last stage: colors kept, the mask applied."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.shots import SIZE, frames, steps
from vidstyle.finish import WINDOW, Finish
from vidstyle.ops.color import color_moments
from vidstyle.ops.filters import luma
from vidstyle.types import Image, Mask, Reach, StyledStep


def painted(start: int, stop: int) -> list[StyledStep]:
    """The frames inverted, dimmed by an amount that flickers."""
    return [
        StyledStep(step, (0.4 + 0.1 * (step.frame.index % 2)) * (1 - step.frame.image))
        for step in steps(frames(start, stop))
    ]


def finished(finish: Finish, shot: list[StyledStep]) -> list[Image]:
    return list(finish.apply(shot))


def test_nothing_asked_is_nothing_done() -> None:
    shot = painted(0, 3)
    assert all(image is styled.image for image, styled in zip(finished(Finish(), shot), shot, strict=True))
    assert Finish().reach == Reach()


def test_the_mask_chooses_between_content_and_painting() -> None:
    def half(index: int) -> Mask:
        mask = torch.zeros(1, *SIZE)
        mask[..., : index + 1] = 1
        return mask

    for index, (image, styled) in enumerate(
        zip(finished(Finish(mask=half), painted(0, 3)), painted(0, 3), strict=True)
    ):
        split = index + 1
        assert torch.equal(image[..., :split], styled.image[..., :split])
        assert torch.equal(image[..., split:], styled.step.frame.image[..., split:])


def test_luminance_takes_the_color_of_the_content() -> None:
    (image,), (styled,) = finished(Finish("luminance"), painted(0, 1)), painted(0, 1)
    inside = (image > 0).all(0) & (image < 1).all(0)
    assert inside.float().mean() > 0.5
    assert torch.allclose(luma(image)[0][inside], luma(styled.image)[0][inside], atol=1e-5)


def test_match_brings_the_colors_of_the_content() -> None:
    (image,), (styled,) = finished(Finish("match"), painted(0, 1)), painted(0, 1)
    wanted, found = color_moments(styled.step.frame.image), color_moments(image)
    assert torch.allclose(wanted.mean, found.mean, atol=0.01)
    assert torch.allclose(wanted.covariance(), found.covariance(), atol=0.01)


def test_match_looks_back_over_its_window_and_no_further() -> None:
    finish = Finish("match")
    assert finish.reach == Reach(before=WINDOW - 1)
    whole = finished(finish, painted(0, WINDOW + 6))
    late = finished(finish, painted(4, WINDOW + 6))
    assert all(torch.equal(a, b) for a, b in zip(whole[WINDOW + 3 :], late[WINDOW - 1 :], strict=True))
    assert not torch.equal(whole[WINDOW - 1], late[WINDOW - 5])


@pytest.mark.parametrize("keep_color", ["none", "luminance", "match"])
def test_range_holds(keep_color: str) -> None:
    for image in finished(Finish(keep_color), painted(0, 3)):
        assert image.min() >= 0 and image.max() <= 1
