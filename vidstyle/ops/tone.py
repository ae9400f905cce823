"""The tone curve: how light the darks, the middle and the lights of a picture are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vidstyle.ops.filters import luma

_SHARES = torch.linspace(0.005, 0.995, 33)
"""Of the pixels that are darker than a knot of the curve; what lies beyond them is noise and clipped light."""
_SLOPES = (0.3, 3.0)
"""Bounds of the curve's slope, so that nothing is crushed flat and no grain is blown up (dossier, 14.5)."""
_FAINT = 0.02
"""Luma below which colors are not stretched as far as light is: five of 255 levels are mostly noise."""
_KNEE = 0.06
"""Luma below which, and above 1 minus which, light bends toward black and white and never meets them (by eye)."""


@dataclass(frozen=True, slots=True, eq=False)
class ToneCurve:
    """A rising curve of luma through knots; beyond them its slope is 1."""

    source: Tensor
    """``(K,)``, never falling."""
    target: Tensor
    """``(K,)``"""

    def curve(self, light: Tensor) -> Tensor:
        """Luma of any form through the curve."""
        source, target = self.source.to(light), self.target.to(light)
        index = torch.searchsorted(source, light.contiguous()).clamp_(1, len(source) - 1)
        width = source.diff().clamp_min(_NARROWEST)
        part = light - source[index - 1]
        slope = (target.diff() / width)[index - 1]
        inside = target[index - 1] + slope * part
        below, above = light - source[0] + target[0], light - source[-1] + target[-1]
        return torch.where(light < source[0], below, torch.where(light > source[-1], above, inside))

    def __call__(self, colors: Tensor) -> Tensor:
        """Colors ``(3, ...)`` with their luma moved along the curve, and their hue kept.

        A color's distance from gray grows with its light, by at most the steepest slope.

        >>> still = ToneCurve(torch.tensor([0.1, 0.9]), torch.tensor([0.1, 0.9]))
        >>> bool(torch.allclose(still(torch.full((3, 1), 0.3)), torch.full((3, 1), 0.3)))
        True
        """
        light = luma(colors)
        moved = self.curve(light)
        gain = ((moved + _FAINT) / (light + _FAINT)).clamp(0, _SLOPES[1])
        return torch.addcmul(moved, colors - light, gain)


_NARROWEST = 1e-4
"""Distance of knots below which they are one: a flat picture has all of them at one place."""


def tone_knots(colors: Tensor) -> Tensor:
    """The luma of samples ``(3, N)`` at 33 even shares of the pixels.

    >>> tone_knots(torch.full((3, 10), 0.5)).shape
    torch.Size([33])
    """
    return torch.quantile(luma(colors)[0], _SHARES.to(colors))


def tone_curve(source: Tensor, targets: Sequence[Tensor], weights: Sequence[float]) -> ToneCurve:
    """The curve from knots `source` to the weighted mean of the knots `targets`, its slope kept within bounds.

    >>> same = tone_curve(torch.linspace(0, 1, 33), [torch.linspace(0, 1, 33)], [1.0])
    >>> bool(torch.allclose(same.target, same.source, atol=1e-6))
    True
    """
    goal = torch.stack([w * target for w, target in zip(weights, targets, strict=True)]).sum(0)
    width = source.diff()
    rise = torch.minimum(torch.maximum(goal.diff(), _SLOPES[0] * width), _SLOPES[1] * width)
    bounded = torch.cat((torch.zeros_like(source[:1]), rise.cumsum(0)))
    # Bounded slopes leave the curve's level open: nearest to what was asked for.
    return ToneCurve(source, bounded + (goal - bounded).mean())


def in_gamut(colors: Tensor) -> Tensor:
    """Colors ``(3, ...)`` of any range brought into ``[0, 1]``: the order of light is kept, and hue.

    Clipping would level what lies beyond, and turn the hue of what is half beyond. So the ends of luma are bent, as in
    film, as far as it takes for the darkest to be black and the lightest white; then a color that reaches out is moved
    toward the gray of its luma. What was in range stays. Differentiable.

    >>> image = torch.rand(3, 4, 4)
    >>> bool(torch.allclose(in_gamut(image), image, atol=1e-6))
    True
    >>> round(in_gamut(torch.tensor([-0.5, 0.02, 0.5]).expand(3, 1, 3))[0, 0, 1].item(), 3)
    0.03
    """
    light = luma(colors)
    bent = 1 - _bent(1 - _bent(light))
    away = colors - light
    room = torch.where(away > 0, 1 - bent, bent) / away.abs().clamp_min(1e-6)
    return bent + away * room.amin(0, keepdim=True).clamp(max=1)


def _bent(light: Tensor) -> Tensor:
    """Luma whose part below the knee ends at 0, with slope 1 at the knee; as it is where nothing is below 0."""
    reach = (_KNEE - light.detach().amin().clamp(max=0)) / _KNEE
    below = ((_KNEE - light) / (_KNEE * reach)).clamp(0, 1)
    return torch.where(light < _KNEE, _KNEE * (1 - below) ** reach, light)
