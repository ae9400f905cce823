"""Training of the default network: content and style losses, identity, and steadiness.

Steadiness: a frame that moved and got new grain must be painted the same, moved. Shifts and noise stand in
for video (after the compound regularization of Wang et al. 2020, ReReVST). The content's statistics are held
from the unmoved picture, as they are over a shot.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidstyle.nets.painter import Painter
from vidstyle.ops.statistics import moments
from vidstyle.train.losses import content_loss, style_loss
from vidstyle.train.pictures import PictureFolder, generator
from vidstyle.train.settings import TrainOptions
from vidstyle.train.teacher import Teacher

SHOWN = 6
"""Contents and styles on a sample sheet."""
LARGEST_SHIFT = 12
"""Pixels that a picture moves in a steadiness step: beyond the network's stride of 8."""
GRAIN = 0.02
"""Deviation of the noise in a steadiness step: visible camera grain."""


class AdaINTask:
    """Trains a `Painter` on folders of photos and of artworks."""

    def __init__(
        self, content: Path, style: Path, *, teacher: Path, settings: TrainOptions, device: torch.device
    ) -> None:
        self.settings = settings
        self.device = device
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(settings.seed)
            network = Painter()
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teacher = Teacher(teacher).to(device).eval()
        self.contents = PictureFolder(content, seed=2 * settings.seed, size=settings.size)
        self.styles = PictureFolder(style, seed=2 * settings.seed + 1, size=settings.size)

    def losses(self, step: int) -> dict[str, Tensor]:
        """The terms of one step; identity and steadiness take turns, every fourth step each."""
        content = self._batch(self.contents, step)
        style = self._batch(self.styles, step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            terms = self._transfer(content, style)
            if step % 4 == 1:
                terms["identity"] = self.settings.identity_weight * self._identity(content, style)
            if step % 4 == 3:
                terms["steadiness"] = self.settings.steadiness_weight * self._steadiness(content, style, step)
        return terms

    def _batch(self, folder: PictureFolder, step: int) -> Tensor:
        batch = folder.batch(step, self.settings.batch)
        return batch.to(self.device).contiguous(memory_format=torch.channels_last)

    def _transfer(self, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        painted = self.network(content, self.network.encode_style(style))
        with torch.no_grad():
            of_content, of_style = self.teacher(content), self.teacher(style)
        of_painted = self.teacher(painted)
        terms = {"style": self.settings.style_weight * style_loss(of_painted.moments, of_style.moments)}
        for layer, weight in (("relu4_1", 1.0), ("relu3_1", self.settings.detail_weight)):
            pair = (self.teacher.lift(layer, f.raw) for f in (of_painted, of_content))
            terms[layer] = weight * content_loss(*pair)
        return terms

    def _identity(self, content: Tensor, style: Tensor) -> Tensor:
        """A picture in its own style is itself; both photos and artworks."""
        both = torch.cat([content[::2], style[::2]])
        painted: Tensor = self.network(both, self.network.encode_style(both))
        return (painted - both).abs().mean()

    def _steadiness(self, content: Tensor, style: Tensor, step: int) -> Tensor:
        random = generator(self.settings.seed, step)
        dx, dy = torch.randint(1, LARGEST_SHIFT + 1, (2,), generator=random).tolist()
        noise = GRAIN * torch.randn(content.shape, generator=random).to(self.device)
        side = content.shape[2] - 16
        whole = content[:2]
        moved = (whole + noise[:2])[:, :, dy : dy + side, dx : dx + side].contiguous(memory_format=torch.channels_last)
        code = self.network.encode_style(style[:2])
        features = self.network.content(whole)
        held = [moments(f) for f in features]
        painted = self.network.decoder(features, held, code)[:, :, dy : dy + side, dx : dx + side]
        again = self.network.decoder(self.network.content(moved), held, code)
        edge = 16  # the two differ at the cut border, where one sees a reflection
        difference: Tensor = (painted - again)[:, :, edge:-edge, edge:-edge]
        return difference.abs().mean()

    @torch.inference_mode()
    def sheet(self, network: nn.Module) -> Tensor:
        """Contents down, styles across, each painted; the originals in the first column and row."""
        assert isinstance(network, Painter)
        content = self.contents.batch(0, SHOWN).to(self.device)
        style = self.styles.batch(0, SHOWN).to(self.device)
        codes = network.encode_style(style)
        rows = [torch.cat([torch.ones_like(style[:1]), style])]
        for picture in content:
            painted = network(picture.expand(SHOWN, -1, -1, -1), codes)
            rows.append(torch.cat([picture[None], painted]))
        return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(0, 1).cpu()
