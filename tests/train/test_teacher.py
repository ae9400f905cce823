"""The loss network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from tests.conformance.shots import texture
from tests.train.conftest import LIFTED, WIDTH
from vidstyle.errors import WeightsError
from vidstyle.nets.vgg import LIFTED_LAYERS
from vidstyle.train.teacher import load_teacher


def test_it_computes_what_the_file_says(teacher_file: Path) -> None:
    tensors = load_file(teacher_file)
    tensors["preprocess.weight"] = torch.randn(3, 3, 1, 1, generator=torch.Generator().manual_seed(1))
    tensors["preprocess.bias"] = torch.tensor([0.3, -0.2, 0.1])
    save_file(tensors, teacher_file.with_name("mixing.safetensors"))
    image = texture(0, size=(48, 64))[None]
    x = F.conv2d(image, tensors["preprocess.weight"], tensors["preprocess.bias"])
    x = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), tensors["conv11.weight"], tensors["conv11.bias"]))
    lifted = F.conv2d(x, tensors["conv11_lift.weight"], tensors["conv11_lift.bias"])
    teacher = load_teacher(teacher_file.with_name("mixing.safetensors"))
    features = teacher(image, ["relu1_1"])
    assert torch.allclose(features["relu1_1"], x, atol=1e-5)
    assert torch.allclose(teacher.lift(features)["relu1_1"], lifted, atol=1e-5)


def test_widths_follow_the_file(teacher_file: Path) -> None:
    teacher = load_teacher(teacher_file)
    features = teacher(texture(0, size=(48, 64))[None], LIFTED_LAYERS)
    assert [len(f[0]) for f in features.values()] == [WIDTH] * 5
    assert [len(f[0]) for f in teacher.lift(features).values()] == [LIFTED] * 5


def test_it_is_frozen_but_lets_gradients_through(teacher_file: Path) -> None:
    teacher = load_teacher(teacher_file)
    assert not any(p.requires_grad for p in teacher.parameters())
    image = texture(0, size=(48, 64))[None].requires_grad_()
    teacher.moments(teacher(image, ["relu4_1"]))["relu4_1"].mean.sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None and image.grad.abs().max() > 0


def test_what_is_no_teacher_is_refused(tmp_path: Path, teacher_file: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(1)}, other)
    for path, message in ((other, "lacks conv11.weight"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(WeightsError, match=message):
            load_teacher(path)
    other.write_bytes(teacher_file.read_bytes()[:100])
    with pytest.raises(WeightsError, match="cannot be read"):
        load_teacher(other)
