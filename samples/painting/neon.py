"""A street at night after rain: neon tubes in magenta and cyan, windows, and all of it again in the wet road."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from .brush import Brush, blank, light, paint
from .fields import Array, Shape, along, blur, disc, grid, lay, line, mix, noise, polygon, ramp, rgb, step, unit

EYE = (0.60, 0.60)
MAGENTA, CYAN, VIOLET, AMBER, GREEN = "#ff2fa8", "#22e6ff", "#8f4fff", "#ffb02e", "#3fffa0"
TUBES = [MAGENTA, CYAN, VIOLET, MAGENTA, CYAN, AMBER, GREEN]


def toward(x: float, y: float, depth: float) -> tuple[float, float]:
    """A point moved toward the vanishing point; depth 0 stays, 1 arrives."""
    return (x + (EYE[0] - x) * depth, y + (EYE[1] - y) * depth)


def sky(shape: Shape) -> Array:
    """Violet haze over the far end of the street, a moon, towers in the distance."""
    x, y = grid(shape)
    distance = np.hypot(x - EYE[0], (y - EYE[1]) * 1.1)
    image = ramp(
        distance + 0.16 * (noise(shape, (420, 200), 3) - 0.5),
        [(0, "#ff5fb8"), (0.10, "#b8329f"), (0.24, "#5a1f86"), (0.42, "#25124f"), (0.7, "#0b0722")],
    )
    lay(image, "#ffd9ef", disc(shape, 0.70, 0.17, 0.055, 0.004))
    lay(image, "#f4a6d6", disc(shape, 0.712, 0.178, 0.018, 0.01) * 0.6)
    dice = np.random.default_rng(2)
    for left in np.arange(0.40, 0.84, 0.042):
        top = dice.uniform(0.36, 0.54)
        lay(
            image,
            "#2a1458",
            polygon(shape, [(left, 0.62), (left, top), (left + 0.036, top), (left + 0.036, 0.62)]) * 0.9,
        )
        for row in np.arange(top + 0.012, 0.59, 0.016):
            if dice.random() < 0.7:
                lay(
                    image,
                    dice.choice(["#ff9fd8", "#8fe9ff", "#ffd98f"]),
                    polygon(shape, rectangle(left + 0.006, row, 0.020, 0.005)) * 0.9,
                )
    return image


def rectangle(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """Corners."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def wall(edge: float, top: float, foot: float, near: float, far: float) -> list[tuple[float, float]]:
    """A house front along the street between two depths."""
    return [toward(edge, foot, near), toward(edge, top, near), toward(edge, top, far), toward(edge, foot, far)]


def row(image: Array, glow: Array, shape: Shape, edge: float, seed: int) -> None:
    """One side of the street, far houses first."""
    dice = np.random.default_rng(seed)
    cuts = [0.0, 0.20, 0.37, 0.51, 0.63, 0.73, 0.81, 0.87]
    for index in range(len(cuts) - 2, -1, -1):
        near, far = cuts[index], cuts[index + 1]
        top = dice.uniform(-0.75, 0.0)
        lay(
            image,
            dice.choice(["#120a2e", "#0d1238", "#1a0c34", "#0a0f2a"]),
            polygon(shape, wall(edge, top, 1.12, near, far)),
        )
        lay(image, "#05030f", line(shape, wall(edge, top, 1.12, near, far), 0.004, True))
        panes(image, glow, shape, (edge, top, near, far), dice)
        tube = TUBES[int(dice.integers(len(TUBES)))]
        neon_line(glow, shape, [toward(edge, 0.80, near), toward(edge, 0.80, far)], tube, 0.0055 * (1 - near))
        neon_line(
            glow,
            shape,
            [toward(edge, top, near), toward(edge, top, far), toward(edge, 1.1, far)],
            tube,
            0.004 * (1 - near),
        )
        sign(glow, shape, toward(edge, dice.uniform(0.15, 0.5), (near + far) / 2), 0.13 * (1 - near), dice)


def panes(
    image: Array, glow: Array, shape: Shape, front: tuple[float, float, float, float], dice: np.random.Generator
) -> None:
    """Windows and a lit shop."""
    edge, top, near, far = front
    columns = np.linspace(near, far, 6)
    for level in np.arange(top + 0.08, 0.74, 0.135):
        for left, right in itertools.pairwise(columns):
            if dice.random() < 0.42:
                inner = left + 0.2 * (right - left), left + 0.8 * (right - left)
                code = dice.choice(["#ffb45e", "#ff6fc8", "#5fd8ff", "#7a5fff", "#ffe0a0"])
                pane = polygon(shape, wall(edge, level, level + 0.075, *inner))
                lay(image, code, pane * dice.uniform(0.35, 0.95))
                glow += pane[..., None] * rgb(code) * 0.18
    shop = polygon(shape, wall(edge, 0.86, 1.08, near + 0.1 * (far - near), far - 0.1 * (far - near)))
    code = dice.choice(["#ffb45e", "#ff4fb0", "#3fd8ff"])
    lay(image, code, shop * 0.75)
    glow += shop[..., None] * rgb(code) * 0.30


def neon_line(glow: Array, shape: Shape, points: list[tuple[float, float]] | Array, code: str, width: float) -> None:
    """Add a tube of light."""
    glow += line(shape, points, max(width, 0.0016))[..., None] * rgb(code) * 1.6


def sign(glow: Array, shape: Shape, place: tuple[float, float], size: float, dice: np.random.Generator) -> None:
    """A neon sign: ring, zigzag, arrow, stacked bars or star."""
    x, y = place
    first, second = (TUBES[int(i)] for i in dice.integers(len(TUBES), size=2))
    pen = size * 0.055
    turn = np.linspace(0, 2 * np.pi, 40)
    kind = int(dice.integers(5))
    if kind == 0:
        for radius, code in [(0.5, first), (0.36, second), (0.16, first)]:
            neon_line(
                glow,
                shape,
                np.stack([x + size * radius * np.cos(turn), y + size * radius * np.sin(turn)], 1),
                code,
                pen,
            )
    elif kind == 1:
        steps = np.arange(9)
        neon_line(
            glow, shape, np.stack([x + size * 0.22 * (-1.0) ** steps, y + size * (steps - 4) * 0.16], 1), first, pen
        )
        neon_line(
            glow,
            shape,
            [*rectangle(x - size * 0.36, y - size * 0.8, size * 0.72, size * 1.6), (x - size * 0.36, y - size * 0.8)],
            second,
            pen,
        )
    elif kind == 2:
        shaft = [
            (x, y - size * 0.7),
            (x, y + size * 0.6),
            (x - size * 0.3, y + size * 0.25),
            (x, y + size * 0.6),
            (x + size * 0.3, y + size * 0.25),
        ]
        neon_line(glow, shape, shaft, first, pen)
        neon_line(glow, shape, np.stack([x + size * 0.5 * np.cos(turn), y + size * 0.8 * np.sin(turn)], 1), second, pen)
    elif kind == 3:
        for bar in range(5):
            half = size * (0.18 + 0.22 * float(dice.random()))
            neon_line(
                glow,
                shape,
                [(x - half, y + size * (bar - 2) * 0.26), (x + half, y + size * (bar - 2) * 0.26)],
                (first, second)[bar % 2],
                pen,
            )
    else:
        reach = size * np.where(np.arange(11) % 2, 0.24, 0.6)
        corner = np.arange(11) * np.pi / 5 - np.pi / 2
        neon_line(glow, shape, np.stack([x + reach * np.cos(corner), y + reach * np.sin(corner)], 1), first, pen)


def wires(image: Array, glow: Array, shape: Shape) -> None:
    """Cables with lanterns across the street."""
    for depth, sag in [(0.30, 0.10), (0.52, 0.07), (0.66, 0.05)]:
        left, right = toward(-0.05, 0.12, depth), toward(1.28, 0.12, depth)
        t = np.linspace(0, 1, 30)
        curve = np.stack(
            [left[0] + (right[0] - left[0]) * t, left[1] + (right[1] - left[1]) * t + sag * 4 * t * (1 - t)], 1
        )
        lay(image, "#04020c", line(shape, curve, 0.003 * (1 - depth)))
        for spot in curve[3:-3:4]:
            lamp = disc(shape, float(spot[0]), float(spot[1]) + 0.014, 0.016 * (1 - depth))
            glow += lamp[..., None] * rgb("#ff7a3f") * 1.1


def crowd(image: Array, shape: Shape) -> None:
    """Dark figures with umbrellas on the road."""
    for x, foot, size in [
        (0.50, 0.76, 0.17),
        (0.71, 0.70, 0.10),
        (0.80, 0.83, 0.22),
        (0.57, 0.67, 0.07),
        (0.40, 0.88, 0.27),
    ]:
        body = [
            (x - 0.10 * size, foot - 0.62 * size),
            (x + 0.10 * size, foot - 0.62 * size),
            (x + 0.13 * size, foot - 0.25 * size),
            (x + 0.07 * size, foot),
            (x - 0.07 * size, foot),
            (x - 0.13 * size, foot - 0.25 * size),
        ]
        turn = np.linspace(np.pi, 2 * np.pi, 20)
        dome = np.stack([x + 0.36 * size * np.cos(turn), foot - 0.74 * size + 0.22 * size * np.sin(turn)], 1)
        lay(image, "#06030f", np.maximum(polygon(shape, body), polygon(shape, dome)))
        lay(image, MAGENTA if x < 0.6 else CYAN, line(shape, dome, 0.010 * size + 0.001) * 0.9)


def wet(image: Array, shape: Shape) -> Array:
    """The road: the street upside down, torn by ripples."""
    x, y = grid(shape)
    rows = np.arange(shape[0], dtype=np.float32)[:, None] * np.ones((1, shape[1]), np.float32)
    columns = np.arange(shape[1], dtype=np.float32)[None] * np.ones((shape[0], 1), np.float32)
    horizon = 0.655 * shape[0]
    depth = np.clip((rows - horizon) / (shape[0] - horizon), 0, 1)
    tear = (noise(shape, (240, 12), 21, 3) - 0.5) * 190 * (0.25 + depth)
    mirrored = cv2.remap(
        image,
        columns + tear * 0.35,
        horizon - (rows - horizon) * 1.25 + tear,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    long = cv2.blur(mirrored, (3, 61))
    road = 0.85 * long * (0.55 + 0.9 * noise(shape, (120, 18), 22, 3))[..., None] + rgb("#05030f")
    half = 0.04 + 0.56 * (y - EYE[1]) / 0.40
    on_road = step(0.010, -0.010, np.abs(x - EYE[0]) - half * 1.35) * step(
        horizon / shape[0] - 0.004, horizon / shape[0] + 0.004, y
    )
    return mix(image, road, on_road)


def neon(shape: Shape) -> Array:
    """Magenta and cyan light in a black street."""
    image = sky(shape)
    glow = np.zeros_like(image)
    row(image, glow, shape, -0.06, 5)
    row(image, glow, shape, 1.30, 8)
    wires(image, glow, shape)
    halo = sum(weight * blur(glow, sigma) for sigma, weight in [(3.0, 0.6), (14.0, 0.9), (50.0, 1.0)])
    core = step(0.5, 1.5, glow.max(-1))
    scene = image + halo + glow
    lay(scene, "#fff4ff", core * 0.75)
    scene = np.clip(wet(np.clip(scene, 0, 1), shape), 0, 1)
    crowd(scene, shape)
    _x, y = grid(shape)
    field = unit(
        mix(
            along(shape, np.pi / 2 + 0.25 * (noise(shape, 200, 31) - 0.5)),
            along(shape, 0.2 * (noise(shape, 90, 32) - 0.5)),
            step(0.64, 0.68, y),
        )
    )
    canvas = blank(shape, scene)
    paint(canvas, scene, field, Brush(16, 80, 7, 0.035, 0.03, 0.35), 1, 1.5)
    paint(canvas, scene, field, Brush(8, 40, 5, 0.03, 0.03, 0.3), 2, 1.5, 0.16)
    painted = light(canvas, 0.55, 0.06)
    sharp = np.clip(step(0.25, 0.8, glow.max(-1)), 0, 1) * step(0.66, 0.64, y)
    painted = mix(painted, scene, 0.85 * sharp)
    return np.clip(painted + 0.30 * blur(np.maximum(scene - 0.35, 0), 16), 0, 1)
