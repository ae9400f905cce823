"""Where a picture resembles a patch: the sum of squared differences at every place at once."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor

MOST_VALUES = 2**24
"""Numbers that one table of errors or of transforms may hold, 64 MiB: more patches are taken in turns."""

HALF_A_CODE = (0.5 / 255) ** 2
"""Squared difference that counts as none: half a step of 8 bits. Beyond what rounding in the transform makes
(measured: 4e-7 per value at 300 x 300)."""


@final
class PatchSearch:
    """A picture with all its places ready to be compared.

    With ``t`` a patch, ``w`` its weights and ``s`` the picture, the error at a place is
    ``sum w (t - s)^2 = sum w t^2 - 2 sum w t s + sum w s^2``, where both sums over the picture are correlations,
    found by Fourier transforms: the cost does not grow with the patch. Efros and Freeman 2001 propose the same.
    """

    def __init__(self, features: Tensor) -> None:
        """`features` are ``(C, H, W)``, any channels that are worth comparing."""
        self.size = (features.shape[-2], features.shape[-1])
        # Small numbers lose less in the difference of large sums.
        self._center = features.mean((1, 2), keepdim=True)
        self._frame = (_smooth(self.size[0]), _smooth(self.size[1]))
        centered = features - self._center
        self._spectrum = torch.fft.rfft2(centered, s=self._frame)
        self._spectrum_of_squares = torch.fft.rfft2(centered.square(), s=self._frame)

    def errors(self, patches: Tensor, weights: Tensor) -> Tensor:
        """Errors ``(N, H - side + 1, W - side + 1)`` of ``(N, C, side, side)`` patches, by their top left corner.

        `weights` are of the patches' shape, not negative. Patches with equal weights share a part of the work.

        >>> picture = torch.rand(3, 9, 12)
        >>> found = PatchSearch(picture).errors(picture[None, :, 2:6, 5:9], torch.ones(1, 3, 4, 4))
        >>> found.shape, int(found.argmin()) == 2 * 9 + 5
        (torch.Size([1, 6, 9]), True)
        """
        patches = patches - self._center
        kinds, kind = _distinct(weights)
        squares = self._correlate(kinds, self._spectrum_of_squares)[kind]
        products = self._correlate(weights * patches, self._spectrum)
        own = (weights * patches.square()).sum((1, 2, 3))
        return squares.sub_(products, alpha=2).add_(own[:, None, None]).clamp_min_(0)

    def _correlate(self, patches: Tensor, spectrum: Tensor) -> Tensor:
        count = max(1, MOST_VALUES // (2 * self._frame[0] * self._frame[1]))
        return torch.cat([self._correlate_some(some, spectrum) for some in torch.split(patches, count)])

    def _correlate_some(self, patches: Tensor, spectrum: Tensor) -> Tensor:
        total = torch.zeros(len(patches), *spectrum.shape[1:], dtype=spectrum.dtype, device=spectrum.device)
        for channel, picture in enumerate(spectrum):
            # Rows first: those below the patch are zero and need no transform.
            rows = torch.fft.rfft(patches[:, channel], n=self._frame[1], dim=-1)
            total.addcmul_(torch.fft.fft(rows, n=self._frame[0], dim=-2).conj(), picture)
        side = patches.shape[-1]
        found: Tensor = torch.fft.irfft2(total, s=self._frame)
        return found[:, : self.size[0] - side + 1, : self.size[1] - side + 1]


def choose(errors: Tensor, slack: Tensor, luck: Tensor, *, tolerance: float) -> Tensor:
    """For each row of ``(N, P)`` errors a place within tolerance of the least one, chosen evenly, ``(N,)``.

    Places qualify up to ``(1 + tolerance) * least + slack``; `slack` and `luck` are ``(N,)``, `luck` in ``[0, 1)``.

    >>> errors = torch.tensor([[5.0, 1.0, 1.05, 9.0]]).expand(2, -1)
    >>> choose(errors, torch.zeros(2), torch.tensor([0.4, 0.6]), tolerance=0.1).tolist()
    [1, 2]
    """
    least = errors.amin(1, keepdim=True)
    near = errors <= least * (1 + tolerance) + slack[:, None]
    count = near.cumsum(1, dtype=torch.int32)
    wanted = (luck * count[:, -1]).to(torch.int32).clamp_max_(count[:, -1] - 1) + 1
    return torch.searchsorted(count, wanted[:, None])[:, 0]


def _distinct(weights: Tensor) -> tuple[Tensor, Tensor]:
    """The different ones of ``(N, ...)`` weights, and for each row which one it is."""
    kinds, kind = torch.unique(weights.flatten(1), dim=0, return_inverse=True)
    return kinds.view(-1, *weights.shape[1:]), kind


def _smooth(length: int) -> int:
    """The least length from `length` on with no prime factor above 5: such transforms are fast."""
    while math.gcd(length, 30**20) != length:
        length += 1
    return length
