from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from tests import clips
from vidstyle.errors import UsageError
from vidstyle.flow.cuts import AutoCuts
from vidstyle.flow.dis import Dis
from vidstyle.flow.none import NoFlow
from vidstyle.flow.track import track
from vidstyle.method_options import BlendOptions, DisOptions, NoFlowOptions
from vidstyle.stabilizers.blend import Blend
from vidstyle.types import FlowEstimator, Frame, Image, Motion, Step, StyledStep

CPU = torch.device("cpu")
STILL = NoFlow(NoFlowOptions(), CPU)


def steps(contents: Sequence[Frame], flow: FlowEstimator = STILL) -> list[Step]:
    return list(track(iter(contents), flow, AutoCuts()))


def shots(tracked: Sequence[Step], painted: Sequence[Image]) -> list[list[StyledStep]]:
    found: list[list[StyledStep]] = []
    for step, image in zip(tracked, painted, strict=True):
        if step.motion is None:
            found.append([])
        found[-1].append(StyledStep(step, image))
    return found


def steadied(tracked: Sequence[Step], painted: Sequence[Image], **options: float) -> list[Image]:
    blend = Blend(BlendOptions(**options), CPU)  # type: ignore[arg-type]
    return [image for shot in shots(tracked, painted) for image in blend.stabilize(shot)]


def luma_mean(image: Image) -> float:
    return float(image.mean())


def detail(image: Image) -> float:
    return float((image[..., 1:] - image[..., :-1]).abs().mean())


def test_still_clip_stays_as_it_is() -> None:
    still = [clips.texture()] * 6
    for image in steadied(steps(clips.frames(still)), still):
        assert torch.allclose(image, still[0], atol=1e-4)


def test_flicker_of_a_still_clip_falls_to_a_fifth() -> None:
    content = [clips.texture()] * 40
    painted = clips.with_flicker(clips.with_grain([clips.texture(seed=5)] * 40, 0.02), 0.03)
    result = steadied(steps(clips.frames(content)), painted)
    before, after = (torch.stack(x)[4:].var(0).mean() for x in (painted, result))
    assert float(before) > 5 * float(after)


def test_light_follows_at_once() -> None:
    content = clips.ramp(40, 0.3)
    result = steadied(steps(clips.frames(content)), content)
    for image, wanted in zip(result, content, strict=True):
        assert abs(luma_mean(image) - luma_mean(wanted)) < 1 / 255


def test_light_that_the_painting_ignores_is_not_added() -> None:
    content, painted = clips.ramp(40, 0.3), [clips.texture(seed=5)] * 40
    for image in steadied(steps(clips.frames(content)), painted):
        assert abs(luma_mean(image) - luma_mean(painted[0])) < 1 / 255


def test_a_fade_of_styles_is_followed_within_four_frames() -> None:
    one, other = clips.texture(seed=5) * 0.5 + 0.05, clips.texture(seed=6) * 0.5 + 0.45
    fade = [one.lerp(other, min(1.0, max(0.0, (i - 8) / 48))) for i in range(64)]
    result = steadied(steps(clips.frames([clips.texture()] * 64)), clips.with_flicker(fade, 0.003))
    late = [(luma_mean(wanted) - luma_mean(image)) for image, wanted in zip(result, fade, strict=True)]
    # It takes eight frames to tell a fade from flicker.
    assert max(abs(part) for part in late[16:]) < 4 * luma_mean(other - one) / 48


def test_a_thousand_still_frames_neither_drift_nor_blur() -> None:
    size = (16, 24)
    content = clips.with_grain([clips.texture(size, cell=4)] * 1000, 0.01)
    painted = clips.with_grain([clips.texture(size, seed=5, cell=4)] * 1000, 0.02, seed=1)
    result = steadied(steps(clips.frames(content)), painted, interval=1000, fade=1)
    assert abs(luma_mean(result[-1]) - luma_mean(torch.stack(painted).mean(0))) < 0.5 / 255
    assert detail(result[-1]) > 0.95 * detail(clips.texture(size, seed=5, cell=4))


def test_pan_is_steadied_and_stays_sharp() -> None:
    content = clips.panning(24)
    painted = clips.with_grain([1 - image for image in content], 0.05)
    result = steadied(steps(clips.frames(content), Dis(DisOptions(), CPU)), painted)

    def change(images: Sequence[Image]) -> float:
        pairs = pairwise(images[8:])
        return sum(float((a[..., 9:-8] - b[..., 8:-9]).square().mean()) for a, b in pairs)

    assert change(result) < 0.3**2 * change(painted)
    assert detail(result[-1]) > 0.9 * detail(1 - content[-1])


def test_nothing_trails_behind_a_moving_square() -> None:
    pair = clips.moving_square()
    content = [pair.previous] * 8 + [pair.current] * 2
    result = steadied(steps(clips.frames(content), Dis(DisOptions(), CPU)), content)
    uncovered = (slice(None), slice(22, 38), slice(21, 27))
    assert float((result[8][uncovered] - pair.current[uncovered]).abs().mean()) < 0.03


def test_sharpness_is_held_both_ways() -> None:
    content = clips.panning(24)
    for wanted in (0.8, 1.0):
        result = steadied(steps(clips.frames(content), Dis(DisOptions(), CPU)), content, sharpness=wanted)
        inner = (..., slice(8, -8))
        assert abs(detail(result[-1][inner]) / detail(content[-1][inner]) - wanted) < 0.05
        assert abs(detail(result[-1]) / detail(content[-1]) - wanted) < 0.08, "up to what comes in at the border"


def test_full_boil_renews_all_paint_at_every_beat_and_holds_it_between() -> None:
    content, painted = [clips.texture()] * 10, clips.with_grain([clips.texture(seed=5)] * 10, 0.05)
    options = {"boil": 1.0, "boil_every": 4, "sharpness": 0.0}
    result = steadied(steps(clips.frames(content, start=2)), painted, **options)
    apart = [[float((a - b).abs().mean()) for b in painted] for a in result]
    # Frames 4 and 8 are the third and the seventh.
    assert max(apart[2][2], apart[6][6]) < 1e-5
    assert all(apart[i][2] < 0.4 * apart[i][i] for i in (3, 4, 5)), "a thirteenth of what is new comes in"


def test_half_a_boil_renews_half() -> None:
    content, painted = [clips.texture()] * 4, [torch.full((3, 64, 96), level) for level in (0.5, 0.5, 0.5, 0.53)]
    result = steadied(steps(clips.frames(content)), painted, boil=0.5)
    # Twelve frames to begin with and two since: 14 of 15 is the memory's share, half of that at the beat, frame 3.
    assert abs(luma_mean(result[3]) - (0.53 - 0.03 * 0.5 * 14 / 15)) < 1e-3


def test_nothing_leaks_over_a_cut() -> None:
    second = clips.panning(8, seed=4)
    results = []
    for seed in (3, 11):
        contents = clips.frames(clips.panning(8, seed=seed) + second)
        tracked = steps(contents, Dis(DisOptions(preset="fast"), CPU))
        assert [s.frame.index for s in tracked if s.motion is None] == [0, 8]
        results.append(steadied(tracked, [frame.image for frame in contents])[8:])
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (12, 12), (91, 161), (33, 17)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    images = [torch.rand(3, *size, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    result = steadied(steps(clips.frames(images), Dis(DisOptions(), CPU)), images)
    assert [image.shape for image in result] == [(3, *size)] * 3
    assert all(float(image.min()) >= 0 and float(image.max()) <= 1 for image in result)


def test_shot_of_one_frame_is_as_painted() -> None:
    painted = clips.texture(seed=5)
    assert torch.equal(steadied(steps(clips.frames([clips.texture()])), [painted])[0], painted)


@pytest.fixture(scope="module")
def whole() -> tuple[list[Frame], list[Image], list[Image]]:
    """A pan with cuts before, inside and after fades, its painting, and the painting steadied in one run."""
    parts = [(13, 3), (2, 4), (21, 5), (1, 6), (16, 7)]
    content = clips.frames([image for count, seed in parts for image in clips.panning(count, seed=seed)])
    painted = clips.with_grain([1 - frame.image for frame in content], 0.05)
    return content, painted, steadied(steps(content, Dis(DisOptions(preset="fast"), CPU)), painted, interval=8, fade=4)


@pytest.mark.parametrize("start", range(14, 52, 3))
def test_a_run_that_starts_late_gives_the_same_bytes(
    whole: tuple[list[Frame], list[Image], list[Image]], start: int
) -> None:
    content, painted, result = whole
    options = {"interval": 8, "fade": 4}
    early = max(0, start - Blend(BlendOptions(**options), CPU).reach.before - AutoCuts().reach.before)
    late = steadied(steps(content[early:], Dis(DisOptions(preset="fast"), CPU)), painted[early:], **options)
    for one, other in zip(result[start:], late[start - early :], strict=True):
        assert torch.equal(one, other)


def test_new_memory_fades_in_without_a_pulse() -> None:
    content = [clips.texture()] * 40
    painted = clips.with_flicker([clips.texture(seed=5)] * 40, 0.03)
    result = steadied(steps(clips.frames(content)), painted, interval=16, fade=8)
    jumps = [abs(luma_mean(a) - luma_mean(b)) for a, b in pairwise(result[4:])]
    assert max(jumps) < 0.01


def test_a_ghost_in_the_first_new_paint_soon_fades() -> None:
    """A thing that passes has left its color in the frame in which the ground appears, and trust is back at once."""
    ground = clips.texture(seed=5)
    tracked = steps(clips.frames([clips.texture()] * 12))
    motion = tracked[4].motion
    assert motion is not None
    tracked[4] = replace(tracked[4], motion=Motion(motion.to_previous, torch.zeros_like(motion.trust)))
    painted = [ground] * 4 + [ground + 0.02] + [ground] * 7
    left = [luma_mean(image) - luma_mean(ground) for image in steadied(tracked, painted, sharpness=0)]
    assert left[4] == pytest.approx(0.02, abs=0.002)
    assert left[7] < 0.6 * left[4]


def test_fade_longer_than_interval_is_refused() -> None:
    with pytest.raises(UsageError, match="fade"):
        Blend(BlendOptions(interval=8, fade=9), CPU)
