"""A Sunday in the park, in dots of pure color beside their complements."""

from __future__ import annotations

import cv2
import numpy as np

from .brush import Canvas, blank, light, look, scatter
from .elements import crown, foliage, sail, stroller
from .fields import Array, Shape, below, blur, grid, lay, noise, polygon, profile, ramp, rgb, step

RIVER = 0.40
LEAVES = ["#173a52", "#1f5a48", "#3f8a3c", "#8fbe3d", "#e5dc58"]


def bank(shape: Shape) -> Array:
    """Sky, far shore, river and the sunny lawn with a shadow across it."""
    x, y = grid(shape)
    image = ramp(y / 0.3, [(0, "#86b8e4"), (0.6, "#c4dcea"), (1, "#fbe6c4")])
    lay(image, "#fff4e2", 0.8 * step(0.55, 0.75, noise(shape, (500, 130), 3)))
    trees = below(shape, 0.25 - 0.04 * profile(shape[1], 260, 4, 5))
    lay(image, ramp(noise(shape, 60, 5), [(0.2, "#3f6d7d"), (0.5, "#6f9f74"), (0.8, "#c5cf83")]), trees)
    water = ramp(np.clip((y - 0.3) / 0.28 + 0.5 * (noise(shape, (200, 16), 6) - 0.5), 0, 1),
                 [(0, "#f3e3c0"), (0.35, "#9fc7e0"), (0.7, "#4f8fd0"), (1, "#2f64ad")])  # fmt: skip
    lay(image, water, step(0.297, 0.303, y))
    edge = 0.56 - 0.26 * np.clip(np.arange(shape[1]) / shape[0] - 0.35, 0, 1) + 0.01 * profile(shape[1], 200, 8)
    lawn = below(shape, edge)
    grass = noise(shape, (140, 50), 9)
    lay(image, ramp(grass, [(0.1, "#7fa83a"), (0.5, "#b9cf48"), (0.9, "#f2e56c")]), lawn)
    shadow = step(0.47, 0.55, y - 0.10 * np.sin(5 * x + 1) + 0.25 * (noise(shape, (300, 60), 10) - 0.5) - 0.22)
    lay(image, ramp(grass, [(0.1, "#173f5c"), (0.5, "#24694f"), (0.9, "#4d8f46")]), shadow * lawn)
    return image


def trees(image: Array, shape: Shape) -> None:
    """Trunks and crowns at both sides."""
    for x, foot, height, thick in [(0.17, 0.90, 0.75, 0.030), (0.36, 0.66, 0.45, 0.016), (1.14, 0.78, 0.62, 0.026),
                                   (0.98, 0.56, 0.36, 0.012)]:  # fmt: skip
        trunk = [
            (x - thick, foot),
            (x - thick * 0.5, foot - height),
            (x + thick * 0.5, foot - height),
            (x + thick, foot),
        ]
        lay(image, "#5a2f4f", polygon(shape, trunk))
        lay(image, "#d98a45", polygon(shape, [(px - thick * 0.45, py) for px, py in trunk]) * polygon(shape, trunk))
    for number, (x, y, radius) in enumerate(
        [
            (0.36, 0.22, 0.11),
            (0.98, 0.24, 0.10),
            (0.10, 0.10, 0.25),
            (0.30, 0.06, 0.13),
            (1.18, 0.12, 0.22),
            (1.02, 0.05, 0.12),
        ]
    ):
        foliage(image, crown(shape, x, y, radius, 20 + number), 40 + number, LEAVES)


def company(image: Array, shape: Shape) -> None:
    """Boats on the river, people on the lawn."""
    for x, y, size, cloth in [
        (0.62, 0.44, 0.15, "#fffbe8"),
        (0.80, 0.345, 0.08, "#ffe0b0"),
        (0.50, 0.36, 0.07, "#fff3d8"),
    ]:
        sail(image, shape, x, y, size, cloth, "#7b2f3f")
    for x, foot, size, dress, shade in [
        (0.92, 0.95, 0.50, "#3a2a6e", "#e8542f"),
        (0.70, 0.88, 0.34, "#b8335a", "#f6c63a"),
        (0.57, 0.70, 0.20, "#f3efe0", "#e0507a"),
        (0.44, 0.69, 0.19, "#2f4f9c", "#f4b23a"),
        (0.68, 0.62, 0.14, "#d9552f", "#fff0d0"),
        (0.90, 0.57, 0.11, "#27408f", "#f08a3a"),
        (0.28, 0.80, 0.26, "#e58a2f", "#4f9fc4"),
    ]:
        reach = [
            (x - size * 0.15, foot - 0.005),
            (x + size * 0.2, foot - 0.005),
            (x - size * 0.55, foot + size * 0.10),
            (x - size * 0.75, foot + size * 0.06),
        ]
        lay(image, "#1d3f6e", 0.8 * polygon(shape, reach))
        stroller(image, shape, x, foot, size, dress, shade)


def divide(colors: Array, dice: np.random.Generator) -> Array:
    """Split colors as the eye will mix them again: brighter, hue turned a little, now and then the complement."""
    gray = colors.mean(1, keepdims=True)
    vivid = gray + (colors - gray) * 1.45 + dice.normal(0, 0.07, colors.shape)
    vivid = vivid * dice.normal(1.02, 0.10, (len(colors), 1))
    turned = np.where(dice.random((len(colors), 1)) < 0.5, np.roll(vivid, 1, 1), np.roll(vivid, -1, 1))
    kind = dice.random((len(colors), 1))
    mixed = np.where(kind < 0.20, 0.62 * vivid + 0.38 * turned, vivid)
    opposite = gray + (gray - colors) * 0.9 + 0.06
    mixed = np.where(kind > 0.90, 0.35 * vivid + 0.65 * opposite, mixed)
    return np.clip(mixed, 0, 1).astype(np.float32)


def dots(canvas: Canvas, picture: Array, size: float, spacing: float, seed: int, missed: float = 0.0) -> None:
    """One layer of dabs: short fat ellipses of one color each."""
    dice = np.random.default_rng(seed)
    points = scatter(picture.shape[:2], spacing, dice)
    smooth = blur(picture, size / 3)
    if missed > 0:
        error = blur(np.abs(canvas[..., :3] / np.float32(255) - smooth).sum(-1), size)
        points = points[look(error, points) > missed]
    colors = divide(look(smooth, points), dice) * 255
    tilt = dice.uniform(-40, 40, len(points))
    axes = np.round(size * 4 * dice.uniform([0.85, 0.7], [1.25, 0.95], (len(points), 2))).astype(int)
    height = dice.integers(110, 255, len(points))
    centers = np.round(points * 8).astype(int)
    for center, axis, angle, color, tall in zip(centers, axes, tilt, colors, height, strict=True):
        cv2.ellipse(
            canvas, center.tolist(), axis.tolist(), angle, 0, 360, [*color.tolist(), int(tall)], -1, cv2.LINE_AA, 3
        )


def pointillism(shape: Shape) -> Array:
    """Dots of complementary color; a park by a river."""
    picture = bank(shape)
    company(picture, shape)
    trees(picture, shape)
    canvas = blank(shape, 0.55 * blur(picture, 12) + 0.45 * rgb("#e8cfa0"))
    dots(canvas, picture, 19, 15, 1)
    dots(canvas, picture, 15, 14, 2)
    dots(canvas, picture, 12, 14, 3)
    dots(canvas, picture, 8, 8, 4, 0.5)
    return light(canvas, 0.7, 0.1)
