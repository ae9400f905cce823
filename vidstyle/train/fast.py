"""Training of a network of one style's own: content, style, smoothness and steadiness.

The style is one picture, so its statistics are computed once. Compared are mean and deviation of lifted features,
as for `adain`, and the covariance between their channels: the texture that a network of one style can afford to
learn (the Gram matrix of Gatys et al. 2016 and Johnson et al. 2016, without the mean, which is compared by itself).

Steadiness: a picture that moved and got new grain must be painted the same, moved, by the statistics of the
unmoved one, as for `adain`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.nets.transform import STRIDE, FastNet
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.resize import crop_to, resize
from vidstyle.ops.statistics import Moments
from vidstyle.train.losses import covariance, style_loss, texture_loss, unrest
from vidstyle.train.pictures import PictureFolder, generator
from vidstyle.train.settings import FastTraining
from vidstyle.train.teacher import LOSS_LAYERS, load_teacher
from vidstyle.train.terms import content_terms, moved, unsteadiness
from vidstyle.video.stills import read_picture

SHOWN = 5
"""Contents on a sample sheet."""
EXCESS_WEIGHT = 10.0
"""Of painting beyond black and white, which is clamped in use: the losses would judge another picture. Keeps it
below two thousandths of the range (measured)."""


class FastTask:
    """Trains a `FastNet` on a folder of photos and one style picture."""

    def __init__(
        self, content: Path, style: Path, *, teacher: Path, settings: FastTraining, device: torch.device
    ) -> None:
        self.settings = settings
        self.device = device
        self.style = read_style(style, settings.style_size).to(device)
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(settings.seed)
            network = FastNet()
        self.network: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teacher = load_teacher(teacher).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.contents = PictureFolder(content, seed=2 * settings.seed, size=settings.size)
        self.target = _statistics(self.teacher, self.teacher(self.style[None], LOSS_LAYERS))

    def losses(self, step: int) -> dict[str, Tensor]:
        """The terms of one step; steadiness every second one."""
        content = self.contents.batch(step, self.settings.batch).to(self.device)
        content = content.contiguous(memory_format=torch.channels_last)
        terms = self._transfer(content)
        if step % 2 == 1:
            terms["steadiness"] = self.settings.steadiness_weight * self._steadiness(content, step)
        return terms

    def _autocast(self) -> torch.autocast:
        """For networks alone: statistics and losses stay in full precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16)

    def _transfer(self, content: Tensor) -> dict[str, Tensor]:
        with self._autocast():
            painted = self.network(content)
            of_painted = self.teacher(painted, LOSS_LAYERS)
            kept = content_terms(self.teacher, of_painted, content=content, detail_weight=self.settings.detail_weight)
        moments, covariances = _statistics(self.teacher, of_painted)
        texture = texture_loss(covariances, self.target[1], lifts=self.teacher.lifts)
        return {
            "style": self.settings.style_weight * style_loss(moments, self.target[0]),
            "texture": self.settings.texture_weight * texture,
            "unrest": self.settings.unrest_weight * unrest(painted, content),
            "excess": EXCESS_WEIGHT * (painted - painted.clamp(0, 1)).abs().mean(),
            **kept,
        }

    def _steadiness(self, content: Tensor, step: int) -> Tensor:
        network = self.network
        assert isinstance(network, FastNet)
        later = moved(content, generator(self.settings.seed, step), stride=STRIDE)
        features = network.encode(content)
        held = network.statistics(features)
        painted = network.decode(features, held)
        again = network.decode(network.encode(later.pictures), held)
        return later.weight * unsteadiness(later.follow(painted), again)

    @torch.inference_mode()
    def sheet(self, network: nn.Module) -> Tensor:
        """The style and contents in a row, and below each content its painting."""
        content = self.contents.batch(0, SHOWN).to(self.device)
        size = content.shape[2]
        corner = crop_to(_scaled(self.style, size), (size, size))
        above = torch.cat([corner, *content], 2)
        below = torch.cat([torch.ones_like(corner), *network(content)], 2)
        return torch.cat([above, below], 1).clamp(0, 1).cpu()


def read_style(path: Path, shortest: int) -> Tensor:
    """A style picture with its shortest side scaled to `shortest` pixels."""
    return _scaled(read_picture(path), shortest)


def _scaled(image: Tensor, shortest: int) -> Tensor:
    factor = shortest / min(image.shape[1:])
    return resize(image, [max(1, round(side * factor)) for side in image.shape[1:]])


def _statistics(teacher: Vgg, features: dict[str, Tensor]) -> tuple[dict[str, Moments], dict[str, Tensor]]:
    """Moments of lifted features, and covariances of the teacher's own, at every layer."""
    return teacher.moments(features), {layer: covariance(x) for layer, x in features.items()}
