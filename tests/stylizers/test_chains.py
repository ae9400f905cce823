"""Chains of frames: who is painted after whom, and what shows where two chains meet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from tests.conformance.shots import frames, later, passing, steps, texture
from vidstyle.ops.metrics import mean_gradient
from vidstyle.ops.relay import Relay
from vidstyle.stylizers.chains import MEETING, Past, carried, lead, paint_chains
from vidstyle.types import Frame, Image, Motion


def flat(value: float) -> Image:
    return torch.full((3, 8, 8), value)


def solve(frame: Frame) -> Image:
    return flat(frame.index / 100)


def follow(pasts: Sequence[Past], frame: Frame, *, effort: float) -> Image:
    """A chain keeps the color it began with, and darkens a little at every step."""
    return pasts[0].painted - 0.001


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
    moved = carried(Past(image, Motion(flow, torch.ones_like(image[:1])), mean_gradient(image)))
    assert torch.allclose(moved[:, 2:, :-3], image[:, :-2, 3:], atol=1e-6)
    between = carried(Past(image, Motion(flow + 0.5, torch.ones_like(image[:1]))))
    assert between[:, 4:-4, 4:-4].std() == pytest.approx(float(image[:, 4:-4, 4:-4].std()), rel=0.1)


@pytest.mark.parametrize(("share", "gained"), [(1.0, 0.0), (1.05, 0.03), (0.9, 0.0), (1.5, 0.0)])
def test_a_chain_that_has_faded_is_given_back_what_it_began_with(share: float, gained: float) -> None:
    """Not beyond that; and one that is much flatter than at first is painted otherwise, not faded."""
    image = texture(0)
    rest = Motion(torch.zeros(2, *image.shape[1:]), torch.ones_like(image[:1]))
    found = carried(Past(image, rest, share * mean_gradient(image)))
    assert mean_gradient(found) / mean_gradient(image) - 1 == pytest.approx(gained, abs=0.025 if gained else 1e-5)


def test_a_frame_starts_from_what_is_trusted_at_least_half() -> None:
    content, painted = texture(0), texture(0, seed=1)
    trust = torch.zeros_like(content[:1])
    trust[..., 12:24], trust[..., 24:36], trust[..., 36:] = 0.25, 0.5, 1.0
    start, fresh, moved, held = lead([Past(painted, Motion(torch.zeros_like(content[:2]), trust))], content)
    assert torch.allclose(moved, painted, atol=1e-6) and torch.equal(held, trust)
    assert torch.allclose(fresh.mean((1, 2)), painted.mean((1, 2)), atol=1e-3)
    wanted = torch.cat((fresh[..., :12], (fresh + moved)[..., 12:24] / 2, moved[..., 24:]), 2)
    assert torch.allclose(start, wanted, atol=1e-6)


def test_where_chains_meet_each_takes_fewer_steps_wherever_a_run_begins() -> None:
    def efforts(start: int, stop: int) -> list[tuple[int, float]]:
        found = []

        def follow(pasts: Sequence[Past], frame: Frame, *, effort: float) -> Image:
            found.append((frame.index, effort))
            return pasts[0].painted

        list(paint_chains(steps(frames(start, stop, size=(8, 8))), Relay(8, 3), solve=solve, follow=follow))
        return found

    whole = efforts(0, 10)
    assert whole == [(i, 1.0) for i in range(1, 5)] + [(i, MEETING) for i in (5, 6, 6, 7, 7)] + [(8, 1.0), (9, 1.0)]
    assert efforts(5, 10) == [(6, MEETING), (7, MEETING), (8, 1.0), (9, 1.0)]


def still(trust: float) -> Motion:
    return Motion(torch.zeros(2, 8, 8), torch.full((1, 8, 8), trust))


@pytest.mark.parametrize(
    ("trusts", "begun", "held"),
    [
        ((1.0, 1.0, 1.0), 0.1, (0.1, 1.0)),
        # Nothing of the frame before is known: the one two frames back stands in for it.
        ((0.0, 1.0, 1.0), 0.2, (0.2, 1.0)),
        ((0.0, 0.0, 1.0), 0.4, (0.4, 1.0)),
        # Half trust in the nearest is enough to start from it alone; the weights are 0.5, 0.5 and 0.
        ((0.5, 1.0, 1.0), 0.1, (0.15, 1.0)),
        # 0.25, 0.25 and 0.5; half of the start is the first, half of the rest, which is trusted by 0.5, the second.
        ((0.25, 0.5, 1.25), 0.15, ((0.25 * 0.1 + 0.25 * 0.2 + 0.5 * 0.4), 1.0)),
        ((0.5, 0.25, 0.5), 0.1, (0.1, 0.5)),
    ],
)
def test_the_nearest_known_frame_leads(trusts: tuple[float, ...], begun: float, held: tuple[float, float]) -> None:
    pasts = [Past(flat(value), still(trust)) for value, trust in zip((0.1, 0.2, 0.4), trusts, strict=True)]
    found = lead(pasts, texture(0, size=(8, 8)))
    assert torch.allclose(found.start, flat(begun), atol=1e-6)
    assert torch.allclose(found.moved, flat(held[0]), atol=1e-6)
    assert torch.allclose(found.trust, flat(held[1])[:1], atol=1e-6)


def test_where_no_past_is_known_a_frame_starts_from_the_content() -> None:
    pasts = [Past(flat(value), still(0.0)) for value in (0.1, 0.2, 0.4)]
    start, fresh, _, held = lead(pasts, texture(0, size=(8, 8)))
    assert torch.equal(start, fresh) and held.max() == 0


def test_the_sum_of_squares_differs_from_the_one_square_by_what_no_image_changes() -> None:
    trusts, images = (0.25, 0.5, 1.0), [texture(0, size=(8, 8), seed=seed) for seed in range(3)]
    moved, held = lead([Past(i, still(t)) for i, t in zip(images, trusts, strict=True)], images[0])[2:]
    weights = (0.25, 0.25, 0.25)

    def apart(image: Image) -> float:
        several = sum(w * float((image - one).square().mean()) for w, one in zip(weights, images, strict=True))
        return several - float((held * (image - moved).square()).mean())

    assert apart(texture(5, size=(8, 8))) == pytest.approx(apart(flat(0.0)), abs=1e-6)


def test_a_chain_remembers_its_own_frames_alone() -> None:
    """From its start on, four back at most; two chains that meet do not look at each other's."""
    seen: list[tuple[int, list[float]]] = []

    def noting(pasts: Sequence[Past], frame: Frame, *, effort: float) -> Image:
        seen.append((frame.index, [round(float(past.painted.mean()), 2) for past in pasts]))
        # By chains of hundredths: the frame's number over where its chain began.
        return flat(float(pasts[0].painted.mean()) + 0.01)

    def opening(frame: Frame) -> Image:
        return flat({0: 0.0, 13: 0.5}.get(frame.index, 0.9))

    shot = passing(17, hides=1, size=(16, 24))
    list(paint_chains(shot, Relay(16, 3), solve=opening, follow=noting, memory=4))
    own = [(i, [n / 100 for n in (i - 1, i - 2, i - 4) if n >= 0]) for i in range(1, 16)]
    new = [(i, [0.5 + n / 100 for n in (i - 14, i - 15, i - 17) if n >= 0]) for i in range(14, 17)]
    assert seen == sorted(own + new)
    seen.clear()
    list(paint_chains(later(shot, 12), Relay(16, 3), solve=opening, follow=noting, memory=4))
    assert seen == [(13, [0.9]), (14, [0.91, 0.9]), new[0], (15, [0.92, 0.91]), new[1], new[2]]
    seen.clear()
    list(paint_chains(shot[:6], Relay(16, 3), solve=opening, follow=noting, memory=2))
    assert seen == [(i, found[:2]) for i, found in own[:5]]
    seen.clear()
    list(paint_chains(shot[:6], Relay(16, 3), solve=opening, follow=noting))
    assert seen == [(i, found[:1]) for i, found in own[:5]]
