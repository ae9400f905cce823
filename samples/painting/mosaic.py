"""A sun over the sea with fish, in tesserae of gold, teal and red.

Square tiles turn with the picture's contours: seeds move to the middle of their cells under a metric whose
unit ball is a turned square (Hausner, 2001).
"""

from __future__ import annotations

import cv2
import numpy as np

from .brush import look, scatter
from .fields import Array, Shape, blur, contour, disc, grid, lay, noise, polygon, ramp, rgb, step

SUN = (0.625, 0.34)
TILE = 16.0
BORDER = 0.075


def heaven(shape: Shape) -> Array:
    """Teal rings around a gold sun with a face and flame-like rays."""
    x, y = grid(shape)
    dx, dy = x - SUN[0], y - SUN[1]
    distance, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    rings = 0.5 + 0.5 * np.sin(distance * 62)
    image = ramp(np.clip(distance * 1.1 + 0.22 * (rings - 0.5), 0, 1),
                 [(0, "#f4e0a0"), (0.25, "#9fd6c4"), (0.45, "#2f9f9f"), (0.7, "#176a7c"), (1, "#0f3f5c")])  # fmt: skip
    for count, long, wide, bend, color in [
        (11, 0.33, 0.85, 1.3, "#a8281f"), (11, 0.30, 0.55, 1.3, "#e8602a"), (11, 0.26, 0.28, 1.3, "#f6c445"),
    ]:  # fmt: skip
        turned = angle + bend * 0.35 * np.sin(distance * 26)
        wedge = np.abs((turned * count / (2 * np.pi)) % 1 - 0.5) * 2
        lay(
            image,
            color,
            step(0.04, -0.04, wedge - wide * np.clip((long - distance) / (long - 0.13), 0, 1)) * (distance < long),
        )
    for radius, color in [(0.148, "#8f1f1c"), (0.136, "#f2c23a"), (0.108, "#ffdf7a"), (0.085, "#fbeaa6")]:
        lay(image, color, disc(shape, *SUN, radius))
    face(image, shape)
    return image


def face(image: Array, shape: Shape) -> None:
    """Eyes, nose, mouth and cheeks of the sun."""
    cx, cy = SUN
    for side in (-1, 1):
        lay(image, "#e8784a", disc(shape, cx + side * 0.068, cy + 0.030, 0.024) * 0.9)
        lay(image, "#fffaf0", disc(shape, cx + side * 0.043, cy - 0.022, 0.021))
        lay(image, "#173a4a", disc(shape, cx + side * 0.043, cy - 0.020, 0.013))
        brow = [
            (cx + side * 0.018, cy - 0.048),
            (cx + side * 0.045, cy - 0.066),
            (cx + side * 0.075, cy - 0.050),
            (cx + side * 0.075, cy - 0.042),
            (cx + side * 0.045, cy - 0.056),
            (cx + side * 0.018, cy - 0.038),
        ]
        lay(image, "#7a3320", polygon(shape, brow))
    lay(
        image,
        "#c9823a",
        polygon(
            shape,
            [(cx - 0.006, cy - 0.02), (cx + 0.007, cy - 0.02), (cx + 0.017, cy + 0.030), (cx - 0.014, cy + 0.030)],
        ),
    )
    lay(
        image,
        "#b3261e",
        polygon(shape, [(cx - 0.035, cy + 0.052), (cx, cy + 0.045), (cx + 0.035, cy + 0.052), (cx, cy + 0.075)]),
    )


def sea(image: Array, shape: Shape) -> None:
    """Rows of waves."""
    x, y = grid(shape)
    for row, top in enumerate(np.linspace(0.62, 0.90, 6)):
        edge = (
            top
            + 0.016 * np.sin(2 * np.pi * (x * 4.2 + 0.37 * row))
            + 0.007 * np.sin(2 * np.pi * (x * 8.4 + 0.74 * row))
        )
        depth = (y - edge) / 0.056
        band = ramp(
            np.clip(depth, 0, 1),
            [(0, "#fdf6dc"), (0.18, "#fdf6dc"), (0.3, "#7fd0c8"), (0.6, "#1f7f93"), (1, "#12405f")],
        )
        if row % 2:
            band = ramp(
                np.clip(depth, 0, 1),
                [(0, "#f4cf5a"), (0.2, "#f4cf5a"), (0.32, "#3fa7b0"), (0.65, "#1a5f86"), (1, "#0f2f52")],
            )
        lay(image, band, step(0, 0.002, y - edge))


def fish(image: Array, shape: Shape, x: float, y: float, size: float, turn: float) -> None:
    """A red and gold fish."""
    gx, gy = grid(shape)
    cos, sin = np.cos(turn), np.sin(turn)
    u, v = ((gx - x) * cos + (gy - y) * sin) / size, (-(gx - x) * sin + (gy - y) * cos) / size
    bow = v - 0.10 * np.cos(2.2 * u)
    body = step(0.03, -0.03, np.abs(bow) - 0.34 * np.clip(1 - u**2, 0, 1) ** 0.8)
    tail = step(0.03, -0.03, np.abs(bow) - 0.75 * (-u - 0.85)) * (u > -1.5) * (u < -0.85)
    fin = step(0.03, -0.03, np.abs(bow + 0.40) - 0.16 * np.clip(1 - (u * 2) ** 2, 0, 1))
    lay(image, "#7a1416", np.maximum(tail, fin))
    lay(image, "#f0b52e", tail * step(0.3, 0.5, (u * 5) % 1) * 0.9)
    scale = 0.5 + 0.5 * np.sin(14 * u + 10 * np.abs(bow))
    lay(
        image,
        ramp(
            np.clip(scale * 0.7 + 0.4 * (bow + 0.3), 0, 1),
            [(0, "#a81c1c"), (0.45, "#e4532a"), (0.75, "#f6b83c"), (1, "#fff0b8")],
        ),
        body,
    )
    lay(image, "#fdf6dc", step(0.03, -0.03, np.hypot(u - 0.66, bow + 0.05) - 0.10))
    lay(image, "#12202c", step(0.03, -0.03, np.hypot(u - 0.67, bow + 0.05) - 0.055))


def frame(image: Array, shape: Shape) -> None:
    """A border of two braided waves on red."""
    x, y = grid(shape)
    wide = float(x[0, -1])
    inset = np.minimum(np.minimum(x, wide - x), np.minimum(y, 1 - y))
    lay(image, "#8f1d1f", step(BORDER + 0.002, BORDER - 0.002, inset))
    run = np.where(np.minimum(x, wide - x) < np.minimum(y, 1 - y), y, x)
    across = inset / BORDER
    for shift, color in [(0.0, "#f4c63f"), (np.pi, "#2fa39f")]:
        braid = np.abs(across - 0.5 - 0.26 * np.sin(run * 50 + shift))
        lay(image, color, step(0.15, 0.11, braid) * (inset < BORDER))
    for depth, color in [(0.93, "#fdf3d4"), (0.06, "#12303f")]:
        lay(image, color, step(0.09, 0.07, np.abs(across - depth)))


def settle(seeds: Array, field: Array, shape: Shape) -> tuple[Array, Array]:
    """Owner and distance of every pixel: the seed nearest in the metric of its own turned square."""
    owner = np.full(shape, -1, np.int32)
    nearest = np.full(shape, np.inf, np.float32)
    radius = int(TILE * 1.5)
    turns = look(field, seeds)
    for index, ((cx, cy), (c, s)) in enumerate(zip(seeds, turns, strict=True)):
        left, top = max(int(cx) - radius, 0), max(int(cy) - radius, 0)
        window = (slice(top, int(cy) + radius), slice(left, int(cx) + radius))
        rows, columns = nearest[window].shape
        dx = np.arange(left, left + columns, dtype=np.float32)[None] - cx
        dy = np.arange(top, top + rows, dtype=np.float32)[:, None] - cy
        distance = np.maximum(np.abs(dx * c + dy * s), np.abs(dy * c - dx * s))
        closer = distance < nearest[window]
        nearest[window][closer] = distance[closer]
        owner[window][closer] = index
    return owner, nearest


def relax(seeds: Array, owner: Array) -> Array:
    """Seeds moved to the middle of what they own."""
    labels = np.maximum(owner, 0).ravel()
    y, x = np.divmod(np.arange(labels.size), owner.shape[1])
    size = np.maximum(np.bincount(labels, minlength=len(seeds)), 1)
    middle = [np.bincount(labels, axis, len(seeds)) / size for axis in (x, y)]
    return np.stack(middle, 1).astype(np.float32)


def mosaic(shape: Shape) -> Array:
    """Tesserae in gold, teal and red with light on their edges."""
    picture = heaven(shape)
    sea(picture, shape)
    fish(picture, shape, 0.36, 0.80, 0.135, 0.15)
    fish(picture, shape, 0.92, 0.77, 0.12, np.pi - 0.25)
    frame(picture, shape)
    field = contour(blur(picture, 3) @ np.array([0.5, 0.9, 0.3], np.float32), 9)
    dice = np.random.default_rng(2)
    seeds = scatter(shape, TILE * 0.97, dice)
    seeds = seeds[(seeds[:, 0] < shape[1]) & (seeds[:, 1] < shape[0])]
    for _ in range(3):
        owner, nearest = settle(seeds, field, shape)
        seeds = relax(seeds, owner)
    return cut(picture, seeds, owner, nearest, field, dice)


def cut(picture: Array, seeds: Array, owner: Array, nearest: Array, field: Array, dice: np.random.Generator) -> Array:
    """Color the tiles one by one, set them in grout and tilt each a little to the lamp."""
    shape = owner.shape
    colors = look(blur(picture, 2.5), seeds)
    gold = step(0.25, 0.45, colors[:, 0] + 0.5 * colors[:, 1] - 1.4 * colors[:, 2])[:, None]
    colors = colors * dice.normal(1, 0.10, (len(seeds), 1)) + dice.normal(0, 0.03, (len(seeds), 3))
    colors = colors + gold * np.abs(dice.normal(0, 0.10, (len(seeds), 1))) * np.array([1, 0.9, 0.5])
    tile = np.clip(colors, 0, 1).astype(np.float32)[owner]
    tilt = dice.normal(0, 1, (len(seeds), 2)).astype(np.float32)[owner]
    offset = np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0])), -1).astype(np.float32) - seeds[owner]
    lamp = 1 + 0.10 * (tilt * offset).sum(-1) / TILE + 0.25 * (noise(shape, 14, 5, 3) - 0.5)
    edge = blur(
        (np.abs(np.diff(owner, axis=0, append=-1)) + np.abs(np.diff(owner, axis=1, append=-1)) > 0).astype(np.float32),
        2.2,
    )
    grout = step(0.10, 0.24, edge)
    dome = blur(1 - grout, 2.5)
    slope = cv2.Sobel(dome, cv2.CV_32F, 1, 0) + cv2.Sobel(dome, cv2.CV_32F, 0, 1)
    image = tile * lamp[..., None] + 0.16 * slope[..., None]
    mortar = rgb("#4a3f38") * (0.7 + 0.6 * noise(shape, 6, 6, 2)[..., None])
    lay(image, mortar, grout)
    return np.clip(image, 0, 1)
