"""Pictures by octaves of spatial frequency: how much of one each holds, and weighing them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

COUNT = 7
"""Octaves: the first from the finest checkerboard down to waves of 2.8 px, the last all beyond 90 px."""

_HIGHEST = 0.5**0.5
"""Cycles per pixel of the finest checkerboard, along its diagonal."""


def spectrum(image: Tensor) -> Tensor:
    """The Fourier transform of ``(..., H, W)``, the half that a real picture needs; orthonormal.

    Fewer than two dimensions count as one row.
    """
    rows = image if image.ndim > 1 else image.reshape(1, -1)
    found: Tensor = torch.fft.rfft2(rows, norm="ortho")
    return found


def shared_by_octave(one: Tensor, other: Tensor, width: int) -> Tensor:
    """Inner products of two pictures of a width, octave by octave, from their spectra; ``(COUNT,)``, float64.

    >>> ramp = torch.arange(12.0).view(3, 4)
    >>> found = shared_by_octave(spectrum(ramp), spectrum(ramp), 4)
    >>> round(found.sum().item(), 3), ramp.square().sum().item()
    (506.0, 506.0)
    """
    products = (one * other.conj()).real
    # All but the first column, and the last of an even width, stand for their mirror images as well.
    products[..., 1 : (width + 1) // 2] *= 2
    flat = products.reshape(-1, *products.shape[-2:]).sum(0)
    places = _octaves(flat.shape[0], width).to(flat.device)
    # One sum per octave: adding up by index would be in no fixed order on a GPU.
    return torch.stack([flat[places == octave].sum() for octave in range(COUNT)]).cpu().double()


def weighed(image: Tensor, weights: Sequence[float]) -> Tensor:
    """The picture ``(..., H, W)`` with every octave multiplied by its weight, the finest first; edges wrap around.

    >>> weighed(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), (3.0, *[1.0] * 6))[0]
    tensor([ 3.0000, -3.0000])
    >>> weighed(torch.ones(2, 2), (*[1.0] * 6, 0.5))[0]
    tensor([0.5000, 0.5000])
    """
    found = spectrum(image)
    places = _octaves(found.shape[-2], image.shape[-1]).to(found.device)
    found *= torch.tensor(weights, device=found.device, dtype=image.dtype)[places]
    result: Tensor = torch.fft.irfft2(found, s=(found.shape[-2], image.shape[-1]), norm="ortho")
    return result.reshape(image.shape)


def _octaves(height: int, width: int) -> Tensor:
    """The octave of each coefficient, ``(H, W // 2 + 1)``."""
    along_y, along_x = torch.fft.fftfreq(height), torch.fft.rfftfreq(width)
    frequency = torch.hypot(along_y[:, None], along_x[None, :])
    # The mean of a picture has no frequency; the floor puts it into the last octave.
    return (_HIGHEST / frequency.clamp_min(1e-6)).log2().clamp(0, COUNT - 1).long()
