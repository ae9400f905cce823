from __future__ import annotations

import torch
from torch import Tensor

from vidstyle.flow.latest import Latest


def test_every_picture_of_a_clip_is_looked_at_once() -> None:
    seen: list[Tensor] = []

    def mean(image: Tensor) -> float:
        seen.append(image)
        return float(image.mean())

    clip, latest = [torch.full((3, 2, 2), float(value)) for value in range(4)], Latest(mean)
    assert [latest.of_pair(clip[i], clip[i - 1]) for i in (1, 2, 3)] == [(1.0, 0.0), (2.0, 1.0), (3.0, 2.0)]
    assert len(seen) == 4
    assert latest.of_pair(clip[1], clip[0]) == (1.0, 0.0), "another pair is not mistaken for a neighbor"
    assert len(seen) == 6
