"""Distillation of the slim encoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.train.conftest import LIFTED, WIDTH
from vidstyle.nets.vgg import LIFTED_LAYERS, Vgg
from vidstyle.ops.statistics import moments
from vidstyle.train.encoder import WEIGHTS, EncoderTask, lift_error
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


def test_lifts_start_better_than_the_mean(folders: tuple[Path, Path], teacher_file: Path) -> None:
    settings = EncoderTraining(batch=2, size=64)
    task = EncoderTask(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
    errors = task.losses(0)
    assert list(errors) == list(LIFTED_LAYERS)
    # The same batch that the lifts were fitted to: the best linear prediction cannot be worse than the mean.
    assert all(0 < error / WEIGHTS[layer] < 1 for layer, error in errors.items())


def test_the_sheet_shows_teacher_and_student(folders: tuple[Path, Path], teacher_file: Path) -> None:
    settings = EncoderTraining(batch=2, size=64)
    task = EncoderTask(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
    sheet = task.sheet(task.network)
    assert sheet.shape == (3, 8 * 64, 6 * 64)
    assert torch.equal(sheet[:, :64, :64], sheet[:, 64:128, :64])
    assert isinstance(task.network, Vgg) and task.network.convs["relu1_1"].out_channels != WIDTH
