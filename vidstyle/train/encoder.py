"""Training of the slim encoder: distillation of a teacher's features.

At a lifted layer the error is the mean square of what the lifts of the two networks differ by, over the teacher's
variance, channel by channel. At every other layer it is what the best linear map from our features leaves of the
teacher's (hints, Romero et al. 2015, FitNets; the map is computed from the batch, not learned). All follow from second
moments of the narrow features, and the wide ones are never computed. Minimized is the sum of the errors' logarithms:
every layer is asked for the same relative progress, and there are no weights to choose.

Before the first step every layer is fitted by itself, from the first on; the first one stays as it is then.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.vgg import LAYERS, LIFTED_LAYERS, Vgg
from vidstyle.ops.resize import resize
from vidstyle.train.layerwise import LEAST_VARIANCE, best_lift, fit_layer, with_one
from vidstyle.train.pictures import PictureFolder
from vidstyle.train.settings import EncoderTraining
from vidstyle.train.teacher import load_teacher

SMALL = 1e-3
"""Errors below this are not worth more work at one layer."""
FIRST = LIFTED_LAYERS[0]
ROWS = 40_000
"""Patches that a layer is fitted to: 35 times the inputs of the widest."""
PER_BATCH = 1600
"""Patches of one batch at most: neighbors say much the same."""
SHOWN = 4
"""Pictures on a sample sheet."""


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
        self.network: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.folders = [
            PictureFolder(folder, seed=2 * settings.seed + i, size=settings.size)
            for i, folder in enumerate((content, style))
        ]
        for kind in ("convs", "lifts"):
            self.network.get_submodule(f"{kind}.{FIRST}").requires_grad_(False)

    def losses(self, step: int) -> dict[str, Tensor]:
        """The logarithm of the error at every layer but the first, for one batch of photos and one of artworks.

        Step 0 begins by fitting every layer by itself.
        """
        if step == 0 and self.settings.layer_steps:
            self._fit_layers()
        pictures = self._batch(step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            student = self.network(pictures, LAYERS)
            with torch.no_grad():
                teacher = self.teacher(pictures, LAYERS)
        errors = {layer: self._error(layer, student[layer], teacher[layer]) for layer in LAYERS[1:]}
        return {layer: (error + SMALL).log() for layer, error in errors.items()}

    def _error(self, layer: str, ours: Tensor, theirs: Tensor) -> Tensor:
        if layer not in LIFTED_LAYERS:
            return hint_error(ours, theirs)
        return lift_error(
            (ours, self.network.get_submodule(f"lifts.{layer}")), (theirs, self.teacher.get_submodule(f"lifts.{layer}"))
        )

    def _batch(self, step: int) -> Tensor:
        pictures = torch.cat([folder.batch(step, self.settings.batch) for folder in self.folders])
        return pictures.to(self.device).contiguous(memory_format=torch.channels_last)

    def _fit_layers(self) -> None:
        random = torch.Generator().manual_seed(self.settings.seed)
        for layer in LAYERS:
            patches, target = self._rows_of(layer, random)
            convolution = self.network.get_submodule(f"convs.{layer}")
            width = convolution.get_parameter("bias").numel()
            fit = fit_layer(patches, target, width=width, steps=self.settings.layer_steps, random=random)
            _set(convolution, fit.weight, fit.bias)
            if layer in LIFTED_LAYERS:
                _set(self.network.get_submodule(f"lifts.{layer}"), fit.lift[:-1].T, fit.lift[-1])

    @torch.no_grad()
    def _rows_of(self, layer: str, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """What a layer sees of some pictures, a patch a row, and what the teacher makes of it."""
        patches: list[Tensor] = []
        targets: list[Tensor] = []
        step = 0
        while sum(map(len, patches)) < ROWS:
            pictures = self._batch(step)
            step += 1
            seen = _patches(self.network.inputs(pictures, layer))  # type: ignore[operator]
            features = self.teacher(pictures, [layer])
            target = _rows((self.teacher.lift(features) if layer in LIFTED_LAYERS else features)[layer])
            chosen = torch.randperm(len(seen), generator=random)[:PER_BATCH].to(self.device)
            patches.append(seen[chosen])
            targets.append(target[chosen])
        return torch.cat(patches), torch.cat(targets)

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


def _patches(features: Tensor) -> Tensor:
    """The 3x3 patches of ``(N, C, H, W)`` as rows, borders reflected as the network does."""
    return F.unfold(F.pad(features.float(), (1, 1, 1, 1), mode="reflect"), 3).transpose(1, 2).flatten(0, 1)


@torch.no_grad()
def _set(convolution: nn.Module, weight: Tensor, bias: Tensor) -> None:
    convolution.get_parameter("weight").copy_(weight.view_as(convolution.get_parameter("weight")))
    convolution.get_parameter("bias").copy_(bias)


def _strength(features: Tensor) -> Tensor:
    length = features[0].square().mean(0).sqrt()
    return (length / length.max()).expand(3, -1, -1)


def lift_error(student: tuple[Tensor, nn.Module], teacher: tuple[Tensor, nn.Module]) -> Tensor:
    """Mean over lifted channels of squared difference over the teacher's variance.

    Each side is raw features ``(N, C, H, W)`` and its lift, a 1x1 convolution to the same number of channels.
    """
    (ours, our_lift), (theirs, their_lift) = student, teacher
    flat = with_one(torch.cat([_rows(ours), _rows(theirs)], 1))
    second = flat.T @ flat / len(flat)
    a, b = _matrix(our_lift), _matrix(their_lift)
    difference = torch.cat([a[:, :-1], -b[:, :-1], a[:, -1:] - b[:, -1:]], 1)
    error = ((difference @ second) * difference).sum(1)
    return (error.clamp_min(0) / _variance(theirs, b).clamp_min(LEAST_VARIANCE)).mean()


def hint_error(student: Tensor, teacher: Tensor) -> Tensor:
    """What the best linear map from `student` leaves of `teacher`: a mean over its channels, over their variance.

    Both are raw features ``(N, C, H, W)`` of one grid, each of its own width. At the best map the error's gradient is
    that of the features alone, so the map is a constant to it.
    """
    ours, theirs = _rows(student), _rows(teacher)
    rows, fitted = with_one(ours), best_lift(ours.detach(), theirs)
    second = rows.T @ rows / len(rows)
    crossed = rows.T @ theirs / len(rows)
    error = theirs.square().mean(0) - (2 * crossed * fitted).sum(0) + ((second @ fitted) * fitted).sum(0)
    return (error.clamp_min(0) / theirs.var(0).clamp_min(LEAST_VARIANCE)).mean()


def _rows(features: Tensor) -> Tensor:
    return features.float().permute(0, 2, 3, 1).flatten(0, 2)


def _matrix(lift: nn.Module) -> Tensor:
    weight, bias = lift.get_parameter("weight"), lift.get_parameter("bias")
    return torch.cat([weight[:, :, 0, 0], bias[:, None]], 1)


def _variance(features: Tensor, matrix: Tensor) -> Tensor:
    rows = _rows(features)
    covariance = torch.cov(rows.T, correction=0)
    weight = matrix[:, :-1]
    return ((weight @ covariance) * weight).sum(1)
