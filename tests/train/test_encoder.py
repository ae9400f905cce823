"""Distillation of the slim encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.train.conftest import LIFTED, WIDTH
from vidstyle.nets.vgg import LAYERS, Vgg
from vidstyle.ops.statistics import moments
from vidstyle.train.encoder import EncoderTask, hint_error, lift_error
from vidstyle.train.settings import EncoderTraining


def random_side(width: int) -> tuple[torch.Tensor, nn.Conv2d]:
    with torch.random.fork_rng():
        torch.manual_seed(width)
        return torch.randn(2, width, 9, 11) + 1, nn.Conv2d(width, LIFTED, 1)


def test_the_error_is_that_of_the_wide_features() -> None:
    (ours, our_lift), (theirs, their_lift) = student, teacher = random_side(3), random_side(5)
    target = their_lift(theirs)
    variance = moments(target.transpose(0, 1).flatten(1)[None, :, None]).std.square()[0]
    by_hand = ((our_lift(ours) - target).square().mean((0, 2, 3)) / variance).mean()
    assert lift_error(student, teacher).item() == pytest.approx(by_hand.item(), rel=1e-3)


def test_equals_have_no_error() -> None:
    side = random_side(4)
    assert lift_error(side, side).item() == pytest.approx(0, abs=1e-5)


def test_predicting_the_mean_is_an_error_of_one() -> None:
    features, lift = random_side(4)
    guess = nn.Conv2d(4, LIFTED, 1)
    with torch.no_grad():
        guess.weight.zero_()
        guess.bias.copy_(lift(features).mean((0, 2, 3)))
    assert lift_error((features, guess), (features, lift)).item() == pytest.approx(1, rel=1e-4)


def test_a_hint_is_what_no_linear_map_can_give() -> None:
    ours = torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))
    mixed = torch.stack([2 * ours[:, 0] - ours[:, 2] + 1, ours[:, 1] + 4], 1)
    other = torch.randn(2, 1, 9, 11, generator=torch.Generator().manual_seed(2))
    assert hint_error(ours, mixed).item() == pytest.approx(0, abs=1e-4)
    assert hint_error(ours, other).item() == pytest.approx(1, abs=0.05)
    assert hint_error(ours, torch.cat([mixed, other], 1)).item() == pytest.approx(1 / 3, abs=0.02)


def test_a_hint_pulls_towards_the_teacher() -> None:
    ours, theirs = (torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    ours.requires_grad_()
    before = hint_error(ours, theirs)
    before.backward()
    assert ours.grad is not None
    after = hint_error(ours.detach() - 10 * ours.grad, theirs)
    assert after < before


def test_layers_fitted_one_by_one_beat_the_mean(
    folders: tuple[Path, Path], teacher_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidstyle.train.encoder.ROWS", 600)
    settings = EncoderTraining(batch=2, size=64, layer_steps=4)
    task = EncoderTask(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
    errors = {layer: value.exp().item() for layer, value in task.losses(0).items()}
    assert list(errors) == list(LAYERS[1:])
    # Deeper layers have too few patches here.
    assert 0 < errors["relu1_2"] < 0.7 and 0 < errors["relu2_1"] < 0.7


def test_without_layer_steps_it_starts_as_it_is(folders: tuple[Path, Path], teacher_file: Path) -> None:
    settings = EncoderTraining(batch=2, size=64, layer_steps=0)
    task = EncoderTask(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
    before = {name: p.detach().clone() for name, p in task.network.named_parameters()}
    task.losses(0)
    assert all(torch.equal(p, before[name]) for name, p in task.network.named_parameters())


def test_the_sheet_shows_teacher_and_student(folders: tuple[Path, Path], teacher_file: Path) -> None:
    settings = EncoderTraining(batch=2, size=64)
    task = EncoderTask(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
    sheet = task.sheet(task.network)
    assert sheet.shape == (3, 8 * 64, 6 * 64)
    assert torch.equal(sheet[:, :64, :64], sheet[:, 64:128, :64])
    assert isinstance(task.network, Vgg) and task.network.convs["relu1_1"].out_channels != WIDTH
