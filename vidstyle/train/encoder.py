"""Training of the slim encoder: distillation of a teacher's lifted features.

The error at a layer is the mean square of what the lifts of the two networks differ by, over the teacher's
variance, channel by channel. Both lifts are linear, so it follows from the second moments of the narrow
features, and the wide ones are never computed.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.nets.vgg import LAYERS, LIFTED_LAYERS, Vgg
from vidstyle.ops.resize import resize
from vidstyle.train.pictures import PictureFolder
from vidstyle.train.settings import EncoderTraining
from vidstyle.train.teacher import load_teacher

WEIGHTS = {"relu1_1": 6.0, "relu2_1": 6.0, "relu3_1": 2.5, "relu4_1": 1.6, "relu5_1": 1.0}
"""Of the errors: about the inverse of what this size reaches there. Equal ones starve the shallow layers."""
SHOWN = 4
"""Pictures on a sample sheet."""
MIDDLE_GRAY = 0.45
"""About the mean of photos and of artworks."""
RIDGE = 1e-4
"""Keeps the first lifts finite where random features say the same twice."""
LEAST_VARIANCE = 1e-4
"""Of a channel, to divide by: some of the teacher's hardly vary."""


class EncoderTask:
    """Trains a narrow `Vgg` on photos and artworks alike."""

    def __init__(
        self, content: Path, style: Path, *, teacher: Path, settings: EncoderTraining, device: torch.device
    ) -> None:
        self.settings = settings
        self.device = device
        self.teacher = load_teacher(teacher).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        lifted = [self.teacher.get_parameter(f"lifts.{layer}.bias").numel() for layer in LIFTED_LAYERS]
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(settings.seed)
            network = Vgg(lifted=lifted)
            for convolution in network.convs.values():
                nn.init.kaiming_normal_(convolution.get_parameter("weight"))
                nn.init.zeros_(convolution.get_parameter("bias"))
        self.network: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.folders = [
            PictureFolder(folder, seed=2 * settings.seed + i, size=settings.size)
            for i, folder in enumerate((content, style))
        ]
        self._scale_layers()
        self._fit_lifts()

    def losses(self, step: int) -> dict[str, Tensor]:
        """The weighted relative error at every lifted layer, for one batch of photos and one of artworks."""
        pictures = self._batch(step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            student = self.network(pictures, LIFTED_LAYERS)
            with torch.no_grad():
                teacher = self.teacher(pictures, LIFTED_LAYERS)
        return {
            layer: WEIGHTS[layer]
            * lift_error(
                (student[layer], self.network.get_submodule(f"lifts.{layer}")),
                (teacher[layer], self.teacher.get_submodule(f"lifts.{layer}")),
            )
            for layer in LIFTED_LAYERS
        }

    def _batch(self, step: int) -> Tensor:
        pictures = torch.cat([folder.batch(step, self.settings.batch) for folder in self.folders])
        return pictures.to(self.device).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def _scale_layers(self) -> None:
        """Every layer's features start at a usual size of 1 (Mishkin and Matas 2016, LSUV), the input centered.

        With torch's own start the shallow lifts grow to 150, and magnify every step of the narrow weights.
        """
        pictures = self._batch(0)
        first = self.network.get_submodule(f"convs.{LAYERS[0]}")
        first.get_parameter("bias").copy_(-MIDDLE_GRAY * first.get_parameter("weight").sum((1, 2, 3)))
        for layer in LAYERS:
            size = self.network(pictures, [layer])[layer].square().mean().sqrt()
            for parameter in self.network.get_submodule(f"convs.{layer}").parameters():
                parameter.div_(size)

    @torch.no_grad()
    def _fit_lifts(self) -> None:
        """Lifts start as the best linear prediction from random features: from random ones they learn for long."""
        pictures = self._batch(0)
        student, teacher = self.network(pictures, LIFTED_LAYERS), self.teacher(pictures, LIFTED_LAYERS)
        for layer in LIFTED_LAYERS:
            lift = self.network.get_submodule(f"lifts.{layer}")
            inputs, targets = _with_one(_rows(student[layer])), _rows(self.teacher.lift(teacher)[layer])
            ridge = RIDGE * torch.eye(inputs.shape[1], device=self.device)
            best = torch.linalg.solve(inputs.T @ inputs / len(inputs) + ridge, inputs.T @ targets / len(inputs)).T
            lift.get_parameter("weight").copy_(best[:, :-1, None, None])
            lift.get_parameter("bias").copy_(best[:, -1])

    @torch.inference_mode()
    def sheet(self, network: nn.Module) -> Tensor:
        """Per picture the strength of lifted features, a layer a column: the teacher's, and below it ours."""
        rows = []
        for picture in self.folders[0].batch(0, SHOWN).to(self.device):
            for encoder in (self.teacher, network):
                lifted = encoder.lift(encoder(picture[None], LIFTED_LAYERS))  # type: ignore[operator]
                maps = [resize(_strength(lifted[layer]), picture.shape[1:]) for layer in LIFTED_LAYERS]
                rows.append(torch.cat([picture, *maps], 2))
        return torch.cat(rows, 1).clamp(0, 1).cpu()


def _strength(features: Tensor) -> Tensor:
    length = features[0].square().mean(0).sqrt()
    return (length / length.max()).expand(3, -1, -1)


def lift_error(student: tuple[Tensor, nn.Module], teacher: tuple[Tensor, nn.Module]) -> Tensor:
    """Mean over lifted channels of squared difference over the teacher's variance.

    Each side is raw features ``(N, C, H, W)`` and its lift, a 1x1 convolution to the same number of channels.
    """
    (ours, our_lift), (theirs, their_lift) = student, teacher
    flat = _with_one(torch.cat([_rows(ours), _rows(theirs)], 1))
    second = flat.T @ flat / len(flat)
    a, b = _matrix(our_lift), _matrix(their_lift)
    difference = torch.cat([a[:, :-1], -b[:, :-1], a[:, -1:] - b[:, -1:]], 1)
    error = ((difference @ second) * difference).sum(1)
    return (error.clamp_min(0) / _variance(theirs, b).clamp_min(LEAST_VARIANCE)).mean()


def _rows(features: Tensor) -> Tensor:
    return features.float().permute(0, 2, 3, 1).flatten(0, 2)


def _with_one(rows: Tensor) -> Tensor:
    return torch.cat([rows, torch.ones_like(rows[:, :1])], 1)


def _matrix(lift: nn.Module) -> Tensor:
    weight, bias = lift.get_parameter("weight"), lift.get_parameter("bias")
    return torch.cat([weight[:, :, 0, 0], bias[:, None]], 1)


def _variance(features: Tensor, matrix: Tensor) -> Tensor:
    rows = _rows(features)
    covariance = torch.cov(rows.T, correction=0)
    weight = matrix[:, :-1]
    return ((weight @ covariance) * weight).sum(1)
