"""A little of everything that training needs: pictures, and a teacher of the right shape that knows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.conformance.shots import texture
from vidstyle.video.stills import write_picture

WIDTH = 4
LIFTED = 6


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Contents and styles."""
    made = []
    for name, seed in (("contents", 0), ("styles", 20)):
        folder = tmp_path_factory.mktemp(name)
        (folder / "deeper").mkdir()
        for i in range(3):
            size = (80 + 10 * i, 100 - 5 * i)
            write_picture(folder / ("deeper" if i else ".") / f"{i}.png", texture(0, size=size, seed=seed + i))
        made.append(folder)
    return made[0], made[1]


@pytest.fixture(scope="session")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights under the names of a distilled VGG-19."""
    generator = torch.Generator().manual_seed(3)
    tensors = {"preprocess.weight": torch.eye(3).view(3, 3, 1, 1), "preprocess.bias": torch.zeros(3)}
    inputs = 3
    for block, depth in enumerate((2, 2, 4, 4, 1), start=1):
        for i in range(1, depth + 1):
            tensors[f"conv{block}{i}.weight"] = 0.4 * torch.randn(WIDTH, inputs, 3, 3, generator=generator)
            tensors[f"conv{block}{i}.bias"] = 0.1 * torch.ones(WIDTH)
            inputs = WIDTH
        tensors[f"conv{block}1_lift.weight"] = torch.randn(LIFTED, WIDTH, 1, 1, generator=generator)
        tensors[f"conv{block}1_lift.bias"] = torch.randn(LIFTED, generator=generator)
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    save_file(tensors, path)
    return path
