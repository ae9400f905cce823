"""Scenes of flat layers that move by affine maps, so that motion and occlusion are known exactly.

A layer maps its own texture to the frame by a 2x3 matrix at every time; textures are painted at `FINE` times the
frame's resolution. The frame is composed at that resolution and reduced, so edges are smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fields import Array

FINE = 2
IMPURE = 255
"""Label of a pixel in which two layers mix; it has no single motion."""
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Layer:
    """A texture and where it is. Color is premultiplied by alpha, so edges mix without fringes."""

    texture: Array
    place: Callable[[float], Array]
    """Time in frames -> 2x3 matrix from the layer's own coordinates to frame pixels.

    The layer's own unit is one frame pixel too: texture pixel i has its center at (i + 0.5) / FINE - 0.5."""


def cut_out(color: Array, alpha: Array) -> Array:
    """Premultiplied RGBA."""
    return np.concatenate([color * alpha[..., None], alpha[..., None]], axis=-1).astype(np.float32)


def move(dx: float = 0.0, dy: float = 0.0) -> Array:
    """A shift."""
    return np.array([[1, 0, dx], [0, 1, dy]], np.float64)


def turn(cx: float, cy: float, degrees: float = 0.0, zoom: float = 1.0) -> Array:
    """Rotation and scale about (cx, cy)."""
    return cv2.getRotationMatrix2D((cx, cy), degrees, zoom)


def after(second: Array, first: Array) -> Array:
    """The map that does `first`, then `second`."""
    return (whole(second) @ whole(first))[:2]


def whole(matrix: Array) -> Array:
    """3x3 of a 2x3."""
    return np.vstack([matrix, [0, 0, 1]])


def fine(matrix: Array) -> Array:
    """The same map between texture pixels and pixels of the fine frame."""
    shift = (FINE - 1) / 2
    up = np.array([[FINE, 0, shift], [0, FINE, shift], [0, 0, 1]], np.float64)
    return (up @ whole(matrix) @ np.linalg.inv(up))[:2]


def compose(layers: list[Layer], time: float, width: int, height: int) -> tuple[Array, Labels]:
    """The frame at a time and, per pixel, which layer is seen (`IMPURE` where layers mix)."""
    size = (width * FINE, height * FINE)
    image = np.zeros((size[1], size[0], 3), np.float32)
    seen = np.zeros((size[1], size[0]), np.uint8)
    for number, layer in enumerate(layers):
        patch = cv2.warpAffine(layer.texture, fine(layer.place(time)), size, flags=cv2.INTER_LINEAR)
        alpha = patch[..., 3]
        image = image * (1 - alpha[..., None]) + patch[..., :3]
        seen[alpha > 0.002] = IMPURE
        seen[alpha > 0.998] = number
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    blocks = seen.reshape(height, FINE, width, FINE)
    low, high = blocks.min((1, 3)), blocks.max((1, 3))
    return np.clip(small, 0, 1), np.where(low == high, low, np.uint8(IMPURE))


def motion(layers: list[Layer], labels: Labels, time: float, before: float) -> Array:
    """Flow from the frame at `time` to the frame at `before`, by the map of the layer seen at each pixel."""
    height, width = labels.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    here = np.stack([x, y, np.ones_like(x)], -1)
    flow = np.zeros((height, width, 2), np.float64)
    for number, layer in enumerate(layers):
        back = whole(layer.place(before)) @ np.linalg.inv(whole(layer.place(time)))
        there = here @ back[:2].T
        chosen = labels == number
        flow[chosen] = (there - here[..., :2])[chosen]
    impure = labels == IMPURE
    if impure.any() and not impure.all():
        flow[impure] = nearest_pure(flow, impure)
    return flow.astype(np.float32)


def nearest_pure(flow: NDArray[np.float64], impure: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Flow for mixed pixels: that of the nearest pixel that shows one layer."""
    _, index = cv2.distanceTransformWithLabels(impure.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    pure = np.flatnonzero(~impure.ravel())
    order = np.zeros(index.max() + 1, np.int64)
    order[index.ravel()[pure]] = pure
    return flow.reshape(-1, 2)[order[index[impure]]]


def visible(labels: Labels, earlier: Labels, flow: Array) -> NDArray[np.bool_]:
    """True where one layer is seen now and all four pixels it came from show the same layer."""
    height, width = labels.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    px, py = x + flow[..., 0], y + flow[..., 1]
    inside = (px >= 0) & (py >= 0) & (px <= width - 1) & (py <= height - 1)
    left, top = np.clip(np.floor(px), 0, width - 2).astype(int), np.clip(np.floor(py), 0, height - 2).astype(int)
    same = inside & (labels != IMPURE)
    for down in (0, 1):
        for right in (0, 1):
            same &= earlier[top + down, left + right] == labels
    return same
