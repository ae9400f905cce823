"""Networks under the names and shapes of public checkpoints, with random weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.weights.store import sha256

WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512)
"""Of VGG-19's convolutions; 0 is pooling."""


def padded(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3)]


def vgg_normalised() -> nn.Sequential:
    """The encoder of naoto0804/pytorch-AdaIN to relu5_1; the first 31 parts are what AdaIN uses."""
    parts: list[nn.Module] = [nn.Conv2d(3, 3, 1)]
    inputs = 3
    for width in WIDTHS[:-3]:
        if not width:
            parts.append(nn.MaxPool2d(2, ceil_mode=True))
            continue
        parts += [*padded(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*parts)


def vgg_normalised_state(encoder: nn.Sequential) -> dict[str, Tensor]:
    """As it is published, to relu5_4; what is not read is small here."""
    unread = {f"{place}.{kind}": torch.zeros(1) for place in (45, 48, 51) for kind in ("weight", "bias")}
    return encoder.state_dict() | unread


def speak_up(network: nn.Module) -> None:
    """Keep the energy of features from layer to layer; random weights as they come let it fade."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.mul_(6**0.5)


def decoder() -> nn.Sequential:
    """The decoder of the same."""
    parts: list[nn.Module] = []
    inputs = 512
    for width in (256, 0, 256, 256, 256, 128, 0, 128, 64, 0, 64, 3):
        parts += [*padded(inputs, width), nn.ReLU()] if width else [nn.UpsamplingNearest2d(scale_factor=2)]
        inputs = width or inputs
    return nn.Sequential(*parts[:-1])


def transformer_state(width: int = 512) -> dict[str, Tensor]:
    """The attention of GlebSBrykin/SANET."""
    parts = {f"{sanet}.{part}": 1 for sanet in ("sanet4_1", "sanet5_1") for part in ("f", "g", "h", "out_conv")}
    state = {}
    for name, side in (parts | {"merge_conv": 3}).items():
        layer = nn.Conv2d(width, width, side)
        state |= {f"{name}.{kind}": tensor.detach() for kind, tensor in layer.named_parameters()}
    return state


def attended(state: dict[str, Tensor], content: Sequence[Tensor], style: Sequence[Tensor]) -> Tensor:
    """What that makes of features at relu4_1 and relu5_1: Eq. 3 to 6 of Park and Lee, with a table of all scores."""

    def conv(x: Tensor, name: str) -> Tensor:
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def normal(x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
        return (x - mean) / (variance + 1e-5).sqrt()

    found = []
    for name, c, s in zip(("sanet4_1", "sanet5_1"), content, style, strict=True):
        queries, keys = conv(normal(c), f"{name}.f").flatten(2), conv(normal(s), f"{name}.g").flatten(2)
        weights = (queries.transpose(1, 2) @ keys).softmax(2)
        values = conv(s, f"{name}.h").flatten(2) @ weights.transpose(1, 2)
        found.append(conv(values.view_as(c), f"{name}.out_conv") + c)
    merged = found[0] + found[1].repeat_interleave(2, 2).repeat_interleave(2, 3)
    return conv(F.pad(merged, (1, 1, 1, 1), mode="reflect"), "merge_conv")


def torchvision_features() -> nn.Sequential:
    """torchvision's VGG-19 without its classifier, borders reflected as ours are."""
    parts: list[nn.Module] = []
    inputs = 3
    for width in (*WIDTHS, 0):
        if width:
            parts += [nn.Conv2d(inputs, width, 3, padding=1, padding_mode="reflect"), nn.ReLU()]
        else:
            parts.append(nn.MaxPool2d(2))
        inputs = width or inputs
    return nn.Sequential(*parts)


def torchvision_state(features: nn.Sequential) -> dict[str, Tensor]:
    """As torchvision publishes it; the classifier is not read, so it is small here."""
    state = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    return state | {"classifier.0.weight": torch.zeros(1, 1), "classifier.0.bias": torch.zeros(1)}


def published(state: dict[str, Tensor], folder: Path) -> Path:
    """A file whose name ends in the start of its hash, as torchvision's do."""
    plain = folder / "plain.pth"
    torch.save(state, plain)
    return plain.rename(folder / f"vgg19-{sha256(plain)[:8]}.pth")


def johnson_state() -> dict[str, Tensor]:
    """pytorch/examples' transform net, with the running statistics of files that old versions wrote."""
    shapes = {"conv1": (32, 3, 9), "conv2": (64, 32, 3), "conv3": (128, 64, 3)}
    shapes |= {f"res{i}.conv{j}": (128, 128, 3) for i in range(1, 6) for j in (1, 2)}
    shapes |= {"deconv1": (64, 128, 3), "deconv2": (32, 64, 3), "deconv3": (3, 32, 9)}
    norms = {"in1": 32, "in2": 64, "in3": 128, "in4": 64, "in5": 32}
    norms |= {f"res{i}.in{j}": 128 for i in range(1, 6) for j in (1, 2)}
    state = {}
    for name, (outputs, inputs, side) in shapes.items():
        plain = nn.Conv2d(inputs, outputs, side)
        state |= {f"{name}.conv2d.{kind}": tensor.detach() for kind, tensor in plain.named_parameters()}
    for name, width in norms.items():
        state |= {f"{name}.weight": 0.5 + torch.rand(width), f"{name}.bias": torch.randn(width)}
        state |= {f"{name}.running_mean": torch.zeros(width), f"{name}.running_var": torch.ones(width)}
    # Its pictures go to 255.
    return {name: 40 * tensor if name.startswith("deconv3") else tensor for name, tensor in state.items()}


def johnson(state: dict[str, Tensor], images: Tensor) -> Tensor:
    """What that net makes of pictures from 0 to 255."""

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.conv2d.weight"]
        x = F.pad(x, (weight.shape[2] // 2,) * 4, mode="reflect")
        return F.conv2d(x, weight, state[f"{name}.conv2d.bias"], stride=stride)

    def norm(x: Tensor, name: str) -> Tensor:
        return F.instance_norm(x, weight=state[f"{name}.weight"], bias=state[f"{name}.bias"])

    x = F.relu(norm(conv(images, "conv1"), "in1"))
    x = F.relu(norm(conv(x, "conv2", stride=2), "in2"))
    x = F.relu(norm(conv(x, "conv3", stride=2), "in3"))
    for i in range(1, 6):
        hidden = F.relu(norm(conv(x, f"res{i}.conv1"), f"res{i}.in1"))
        x = x + norm(conv(hidden, f"res{i}.conv2"), f"res{i}.in2")
    x = F.relu(norm(conv(F.interpolate(x, scale_factor=2), "deconv1"), "in4"))
    x = F.relu(norm(conv(F.interpolate(x, scale_factor=2), "deconv2"), "in5"))
    return conv(x, "deconv3")
