"""What holds for every method that paints in chains, with an untrained network: strength, mixing, and the shot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
import torch

from tests.conformance.shots import SIZE, frames, later, moved, passing, steps, style, texture
from vidstyle.device import Compute
from vidstyle.errors import UsageError
from vidstyle.method_options import GatysOptions, MrfOptions
from vidstyle.ops.warp import warp
from vidstyle.stylizers.gatys import Gatys
from vidstyle.stylizers.mrf import Mrf
from vidstyle.types import Image, Motion, Step, Style, Stylizer

QUICK = {"iterations": 4, "follow": 2}


class Make(Protocol):
    """A stylizer with these options."""

    def __call__(self, look: Style | None = None, *, seed: int = 0, **options: Any) -> Stylizer: ...


class Paint(Protocol):
    """What a stylizer makes of a shot in few steps."""

    def __call__(self, shot: list[Step], *, look: Style | None = None, **options: Any) -> list[Image]: ...


@pytest.fixture
def compute(slim: Path) -> Compute:
    return Compute(torch.device("cpu"), own_weights={"slim": slim})


@pytest.fixture(params=[(Gatys, GatysOptions), (Mrf, MrfOptions)], ids=["gatys", "mrf"])
def make(request: pytest.FixtureRequest, compute: Compute) -> Make:
    method, options_of = request.param
    return lambda look=None, *, seed=0, **options: method(
        options_of(**options), look or style(), replace(compute, seed=seed)
    )


@pytest.fixture
def paint(make: Make) -> Paint:
    return lambda shot, *, look=None, **options: list(make(look, **{**QUICK, **options}).stylize(shot))


def uncovered_change(shot: list[Step], painted: list[Image]) -> float:
    """How far the paint of ground that comes back into view is from that before, on average; the worst frame's."""
    covered = [(step.frame.image != shot[0].frame.image).any(0) for step in shot]
    changes = [
        float((painted[i] - painted[0])[:, covered[i - 1] & ~covered[i]].abs().mean())
        for i in range(1, len(shot))
        if (covered[i - 1] & ~covered[i]).any()
    ]
    return max(changes)


def test_strength_0_is_the_content(paint: Paint) -> None:
    shot = steps(frames(0, 3))
    assert all(torch.equal(a, s.frame.image) for a, s in zip(paint(shot, strength=0.0), shot, strict=True))


def test_two_equal_styles_are_one_and_a_weight_of_0_is_none(paint: Paint) -> None:
    shot = steps(frames(0, 1))
    picture, other = texture(0, seed=60), texture(0, seed=61)

    def once(*images: Image, weights: tuple[float, ...]) -> Image:
        return paint(shot, look=Style(images, weights), iterations=1)[0]

    alone = once(picture, weights=(1.0,))
    assert torch.equal(alone, once(picture, other, weights=(1.0, 0.0)))
    assert torch.allclose(alone, once(picture, picture, weights=(0.3, 0.7)), atol=1e-3)
    assert not torch.allclose(alone, once(other, weights=(1.0,)), atol=1e-2)
    assert not torch.allclose(alone, once(picture, other, weights=(0.5, 0.5)), atol=2e-3)


def test_noise_comes_from_the_seed_and_the_frame_s_index(paint: Paint) -> None:
    def noise(index: int, seed: int) -> Image:
        shown = steps([replace(frames(0, 1)[0], index=index)])
        return paint(shown, seed=seed, start="noise", iterations=0)[0]

    assert torch.equal(noise(0, 1), noise(0, 1))
    assert not torch.equal(noise(0, 1), noise(0, 2))
    assert not torch.equal(noise(0, 1), noise(1, 1))


def test_without_steps_a_whole_pixel_pan_is_carried_exactly(paint: Paint) -> None:
    first, second = paint(moved(steps(frames(0, 2)), (2.0, 0.0), 1.0), follow=0)
    assert torch.allclose(second[:, :, :-2], first[:, :, 2:], atol=1e-6)


def test_what_stands_still_stays_when_steadiness_outweighs_all(paint: Paint) -> None:
    still = moved(steps(frames(0, 2)), (0.0, 0.0), 1.0)
    held, free = (paint(still, steadiness=s, follow=8) for s in (1e6, 0.0))
    assert (held[1] - held[0]).abs().max() < 2e-3
    assert (free[1] - free[0]).abs().max() > 2e-2


def test_where_nothing_is_trusted_steadiness_counts_nothing(paint: Paint) -> None:
    shot = moved(steps(frames(0, 2)), (0.0, 0.0), 0.0)
    held, free = (paint(shot, steadiness=s)[1] for s in (1e6, 0.0))
    assert torch.equal(held, free)


def test_following_is_steadier_than_painting_each_frame_by_itself(paint: Paint) -> None:
    shot = steps(frames(0, 4))

    def unrest(painted: list[Image]) -> float:
        pairs = zip(shot[1:], painted[1:], painted, strict=False)
        return sum(float((b - warp(a, s.motion.to_previous)).square().mean()) for s, b, a in pairs if s.motion)

    assert unrest(paint(shot)) < 0.35 * unrest(paint(shot, start="noise"))


def test_chains_fade_and_a_late_run_gives_the_same_bytes(make: Make) -> None:
    shown = frames(0, 17, size=(16, 24))
    stylizer = make(iterations=1, follow=1, interval=8, fade=3)
    whole = list(stylizer.stylize(steps(shown)))
    start = 16 - stylizer.reach.before
    late = list(stylizer.stylize(steps(shown[start:])))
    assert all(torch.equal(a, b) for a, b in zip(whole[16:], late[16 - start :], strict=True))
    assert not torch.equal(whole[start], late[0])


@pytest.mark.parametrize("hides", [1, 2, 3])
def test_ground_that_was_hidden_for_a_moment_has_its_paint_again(paint: Paint, hides: int) -> None:
    shot = passing(18 + hides, hides=hides)
    known, anew = (paint(shot, follow=0, memory=memory) for memory in (4, 1))
    assert uncovered_change(shot, known) < 1e-4
    assert uncovered_change(shot, anew) > 0.01


def test_ground_that_was_hidden_for_longer_is_painted_anew(paint: Paint) -> None:
    shot = passing(16, hides=4)
    assert uncovered_change(shot, paint(shot, follow=0)) > 0.01


def test_two_frames_back_reach_what_was_hidden_for_one(paint: Paint) -> None:
    one, two = (passing(14, hides=hides) for hides in (1, 2))
    assert uncovered_change(one, paint(one, follow=0, memory=2)) < 1e-4
    assert uncovered_change(two, paint(two, follow=0, memory=2)) > 0.01


def test_what_is_known_from_further_back_alone_is_held_as_firmly(paint: Paint) -> None:
    shot = moved(steps(frames(0, 3)), (0.0, 0.0), 0.0)
    still = Motion(torch.zeros(2, *SIZE), torch.ones(1, *SIZE))
    shot[2] = replace(shot[2], earlier={2: still})
    held, free = (paint(shot, steadiness=s, follow=8) for s in (1e6, 0.0))
    assert (held[2] - held[0]).abs().max() < 2e-3
    assert (free[2] - free[0]).abs().max() > 2e-2


def test_frames_further_back_change_no_bit_where_the_one_before_is_trusted(paint: Paint) -> None:
    shot = steps(frames(0, 6))
    others = {back: Motion(torch.zeros(2, *SIZE), torch.ones(1, *SIZE)) for back in (2, 4)}
    looking = [replace(step, earlier={b: m for b, m in others.items() if b <= i}) for i, step in enumerate(shot)]
    assert all(torch.equal(a, b) for a, b in zip(paint(looking), paint(shot), strict=True))


def test_a_late_run_that_looks_back_gives_the_same_bytes(make: Make) -> None:
    shot = passing(22, hides=2, enters=12)
    stylizer = make(iterations=1, follow=1, interval=8, fade=3)
    whole = list(stylizer.stylize(shot))
    start = 18 - stylizer.reach.before
    late = list(stylizer.stylize(later(shot, start)))
    assert all(torch.equal(a, b) for a, b in zip(whole[18:], late[18 - start :], strict=True))
    blind = list(stylizer.stylize([replace(step, earlier={}) for step in shot]))
    assert not any(torch.equal(a, b) for a, b in zip(whole[18:], blind[18:], strict=True))


def test_a_fade_longer_than_the_interval_is_refused(make: Make) -> None:
    with pytest.raises(UsageError, match="fade: 9 frames do not fit into an interval of 8"):
        make(interval=8, fade=9)
