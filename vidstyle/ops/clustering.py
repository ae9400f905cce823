"""Regions that two pictures share, found by what a network sees in them; the same in every run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

ROUNDS = 10
"""Of Lloyd's algorithm, in the styles and again in all pictures."""

HEIGHT_SHARE = 0.7
"""How much the height in the picture counts beside a standardized channel, times the root of their number: sky is
above. Of 0, 0.35 and 0.7 the one that agrees best with the label maps of ten pairs of photographs."""

CONTENT_WEIGHT = 0.2
"""Of the content beside the styles where centers are shared. With 1, regions change with whatever happens in a film: at
a still camera every sixth place is in another one after 24 frames, now every tenth, and a floor grew light and dark in
turns (looked at). The ten pairs agree with their label maps in 71 of 100 places, with a weight of 1 in 72."""

SOFTNESS = 0.2
"""Share of the mean squared distance to the nearest center by which a farther one still counts: masks that change
little where features change little. With 0.1, a floor's light drifts by a fifth more (a dog before a still camera)."""

_ENOUGH = 1e-8


def place_features(features: Tensor) -> Tensor:
    """Features ``(1, C, H, W)`` of a picture as points ``(H * W, C + 1)`` that compare with those of another picture.

    Each channel is standardized within the picture, since day and night differ in all of them; the height is added.

    >>> place_features(torch.rand(1, 4, 3, 2)).shape
    torch.Size([6, 5])
    """
    channels, height, width = features.shape[1:]
    points = features[0].float().flatten(1).T
    spread = points.std(0, correction=0).clamp_min(_ENOUGH**0.5)
    heights = torch.linspace(-1, 1, height, device=points.device)[:, None].expand(height, width).reshape(-1, 1)
    return torch.cat(((points - points.mean(0)) / spread, HEIGHT_SHARE * channels**0.5 * heights), 1)


def joint_clusters(content: Tensor, styles: Sequence[Tensor], count: int) -> tuple[Tensor, list[Tensor]]:
    """Shares of `count` clusters in the points of a content and of style pictures, ``(N, count)`` each.

    The centers start in the styles, the one farthest from all before it next, so that a cluster stays the same one
    from frame to frame; then content and styles share them (Lloyd's algorithm).

    >>> points = torch.tensor([[0.0], [0.1], [5.0], [5.1]])
    >>> ours, theirs = joint_clusters(points, [points.flip(0)], 2)
    >>> torch.equal(ours.argmax(1), theirs[0].argmax(1).flip(0)), ours.argmax(1).unique().tolist()
    (True, [0, 1])
    """
    there = torch.cat(list(styles))
    centers = _lloyd(there, torch.ones_like(there[:, 0]), _far_apart(there, count))
    points = torch.cat((content, there))
    each = CONTENT_WEIGHT * len(there) / len(content)
    weights = torch.cat((there.new_full((len(content),), each), torch.ones_like(there[:, 0])))
    centers = _lloyd(points, weights, centers)
    apart = _squared_distances(points, centers)
    scale = SOFTNESS * apart.amin(1).mean() + _ENOUGH
    shares = torch.softmax(-apart / scale, 1)
    ours, *theirs = torch.split(shares, [len(content), *(len(style) for style in styles)])
    return ours, theirs


def _far_apart(points: Tensor, count: int) -> Tensor:
    """Points that are far from one another; the first is the farthest from the mean."""
    chosen = [_squared_distances(points, points.mean(0, keepdim=True))[:, 0].argmax()]
    for _ in range(count - 1):
        chosen.append(_squared_distances(points, points[torch.stack(chosen)]).amin(1).argmax())
    return points[torch.stack(chosen)]


def _lloyd(points: Tensor, weights: Tensor, centers: Tensor) -> Tensor:
    for _ in range(ROUNDS):
        nearest = _squared_distances(points, centers).argmin(1)
        members = torch.nn.functional.one_hot(nearest, len(centers)).to(points) * weights[:, None]
        total = members.sum(0)[:, None]
        # A center that nobody is nearest to stays.
        centers = torch.where(total > 0, members.T @ points / total.clamp_min(_ENOUGH), centers)
    return centers


def _squared_distances(points: Tensor, centers: Tensor) -> Tensor:
    return torch.stack([(points - center).square().sum(1) for center in centers], 1)
