"""Motion vectors as other programs write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vidstyle.types import Flow


def flo(flow: Flow) -> bytes:
    """The bytes of a Middlebury .flo file, as its README describes them."""
    _, height, width = flow.shape
    head = np.array([202021.25], "<f4").tobytes() + np.array([width, height], "<i4").tobytes()
    return head + flow.permute(1, 2, 0).contiguous().numpy().astype("<f4").tobytes()


def write_pair(folder: Path, number: int, to_previous: Flow, to_next: Flow) -> None:
    """The vectors between frame `number` and the one before it."""
    for direction, own, flow in (("backward", number, to_previous), ("forward", number - 1, to_next)):
        (folder / direction).mkdir(parents=True, exist_ok=True)
        (folder / direction / f"{own:04d}.flo").write_bytes(flo(flow))
