"""An encoder that has learned nothing, for what holds whatever it has learned."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.conftest import save_random
from vidstyle.nets.vgg import Vgg


def save_encoder(folder: Path) -> Path:
    """A seeded slim encoder, equal in every run; deep layers see as much as the first (He et al. 2015)."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = Vgg()
        for convolution in network.convs.values():
            torch.nn.init.kaiming_normal_(convolution.weight)  # type: ignore[arg-type]
            torch.nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return save_random(network, folder / "slim.safetensors")
