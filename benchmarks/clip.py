"""The clip that benchmarks render: a textured pan behind a moving disk, made on the spot."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 25


def picture(index: int, height: int, width: int) -> NDArray[np.uint8]:
    """Frame `index` as interleaved RGB: fine and coarse waves that pan, and a disk that crosses them."""
    scale = height / 360
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / scale
    pan_x, pan_y = x + 2.0 * index, y - 0.7 * index
    waves = [
        np.sin(0.031 * k * pan_x + 0.047 * k * pan_y + k) + np.sin(0.053 * k * pan_x - 0.02 * k * pan_y)
        for k in (1, 3, 7)
    ]
    image = np.stack([0.5 + 0.12 * waves[0] + 0.08 * waves[1] + 0.05 * np.roll(waves[2], c, 1) for c in range(3)], 2)
    center_x = (60 + 5 * index) % (width / scale)
    disk = (x - center_x) ** 2 + (y - 180) ** 2 < 50**2
    image[disk] = (0.8, 0.3, 0.2)
    codes: NDArray[np.uint8] = (255 * image.clip(0, 1) + 0.5).astype(np.uint8)
    return codes


def write_clip(path: Path, frames: int, size: tuple[int, int]) -> None:
    """An H.264 clip of `size` (height, width) without sound."""
    height, width = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(index, height, width), format="rgb24")))
        container.mux(stream.encode())
