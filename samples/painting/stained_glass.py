"""A leaded window: sun, hills, a river and a tree of round leaves over irises."""

from __future__ import annotations

import cv2
import numpy as np

from .fields import Array, Shape, blur, grid, lay, noise, polygon, ramp, rgb, step

SUN = (0.84, 0.27)
FRAME = 0.085


class Cartoon:
    """The glazier's drawing: a color for every place and the lines where lead will run."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.color = np.zeros((*shape, 3), np.float32)
        self.lead = np.zeros(shape, np.uint8)

    def cut(self, points: Array | list[tuple[float, float]], width: float = 0.0085, closed: bool = False) -> None:
        """A line of lead."""
        fixed = np.round(np.asarray(points, np.float64) * self.shape[0] * 16).astype(np.int32)
        cv2.polylines(self.lead, [fixed], closed, 255, max(round(width * self.shape[0]), 1), cv2.LINE_8, 4)

    def piece(self, points: Array | list[tuple[float, float]], color: str, width: float = 0.0085) -> None:
        """A closed piece of glass in front of what was there."""
        mask = polygon(self.shape, points)
        lay(self.color, color, mask)
        self.lead[mask > 0.5] = 0
        self.cut(points, width, True)


def circle(x: float, y: float, radius: float, count: int = 40) -> Array:
    """Points of a circle."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)


def heaven(cartoon: Cartoon) -> None:
    """Blue sky in rings and rays around the sun."""
    shape = cartoon.shape
    x, y = grid(shape)
    distance = np.hypot(x - SUN[0], y - SUN[1])
    cartoon.color[:] = ramp(
        distance,
        [
            (0.12, "#ffd84a"),
            (0.22, "#ff9a3c"),
            (0.34, "#e0609a"),
            (0.48, "#7f6fd8"),
            (0.68, "#2f6fd0"),
            (1.0, "#1c3fa0"),
        ],
    )
    for number, radius in enumerate([0.20, 0.295, 0.40, 0.52, 0.66, 0.82]):
        cartoon.cut(circle(*SUN, radius, 120), closed=True)
        turns = np.linspace(0, 2 * np.pi, 14 + 2 * (number // 2), endpoint=False) + 0.21 * number
        for turn in turns:
            reach = np.linspace(radius, radius + 0.16, 12)
            bend = turn + 0.10 * np.sin(14 * reach)
            ray = np.stack([SUN[0] + reach * np.cos(bend), SUN[1] + reach * np.sin(bend)], 1)
            cartoon.cut(ray[reach < [0.295, 0.40, 0.52, 0.66, 0.82, 2][number]])
    for index, turn in enumerate(np.linspace(0, 2 * np.pi, 16, endpoint=False)):
        tip = (SUN[0] + 0.20 * np.cos(turn), SUN[1] + 0.20 * np.sin(turn))
        sides = [(SUN[0] + 0.115 * np.cos(turn + d), SUN[1] + 0.115 * np.sin(turn + d)) for d in (-0.19, 0.19)]
        cartoon.piece([sides[0], tip, sides[1]], "#ffcf2e" if index % 2 else "#ff7a2a")
    cartoon.piece(circle(*SUN, 0.115), "#fff1a0")
    cartoon.cut(circle(*SUN, 0.07), closed=True)


def ground(cartoon: Cartoon) -> None:
    """Hills in bands and a winding river."""
    run = np.linspace(-0.02, 1.27, 90)
    for number, (base, swing, wave, color) in enumerate(
        [
            (0.56, 0.06, 6.0, "#6f5fc0"),
            (0.63, 0.05, 7.5, "#2f9f8f"),
            (0.70, 0.05, 5.0, "#4fb45a"),
            (0.79, 0.04, 6.5, "#a8cf3f"),
            (0.88, 0.03, 8.0, "#2f8f4f"),
        ]
    ):
        edge = base - swing * np.sin(wave * run + 1.7 * number)
        band = np.concatenate([np.stack([run, edge], 1), [[1.3, 1.1], [-0.1, 1.1]]])
        cartoon.piece(band, color)
        for x in np.arange(0.05 + 0.06 * number, 1.25, 0.17):
            top = base - swing * np.sin(wave * x + 1.7 * number)
            cartoon.cut([(x, top), (x + 0.05 * (-1) ** number, top + 0.14)])
    depth = np.linspace(0, 1, 40)
    middle = 0.80 + 0.16 * np.sin(5.5 * depth) * depth - 0.08 * depth
    half = 0.012 + 0.10 * depth**1.3
    level = 0.635 + 0.36 * depth
    river = np.concatenate([np.stack([middle - half, level], 1), np.stack([middle + half, level], 1)[::-1]])
    cartoon.piece(river, "#3fc0e8")
    for place in (8, 14, 20, 26, 32):
        cartoon.cut(
            [
                (middle[place] - half[place], level[place]),
                (middle[place], level[place] + 0.018),
                (middle[place] + half[place], level[place]),
            ]
        )


def tree(cartoon: Cartoon) -> None:
    """A trunk that forks, under round leaves of red and gold."""
    dice = np.random.default_rng(4)
    trunk = [
        (0.22, 0.96),
        (0.27, 0.80),
        (0.275, 0.62),
        (0.20, 0.47),
        (0.225, 0.455),
        (0.29, 0.55),
        (0.315, 0.40),
        (0.34, 0.40),
        (0.33, 0.57),
        (0.43, 0.46),
        (0.45, 0.48),
        (0.345, 0.64),
        (0.35, 0.80),
        (0.42, 0.96),
    ]
    crown = []
    for _ in range(420):
        turn, reach = dice.uniform(0, 2 * np.pi), np.sqrt(dice.random())
        spot = (0.325 + 0.245 * reach * np.cos(turn), 0.335 + 0.215 * reach * np.sin(turn), dice.uniform(0.026, 0.043))
        if all(np.hypot(spot[0] - px, spot[1] - py) > 0.82 * (spot[2] + pr) for px, py, pr in crown):
            crown.append(spot)
    cartoon.piece(circle(0.325, 0.335, 0.27, 90) * [1, 0.9] + [0, 0.034], "#1f7a4a")
    cartoon.piece(trunk, "#8f4a24")
    for start, stop in [((0.27, 0.80), (0.35, 0.76)), ((0.275, 0.66), (0.345, 0.64)), ((0.30, 0.64), (0.31, 0.92))]:
        cartoon.cut([start, stop])
    codes = ["#e8262a", "#ff8a1f", "#ffc72e", "#d81e5b", "#9fd03a", "#3fae4a", "#ffdf5e"]
    for x, y, radius in crown:
        cartoon.piece(circle(x, y, radius, 24), codes[int(dice.integers(len(codes)))], 0.007)


def irises(cartoon: Cartoon) -> None:
    """Flowers in front."""
    for x, y, size, code in [
        (0.55, 0.80, 0.065, "#7a3fd0"),
        (0.66, 0.86, 0.055, "#d83fa8"),
        (1.06, 0.76, 0.06, "#e8262a"),
        (1.15, 0.84, 0.05, "#ffb01f"),
        (0.13, 0.80, 0.055, "#ffb01f"),
    ]:
        cartoon.cut([(x, y), (x + 0.012, 1.0)], 0.013)
        leaf = [(x + 0.012, 0.97), (x + size, y + 0.05), (x + size * 1.1, y - 0.01), (x + size * 0.5, y + 0.06)]
        cartoon.piece(leaf, "#3fae4a", 0.006)
        for turn in np.linspace(0, 2 * np.pi, 6, endpoint=False):
            ox, oy = x + 0.62 * size * np.cos(turn), y + 0.62 * size * np.sin(turn)
            petal = circle(0, 0, size * 0.42, 20) * [1.15, 0.72]
            spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            cartoon.piece(petal @ spin + [ox, oy], code, 0.0065)
        cartoon.piece(circle(x, y, size * 0.33, 20), "#ffe45e", 0.0065)


def frame(cartoon: Cartoon) -> None:
    """A border of rubies, emeralds and sapphires."""
    wide = cartoon.shape[1] / cartoon.shape[0]
    columns, rows = 15, 12
    for row in range(rows):
        for column in range(columns):
            if row in (0, rows - 1) or column in (0, columns - 1):
                x0, x1 = column * wide / columns, (column + 1) * wide / columns
                y0, y1 = row / rows, (row + 1) / rows
                code = ["#c4182a", "#1f4fb8", "#d8a01f", "#1f8a54"][(row + 2 * column) % 4]
                cartoon.piece([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], code, 0.009)
                diamond = [
                    ((x0 + x1) / 2, y0 + 0.016),
                    (x1 - 0.016, (y0 + y1) / 2),
                    ((x0 + x1) / 2, y1 - 0.016),
                    (x0 + 0.016, (y0 + y1) / 2),
                ]
                cartoon.piece(diamond, ["#ffd75e", "#e8eef8", "#d83f4a", "#ffe9a0"][(row + column) % 4], 0.006)
    cartoon.cut(
        [
            (wide / columns, 1 / rows),
            (wide - wide / columns, 1 / rows),
            (wide - wide / columns, 1 - 1 / rows),
            (wide / columns, 1 - 1 / rows),
        ],
        0.016,
        True,
    )


def glaze(cartoon: Cartoon) -> Array:
    """Every piece gets its own sheet of glass: one color, streaked, thicker at one side."""
    shape = cartoon.shape
    count, labels = cv2.connectedComponents((cartoon.lead == 0).astype(np.uint8), connectivity=4)
    flat = labels.ravel()
    size = np.maximum(np.bincount(flat, minlength=count), 1)
    colors = np.stack([np.bincount(flat, cartoon.color[..., c].ravel(), count) / size for c in range(3)], 1)
    dice = np.random.default_rng(7)
    colors = colors * dice.normal(1, 0.11, (count, 1)) + dice.normal(0, 0.025, (count, 3))
    glass = np.clip(colors, 0, 1).astype(np.float32)[labels]
    x, y = grid(shape)
    lean = dice.uniform(-1, 1, (count, 2)).astype(np.float32)[labels]
    swirl = noise(shape, (90, 30), 8, 4, 0.6) - 0.5
    seedy = noise(shape, 10, 9, 2) - 0.5
    light = 1 + 0.55 * swirl + 0.22 * seedy + 0.25 * (lean[..., 0] * np.sin(9 * x) + lean[..., 1] * np.sin(9 * y))
    return np.clip(glass, 0.005, 1) ** (1.6 - 0.6 * light[..., None]) * np.clip(0.75 + 0.25 * light, 0, 2)[..., None]


def stained_glass(shape: Shape) -> Array:
    """Leaded glass in saturated color, the sun behind it."""
    cartoon = Cartoon(shape)
    heaven(cartoon)
    ground(cartoon)
    irises(cartoon)
    tree(cartoon)
    frame(cartoon)
    image = np.clip(glaze(cartoon), 0, 1)
    lead = blur((cartoon.lead > 0).astype(np.float32), 1.4)
    came = blur(lead, 2.5)
    slope = cv2.Sobel(came, cv2.CV_32F, 1, 0) + cv2.Sobel(came, cv2.CV_32F, 0, 1)
    shadow = blur(lead, 7)
    image = image * (1 - 0.45 * shadow[..., None])
    metal = (
        rgb("#15151b")
        + np.clip(0.5 * slope, 0, 1)[..., None] * rgb("#8f98a8")
        + 0.05 * noise(shape, 5, 3, 2)[..., None]
    )
    lay(image, metal, step(0.35, 0.65, lead))
    halo = sum(weight * blur(np.maximum(image - 0.55, 0), sigma) for sigma, weight in [(8.0, 0.25), (36.0, 0.35)])
    return np.clip(image + halo, 0, 1)
