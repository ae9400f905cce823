"""The loss network: VGG-19's topology at any widths, read from a file. For training only.

The file names its tensors ``preprocess``, ``conv11 ... conv51`` and, per ``reluN_1``, a linear ``convN1_lift``
that predicts VGG-19's own channels there (Wang et al. 2020, Collaborative Distillation). Lifted features
make the better loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from vidstyle.errors import WeightsError
from vidstyle.nets.vgg import LAYERS, LIFTED_LAYERS, Vgg

LOSS_LAYERS = LIFTED_LAYERS[:4]
"""Where contents and styles are compared, relu1_1 to relu4_1."""


def load_teacher(path: Path) -> Vgg:
    """The frozen network of a file; `WeightsError` when it lacks what a teacher has."""
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"--teacher {path}: cannot be read as safetensors ({error})") from None
    try:
        state = _fold(tensors)
    except KeyError as error:
        raise WeightsError(
            f"--teacher {path}: lacks {error.args[0]}; expected the tensors of a distilled VGG-19"
        ) from None
    widths = [len(state[f"convs.{layer}.bias"]) for layer in LIFTED_LAYERS]
    lifted = [len(state[f"lifts.{layer}.bias"]) for layer in LIFTED_LAYERS]
    with torch.device("meta"):  # no random start, so that loading leaves the random state alone
        network = Vgg(widths, lifted)
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _fold(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors under our names, its 1x1 ``preprocess`` folded into the first convolution."""
    state = {}
    for layer in LAYERS:
        name = "conv" + layer.removeprefix("relu").replace("_", "")
        for kind in ("weight", "bias"):
            state[f"convs.{layer}.{kind}"] = tensors[f"{name}.{kind}"]
            if layer in LIFTED_LAYERS:
                state[f"lifts.{layer}.{kind}"] = tensors[f"{name}_lift.{kind}"]
    first = state["convs.relu1_1.weight"]
    shift = first.sum((2, 3)) @ tensors["preprocess.bias"]
    state["convs.relu1_1.bias"] = state["convs.relu1_1.bias"] + shift
    mixing = tensors["preprocess.weight"][:, :, 0, 0]
    state["convs.relu1_1.weight"] = first.permute(0, 2, 3, 1).matmul(mixing).permute(0, 3, 1, 2).contiguous()
    return state
