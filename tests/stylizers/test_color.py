"""Global color of a shot, against known answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.clips import texture
from tests.conformance.shots import frames, steps, style
from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.method_options import ColorOptions
from vidstyle.ops.color import MOST_GAIN, color_moments
from vidstyle.options import describe
from vidstyle.stylizers.color import Color
from vidstyle.types import Frame, Image, Step, Style

CPU = Compute(torch.device("cpu"))
TRANSFERS = next(info.choices for info in describe(ColorOptions) if info.name == "transfer")

each_transfer = pytest.mark.parametrize("transfer", TRANSFERS)


def shot_of(*images: Image) -> list[Step]:
    (frame,) = frames(0, 1)
    return steps([replace(frame, index=i, image=image) for i, image in enumerate(images)])


def recolored(content: Image, *styles: Image, weights: tuple[float, ...] = (1.0,), **options: Any) -> Image:
    stylizer = Color(ColorOptions(**options), Style(styles, weights), CPU)
    (image,) = stylizer.stylize(shot_of(content))
    return image


def dusk(image: Image) -> Image:
    """Another light by a symmetric affine change, within the range."""
    change = torch.tensor([[0.8, 0.1, 0.0], [0.1, 0.6, 0.05], [0.0, 0.05, 0.7]])
    return torch.einsum("dc,chw->dhw", change, image) + torch.tensor([0.05, 0.02, 0.1]).view(3, 1, 1)


@each_transfer
def test_strength_0_changes_no_bit(transfer: str) -> None:
    content = torch.rand(3, 37, 53, generator=torch.Generator().manual_seed(1))
    assert torch.equal(recolored(content, texture(seed=2), transfer=transfer, strength=0.0), content)


@each_transfer
def test_a_style_of_the_same_colors_changes_nothing_visible(transfer: str) -> None:
    content = texture(seed=1)
    away = (recolored(content, content.flip(2), transfer=transfer) - content).abs()
    assert away.mean() < 0.2 / 255
    assert away.max() < 1 / 255


@pytest.mark.parametrize("transfer", ["monge-kantorovich", "histogram", "idt"])
def test_an_affine_change_of_light_is_recovered(transfer: str) -> None:
    content = texture(seed=3)
    found = recolored(content, dusk(content), transfer=transfer, regrain=False)
    # What is left of the linear map is the regularization; of the others, bins, and the table's points at the hull.
    within = {"monge-kantorovich": 0.001, "histogram": 0.01, "idt": 0.02}[transfer]
    assert (found - dusk(content)).abs().max() < within


@pytest.mark.parametrize(("transfer", "within"), [("monge-kantorovich", 1e-4), ("histogram", 0.002), ("idt", 0.002)])
def test_the_colors_of_the_style_arrive(transfer: str, within: float) -> None:
    content, picture = texture(seed=4), dusk(texture(seed=5))
    found = color_moments(recolored(content, picture, transfer=transfer, regrain=False))
    wanted = color_moments(picture)
    assert (found.mean - wanted.mean).abs().max() < 5 * within
    assert (found.covariance() - wanted.covariance()).abs().max() < within


def test_strength_moves_along_a_line() -> None:
    content, picture = texture(seed=6), dusk(texture(seed=7))
    whole = recolored(content, picture)
    assert whole.min() > 0 and whole.max() < 1
    for strength in (0.25, 0.75):
        found = recolored(content, picture, strength=strength)
        assert torch.allclose(found, torch.lerp(content, whole, strength), atol=1e-6)


@each_transfer
def test_two_equal_styles_are_one_and_a_weight_of_0_is_none(transfer: str) -> None:
    content, picture, other = texture(seed=8), dusk(texture(seed=9)), texture(seed=10)
    alone = recolored(content, picture, transfer=transfer)
    twice = recolored(content, picture, picture, weights=(0.3, 0.7), transfer=transfer)
    silent = recolored(content, picture, other, weights=(1.0, 0.0), transfer=transfer)
    assert torch.allclose(alone, twice, atol=2e-4)
    assert torch.allclose(alone, silent, atol=2e-4)


@each_transfer
def test_two_styles_meet_in_the_middle(transfer: str) -> None:
    content = texture(seed=11)
    dark, light = 0.5 * texture(seed=12), 0.4 + 0.5 * texture(seed=12)
    found = recolored(content, dark, light, weights=(0.5, 0.5), transfer=transfer).mean()
    ends = [recolored(content, picture, transfer=transfer).mean() for picture in (dark, light)]
    # In Reinhard's logarithms the middle is a little darker.
    assert abs(found - (ends[0] + ends[1]) / 2) < 0.06


def passing(hold: int, transfer: str) -> tuple[Tensor, Tensor]:
    """The color of a wall while a white object comes in until it covers a fifth of the picture: per frame, in all."""
    wall = 0.2 + 0.5 * texture((12, 40), seed=13)
    shown = [wall] * 72
    for covered in range(9):
        image = wall.clone()
        image[:, :, 40 - covered :] = 1.0
        shown.append(image)
    stylizer = Color(ColorOptions(hold=hold, transfer=transfer, regrain=False), Style((dusk(wall),), (1.0,)), CPU)
    walls = torch.stack([image[:, :, :30] for image in stylizer.stylize(shot_of(*shown))])[72:]
    changes = (walls - walls[0]).abs().mean((1, 2, 3))
    return walls.diff(dim=0).abs().mean((1, 2, 3)).max(), changes[-1]


@pytest.mark.parametrize("transfer", ["monge-kantorovich", "reinhard", "histogram", "tone"])
def test_a_wall_does_not_pump_when_a_white_object_comes_in(transfer: str) -> None:
    held_step, held = passing(96, transfer)
    step, change = passing(1, transfer)
    # One level of 255 from frame to frame is the least that anybody sees.
    assert held_step < 1 / 255 < step
    assert held < 5 / 255 and held < 0.6 * change


def test_hold_is_what_the_map_looks_back_over() -> None:
    shown = [texture(seed=i) for i in range(6)]
    stylizer = Color(ColorOptions(hold=3), style(), CPU)
    last = list(stylizer.stylize(shot_of(*shown)))[5]
    assert torch.equal(last, list(stylizer.stylize(shot_of(*shown[3:])))[2])
    assert not torch.equal(last, list(stylizer.stylize(shot_of(*shown[4:])))[1])


@each_transfer
def test_a_ramp_of_16_bits_gets_no_bands(transfer: str) -> None:
    ramp = torch.linspace(0.1, 0.9, 60000).view(1, 100, 600).expand(3, -1, -1).contiguous()
    found = recolored(ramp, dusk(ramp), transfer=transfer, regrain=False).flatten(1)
    line = found.diff(dim=1)
    assert line.min() >= -1e-6
    assert line.max() < 1.1 * MOST_GAIN * (0.8 / 60000)
    assert all(len(channel.unique()) > 20000 for channel in found)


@pytest.mark.parametrize("transfer", ["monge-kantorovich", "reinhard", "histogram", "idt"])
def test_a_gray_style_makes_gray(transfer: str) -> None:
    gray = texture(seed=14)[:1].expand(3, -1, -1)
    found = recolored(texture(seed=15), gray, transfer=transfer, regrain=False)
    saturation = (found.amax(0) - found.amin(0)).mean()
    assert found.isfinite().all() and saturation < 0.03


@each_transfer
def test_a_style_of_one_pixel_takes_its_color(transfer: str) -> None:
    pixel = torch.tensor([0.6, 0.3, 0.2]).view(3, 1, 1)
    found = recolored(texture(seed=16), pixel, transfer=transfer, regrain=False)
    assert found.isfinite().all()
    if transfer != "tone":
        assert torch.allclose(found.mean((1, 2)), pixel.flatten(), atol=0.02)
        assert found.std((1, 2)).max() < 0.02


@each_transfer
def test_a_flat_frame_is_finite_and_in_range(transfer: str) -> None:
    for level in (0.0, 0.5, 1.0):
        found = recolored(torch.full((3, 9, 7), level), texture(seed=17), transfer=transfer)
        assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1


@each_transfer
def test_a_pixel_that_is_no_number_touches_no_other(transfer: str) -> None:
    content = texture(seed=18)
    broken = content.clone()
    broken[1, 5, 6] = float("nan")
    found = recolored(broken, texture(seed=19), transfer=transfer, regrain=False)
    others = torch.ones(content.shape[1:], dtype=torch.bool)
    others[5, 6] = False
    assert found[:, others].isfinite().all()
    # One color fewer of six thousand.
    assert (found - recolored(content, texture(seed=19), transfer=transfer, regrain=False))[
        :, others
    ].abs().max() < 0.02


def test_a_frame_of_nothing_but_broken_pixels_stays() -> None:
    broken = torch.full((3, 4, 4), float("nan"))
    assert recolored(broken, texture(seed=20)).isnan().all()


def test_a_style_of_nothing_but_broken_pixels_is_refused() -> None:
    broken = torch.full((3, 4, 4), float("nan"))
    with pytest.raises(InputError, match="style picture 2: no pixel of it is a finite number"):
        Color(ColorOptions(), Style((texture(), broken), (0.5, 0.5)), CPU)


def test_regrain_acts_on_idt_alone() -> None:
    content, picture = texture(seed=21), dusk(texture(seed=22))
    for transfer in TRANSFERS:
        pair = [recolored(content, picture, transfer=transfer, regrain=on) for on in (True, False)]
        assert torch.equal(*pair) == (transfer != "idt")


@each_transfer
def test_the_color_map_is_what_is_painted(transfer: str) -> None:
    stylizer = Color(ColorOptions(transfer=transfer, strength=0.6, regrain=False), Style((texture(),), (1.0,)), CPU)
    content = texture(seed=23)
    (painted,) = stylizer.stylize(shot_of(content))
    assert torch.allclose(stylizer.color_map([content])(content).clamp(0, 1), painted, atol=1e-6)


def test_strips_do_not_show() -> None:
    wide: Frame = frames(0, 1, size=(160, 3000))[0]
    found = recolored(wide.image, texture(seed=24))
    assert torch.allclose(found[:, 40:60, :200], recolored_by(wide.image, found, 40, 60), atol=1e-5)


def recolored_by(content: Image, painted: Image, top: int, bottom: int) -> Image:
    """The part of `content` through the affine map that least squares finds between the two whole pictures."""
    ones = torch.ones(1, content[0].numel())
    inside = ((painted > 0) & (painted < 1)).all(0).flatten()
    known = torch.cat((content.flatten(1), ones))[:, inside].double()
    matrix = torch.linalg.lstsq(known.T, painted.flatten(1)[:, inside].double().T).solution.T
    part = content[:, top:bottom, :200]
    flat = torch.cat((part.flatten(1), torch.ones(1, part[0].numel()))).double()
    return (matrix @ flat).clamp(0, 1).float().view(part.shape)
