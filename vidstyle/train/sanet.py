"""Training of SANet: content and style losses, two identities, and steadiness, on a frozen encoder.

The losses are those of the default network, see `vidstyle.train.adain`; the identity has a second term on features,
as in Park and Lee (2019, SANet, Eq. 8). Unlike theirs, every term is relative to its target's energy.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.nets.sanet import LAYERS, STRIDE, Sanet
from vidstyle.nets.vgg import Vgg
from vidstyle.train.pictures import PictureFolder, generator
from vidstyle.train.settings import SANetTraining
from vidstyle.train.teacher import load_teacher
from vidstyle.train.terms import moved, transfer_sheet, transfer_terms, unsteadiness
from vidstyle.weights.store import load_into

CALIBRATED_ON = 16
"""Contents and styles, each, that the network's scales are set on."""


class SANetTask:
    """Trains a `Sanet` on folders of photos and of artworks; `encoder` is the file of the slim encoder."""

    def __init__(
        self,
        content: Path,
        style: Path,
        *,
        teacher: Path,
        encoder: Path,
        settings: SANetTraining,
        device: torch.device,
    ) -> None:
        self.settings = settings
        self.device = device
        self.contents = PictureFolder(content, seed=2 * settings.seed, size=settings.size)
        self.styles = PictureFolder(style, seed=2 * settings.seed + 1, size=settings.size)
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(settings.seed)
            self.painter = Sanet(settings.attention)
            self.encoder = Vgg().eval().requires_grad_(requires_grad=False)
            self.teacher = load_teacher(teacher)
        load_into(self.encoder, encoder)
        self.network: nn.Module = self.painter
        for part in (self.painter, self.encoder, self.teacher):
            part.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        some = torch.cat([folder.batch(0, CALIBRATED_ON) for folder in (self.contents, self.styles)])
        self.painter.calibrate(self._see(some.to(device)))

    def _see(self, pictures: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            seen: dict[str, Tensor] = self.encoder(pictures.contiguous(memory_format=torch.channels_last), LAYERS)
        return seen

    def losses(self, step: int) -> dict[str, Tensor]:
        """The terms of one step; steadiness every second one, identity every fourth."""
        content = self._batch(self.contents, step)
        style = self._batch(self.styles, step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            painted = self.network(self._see(content), self._see(style))
            terms = transfer_terms(self.teacher, painted, content=content, style=style, settings=self.settings)
            if step % 4 == 0:
                terms |= self._identity(content, style)
        if step % 2 == 1:
            terms["steadiness"] = self.settings.steadiness_weight * self._steadiness(content, style, step)
        return terms

    def _batch(self, folder: PictureFolder, step: int) -> Tensor:
        batch = folder.batch(step, self.settings.batch)
        return batch.to(self.device).contiguous(memory_format=torch.channels_last)

    def _identity(self, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        """A picture in its own style is itself, in its pixels and in the encoder's eyes; photos and artworks."""
        both = torch.cat([content[::2], style[::2]])
        seen = self._see(both)
        painted: Tensor = self.painter(seen, seen)
        again = self.encoder(painted, LAYERS[:4])
        features = [_relative(again[layer], seen[layer]) for layer in again]
        return {
            "identity": self.settings.identity_weight * (painted - both).abs().mean(),
            "likeness": self.settings.likeness_weight * torch.stack(features).mean(),
        }

    def _steadiness(self, content: Tensor, style: Tensor, step: int) -> Tensor:
        later = moved(content[:2], generator(self.settings.seed, step), stride=STRIDE)
        network = self.painter
        palette = network.remember(network.views(self._see(style[:2])))
        views = network.views(self._see(content[:2]))
        held = network.moments(views)
        painted = network.paint(views, held, palette)
        again = network.paint(network.views(self._see(later.pictures)), held, palette)
        return later.weight * unsteadiness(later.follow(painted), again)

    @torch.inference_mode()
    def sheet(self, network: nn.Module) -> Tensor:
        """Contents down, styles across, each painted; the originals in the first column and row."""

        def paint(content: Tensor, style: Tensor) -> Tensor:
            painted: Tensor = network(self._see(content), self._see(style))
            return painted

        return transfer_sheet(self.contents, self.styles, paint, device=self.device)


def _relative(found: Tensor, target: Tensor) -> Tensor:
    return (found - target).square().mean() / target.square().mean()
