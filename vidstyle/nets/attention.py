"""Style attention: every place of the content asks the style's places for what fits it.

Park and Lee (2019, SANet) weigh the style's places by a softmax of dot products; Liu et al. (2021, AdaAttN), for
video, by cosines, which are bounded and change slowly. Both have one interface here. What attention keeps of a
picture is its *memory*; to attend to mixed memories is to attend to the places of all pictures at once.

Unlike both papers, the answer is what the fitting places differ by from the mean over all places, which adaptive
instance normalization brings in already; and values go unprojected, because one linear map at the end does as much
as one before and one after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidstyle.nets.layers import conv

FLOOR = 0.1
"""Weight of a place that does not fit at all, of the best one's 1.1. Where nothing fits, the answer is the mean.
So no place counts more than eleven times another; set by reasoning, not tuned."""
PLACES = 4096
"""Most places that a softmax keeps of a picture: 64 x 64, as AdaAttN has in training."""
QUERIES = 4096
"""Places of the content that a softmax answers at once: 64 MiB of scores for every `PLACES` of the style."""


class CosineAttention(nn.Module):
    """Weights ``FLOOR + cos(query, key)``, after the cosine attention of Liu et al. (2021).

    The weights are linear in the query, so sums over the style's places are formed once, ahead of all frames: the
    memory is a matrix of fixed size whatever the picture's, a place costs one row times it, and no table of scores
    ever exists. With cross-covariance ``C = E[k v] - E[k] E[v]``, the answer is ``q C / (FLOOR + q E[k])``.

    Unlike theirs, queries and keys pass a ReLU: cosines are then 0 at least, so that most places can be left out,
    where ``1 + cos`` counts every place nearly alike.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = conv(width, width, kernel=1)
        self.key = conv(width, width, kernel=1)
        self.out = conv(width, width, kernel=1)

    def remember(self, features: Tensor, values: Tensor) -> Tensor:
        """What is kept of pictures: standardized features and the values to give, both ``(N, C, H, W)``.

        Second moments of keys and values, both with a 1 appended: ``(N, C + 1, C + 1)``, float32.
        """
        keys = _directions(self.key(features))
        # A difference of means follows: half precision is not enough.
        with torch.autocast(values.device.type, enabled=False):
            keys, given = (F.pad(x, (0, 1), value=1.0) for x in (keys, _rows(values).float()))
            return keys.transpose(1, 2) @ given / keys.shape[1]

    def mix(self, memories: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
        """The memory of several pictures at once; weights sum to 1."""
        return torch.stack([w * memory for w, memory in zip(weights, memories, strict=True)]).sum(0)

    def forward(self, features: Tensor, memory: Tensor) -> Tensor:
        """Answers ``(N, C, H, W)`` to standardized features of the content, each place by itself."""
        mean_key, mean_value = memory[:, :-1, -1:], memory[:, -1:, :-1]
        covariance = memory[:, :-1, :-1] - mean_key * mean_value
        answers = torch.cat([covariance, mean_key], 2)
        found = _directions(self.query(features)) @ answers
        answer: Tensor = self.out(_planes(found[..., :-1] / (FLOOR + found[..., -1:]), features))
        return answer


class Places(NamedTuple):
    """What a softmax keeps of pictures."""

    keys: Tensor
    """``(N, P, C)``"""
    values: Tensor
    """``(N, P, C)``"""
    shares: Tensor
    """How much each place counts, ``(P,)``; they sum to 1."""


class SoftmaxAttention(nn.Module):
    """Weights ``exp(query . key)``: Eq. 3 of Park and Lee (2019).

    Queries go in chunks, so that memory does not grow with the frame. Unlike theirs, at most `PLACES` of a picture
    are kept, evenly spaced.
    """

    def __init__(self, width: int, *, queries: int = QUERIES) -> None:
        super().__init__()
        self.queries = queries
        self.query = conv(width, width, kernel=1)
        self.key = nn.Conv2d(width, width, 1, bias=False)
        self.out = conv(width, width, kernel=1)

    def remember(self, features: Tensor, values: Tensor) -> Places:
        """Keys and values of evenly spaced places, from what `CosineAttention.remember` takes."""
        count = features.shape[2] * features.shape[3]
        kept = min(count, PLACES)
        chosen = torch.arange(kept, device=features.device) * count // kept
        keys, given = (_rows(x)[:, chosen] for x in (self.key(features), values))
        return Places(keys, given, torch.full((kept,), 1 / kept, device=features.device))

    def mix(self, memories: Sequence[Places], weights: Sequence[float]) -> Places:
        """All places of all pictures; weights sum to 1."""
        keys, values = (torch.cat(list(part), 1) for part in list(zip(*memories, strict=True))[:2])
        return Places(keys, values, torch.cat([w * m.shares for w, m in zip(weights, memories, strict=True)]))

    def forward(self, features: Tensor, memory: Places) -> Tensor:
        """Answers ``(N, C, H, W)`` to standardized features of the content, each place by itself."""
        mean = torch.einsum("p,npc->nc", memory.shares, memory.values.float())[:, None]
        bias = memory.shares.log()
        # Contiguous, because a strided matrix may be multiplied in another order, and chunks would round differently.
        queries, keys, values = (x.contiguous() for x in (_rows(self.query(features)), memory.keys, memory.values))
        chunks = []
        for chunk in torch.split(queries, self.queries, 1):
            scores = torch.softmax((chunk @ keys.transpose(1, 2)).float() + bias, 2)
            chunks.append((scores.to(values.dtype) @ values).float() - mean)
        answer: Tensor = self.out(_planes(torch.cat(chunks, 1), features))
        return answer


def _directions(x: Tensor) -> Tensor:
    """Places of length below 1: one that says little points nowhere, rather than anywhere."""
    rows = F.relu(_rows(x).float())
    return rows / (1 + rows.square().sum(2, keepdim=True)).sqrt()


def _rows(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def _planes(rows: Tensor, like: Tensor) -> Tensor:
    return rows.view(len(rows), *like.shape[2:], -1).permute(0, 3, 1, 2)
