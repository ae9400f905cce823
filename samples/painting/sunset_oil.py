"""Sunset over the sea, laid on with a palette knife: broad flat strokes with ridges."""

from __future__ import annotations

import numpy as np

from .brush import Brush, blank, light, paint
from .elements import sail
from .fields import Array, Shape, along, below, disc, grid, lay, mix, noise, polygon, profile, ramp, step, unit

SUN = (0.74, 0.505)
SEA = 0.60


def sky(shape: Shape) -> Array:
    """Purple above, gold at the horizon, clouds lit from below."""
    x, y = grid(shape)
    image = ramp(y / SEA, [(0, "#35235f"), (0.25, "#6b2f7a"), (0.5, "#c2476a"), (0.72, "#f0763c"), (0.88, "#fbab3c"),
                           (1, "#ffdf7e")])  # fmt: skip
    glow = np.exp(-((np.hypot((x - SUN[0]) * 0.8, y - SUN[1]) / 0.22) ** 2))
    lay(image, "#ffe488", glow * 0.85)
    bank = noise(shape, (640, 190), 3, 5, 0.55) + 0.10 * np.sin(9 * y - 3 * x)
    cloud = step(0.52, 0.66, bank)
    lit = step(0.0, 0.10, bank - np.roll(bank, -26, axis=0))
    tone = np.clip(0.75 * (y / SEA) + 0.5 * lit + 0.3 * glow - 0.25, 0, 1)
    paint_box = ramp(tone, [(0, "#2b1c52"), (0.3, "#5b2a72"), (0.5, "#a33a6e"), (0.7, "#ee6a45"), (0.88, "#ffb04d"),
                            (1, "#fff0b0")])  # fmt: skip
    lay(image, paint_box, cloud * step(SEA * 0.98, SEA * 0.75, y) * 0.92)
    lay(image, "#fff3bd", disc(shape, *SUN, 0.062, 0.006))
    return image


def sea(image: Array, shape: Shape) -> None:
    """Violet water under the sky, with the sun's road on it."""
    x, y = grid(shape)
    depth = np.clip((y - SEA) / (1 - SEA), 0, 1)
    wave = noise(shape, (240, 34), 8, 4, 0.6)
    tone = np.clip(0.75 - 0.6 * depth + 1.3 * (wave - 0.5), 0, 1)
    water = ramp(tone, [(0, "#1c1645"), (0.25, "#3c2368"), (0.45, "#7a2f78"), (0.65, "#cf4f62"), (0.85, "#f58a48"),
                        (1, "#ffc76b")])  # fmt: skip
    road = np.exp(-(((x - SUN[0]) / (0.07 + 0.16 * depth)) ** 2)) * step(0.36, 0.56, wave + 0.08)
    lay(water, ramp(depth, [(0, "#fff2b0"), (0.5, "#ffc04f"), (1, "#f4853a")]), road)
    lay(image, water, step(SEA - 0.002, SEA + 0.002, y))


def land(image: Array, shape: Shape) -> Array:
    """Two headlands and a rocky shore; returns the near mask."""
    width = shape[1]
    x, y = grid(shape)
    run = np.arange(width) / shape[0]
    far = SEA - 0.085 * np.clip(1.25 - run * 1.9, 0, 1) ** 0.7 - 0.012 * profile(width, 160, 5)
    lay(image, ramp(x, [(0, "#4a2869"), (0.6, "#8d3d6c")]), below(shape, far) * (y < SEA + 0.004) * (x < 0.62))
    near = 1.03 - 0.20 * np.clip((run - 0.78) / 0.45, 0, 1) - 0.03 * profile(width, 200, 6, 5)
    mask = below(shape, near)
    rock = noise(shape, 90, 7, 4, 0.6)
    lay(image, ramp(rock, [(0.2, "#170f2e"), (0.5, "#3d1f4d"), (0.7, "#8d3b50"), (0.85, "#f07c3f")]), mask)
    return mask


def sunset_oil(shape: Shape) -> Array:
    """Palette knife in warm oranges and purples."""
    x, y = grid(shape)
    picture = sky(shape)
    sea(picture, shape)
    rocks = land(picture, shape)
    for left, foot, size in [(0.40, 0.70, 0.21), (0.96, 0.625, 0.085), (0.22, 0.625, 0.06)]:
        sail(picture, shape, left, foot, size, "#f8d9a0", "#1d1230")
        lay(
            picture,
            "#f3b77a",
            0.5
            * polygon(
                shape,
                [
                    (left - size * 0.2, foot + 0.01),
                    (left + size * 0.3, foot + 0.01),
                    (left + size * 0.05, foot + size * 0.6),
                ],
            ),
        )
    drift = 1.3 * (noise(shape, 260, 31, 2) - 0.5)
    arc = np.arctan2(y - SUN[1], x - SUN[0]) + np.pi / 2
    field = mix(
        along(shape, drift * 1.6 - 0.25), along(shape, arc), np.exp(-((np.hypot(x - SUN[0], y - SUN[1]) / 0.15) ** 2))
    )
    field = mix(unit(field), along(shape, drift * 0.25), step(SEA - 0.01, SEA, y))
    field = unit(mix(field, along(shape, 0.9 + drift), rocks))
    canvas = blank(shape, picture)
    paint(canvas, picture, field, Brush(58, 130, 22, 0.055, 0.018, 0.6, 0.7), 1, 1.7)
    paint(canvas, picture, field, Brush(34, 90, 15, 0.055, 0.018, 0.5, 0.7), 2, 1.6, 0.12)
    paint(canvas, picture, field, Brush(20, 60, 10, 0.045, 0.02, 0.45, 0.6), 3, 1.5, 0.30)
    paint(canvas, picture, field, Brush(9, 34, 6, 0.03, 0.02, 0.4, 0.4), 4, 1.4, 0.42)
    return light(canvas, 1.5, 0.2)
