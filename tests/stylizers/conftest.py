"""What tests of optimizing and matching methods share: an encoder that has learned nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.conftest import save_untrained
from vidstyle.nets.vgg import Vgg


@pytest.fixture(scope="session")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded slim encoder, equal in every run; deep layers see as much as the first (He et al. 2015)."""
    return save_untrained(_seeing, tmp_path_factory.mktemp("weights") / "slim.safetensors", seed=3)


def _seeing() -> Vgg:
    network = Vgg()
    for convolution in network.convs.values():
        torch.nn.init.kaiming_normal_(convolution.weight)  # type: ignore[arg-type]
        torch.nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return network
