"""The loss network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.conformance.shots import texture
from tests.train.conftest import LIFTED, WIDTH
from vidstyle.errors import WeightsError
from vidstyle.ops.statistics import moments
from vidstyle.train.teacher import LAYERS, Teacher


def test_features_have_the_grids_of_vgg(teacher_file: Path) -> None:
    features = Teacher(teacher_file)(texture(0, size=(48, 64))[None])
    assert [tuple(f.shape) for f in features.raw] == [(1, WIDTH, 48 // 2**i, 64 // 2**i) for i in range(4)]
    assert all((f >= 0).all() and f.max() > 0 for f in features.raw)


def test_moments_are_those_of_the_lifted_features(teacher_file: Path) -> None:
    teacher = Teacher(teacher_file)
    features = teacher(texture(0, size=(48, 64))[None])
    for layer, short in zip(LAYERS, features.moments, strict=True):
        lifted = teacher.lift(layer, features.raw)
        assert lifted.shape[1] == LIFTED
        direct = moments(lifted)
        assert torch.allclose(direct.mean, short.mean, atol=1e-4)
        assert torch.allclose(direct.std, short.std, atol=1e-4)


def test_it_is_frozen_but_lets_gradients_through(teacher_file: Path) -> None:
    teacher = Teacher(teacher_file)
    assert list(teacher.parameters()) == []
    image = texture(0, size=(48, 64))[None].requires_grad_()
    teacher(image).moments[3].mean.sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None and image.grad.abs().max() > 0


def test_what_is_no_teacher_is_refused(tmp_path: Path, teacher_file: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(1)}, other)
    for path, message in ((other, "lacks conv41_lift"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(WeightsError, match=message):
            Teacher(path)
    tensors = load_file(teacher_file)
    other.write_bytes(teacher_file.read_bytes()[:100])
    assert tensors
    with pytest.raises(WeightsError, match="cannot be read"):
        Teacher(other)
