"""Brushes: thousands of oriented strokes, each a bundle of bristles, on a canvas that remembers its relief.

The canvas has four 8-bit channels, three of color and one of paint height, so a stroke lays both at once.
Strokes follow a direction field and stop where the picture below changes color, after Hertzmann's painterly
rendering (1998): large brushes first, small ones only where the large ones missed something.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fields import Array, Shape, blur, noise

Canvas = NDArray[np.uint8]
SUB = 3
"""Bits of sub-pixel precision in the drawing calls."""


@dataclass(frozen=True)
class Brush:
    """One kind of stroke; lengths in pixels of the canvas."""

    width: float
    length: float
    bristles: int = 8
    jitter: float = 0.05
    """How far a stroke's color strays from the picture, as a fraction of full scale."""
    grain: float = 0.04
    """How far one bristle strays from its stroke."""
    stop: float = 0.25
    """Color change at which a stroke ends."""
    ridge: float = 0.0
    """Extra paint height at the stroke's sides, as a palette knife leaves; 1 = full scale."""


def blank(shape: Shape, color: Array) -> Canvas:
    """A canvas primed with a color, or washed with a whole picture, and a faint weave in its relief."""
    canvas = np.empty((*shape, 4), np.uint8)
    canvas[..., :3] = np.round(color * 255)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    canvas[..., 3] = np.round(60 + 8 * np.sin(x * 1.3) + 8 * np.sin(y * 1.3))
    return canvas


def trace(field: Array, starts: Array, steps: int, pace: float) -> Array:
    """Follow `field` from each start; ``(N, steps, 2)`` points. The field has no sign, so paths keep theirs."""
    height, width = field.shape[:2]
    points = [starts]
    heading = None
    for _ in range(steps - 1):
        here = points[-1]
        column = np.clip(here[:, 0], 0, width - 1).astype(int)
        row = np.clip(here[:, 1], 0, height - 1).astype(int)
        turn = field[row, column]
        if heading is not None:
            turn = turn * np.where((turn * heading).sum(1) < 0, -1, 1)[:, None]
        heading = turn
        points.append(here + pace * turn)
    return np.stack(points, axis=1)


def scatter(shape: Shape, spacing: float, dice: np.random.Generator) -> Array:
    """One random point per square of a grid, in random order; (x, y) in pixels."""
    rows, columns = int(shape[0] / spacing) + 1, int(shape[1] / spacing) + 1
    y, x = np.mgrid[0:rows, 0:columns].reshape(2, -1)
    points = np.stack([x, y], axis=1) + dice.random((rows * columns, 2))
    return (dice.permutation(points) * spacing).astype(np.float32)


def look(image: Array, points: Array) -> Array:
    """The picture's values at pixel positions ``(..., 2)``."""
    column = np.clip(points[..., 0], 0, image.shape[1] - 1).astype(int)
    row = np.clip(points[..., 1], 0, image.shape[0] - 1).astype(int)
    return image[row, column]


def reach(image: Array, paths: Array, colors: Array, stop: float) -> NDArray[np.int64]:
    """How many points each path may keep before the picture below it changes color."""
    change = np.abs(look(image, paths) - colors[:, None]).sum(-1)
    beyond = change > stop
    return np.where(beyond.any(1), beyond.argmax(1), paths.shape[1])


def stroke(canvas: Canvas, path: Array, color: Array, brush: Brush, dice: np.random.Generator) -> None:
    """Lay one stroke: bristles side by side, with ragged ends and their own shade and height."""
    heading = np.gradient(path, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(normal[:, 0], normal[:, 1]), 1e-6)[:, None]
    count = len(path)
    sides = np.linspace(-1, 1, brush.bristles)
    thickness = max(round(1.3 * brush.width / brush.bristles), 1)
    trims = dice.integers(0, max(count // 4, 1) + 1, (brush.bristles, 2))
    shades = dice.normal(0, brush.grain, brush.bristles)
    relief = np.clip(0.5 + dice.normal(0, 0.18, brush.bristles) + brush.ridge * (np.abs(sides) ** 4 - 0.4), 0.05, 1)
    for bristle in dice.permutation(brush.bristles):
        begin, end = trims[bristle, 0], count - trims[bristle, 1]
        if end - begin < 2:
            begin, end = 0, count
        points = path[begin:end] + normal[begin:end] * (sides[bristle] * brush.width / 2)
        paint = np.append(np.clip(color + shades[bristle], 0, 1), relief[bristle]) * 255
        fixed = np.round(points * 2**SUB).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, paint.tolist(), thickness, cv2.LINE_AA, SUB)


def paint(
    canvas: Canvas,
    picture: Array,
    field: Array,
    brush: Brush,
    seed: int,
    density: float = 1.0,
    missed: float = 0.0,
    where: Array | None = None,
) -> None:
    """Cover the canvas with strokes of one brush.

    `density` is strokes per brush width; with `missed` > 0 only where the canvas differs from the picture by
    more than that; `where` is a mask to stay in.
    """
    dice = np.random.default_rng(seed)
    shape = picture.shape[:2]
    smooth = blur(picture, brush.width / 4)
    starts = scatter(shape, brush.width / density, dice)
    if missed > 0:
        error = blur(np.abs(canvas[..., :3] / np.float32(255) - smooth).sum(-1), brush.width / 3)
        starts = starts[look(error, starts) > missed]
    if where is not None:
        starts = starts[look(where, starts) > 0.5]
    steps = max(int(brush.length / (brush.width * 0.6)), 4)
    back = trace(-field, starts, steps // 2 + 1, brush.length / steps)[:, -1]
    colors = look(smooth, starts)
    near = np.abs(look(smooth, back) - colors).sum(-1) < brush.stop
    paths = trace(field, np.where(near[:, None], back, starts), steps, brush.length / steps)
    kept = reach(smooth, paths, colors, brush.stop)
    hues = dice.normal(0, brush.jitter, (len(starts), 1)) + dice.normal(0, brush.jitter * 0.7, (len(starts), 3))
    for path, count, color in zip(paths, kept, np.clip(colors + hues, 0, 1), strict=True):
        if count >= 3:
            stroke(canvas, path[:count], color, brush, dice)


def light(canvas: Canvas, depth: float = 1.0, gloss: float = 0.15) -> Array:
    """The canvas as seen under a lamp at the upper left: color shaded by its relief."""
    height = blur(canvas[..., 3].astype(np.float32) / 255, 0.8)
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0) + cv2.Sobel(height, cv2.CV_32F, 0, 1)
    weave = noise(height.shape, 3, 99, 1) - 0.5
    shade = np.clip(-slope * 0.35 + 0.05 * weave, -1, 1) * depth
    color = canvas[..., :3].astype(np.float32) / 255
    lit = color * (1 + 0.6 * shade[..., None]) + gloss * np.maximum(shade, 0)[..., None]
    return np.clip(lit, 0, 1)
