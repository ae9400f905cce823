"""The default stylizer, with an untrained network: what holds whatever it has learned."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.conformance.shots import frames, steps, style, texture
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.method_options import AdaINOptions
from vidstyle.stylizers.adain import AdaIN
from vidstyle.types import Frame, Image, Reach, Step, Style


def paint(compute: Compute, shot: list[Step], *, look: Style | None = None, **options: float) -> list[Image]:
    settings = AdaINOptions(**options)  # type: ignore[arg-type]
    return list(AdaIN(settings, look or style(), compute).stylize(shot))


@pytest.mark.parametrize("size", [(161, 91), (1, 1)])
def test_odd_sizes_come_back_as_they_were(compute: Compute, size: tuple[int, int]) -> None:
    painted = paint(compute, steps(frames(0, 2, size=size)))
    assert [image.shape for image in painted] == [(3, *size)] * 2
    assert all(image.min() >= 0 and image.max() <= 1 for image in painted)


def test_strength_moves_away_from_the_content_step_by_step(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    rows = [paint(compute, shot, strength=s)[0] for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    distances = [float((row - rows[0]).abs().mean()) for row in rows]
    assert distances[0] == 0
    assert distances == sorted(set(distances))


def test_strength_0_does_not_see_the_style(compute: Compute) -> None:
    shot = steps(frames(0, 3))
    other = Style((texture(0, seed=90),), (1.0,))
    for a, b in zip(paint(compute, shot, strength=0), paint(compute, shot, look=other, strength=0), strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    assert not torch.allclose(paint(compute, shot)[0], paint(compute, shot, look=other)[0], atol=1e-3)


def test_two_equal_styles_are_one_and_a_weight_of_0_is_none(compute: Compute) -> None:
    shot = steps(frames(0, 1))
    picture, other = texture(0, seed=60), texture(0, seed=61)
    alone = paint(compute, shot, look=Style((picture,), (1.0,)))[0]
    twice = paint(compute, shot, look=Style((picture, picture), (0.3, 0.7)))[0]
    silent = paint(compute, shot, look=Style((picture, other), (1.0, 0.0)))[0]
    assert torch.allclose(alone, twice, atol=1e-5)
    assert torch.allclose(alone, silent, atol=1e-6)


@pytest.mark.parametrize("strength", [1.0, 0.4])
@pytest.mark.parametrize("hold", [1, 4])
def test_a_run_that_starts_reach_early_gives_the_same_bytes(compute: Compute, hold: int, strength: float) -> None:
    shown = frames(0, 12)
    whole = paint(compute, steps(shown), hold=hold, strength=strength)
    stylizer = AdaIN(AdaINOptions(hold=hold, strength=strength), style(), compute)
    assert stylizer.reach == Reach(before=hold - 1)
    late = list(stylizer.stylize(steps(shown[8 - stylizer.reach.before :])))[stylizer.reach.before :]
    assert all(torch.equal(a, b) for a, b in zip(whole[8:], late, strict=True))


def test_a_run_that_starts_later_than_reach_differs(compute: Compute) -> None:
    shown = frames(0, 12)
    whole = paint(compute, steps(shown), hold=4)
    assert not torch.equal(whole[8], paint(compute, steps(shown[8:]), hold=4)[0])


def test_held_statistics_keep_a_wall_when_someone_walks_in(compute: Compute) -> None:
    """A change in one corner moves the opposite corner less when statistics are held."""
    plain = frames(0, 8, size=(32, 320))
    image = plain[7].image.clone()
    image[:, :, 280:] = 0
    walked = [*plain[:7], replace_image(plain[7], image)]
    change = {}
    for hold in (1, 8):
        before = paint(compute, steps(plain), hold=hold)[7][..., :100]
        after = paint(compute, steps(walked), hold=hold)[7][..., :100]
        change[hold] = float((before - after).abs().mean())
    assert 0 < change[8] < 0.25 * change[1]


def replace_image(frame: Frame, image: Image) -> Frame:
    return Frame(frame.index, frame.pts, frame.time_base, image)


def test_shots_do_not_share_a_window(compute: Compute) -> None:
    stylizer = AdaIN(AdaINOptions(), style(), compute)
    second = steps(frames(5, 8, seed=2), shot=1)
    alone = list(stylizer.stylize(second))
    list(stylizer.stylize(steps(frames(0, 5))))
    assert all(torch.equal(a, b) for a, b in zip(alone, stylizer.stylize(second), strict=True))


def test_bf16_is_close_to_fp32_and_ends_with_the_frame(compute: Compute) -> None:
    shot = steps(frames(0, 2))
    exact = paint(compute, shot)
    coarse = AdaIN(AdaINOptions(), style(), replace(compute, precision="bf16"))
    for image, expected in zip(coarse.stylize(shot), exact, strict=True):
        assert image.dtype == torch.float32
        assert not torch.is_autocast_enabled("cpu")
        assert (image - expected).square().mean() < 10**-3.6


def test_weights_of_another_network_are_refused(compute: Compute, tmp_path: object) -> None:
    from pathlib import Path

    from safetensors.torch import save_file

    path = Path(str(tmp_path)) / "other.safetensors"
    save_file({"conv11.weight": torch.zeros(3, 3, 1, 1)}, path)
    with pytest.raises(WeightsError, match="not for Painter"):
        AdaIN(AdaINOptions(), style(), replace(compute, own_weights={"adain": path}))
