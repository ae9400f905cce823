"""Waves cut in wood: bold outlines, indigo, cream and vermilion, printed a little out of register."""

from __future__ import annotations

import cv2
import numpy as np

from .fields import Array, Shape, blur, disc, grid, lay, line, noise, polygon, ramp, step, wobble

INDIGO, DEEP, PALE, CREAM, RED = "#1d3461", "#0f1d3d", "#8fb3c4", "#f3e6c8", "#cf4327"
WAVES = [
    # base, height, length, phase, lean
    (0.70, 0.07, 0.33, 0.10, 0.30),
    (0.76, 0.17, 0.56, 0.42, 0.60),
    (0.90, 0.60, 1.25, 0.17, 0.42),
    (0.94, 0.12, 0.44, 0.62, 0.55),
    (1.03, 0.15, 0.62, 0.15, 0.60),
]


def crest(wave: tuple[float, ...], drop: float = 0.0) -> tuple[Array, Array]:
    """Outline of a leaning wave, lowered and blunted by `drop`; (points, height 0 to 1)."""
    base, height, length, phase, lean = wave
    t = np.linspace(-0.5, 1.9, 1400)
    rise = (0.5 + 0.5 * np.cos(2 * np.pi * (t / length - phase))) ** 2.0
    tall = height * (1 - drop * 1.7)
    x = t + lean * tall * rise**2 * 1.5
    y = base + drop * 0.42 * height - tall * rise + 0.25 * tall * rise**6
    return np.stack([x, y], 1).astype(np.float32), rise.astype(np.float32)


def closed(points: Array) -> Array:
    """The outline closed below the picture."""
    return np.concatenate([points, np.array([[2.2, 1.3], [-0.8, 1.3]], np.float32)])


def sky(shape: Shape) -> Array:
    """Graded color from the block: indigo above, cream, a red glow at the horizon."""
    _, y = grid(shape)
    rub = 0.05 * (noise(shape, (300, 60), 3) - 0.5)
    image = ramp(
        y + rub,
        [(0, "#39598a"), (0.10, "#7d9bb0"), (0.24, CREAM), (0.46, "#f2d9ad"), (0.60, "#e79a6c"), (0.70, "#d9694a")],
    )
    lay(image, RED, disc(shape, 0.98, 0.24, 0.105, 0.002))
    for left, top, long in [
        (0.60, 0.13, 0.34),
        (0.78, 0.175, 0.42),
        (0.98, 0.30, 0.36),
        (0.42, 0.20, 0.22),
        (0.86, 0.335, 0.2),
    ]:
        cloud(image, shape, left, top, long)
    return image


def cloud(image: Array, shape: Shape, left: float, top: float, long: float) -> None:
    """A flat band with round ends, outlined."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 16)
    radius = 0.016
    right = np.stack([left + long + radius * np.cos(turn), top + radius * np.sin(turn)], 1)
    back = np.stack([left - radius * np.cos(turn), top - radius * np.sin(turn)], 1)
    shape_points = np.concatenate([right, back])
    lay(image, "#fbf3de", polygon(shape, shape_points))
    lay(image, DEEP, line(shape, shape_points, 0.0032, True))
    lay(image, DEEP, line(shape, [(left + long * 0.3, top + 0.002), (left + long * 0.9, top + 0.002)], 0.002))


def mountain(image: Array, shape: Shape) -> None:
    """A far snow peak."""
    x, y = grid(shape)
    t = np.linspace(-1, 1, 80)
    slope = np.stack(
        [0.80 + 0.34 * t, 0.66 - 0.25 * np.maximum(1 - np.abs(t), 0) ** 1.6 - 0.03 * (np.abs(t) < 0.06)], 1
    )
    body = polygon(shape, slope)
    lay(image, ramp((y - 0.4) / 0.28, [(0, "#27487c"), (0.6, "#5f86a6"), (1, "#a9bfae")]), body)
    zigzag = 0.485 + 0.030 * np.abs((x * 26) % 2 - 1) + 0.012 * np.sin(61 * x)
    lay(image, "#fbf3de", body * step(0.002, -0.002, y - zigzag))
    lay(image, DEEP, line(shape, slope, 0.004))


def swell(image: Array, shape: Shape, wave: tuple[float, ...], number: int) -> None:
    """One wave: body, stripes that follow its back, outline, foam."""
    lay(image, INDIGO, polygon(shape, closed(crest(wave)[0])))
    for index in range(1, 9):
        drop = index * 0.058
        color = [PALE, INDIGO, "#4f7fa6", DEEP][(index - 1) % 4] if index < 8 else INDIGO
        points, _ = crest(wave, drop)
        lay(image, color, polygon(shape, closed(points)))
        lay(image, DEEP, line(shape, points, 0.0024))
    points, rise = crest(wave)
    lay(image, DEEP, line(shape, points, 0.007))
    foam(image, shape, points, rise, wave, number)


def foam(image: Array, shape: Shape, points: Array, rise: Array, wave: tuple[float, ...], seed: int) -> None:
    """Claws of foam along the crest: white lobes with dark outlines, and spray."""
    dice = np.random.default_rng(seed)
    size = min(0.30 * wave[1] ** 0.75, 0.13)
    near = np.flatnonzero((rise > 0.42) & (points[:, 0] > -0.1) & (points[:, 0] < 1.4))
    lobes = []
    for index in near[:: max(int(26 * size / 0.06), 4)]:
        weight = float(rise[index]) ** 1.4
        for _ in range(3):
            spread = dice.normal(0, 0.30 * size, 2)
            lobes.append(
                (
                    points[index, 0] + spread[0],
                    points[index, 1] + spread[1] * 0.7 + 0.25 * size,
                    size * weight * dice.uniform(0.18, 0.38),
                )
            )
    if not lobes:
        return
    for grow, color in [(0.0042, DEEP), (0.0, "#fdf8ea")]:
        mask = blobs(shape, lobes, grow)
        lay(image, color, mask)
    inner = [(x - r * 0.15, y + r * 0.35, r * 0.55) for x, y, r in lobes[::2]]
    lay(image, PALE, np.clip(blobs(shape, inner, 0.002) - blobs(shape, inner, -0.003), 0, 1))
    drops = [
        (
            points[i, 0] + abs(dice.normal(0, 1.2 * size)),
            points[i, 1] - abs(dice.normal(0, 0.9 * size)),
            dice.uniform(0.002, 0.005),
        )
        for i in dice.choice(near, min(len(near), 34))
    ]
    lay(image, DEEP, blobs(shape, drops, 0.0022))
    lay(image, "#fdf8ea", blobs(shape, drops, 0.0))


def blobs(shape: Shape, circles: list[tuple[float, float, float]], grow: float) -> Array:
    """Union of circles, each grown by `grow`."""
    mask = np.zeros(shape, np.uint8)
    scale = shape[0] * 16
    for x, y, radius in circles:
        if radius + grow > 0:
            cv2.circle(
                mask, (round(x * scale), round(y * scale)), round((radius + grow) * scale), 255, -1, cv2.LINE_AA, 4
            )
    return mask.astype(np.float32) / 255


def boat(image: Array, shape: Shape, x: float, y: float, size: float) -> None:
    """A long narrow boat with rowers."""
    t = np.linspace(-1, 1, 30)
    top = np.stack([x + size * t, y + size * 0.25 * (0.4 - np.abs(t) ** 2.4)], 1)
    keel = np.stack([x + size * 0.9 * t[::-1], y + size * 0.42 * (0.55 - t[::-1] ** 2) + 0.02], 1)
    hull = np.concatenate([top, keel])
    for place in np.linspace(-0.55, 0.5, 6):
        head = (x + size * place, y + 0.02, 0.014)
        lay(image, DEEP, blobs(shape, [head], 0.003))
        lay(image, RED if place < 0 else "#e9c98f", blobs(shape, [head], 0.0))
    lay(image, "#d9a65a", polygon(shape, hull))
    lay(image, DEEP, line(shape, hull, 0.0045, True))
    lay(
        image,
        DEEP,
        line(shape, np.stack([x + size * 0.93 * t, y + 0.018 + size * 0.3 * (0.45 - np.abs(t) ** 2.2)], 1), 0.003),
    )


def press(image: Array, shape: Shape) -> Array:
    """What the block and the baren leave: wood grain, mottled ink, paper fibers."""
    _x, y = grid(shape)
    rings = 26 * (y + 0.10 * noise(shape, (900, 300), 31, 3)) + 3 * noise(shape, (700, 60), 32, 3)
    grain = 0.5 + 0.5 * np.sin(2 * np.pi * rings)
    mottle = noise(shape, 9, 33, 3) * 0.6 + noise(shape, (160, 5), 34, 2) * 0.4
    dark = 1 - image.mean(-1)
    lift = np.clip(0.17 * step(0.45, 0.95, grain) + 0.34 * step(0.58, 0.85, mottle), 0, 1) * (0.45 + 0.75 * dark)
    lay(image, CREAM, lift)
    fibers = noise(shape, (40, 4), 35, 2) * 0.5 + noise(shape, (4, 40), 36, 2) * 0.5
    return np.clip(image * (0.95 + 0.10 * fibers[..., None]), 0, 1)


def woodcut(shape: Shape) -> Array:
    """Woodcut waves in indigo, cream and vermilion."""
    image = sky(shape)
    mountain(image, shape)
    for number, wave in enumerate(WAVES):
        swell(image, shape, wave, number)
        if number == 2:
            boat(image, shape, 0.98, 0.815, 0.20)
    image = wobble(image, 2.5, 50, 40)
    image[..., 0] = np.roll(image[..., 0], (2, 1), (0, 1))
    edge = blur(np.pad(np.ones((shape[0] - 44, shape[1] - 44), np.float32), 22), 1.2)
    printed = press(image, shape)
    lay(printed, CREAM, 1 - wobble(edge, 4, 40, 44))
    return printed
