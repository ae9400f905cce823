"""What quilt does beyond what every stylizer promises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch

from tests.conformance.shots import frames, steps, style, texture
from vidstyle.device import Compute
from vidstyle.errors import UsageError
from vidstyle.method_options import QuiltOptions
from vidstyle.ops.filters import luma
from vidstyle.ops.warp import warp
from vidstyle.stylizers.quilt import Quilt
from vidstyle.types import Image, Motion, Reach, Step, Style

CPU = torch.device("cpu")
PANNING = (48, 64)


def quilt(shot: Iterable[Step], look: Style | None = None, *, seed: int = 0, **options: float) -> list[Image]:
    settings = QuiltOptions(**options)  # type: ignore[arg-type]
    return list(Quilt(settings, look or style(), Compute(CPU, seed=seed)).stylize(shot))


def colors(image: Image) -> set[tuple[float, ...]]:
    return {tuple(color) for color in image.flatten(1).T.tolist()}


def still(count: int) -> list[Step]:
    """One picture for `count` frames, with motion that says so."""
    first = frames(0, 1)[0]
    motion = Motion(torch.zeros(2, *first.image.shape[1:]), torch.ones_like(first.image[:1]))
    return [Step(replace(first, index=i, pts=i), motion if i else None, 0) for i in range(count)]


def test_every_color_is_the_styles() -> None:
    look = style(weights=(0.5, 0.5))
    (painted,) = quilt(steps(frames(0, 1)), look)
    assert colors(painted) <= colors(look.images[0]) | colors(look.images[1])


def test_light_follows_the_content() -> None:
    """Over a frame that is dark on the left, scraps are darker on the left."""
    frame = frames(0, 1)[0]
    ramp = torch.linspace(0, 1, frame.image.shape[2]).expand_as(frame.image)
    (painted,) = quilt(steps([replace(frame, image=ramp.contiguous())]))
    left, middle, right = (float(luma(part).mean()) for part in painted.tensor_split(3, dim=2))
    assert left + 0.1 < middle < right - 0.1


def test_a_content_that_is_the_style_comes_out_as_itself() -> None:
    """Of a size that blocks of 12 px with 2 px overlap fill exactly."""
    picture = texture(0, size=(42, 52), seed=50)
    frame = replace(frames(0, 1)[0], image=picture)
    (painted,) = quilt(steps([frame]), Style((picture,), (1.0,)), passes=1, patch=28.6)
    assert torch.equal(painted, picture)


def test_strength_mixes_the_content_in() -> None:
    shot = steps(frames(0, 1))
    none, half, full = (quilt(shot, strength=s)[0] for s in (0, 0.5, 1))
    assert torch.equal(none, shot[0].frame.image)
    assert torch.allclose(half, (none + full) / 2, atol=1e-6)


def test_a_picture_of_weight_0_is_not_used() -> None:
    shot, look = steps(frames(0, 1)), style(weights=(1.0, 0.0))
    alone = Style(look.images[:1], (1.0,))
    assert torch.equal(quilt(shot, look)[0], quilt(shot, alone)[0])


def test_a_seed_decides() -> None:
    shot = steps(frames(0, 1))
    assert not torch.equal(quilt(shot, seed=1)[0], quilt(shot, seed=2)[0])


def test_where_nothing_moves_nothing_changes() -> None:
    painted = quilt(still(4))
    assert all(torch.equal(image, painted[0]) for image in painted)


def test_scraps_stay_where_they_lie_on_what_moves() -> None:
    """Along the motion a carried quilt changes by a tenth of what quilts of their own do."""
    shot = steps(frames(0, 3, size=PANNING))
    carried = quilt(shot)
    alone = [quilt([replace(step, motion=None)])[0] for step in shot]
    changes = []
    for painted in (carried, alone):
        parts = []
        for step, now, before in zip(shot[1:], painted[1:], painted, strict=False):
            assert step.motion is not None
            parts.append((now - warp(before, step.motion.to_previous))[:, 4:-4, 4:-4].abs().mean())
        changes.append(float(torch.stack(parts).mean()))
    assert changes[0] < 0.35 * changes[1]


def test_what_is_not_trusted_is_laid_anew_and_the_rest_stays() -> None:
    shot = still(2)
    motion = shot[1].motion
    assert motion is not None
    motion.trust[:, :, 24:] = 0
    first, second = quilt(shot, seed=3)
    assert torch.equal(first[:, :, :16], second[:, :, :16])
    assert not torch.equal(first[:, :, 30:], second[:, :, 30:])


def test_a_change_of_light_is_followed() -> None:
    """A thing turns dark on the spot, as flow does not see: the scraps on it are exchanged."""
    shot = still(2)
    image = shot[1].frame.image.clone()
    image[:, 12:28, 12:28] *= 0.2
    dark = [shot[0], replace(shot[1], frame=replace(shot[1].frame, image=image))]
    before, after = quilt(dark)
    assert luma(after)[:, 14:26, 14:26].mean() < luma(before)[:, 14:26, 14:26].mean() - 0.1
    assert torch.equal(before[:, 34:, 34:], after[:, 34:, 34:])


def test_searched_small_it_is_shown_at_full_size() -> None:
    (painted,) = quilt(steps(frames(0, 1, size=(80, 96))), style(size=(80, 96)), size=40)
    assert painted.shape == (3, 80, 96)
    # What is only enlarged has hardly any difference between pixels that were one.
    fine = (painted[:, ::2, ::2] - painted[:, 1::2, 1::2]).abs().mean()
    source = style(size=(80, 96)).images[0]
    assert fine > 0.6 * (source[:, ::2, ::2] - source[:, 1::2, 1::2]).abs().mean()


def test_reach_is_a_chain() -> None:
    made = Quilt(QuiltOptions(interval=20, fade=6), style(), Compute(CPU))
    assert made.reach == Reach(before=25)


def test_a_fade_longer_than_the_interval_is_refused() -> None:
    with pytest.raises(UsageError, match="fade: 12 frames do not fit"):
        Quilt(QuiltOptions(interval=8, fade=12), style(), Compute(CPU))
