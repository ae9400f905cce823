"""A night sky that turns: vortices, ringed stars, a cypress and a sleeping village, in thick oil."""

from __future__ import annotations

import numpy as np

from .brush import Brush, blank, light, paint
from .fields import (
    Array,
    Shape,
    along,
    below,
    contour,
    disc,
    grid,
    lay,
    mix,
    noise,
    polygon,
    profile,
    ramp,
    rgb,
    step,
    streaks,
    unit,
    vortex,
)

STARS = [
    (0.10, 0.12, 0.030), (0.36, 0.08, 0.036), (0.53, 0.21, 0.024), (0.78, 0.08, 0.030), (0.92, 0.27, 0.028),
    (0.44, 0.42, 0.034), (0.70, 0.50, 0.022), (1.00, 0.47, 0.026), (0.60, 0.05, 0.018), (0.34, 0.27, 0.018),
    (1.17, 0.40, 0.034),
]  # fmt: skip
MOON = (1.08, 0.15, 0.075)
SWIRLS = [(0.60, 0.32, 0.19, 1.0), (0.86, 0.40, 0.12, -1.0), (0.22, 0.40, 0.13, 0.9)]


def sky_field(shape: Shape) -> Array:
    """Wind from the left, bent by three whirls and by every star."""
    x, y = grid(shape)
    field = along(shape, 0.35 * np.sin(5.0 * x + 1.0) + 0.25 * np.sin(9 * y))
    for cx, cy, reach, sign in SWIRLS:
        field = field + 3.2 * sign * vortex(shape, cx, cy, reach)
    for cx, cy, radius in [*STARS, MOON]:
        field = field + 4.0 * vortex(shape, cx, cy, radius * 2.1)
    return unit(field)


def sky(shape: Shape, field: Array) -> Array:
    """Blues streaked along the wind, with yellow rings around the lights."""
    x, y = grid(shape)
    grain = noise(shape, 26, 11, 2)
    flow = streaks(grain, field, 40, 2.0)
    tone = np.clip(0.62 * y + 0.75 * (flow - 0.5) + 0.22 * noise(shape, 300, 12), 0, 1)
    image = ramp(tone, [(0, "#0b1a4a"), (0.25, "#163a86"), (0.45, "#2b62ad"), (0.65, "#5f9cc4"), (0.85, "#a9cfc4"),
                        (1, "#dfe3b8")])  # fmt: skip
    for cx, cy, reach, _ in SWIRLS:
        spiral(image, x - cx, y - cy, reach)
    for cx, cy, radius in [*STARS, MOON]:
        glow(image, np.hypot(x - cx, y - cy) / radius)
    crescent(image, shape)
    return image


def spiral(image: Array, dx: Array, dy: Array, reach: float) -> None:
    """Pale arms that wind into a whirl."""
    distance = np.hypot(dx, dy)
    arms = 0.5 + 0.5 * np.sin(2 * np.arctan2(dy, dx) + 42 * distance / (0.3 + reach))
    lay(image, "#e7ead0", 0.75 * step(0.55, 1.0, arms) * np.exp(-((distance / reach) ** 2)))
    lay(image, "#10246a", 0.5 * step(0.5, 0.0, arms) * np.exp(-((distance / reach) ** 2)))


def glow(image: Array, distance: Array) -> None:
    """A star: a white heart and rings of yellow that fade into the sky."""
    rings = 0.5 + 0.5 * np.cos(distance * 5.2)
    lay(image, "#d8b23c", np.exp(-((distance / 2.2) ** 2)) * (0.35 + 0.6 * rings))
    lay(image, "#f4dd6a", step(1.25, 0.8, distance))
    lay(image, "#fff6d0", step(0.7, 0.4, distance))


def crescent(image: Array, shape: Shape) -> None:
    """Cut the moon to a crescent."""
    cx, cy, radius = MOON
    lay(image, "#f0a92e", disc(shape, cx, cy, radius))
    lay(image, "#f7d95c", disc(shape, cx - 0.012, cy - 0.004, radius * 0.75) * 0.9)


def hills(image: Array, shape: Shape) -> Array:
    """Rolling ground in three ranges; returns its mask."""
    width, seen = shape[1], np.zeros(shape, np.float32)
    _x, y = grid(shape)
    ranges = [
        (0.66, 0.10, "#2a4d8f", "#6f9fb4"),
        (0.75, 0.06, "#1d3a5f", "#4f8a80"),
        (0.84, 0.05, "#14284a", "#2f6a58"),
    ]
    for number, (base, swing, dark, pale) in enumerate(ranges):
        edge = base - swing * profile(width, 700 - 100 * number, 20 + number, 2)
        mask = below(shape, edge)
        bands = 0.5 + 0.5 * np.sin(60 * (y - edge[None, :]) + 5 * noise(shape, 160, 30 + number, 3))
        lay(image, mix(np.broadcast_to(rgb(dark), (*shape, 3)), np.broadcast_to(rgb(pale), (*shape, 3)), bands), mask)
        lay(image, "#0a142f", mask * step(0.012, 0.004, y - edge[None, :]))
        seen = np.maximum(seen, mask)
    return seen


def village(image: Array, shape: Shape) -> None:
    """Small houses with lit windows around a church."""
    dice = np.random.default_rng(5)
    for left in np.linspace(0.36, 1.18, 12):
        size = dice.uniform(0.05, 0.075)
        foot = 0.875 + dice.uniform(-0.02, 0.05)
        wall, roof = foot - size * 0.7, foot - size * 1.5
        body = polygon(shape, [(left, foot), (left, wall), (left + size, wall), (left + size, foot)])
        lay(image, dice.choice(["#5b83b4", "#7ba3b8", "#4a6ea3", "#8aa88a"]), body)
        top = polygon(shape, [(left - 0.008, wall), (left + size / 2, roof), (left + size + 0.008, wall)])
        lay(image, dice.choice(["#16224a", "#8a4a3c", "#22345f"]), top)
        if dice.random() < 0.75:
            lay(image, "#ffcf4a", disc(shape, left + size * 0.5, foot - size * 0.35, 0.012))
    spire = [(0.735, 0.86), (0.735, 0.74), (0.750, 0.60), (0.765, 0.74), (0.765, 0.86)]
    lay(image, "#1a2b58", polygon(shape, spire))
    lay(image, "#f6c653", disc(shape, 0.75, 0.79, 0.008))


def cypress(shape: Shape) -> Array:
    """Mask of the dark tree at the left, like a flame."""
    x, y = grid(shape)
    mask = np.zeros(shape, np.float32)
    for foot, top, girth, lean in [(0.20, 0.06, 0.085, 0.02), (0.115, 0.34, 0.06, -0.02), (0.275, 0.46, 0.05, 0.03)]:
        rise = np.clip((1.02 - y) / (1.02 - top), 0, 1)
        wave = 0.013 * np.sin(26 * y + foot * 40) + 0.016 * (noise(shape, 60, 41, 3) - 0.5)
        half = girth * np.sqrt(np.clip(1 - rise, 0, 1)) * (0.75 + 0.6 * np.sin(3.1 * rise))
        mask = np.maximum(mask, step(0.004, -0.004, np.abs(x - foot - lean * rise + wave) - half) * (y > top))
    return mask


def starry(shape: Shape) -> Array:
    """Swirling oil strokes in deep blue and gold."""
    field = sky_field(shape)
    picture = sky(shape, field)
    ground = hills(picture, shape)
    village(picture, shape)
    field = mix(field, contour(noise(shape, 500, 20, 1) + 6 * grid(shape)[1], 12), step(0.4, 0.6, ground))
    tree = cypress(shape)
    x, y = grid(shape)
    flame = np.clip(streaks(noise(shape, 18, 43, 2), along(shape, np.pi / 2 + 0.35 * np.sin(24 * y)), 20, 2.0), 0, 1)
    lay(picture, ramp(flame, [(0, "#050d12"), (0.5, "#10261f"), (0.8, "#2c4a2a"), (1, "#6b5a2a")]), tree)
    field = unit(mix(field, along(shape, np.pi / 2 + 0.45 * np.sin(24 * y + 9 * x)), tree))
    canvas = blank(shape, picture)
    paint(canvas, picture, field, Brush(30, 150, 9, 0.05, 0.035, 0.5), 1, 1.5)
    paint(canvas, picture, field, Brush(18, 120, 7, 0.05, 0.04, 0.4), 2, 1.5, 0.10)
    paint(canvas, picture, field, Brush(10, 70, 5, 0.04, 0.04, 0.4), 3, 1.3, 0.22)
    town = step(0.80, 0.82, y) * step(0.95, 0.93, y) + step(0.03, 0.02, np.abs(x - 0.75)) * step(0.58, 0.6, y)
    paint(canvas, picture, along(shape, 1.35 * np.sign(np.sin(70 * x))), Brush(7, 30, 4, 0.03, 0.03, 0.3), 4, 1.4, 0.12,
          town * (1 - tree))  # fmt: skip
    return light(canvas, 1.0)
