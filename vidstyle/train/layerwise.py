"""Layers of an encoder fitted one by one, from the first on, before all are trained together.

A layer's inputs hardly vary in most directions: of a picture's 3x3 patches, one of 27 has a thousand times the
variance of the rest, and by plain gradients the filters crawl (the first layer stood at an error of 0.08 after 7,000
steps). In whitened coordinates, with the best linear lift computed anew at every step (variable projection, Golub and
Pereyra 1973), they arrive in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RATE = 2e-2
"""Adam's, falling to zero along the fit; in whitened coordinates weights are about 1."""
BATCH = 3000
"""Patches per step."""
RIDGE = 1e-5
"""Keeps a lift finite where two filters say the same."""
LEAST_VARIANCE = 1e-4
"""Of a target's channel, to divide by: some of the teacher's hardly vary."""
LEAST_SHARE = 1e-5
"""Of the patches' largest variance along an axis, to divide by: beyond is noise."""
SPREAD = 0.3
"""Deviation of the first offsets: filters open at different places."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A layer ``relu(weight * x + bias)`` with the lift that predicts its target best."""

    weight: Tensor
    """``(C, D)``, D = inputs of a patch."""
    bias: Tensor
    lift: Tensor
    """``(C + 1, T)``, the last row a bias."""


def fit_layer(patches: Tensor, target: Tensor, *, width: int, steps: int, random: torch.Generator) -> Fit:
    """The `width` filters whose rectified answers to `patches` ``(M, D)`` predict `target` ``(M, T)`` best."""
    to_white, mean = whitening(patches)
    white = (patches - mean) @ to_white.T
    inputs = white.shape[1]
    filters = nn.Parameter(torch.randn(width, inputs, generator=random).to(white) / math.sqrt(inputs))
    offsets = nn.Parameter(SPREAD * torch.randn(width, generator=random).to(white))
    _descend((filters, offsets), (white, target), steps=steps, random=random)
    with torch.no_grad():
        lift = best_lift(F.relu(white @ filters.T + offsets), target)
        weight = filters @ to_white
        return Fit(weight, offsets - weight @ mean, lift)


def whitening(rows: Tensor) -> tuple[Tensor, Tensor]:
    """A matrix and a mean: ``(rows - mean) @ matrix.T`` has unit covariance.

    >>> rows = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 6.0], [2.0, 6.0]])
    >>> matrix, mean = whitening(rows)
    >>> torch.allclose(torch.cov(((rows - mean) @ matrix.T).T), torch.eye(2), atol=1e-5)
    True
    """
    values, vectors = torch.linalg.eigh(torch.cov(rows.T))
    return (vectors / values.clamp_min(LEAST_SHARE * float(values[-1])).sqrt()).T, rows.mean(0)


def _descend(
    parameters: tuple[nn.Parameter, nn.Parameter], data: tuple[Tensor, Tensor], *, steps: int, random: torch.Generator
) -> None:
    filters, offsets = parameters
    inputs, wanted = data
    variance = wanted.var(0).clamp_min(LEAST_VARIANCE)
    optimizer = torch.optim.Adam(parameters, RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        chosen = torch.randint(len(inputs), (BATCH,), generator=random).to(inputs.device)
        features = F.relu(inputs[chosen] @ filters.T + offsets)
        # At the best lift the error's gradient is that of the features alone.
        lift = best_lift(features.detach(), wanted[chosen])
        error = ((with_one(features) @ lift - wanted[chosen]).square().mean(0) / variance).mean()
        optimizer.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def best_lift(features: Tensor, wanted: Tensor) -> Tensor:
    """The matrix ``(C + 1, T)`` that predicts rows ``(M, T)`` from rows ``(M, C)`` and one, by least squares.

    >>> best_lift(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[1.0], [3.0], [5.0]])).round(decimals=3)
    tensor([[2.],
            [1.]])
    """
    rows = with_one(features)
    ridge = RIDGE * torch.eye(rows.shape[1], device=rows.device)
    lift: Tensor = torch.linalg.solve(rows.T @ rows / len(rows) + ridge, rows.T @ wanted / len(rows))
    return lift


def with_one(rows: Tensor) -> Tensor:
    """Rows with a last column of ones, for a bias."""
    return torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
