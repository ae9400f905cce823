"""A meadow in soft chalk on tinted paper."""

from __future__ import annotations

import numpy as np

from .brush import Brush, blank, light, look, paint, scatter, stroke, trace
from .elements import crown, foliage, house
from .fields import (
    Array,
    Shape,
    along,
    below,
    blur,
    contour,
    grid,
    lay,
    mix,
    noise,
    polygon,
    profile,
    ramp,
    rgb,
    step,
    unit,
)

PAPER = "#8f8a98"
FLOWERS = ["#f2596b", "#ffd95c", "#f7f2ea", "#c68be6", "#ff9a4d", "#7fa5f2"]


def sky(shape: Shape) -> Array:
    """A pale morning with pink clouds."""
    _x, y = grid(shape)
    image = ramp(y / 0.45, [(0, "#7fb2dd"), (0.5, "#b9d6ea"), (1, "#fbe3cf")])
    heap = noise(shape, (460, 230), 3, 4) - 0.25 * np.abs(y - 0.20)
    lay(image, "#d9b4cf", 0.9 * step(0.46, 0.56, heap))
    lay(image, "#fff3e6", step(0.52, 0.62, np.roll(heap, (14, 12), (0, 1))))
    return image


def hills(image: Array, shape: Shape) -> Array:
    """Blue hills, fields and the meadow; returns the slope map that strokes follow."""
    _x, y = grid(shape)
    slope = y.copy()
    for number, (base, swing, stops) in enumerate([
        (0.36, 0.05, [(0.2, "#6f8fc4"), (0.8, "#a9b8de")]),
        (0.43, 0.04, [(0.2, "#5f9aa0"), (0.8, "#a8cfae")]),
        (0.50, 0.04, [(0.2, "#d9b04f"), (0.5, "#f2dd88"), (0.8, "#c9d777")]),
        (0.58, 0.05, [(0.2, "#5fa05a"), (0.5, "#9fcb62"), (0.8, "#e0e58a")]),
        (0.70, 0.04, [(0.1, "#2f7a5c"), (0.4, "#6fae4f"), (0.7, "#b5d25f"), (0.9, "#f0ea92")]),
    ]):  # fmt: skip
        edge = base - swing * profile(shape[1], 600, 10 + number, 2)
        mask = below(shape, edge)
        lay(image, ramp(noise(shape, (260, 50), 20 + number), stops), mask)
        slope = slope * (1 - mask) + (y - edge[None, :]) * mask
    return slope


def village(image: Array, shape: Shape) -> None:
    """A farm between trees."""
    house(image, shape, 0.74, 0.565, 0.085, "#fff0dc", "#d9603f")
    house(image, shape, 0.85, 0.575, 0.06, "#f7d9b0", "#b8484a")
    tones = ["#2a4f6b", "#34785c", "#6fae57", "#c2d86b", "#f5ec9c"]
    for number, (x, y, radius) in enumerate(
        [
            (0.66, 0.50, 0.07),
            (0.96, 0.50, 0.085),
            (0.20, 0.50, 0.05),
            (0.29, 0.51, 0.04),
            (1.13, 0.45, 0.14),
            (0.07, 0.42, 0.13),
        ]
    ):
        lay(image, "#6b4a5a", polygon(shape, [(x - 0.008, y + radius * 1.5), (x, y), (x + 0.008, y + radius * 1.5)]))
        foliage(image, crown(shape, x, y, radius, 60 + number, 1.15), 70 + number, tones)


def path_way(image: Array, shape: Shape) -> None:
    """A sandy path that winds to the farm."""
    x, y = grid(shape)
    depth = np.clip((y - 0.57) / 0.43, 0, 1)
    middle = 0.78 - 0.42 * depth + 0.10 * np.sin(6.5 * depth)
    lay(image, ramp(noise(shape, (160, 40), 33), [(0.2, "#c99a78"), (0.8, "#f7dfb8")]),
        step(0.01, -0.01, np.abs(x - middle) - 0.006 - 0.10 * depth**1.5) * step(0.57, 0.58, y))  # fmt: skip


def chalk(
    image: Array, picture: Array, field: Array, brush: Brush, seed: int, cover: float, missed: float = 0.0
) -> None:
    """Rub one layer of strokes over the paper's tooth; `cover` is how much of the paper takes it."""
    shape = picture.shape[:2]
    canvas = blank(shape, image)
    canvas[..., 3] = 0
    paint(canvas, picture, field, brush, seed, 1.5, missed)
    tooth = 0.65 * noise(shape, 5, 90, 2) + 0.35 * noise(shape, 14, 91, 2)
    pressure = blur(canvas[..., 3].astype(np.float32) / 255, 1.2) + 0.5 * (noise(shape, 90, seed, 2) - 0.5)
    taken = step(-0.08, 0.08, pressure * 0.5 + cover - 0.25 - tooth) * step(0, 20, canvas[..., 3].astype(np.float32))
    lay(image, canvas[..., :3].astype(np.float32) / 255, taken)


def bloom(image: Array, shape: Shape) -> None:
    """Grass blades and dabs of flowers, larger toward the viewer."""
    dice = np.random.default_rng(8)
    canvas = blank(shape, image)
    spots = scatter(shape, 13, dice)
    spots = spots[spots[:, 1] > shape[0] * 0.60]
    depth = (spots[:, 1] / shape[0] - 0.58) / 0.42
    drift = look(noise(shape, (420, 120), 44, 2), spots)
    blades = trace(along(shape, -np.pi / 2 + 0.9 * (noise(shape, 60, 45) - 0.5)), spots, 6, 5.0)
    greens = np.stack([rgb(code) for code in ["#2f6f4f", "#7fb84f", "#d5e07a", "#4f9a78"]])
    for spot, near, kind, blade in zip(spots, depth, drift, blades, strict=True):
        if dice.random() < 0.45:
            path = spot + (blade - spot) * (0.4 + near)
            stroke(canvas, path, greens[dice.integers(4)], Brush(3 + 4 * near, 20, 3), dice)
        elif dice.random() < 0.55 * step(0.35, 0.6, np.float32(kind + 0.1)):
            color = rgb(FLOWERS[int(kind * 23 + dice.random() * 1.6) % len(FLOWERS)])
            for _ in range(3):
                dab = (
                    spot
                    + dice.normal(0, 3 + 4 * near, (1, 2))
                    + np.array([[-1, 0], [0, -0.4], [1, 0]]) * (2 + 6 * near)
                )
                stroke(canvas, dab, np.clip(color + dice.normal(0, 0.06), 0, 1), Brush(3 + 8 * near, 10, 4), dice)
    tooth = noise(shape, 5, 90, 2)
    lay(image, light(canvas, 0.25, 0.0), step(0.20, 0.42, tooth))


def pastel(shape: Shape) -> Array:
    """Soft chalk strokes; a meadow in flower."""
    picture = sky(shape)
    slope = hills(picture, shape)
    path_way(picture, shape)
    village(picture, shape)
    _x, y = grid(shape)
    slant = along(shape, -0.75 + 0.7 * (noise(shape, 300, 50, 2) - 0.5))
    field = unit(mix(slant, contour(slope, 16), 0.75 * step(0.38, 0.44, y)))
    image = np.broadcast_to(rgb(PAPER), (*shape, 3)).astype(np.float32).copy()
    image *= 0.93 + 0.14 * noise(shape, 4, 51, 2)[..., None]
    lay(image, blur(picture, 14), 0.75 * step(0.25, 0.55, noise(shape, 6, 90, 2)))
    chalk(image, picture, field, Brush(30, 120, 14, 0.045, 0.03, 0.5), 1, 0.62)
    chalk(image, picture, field, Brush(16, 80, 9, 0.05, 0.035, 0.4), 2, 0.55, 0.10)
    chalk(image, picture, field, Brush(9, 46, 6, 0.05, 0.035, 0.4), 3, 0.55, 0.18)
    bloom(image, shape)
    return np.clip(image, 0, 1)
