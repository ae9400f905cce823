"""Scenes whose motion and occlusion are known exactly, to score flow and trust on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tests import clips
from vidstyle.flow.motion import SearchedMotion
from vidstyle.types import Flow, FlowEstimator, Image

SIZE = (128, 192)
BORDER = 12
"""Pixels that are not scored along the border, where what moved in has no counterpart."""


@dataclass(frozen=True)
class Scene:
    """Two frames, the exact motion from the second to the first, and where the first does not show it."""

    current: Image
    previous: Image
    to_previous: Flow
    uncovered: Tensor
    """``(H, W)``, boolean."""


def layers(*moves: tuple[int, int], cell: int = 5) -> Scene:
    """A ground and disks before it; each layer moves by whole pixels, so every value is exact."""
    frames = [torch.zeros(3, *SIZE) for _ in range(2)]
    labels = [torch.zeros(SIZE, dtype=torch.long) for _ in range(2)]
    margin = 16
    y, x = torch.meshgrid(torch.arange(SIZE[0] + 2 * margin), torch.arange(SIZE[1] + 2 * margin), indexing="ij")
    for number, (dx, dy) in enumerate(moves):
        picture = clips.texture((SIZE[0] + 2 * margin, SIZE[1] + 2 * margin), seed=10 + number, cell=cell)
        center = 50 + 60 * number, 60 + 25 * number
        shape = (
            torch.ones_like(x, dtype=torch.bool) if number == 0 else (x - center[0]) ** 2 + (y - center[1]) ** 2 < 900
        )
        for time in range(2):
            rows = slice(margin - dy * time, margin - dy * time + SIZE[0])
            columns = slice(margin - dx * time, margin - dx * time + SIZE[1])
            there = shape[rows, columns]
            frames[time] = torch.where(there, picture[:, rows, columns], frames[time])
            labels[time] = torch.where(there, number, labels[time])
    flow = -torch.tensor(moves, dtype=torch.float32)[labels[1]].permute(2, 0, 1)
    return Scene(frames[1], frames[0], flow, uncovered(labels[1], labels[0], flow))


def uncovered(now: Tensor, before: Tensor, flow: Flow) -> Tensor:
    """Where the frame before shows another layer at the place that whole-pixel flow leads to."""
    rows = torch.arange(SIZE[0])[:, None] + flow[1].long()
    columns = torch.arange(SIZE[1]) + flow[0].long()
    return before[rows.clamp(0, SIZE[0] - 1), columns.clamp(0, SIZE[1] - 1)] != now


def whole(pair: clips.Pair) -> Scene:
    """A pair in which nothing covers anything."""
    return Scene(pair.current, pair.previous, pair.to_previous, torch.zeros(SIZE, dtype=torch.bool))


def lit(scene: Scene) -> Scene:
    """The light has changed by a twentieth of the range."""
    return Scene(scene.current * 0.95 + 0.025, scene.previous, scene.to_previous, scene.uncovered)


def grainy(scene: Scene) -> Scene:
    """Both frames under grain of their own, as of fast film: five steps of 255."""
    current, previous = clips.with_grain([scene.current, scene.previous], 0.02)
    return Scene(current, previous, scene.to_previous, scene.uncovered)


SCENES = {
    "pan": lambda: layers((5, -3)),
    "zoom": lambda: whole(clips.zoom(1.03, size=SIZE)),
    "rotation": lambda: whole(clips.rotation(2, size=SIZE)),
    "parallax": lambda: layers((2, 0), (6, -1)),
    "occluder": lambda: layers((0, 0), (9, 4)),
    "crossing": lambda: layers((1, 1), (-6, 0), (7, -2)),
    "light": lambda: lit(layers((2, 0), (6, -1))),
    "grain": lambda: grainy(layers((2, 0), (6, -1))),
}


@dataclass(frozen=True)
class Score:
    """How well a scene was seen."""

    endpoint: float
    """Median distance in pixels between found and true vectors, over what the first frame shows."""
    recall: float
    """Share of the uncovered pixels that are not trusted, 1 where there are none."""
    trusted: float
    """Share of the others that are trusted."""


def scored(scene: Scene, flow: Flow, trust: Tensor) -> Score:
    """The score of flow and trust, away from the border."""
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    gone, error = scene.uncovered[inner], (flow - scene.to_previous).norm(dim=0)[inner]
    kept = trust[0][inner] > 0.5
    recall = float((~kept[gone]).float().mean()) if gone.any() else 1.0
    return Score(float(error[~gone].median()), recall, float(kept[~gone].float().mean()))


def searched(scene: Scene, flow: FlowEstimator) -> Score:
    """The score of an estimator, with the trust that runs have."""
    previous, current = clips.frames([scene.previous, scene.current])
    motion = SearchedMotion(flow).between(current, previous)
    return scored(scene, motion.to_previous, motion.trust)
