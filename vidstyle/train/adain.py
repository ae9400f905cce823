"""Training of the default network: content and style losses, identity, and steadiness.

Steadiness: a frame that moved and got new grain must be painted the same, moved, with the content's statistics held
from the unmoved picture, as they are over a shot.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.nets.painter import STRIDE, Painter
from vidstyle.ops.statistics import moments
from vidstyle.train.pictures import PictureFolder, generator
from vidstyle.train.settings import AdaINTraining
from vidstyle.train.teacher import load_teacher
from vidstyle.train.terms import moved, transfer_sheet, transfer_terms, unsteadiness


class AdaINTask:
    """Trains a `Painter` on folders of photos and of artworks."""

    def __init__(
        self, content: Path, style: Path, *, teacher: Path, settings: AdaINTraining, device: torch.device
    ) -> None:
        self.settings = settings
        self.device = device
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(settings.seed)
            network = Painter()
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teacher = load_teacher(teacher).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.contents = PictureFolder(content, seed=2 * settings.seed, size=settings.size)
        self.styles = PictureFolder(style, seed=2 * settings.seed + 1, size=settings.size)

    def losses(self, step: int) -> dict[str, Tensor]:
        """The terms of one step; steadiness every second one, identity every fourth."""
        content = self._batch(self.contents, step)
        style = self._batch(self.styles, step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            painted = self.network(content, self.network.encode_style(style))
            terms = transfer_terms(self.teacher, painted, content=content, style=style, settings=self.settings)
            if step % 4 == 0:
                terms["identity"] = self.settings.identity_weight * self._identity(content, style)
        if step % 2 == 1:
            terms["steadiness"] = self.settings.steadiness_weight * self._steadiness(content, style, step)
        return terms

    def _batch(self, folder: PictureFolder, step: int) -> Tensor:
        batch = folder.batch(step, self.settings.batch)
        return batch.to(self.device).contiguous(memory_format=torch.channels_last)

    def _identity(self, content: Tensor, style: Tensor) -> Tensor:
        """A picture in its own style is itself; both photos and artworks."""
        both = torch.cat([content[::2], style[::2]])
        painted: Tensor = self.network(both, self.network.encode_style(both))
        return (painted - both).abs().mean()

    def _steadiness(self, content: Tensor, style: Tensor, step: int) -> Tensor:
        later = moved(content[:2], generator(self.settings.seed, step), stride=STRIDE)
        code = self.network.encode_style(style[:2])
        features = self.network.content(content[:2])
        held = [moments(f) for f in features]
        painted = self.network.decoder(features, held, code)
        again = self.network.decoder(self.network.content(later.pictures), held, code)
        return later.weight * unsteadiness(later.follow(painted), again)

    @torch.inference_mode()
    def sheet(self, network: nn.Module) -> Tensor:
        """Contents down, styles across, each painted; the originals in the first column and row."""
        assert isinstance(network, Painter)

        def paint(content: Tensor, style: Tensor) -> Tensor:
            painted: Tensor = network(content, network.encode_style(style))
            return painted

        return transfer_sheet(self.contents, self.styles, paint, device=self.device)
