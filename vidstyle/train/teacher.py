"""The loss network: VGG-19's topology at any widths, read from a file. For training only.

The file names its tensors ``preprocess``, ``conv11 ... conv51`` and, per ``reluN_1``, a linear ``convN1_lift``
that predicts VGG-19's own channels there (Wang et al. 2020, Collaborative Distillation). Lifted features
make the better loss; their statistics need no large tensors, see `lifted_moments`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vidstyle.errors import WeightsError
from vidstyle.ops.statistics import Moments, lifted_moments

DEPTHS = (2, 2, 4, 1)
"""Convolutions per block of VGG-19, the fourth only to relu4_1."""
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


class TeacherFeatures(NamedTuple):
    """What losses need of a picture batch."""

    raw: list[Tensor]
    """Features at `LAYERS`, the file's own widths."""
    moments: list[Moments]
    """Moments of the lifted features at `LAYERS`."""


class Teacher(nn.Module):
    """A frozen loss network."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            tensors = load_file(path)
        except (OSError, SafetensorError) as error:
            raise WeightsError(f"--teacher {path}: cannot be read as safetensors ({error})") from None
        for name, tensor in tensors.items():
            self.register_buffer(name.replace(".", "_"), tensor.float())
        if not hasattr(self, "conv41_lift_weight"):
            raise WeightsError(
                f"--teacher {path}: lacks conv41_lift.weight; expected the tensors of a distilled VGG-19"
            )

    def _apply_conv(self, name: str, x: Tensor) -> Tensor:
        weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
        if weight.shape[2] == 3:
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, weight, bias)

    def forward(self, image: Tensor) -> TeacherFeatures:
        """Features of ``(N, 3, H, W)`` in ``[0, 1]``."""
        x, raw = self._apply_conv("preprocess", image), []
        for block, depth in enumerate(DEPTHS, start=1):
            for i in range(1, depth + 1):
                x = F.relu(self._apply_conv(f"conv{block}{i}", x))
                if i == 1:
                    raw.append(x)
            if block < len(DEPTHS):
                x = F.max_pool2d(x, 2)
        return TeacherFeatures(raw, [self._lifted_moments(i + 1, f) for i, f in enumerate(raw)])

    def _lifted_moments(self, block: int, features: Tensor) -> Moments:
        weight = getattr(self, f"conv{block}1_lift_weight")[:, :, 0, 0]
        return lifted_moments(features, weight, getattr(self, f"conv{block}1_lift_bias"))

    def lift(self, layer: str, raw: list[Tensor]) -> Tensor:
        """Lifted features at `layer` from the raw ones."""
        index = LAYERS.index(layer)
        return self._apply_conv(f"conv{index + 1}1_lift", raw[index].float())
