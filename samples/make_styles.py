"""Paint the style pictures of this folder: ``python samples/make_styles.py [NAME ...]``.

Every picture is painted at twice its size and reduced, by a fixed seed: the same code gives the same picture.
"""

from __future__ import annotations

import argparse
import importlib
import logging
from pathlib import Path

import cv2
import numpy as np

from painting.fields import Array

HERE = Path(__file__).resolve().parent
NAMES = (
    "starry", "ink", "mosaic", "woodcut", "pointillism", "watercolor", "sunset_oil", "neon", "pastel", "stained_glass",
)  # fmt: skip
SHAPE = (1280, 1600)
LIMIT = 250_000
"""Bytes a picture may take: the repository stays light."""

log = logging.getLogger("make_styles")


def paint(name: str) -> Array:
    """The picture called `name`, at its final size."""
    module = importlib.import_module(f"painting.{name}")
    large: Array = getattr(module, name)(SHAPE)
    small = cv2.resize(large, (SHAPE[1] // 2, SHAPE[0] // 2), interpolation=cv2.INTER_AREA)
    return np.clip(small, 0, 1)


def encode(picture: Array) -> bytes:
    """JPEG at quality 90, or the highest quality below it that keeps to `LIMIT`."""
    pixels = cv2.cvtColor(np.round(picture * 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
    for quality in range(90, 60, -1):
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
        if done and len(data) < LIMIT:
            log.info("quality %d, %d bytes", quality, len(data))
            return data.tobytes()
    raise ValueError("picture too busy for its size limit")


def main() -> None:
    """Paint the named pictures, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write to (default: this one)")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cv2.setNumThreads(1)
    for name in wanted.names or NAMES:
        path = wanted.into / f"{name}.jpg"
        path.write_bytes(encode(paint(name)))
        log.info("%s", path.name)


if __name__ == "__main__":
    main()
