"""Second shot of the sample clip: a still life, the camera closing in and turning, a butterfly crossing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .clip_town import put, strip
from .fields import Array, disc, grid, lay, line, noise, polygon, ramp, shade, step
from .layers import Layer, after, cut_out, move, turn

MIDDLE = (320, 190)


def empty(width: int) -> tuple[Array, Array]:
    """A picture and its coverage."""
    shape = strip(width)
    return np.full((*shape, 3), 0.4, np.float32), np.zeros(shape, np.float32)


def wall() -> Array:
    """Papered wall with light from a window, a framed landscape on it."""
    shape = strip(760)
    x, y = grid(shape)
    image = ramp(0.6 * x / 2.1 + 0.5 * (noise(shape, 300, 1) - 0.5), [(0, "#24484f"), (0.5, "#3f7470"), (1, "#2a5258")])
    u, v = (x * 7) % 1 - 0.5, (y * 7 + 0.5 * (np.floor(x * 7) % 2)) % 1 - 0.5
    reach, angle = np.hypot(u, v), np.arctan2(v, u)
    lay(image, "#c9a85a", 0.75 * step(0.03, -0.01, np.abs(reach - 0.20 - 0.08 * np.cos(5 * angle)) - 0.018))
    lay(image, "#d98f6a", 0.8 * step(0.10, 0.07, reach))
    lay(image, "#8fb08a", 0.6 * step(0.03, 0.0, np.abs(np.abs(u) - 0.42 + 0.06 * np.sin(v * 12)) - 0.01))
    shaft = step(0.0, 0.10, np.sin((x + 0.55 * y) * 9.5) - 0.35) * step(0.35, 1.1, x)
    image *= (0.72 + 0.5 * shaft * (0.6 + 0.4 * noise(shape, 260, 2)) + 0.10 * (noise(shape, 5, 3, 2) - 0.5))[..., None]
    picture(image)
    return cut_out(np.clip(image, 0, 1), np.ones(shape, np.float32))


def picture(image: Array) -> None:
    """A small landscape in a gilt frame."""
    shape = image.shape[:2]
    _x, y = grid(shape)
    for inset, code in [(0.0, "#5f3f1c"), (0.010, "#d9a84a"), (0.024, "#8f6428"), (0.034, "#f0cf7f")]:
        box = [
            (1.36 + inset, 0.08 + inset),
            (1.86 - inset, 0.08 + inset),
            (1.86 - inset, 0.44 - inset),
            (1.36 + inset, 0.44 - inset),
        ]
        lay(image, code, polygon(shape, box))
    inner = polygon(shape, [(1.402, 0.122), (1.818, 0.122), (1.818, 0.398), (1.402, 0.398)])
    land = ramp(
        y + 0.09 * (noise(shape, (160, 60), 5) - 0.5),
        [
            (0.13, "#7fb0d9"),
            (0.22, "#f3dcb8"),
            (0.26, "#8f7fb0"),
            (0.29, "#4f7f6a"),
            (0.33, "#a8b04f"),
            (0.40, "#5f4f2a"),
        ],
    )
    lay(image, land, inner)
    lay(image, "#f6e08a", disc(shape, 1.70, 0.20, 0.022) * inner)


def table() -> Array:
    """A checked cloth with folds, over wood."""
    shape = strip(860)
    x, y = grid(shape)
    depth = np.clip((y - 0.70) / 0.30, 0, 1)
    spread = (x - 1.19) / (0.55 + 0.6 * depth)
    rows = np.log1p(depth * 2.2) * 9
    check = step(-0.1, 0.1, np.sin(spread * 34)) + step(-0.1, 0.1, np.sin(rows * 3.6))
    image = ramp(check / 2, [(0, "#f4ead6"), (0.5, "#d9776a"), (1, "#a82f34")])
    weave = 0.5 + 0.25 * np.sin(x * 900) + 0.25 * np.sin(y * 900)
    fold = noise(shape, (120, 260), 11, 3) - 0.5
    image *= (0.86 + 0.10 * weave + 0.55 * (fold - np.roll(fold, 14, 1)) * 3 + 0.12 * fold)[..., None]
    for px, py, wide in [(1.12, 0.86, 0.17), (0.72, 0.88, 0.22), (1.62, 0.87, 0.20)]:
        shadow = np.exp(-(((x - px - 0.07) / wide) ** 2) - (((y - py) / 0.05) ** 2))
        image *= (1 - 0.55 * shadow)[..., None]
    return cut_out(np.clip(image, 0, 1), step(0.716, 0.720, y))


def ball(
    image: Array, alpha: Array, place: tuple[float, float, float], code: str, seed: int, pores: float = 0.1
) -> None:
    """A round fruit, lit from the upper right."""
    shape = alpha.shape
    px, py, radius = place
    gx, gy = grid(shape)
    mask = disc(shape, px, py, radius, 0.003)
    u, v = (gx - px) / radius, (gy - py) / radius
    depth = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
    lamp = np.clip(0.55 * u - 0.50 * v + 0.67 * depth, 0, 1)
    skin = 1 + pores * (noise(shape, 9, seed, 2) - 0.5) * 2 + 0.25 * (noise(shape, (60, 90), seed + 1, 3) - 0.5)
    put(image, alpha, code, mask)
    shade(image, (0.28 + 0.95 * lamp) * skin, mask)
    lay(image, "#3f2f5f", mask * 0.35 * step(0.75, 1.0, np.hypot(u, v)) * step(0.2, -0.4, u))
    lay(image, "#fffbe8", mask * 0.8 * np.exp(-(((u - 0.42) / 0.17) ** 2) - (((v + 0.42) / 0.13) ** 2)))


def fruit() -> Array:
    """A blue-and-white bowl of oranges, apples and grapes."""
    image, alpha = empty(760)
    shape = alpha.shape
    x, y = grid(shape)
    for number, (px, py, radius, code) in enumerate([
        (1.48, 0.655, 0.072, "#f0882a"), (1.62, 0.640, 0.078, "#c8342f"), (1.74, 0.665, 0.068, "#f3a02f"),
        (1.55, 0.575, 0.066, "#b8c23f"), (1.67, 0.560, 0.064, "#ef7f24"),
    ]):  # fmt: skip
        ball(image, alpha, (px, py, radius), code, 20 + 2 * number, 0.12)
        lay(image, "#4a2f1c", line(shape, [(px, py - radius * 0.8), (px + 0.010, py - radius * 1.12)], 0.007))
        np.maximum(alpha, line(shape, [(px, py - radius * 0.8), (px + 0.010, py - radius * 1.12)], 0.007), out=alpha)
    t = np.linspace(0, np.pi, 40)
    bowl = np.concatenate(
        [[[1.375, 0.70]], np.stack([1.61 - 0.235 * np.cos(t), 0.70 + 0.175 * np.sin(t) ** 0.8], 1), [[1.845, 0.70]]]
    )
    mask = polygon(shape, bowl)
    put(image, alpha, "#eef0ea", mask)
    petal = np.sin((x - 1.61) * 75 / np.sqrt(np.clip(1 - ((x - 1.61) / 0.26) ** 2, 0.05, 1))) * np.sin((y - 0.70) * 70)
    lay(image, "#2f4fa8", mask * step(0.25, 0.45, np.abs(petal)) * step(0.725, 0.73, y) * step(0.845, 0.84, y))
    for level in (0.708, 0.722, 0.852):
        lay(image, "#27408f", mask * step(0.005, 0.003, np.abs(y - level)))
    shade(image, np.clip(0.62 + 1.5 * (x - 1.50) - 3.0 * np.maximum(x - 1.72, 0) - 0.8 * (y - 0.75), 0.25, 1.2), mask)
    for number in range(26):
        spot = (1.33 + 0.034 * (number % 6) - 0.017 * (number // 6 % 2), 0.885 - 0.030 * (number // 6), 0.021)
        ball(image, alpha, spot, "#5f3f8f" if number % 3 else "#7f4f9f", 60, 0.05)
    return cut_out(np.clip(image, 0, 1), alpha)


def sunflower(image: Array, alpha: Array, px: float, py: float, size: float, dice: np.random.Generator) -> None:
    """Two rings of petals around a spiral of seeds."""
    shape = alpha.shape
    for ring, (reach, code) in enumerate([(1.0, "#c97a14"), (0.90, "#f2b01f"), (0.76, "#ffd54a")]):
        for angle in np.linspace(0, 2 * np.pi, 19, endpoint=False) + 0.17 * ring + dice.normal(0, 0.04, 19):
            long = size * reach * dice.uniform(0.88, 1.08)
            along, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
            widths = [(0.30, 0.0), (0.48, 0.105), (0.72, 0.10), (1.0, 0.0), (0.72, -0.10), (0.48, -0.105)]
            petal = [np.array([px, py]) + along * long * t + side * size * w for t, w in widths]
            put(image, alpha, code, polygon(shape, petal))
            lay(image, "#a85f10", 0.6 * line(shape, [petal[0], petal[3]], 0.003))
    put(image, alpha, "#3a2214", disc(shape, px, py, size * 0.46, 0.002))
    for index in range(230):
        reach, angle = size * 0.44 * np.sqrt(index / 230), index * 2.39996
        code = "#8f5a24" if index % 3 else "#d99a3a"
        lay(
            image,
            code if index > 70 else "#6a7a2a",
            disc(shape, px + reach * np.cos(angle), py + reach * np.sin(angle), size * 0.017, 0.0015),
        )


def vase() -> Array:
    """Sunflowers in a glazed jug."""
    image, alpha = empty(760)
    shape = alpha.shape
    x, y = grid(shape)
    dice = np.random.default_rng(4)
    heads = [(0.78, 0.20, 0.135), (0.50, 0.30, 0.125), (1.02, 0.34, 0.12), (0.74, 0.44, 0.125)]
    for px, py, _ in heads:
        put(
            image,
            alpha,
            "#4a7a34",
            line(shape, [(px, py), ((px + 0.76) / 2 + 0.02, (py + 0.62) / 2), (0.76, 0.62)], 0.014),
        )
    for px, py, wide, tall in [
        (0.60, 0.50, -0.16, 0.06),
        (0.92, 0.52, 0.17, 0.07),
        (0.64, 0.30, -0.08, -0.13),
        (0.92, 0.24, 0.12, -0.10),
    ]:
        leaf = [(px, py), (px + wide * 0.4, py - 0.06), (px + wide, py + tall), (px + wide * 0.35, py + 0.05)]
        put(image, alpha, "#3f7a3a", polygon(shape, leaf))
        lay(image, "#9fbf5a", line(shape, [leaf[0], leaf[2]], 0.005))
    t = np.linspace(0, 1, 40)
    half = 0.075 + 0.10 * np.sin(np.pi * np.clip(t * 1.05 - 0.08, 0, 1)) ** 1.2
    level = 0.55 + 0.33 * t
    body = np.concatenate([np.stack([0.76 - half, level], 1), np.stack([0.76 + half, level], 1)[::-1]])
    mask = polygon(shape, body)
    glaze = ramp(
        (y - 0.55) / 0.33 + 0.25 * (noise(shape, (50, 90), 41) - 0.5),
        [(0, "#e8d9b0"), (0.30, "#d9b06a"), (0.42, "#3f7f8f"), (1, "#1f4f6b")],
    )
    put(image, alpha, glaze, mask)
    u = (x - 0.76) / 0.175
    shade(
        image,
        np.clip(0.42 + 0.75 * np.exp(-(((u - 0.35) / 0.55) ** 2)), 0, 1.2) * (0.95 + 0.1 * noise(shape, 6, 42, 2)),
        mask,
    )
    lay(image, "#fffbe8", mask * 0.75 * np.exp(-(((u - 0.48) / 0.09) ** 2) - (((y - 0.68) / 0.07) ** 2)))
    for px, py, size in heads:
        sunflower(image, alpha, px, py, size, dice)
    return cut_out(np.clip(image, 0, 1), alpha)


def butterfly() -> Array:
    """Orange wings with dark veins and white spots; flies in a straight glide, wings open."""
    image, alpha = empty(220)
    shape = alpha.shape
    for side in (-1, 1):
        upper = [
            (0.31, 0.46),
            (0.31 + side * 0.09, 0.27),
            (0.31 + side * 0.25, 0.24),
            (0.31 + side * 0.25, 0.40),
            (0.31 + side * 0.12, 0.51),
        ]
        lower = [
            (0.31, 0.49),
            (0.31 + side * 0.15, 0.49),
            (0.31 + side * 0.19, 0.62),
            (0.31 + side * 0.09, 0.70),
            (0.31 + side * 0.02, 0.58),
        ]
        for wing, code in [(lower, "#e06a1f"), (upper, "#f28a24")]:
            put(image, alpha, "#1f1612", polygon(shape, wing))
            center = np.mean(wing, axis=0)
            lay(image, code, polygon(shape, center + (np.array(wing) - center) * 0.80))
            for corner in wing[1:-1]:
                lay(image, "#1f1612", line(shape, [wing[0], corner], 0.007) * alpha)
                spot = np.array(corner) * 0.93 + center * 0.07
                lay(image, "#fff6e3", disc(shape, float(spot[0]), float(spot[1]), 0.011) * alpha)
    put(
        image,
        alpha,
        "#2a1c14",
        polygon(shape, [(0.30, 0.38), (0.32, 0.38), (0.325, 0.52), (0.31, 0.66), (0.295, 0.52)]),
    )
    for side in (-1, 1):
        put(image, alpha, "#2a1c14", line(shape, [(0.31, 0.39), (0.31 + side * 0.06, 0.29)], 0.006))
    grain = 0.86 + 0.28 * noise(shape, (14, 40), 51, 3)
    shade(image, grain, (alpha > 0).astype(np.float32))
    return cut_out(np.clip(image, 0, 1), alpha)


def closing(near: float, left: float) -> Callable[[float], Array]:
    """Camera: zooms in, turns and slides; nearer layers move more."""

    def place(time: float) -> Array:
        zoom = 1.15 + 0.0042 * near * time
        tilt = 3.0 - 0.16 * time
        return after(turn(*MIDDLE, tilt, zoom), move(left - 0.9 * (near - 0.7) * time, 0))

    return place


def fluttering(time: float) -> Array:
    """The butterfly glides across, rising and turning."""
    spin = turn(112, 172, 40 - 0.9 * time - 14 * np.sin(time / 5.5), 0.46)
    return after(move(-60 + 13.0 * time, -40 - 2.1 * time + 26 * np.sin(time / 7.0)), spin)


def layers() -> list[Layer]:
    """All layers, back to front."""
    return [
        Layer(wall(), closing(0.7, -60)), Layer(table(), closing(1.0, -110)), Layer(fruit(), closing(1.0, -50)),
        Layer(vase(), closing(1.25, -20)), Layer(butterfly(), fluttering),
    ]  # fmt: skip
