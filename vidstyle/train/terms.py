"""What training tasks have in common: comparison through the teacher, moved pictures, sample sheets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.nets.vgg import Vgg
from vidstyle.ops.warp import Kernel, warp
from vidstyle.train.losses import content_loss, covariance, style_loss, texture_loss, unrest
from vidstyle.train.pictures import PictureFolder
from vidstyle.train.settings import TransferTraining
from vidstyle.train.teacher import LOSS_LAYERS
from vidstyle.types import Flow

CONTENT_LAYERS = ("relu4_1", "relu3_1")
"""Where the painting must resemble the content: its things, and some of its detail."""
TURN = 0.03
"""Radians by which the camera turns at most between two pictures."""
ZOOM = 0.03
"""Share by which it zooms at most."""
BEYOND = 8
"""Pixels beyond the shift that motion reaches at most: turn and zoom move the corner of a 160 px crop by 5."""
GRAIN = 0.02
"""Deviation of the noise in a steadiness step, at its finest: visible camera grain."""
GRAIN_SIZES = (1, 2, 4)
"""Pixels: a camera's grain is fine, and compression leaves the coarser part of it."""
FAINTEST = 0.1
"""Share of it that is the least where the camera stands still. Flat walls of real clips differ by 0.002 to 0.005, and
a network that was only shown 0.02 answered to these with three times the gain (measured)."""
SLOWEST = 0.02
"""Share of the largest motion that is the least: neighboring frames often differ by a tenth of a pixel."""
BORDER = 16
"""Pixels at the border that steadiness leaves out, a quarter at most: there, one of the two sees a reflection."""
LEAST_SQUARE = 1e-12
"""Of a mean square difference: far below rounding."""
SHOWN = 6
"""Contents and styles on a sample sheet."""


def transfer_terms(
    teacher: Vgg, painted: Tensor, *, content: Tensor, style: Tensor, settings: TransferTraining
) -> dict[str, Tensor]:
    """Weighted losses of painted pictures ``(N, 3, H, W)``: style, texture, unrest and content."""
    with torch.no_grad():
        of_style = teacher(style, LOSS_LAYERS)
    of_painted = teacher(painted, LOSS_LAYERS)
    with torch.autocast(painted.device.type, enabled=False):
        covariances = [{layer: covariance(x) for layer, x in seen.items()} for seen in (of_painted, of_style)]
        texture = texture_loss(*covariances, lifts=teacher.lifts)
    terms = {
        "style": settings.style_weight * style_loss(teacher.moments(of_painted), teacher.moments(of_style)),
        "texture": settings.texture_weight * texture,
        "unrest": settings.unrest_weight * unrest(painted, content),
    }
    return terms | content_terms(teacher, of_painted, content=content, detail_weight=settings.detail_weight)


def content_terms(
    teacher: Vgg, of_painted: Mapping[str, Tensor], *, content: Tensor, detail_weight: float
) -> dict[str, Tensor]:
    """Weighted content losses, of the teacher's features of painted pictures."""
    with torch.no_grad():
        target = teacher.lift(teacher(content, CONTENT_LAYERS))
    lifted = teacher.lift({layer: of_painted[layer] for layer in CONTENT_LAYERS})
    weights = zip(CONTENT_LAYERS, (1.0, detail_weight), strict=True)
    return {layer: weight * content_loss(lifted[layer], target[layer]) for layer, weight in weights}


class Moved(NamedTuple):
    """Pictures as a later frame would show them."""

    pictures: Tensor
    """``(N, 3, S - 2 * margin, S - 2 * margin)`` of pictures ``(N, 3, S, S)``."""
    motion: Flow
    """Where in the first pictures what is seen now lay, ``(2, S, S)``."""
    margin: int
    weight: float
    """Of the unsteadiness that is measured with them."""

    def follow(self, painted: Tensor) -> Tensor:
        """Paintings of the first pictures, moved along; bilinear, as warping error is measured."""
        return _moved_along(painted, self.motion, "bilinear")[_inside(self.margin)]


def moved(pictures: Tensor, random: torch.Generator, *, stride: int) -> Moved:
    """Square pictures ``(N, 3, S, S)`` with new grain, every second time after a small motion of the camera.

    Where it stands still the grain may be faint, and counts in proportion: what is asked for is a small gain. Where
    it moves it shifts by parts of a pixel, up to `stride` in a crop that is large enough, so that every phase of a
    network's grid is met, turns and zooms a little. Stands in for video, after the compound regularization of Wang et
    al. (2020, ReReVST); unlike theirs motion is as often slow as fast, and noise is fine and coarse, strong and faint.
    Paint both in full precision: half would add noise of its own.
    """
    side = pictures.shape[2]
    margin = min(stride + BEYOND, side // 4)
    # What is left must be a multiple of the stride, as the whole is.
    margin -= margin % (stride // 2)
    moves = bool(torch.rand((), generator=random) < 0.5)
    share = 1.0 if moves else FAINTEST ** float(torch.rand((), generator=random))
    motion = camera_motion(side, random, shift=float(margin - BEYOND)).to(pictures.device) * moves
    seen = _moved_along(pictures, motion, "sharp")[_inside(margin)]
    noisy = seen + share * grain(seen.shape, random).to(seen.device)
    return Moved(noisy.contiguous(memory_format=torch.channels_last), motion, margin, 1 / share)


def grain(shape: Sequence[int], random: torch.Generator) -> Tensor:
    """Noise ``(N, 3, H, W)`` of three sizes, sides multiples of the coarsest."""
    parts = []
    for size in GRAIN_SIZES:
        noise = torch.randn(*shape[:2], shape[2] // size, shape[3] // size, generator=random)
        parts.append(F.interpolate(noise, scale_factor=size, mode="bilinear"))
    return torch.stack(parts).sum(0).mul_(GRAIN / math.sqrt(len(GRAIN_SIZES)))


def camera_motion(side: int, random: torch.Generator, *, shift: float) -> Flow:
    """A random shift of at most `shift` pixels each way, turn and zoom about the middle, as a flow ``(2, S, S)``.

    Slow motion is as likely as fast: all four shrink by a factor whose logarithm is uniform.
    """
    pace = SLOWEST ** float(torch.rand((), generator=random))
    dx, dy, turn, zoom = (pace * (2 * torch.rand(4, generator=random) - 1)).tolist()
    x, y = torch.meshgrid(*(torch.arange(side) - (side - 1) / 2,) * 2, indexing="xy")
    a, b = ZOOM * zoom, TURN * turn
    return torch.stack((shift * dx + a * x - b * y, shift * dy + b * x + a * y))


def _moved_along(pictures: Tensor, motion: Flow, kernel: Kernel) -> Tensor:
    return warp(pictures.float().flatten(0, 1), motion, kernel).view_as(pictures)


def _inside(margin: int) -> tuple[EllipsisType, slice, slice]:
    return (..., slice(margin, -margin), slice(margin, -margin))


def unsteadiness(painted: Tensor, again: Tensor) -> Tensor:
    """Root mean square difference of two paintings of the same, away from the border: a mean over pictures.

    As warping error is measured. What flickers most counts most: with the mean of the absolute difference, outlines
    of high contrast stayed beaded, and three quarters of the warping error of real clips was theirs.
    """
    border = min(BORDER, painted.shape[2] // 4)
    difference = (painted - again)[..., border:-border, border:-border]
    # Not 0, where a root has no slope.
    return difference.square().flatten(1).mean(1).clamp_min(LEAST_SQUARE).sqrt().mean()


def transfer_sheet(
    contents: PictureFolder, styles: PictureFolder, paint: Callable[[Tensor, Tensor], Tensor], *, device: torch.device
) -> Tensor:
    """Contents down, styles across, each painted by `paint`; the originals in the first column and row."""
    content, style = (folder.batch(0, SHOWN).to(device) for folder in (contents, styles))
    rows = [torch.cat([torch.ones_like(style[:1]), style])]
    for picture in content:
        rows.append(torch.cat([picture[None], paint(picture.expand(SHOWN, -1, -1, -1), style)]))
    return torch.cat([torch.cat(list(row), 2) for row in rows], 1).clamp(0, 1).cpu()
