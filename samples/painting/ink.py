"""A hill town in pen and sepia ink: outlines, hatching that follows the form, a thin wash."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .elements import crown
from .fields import Array, Shape, below, blur, disc, grid, lay, line, noise, polygon, profile, ramp, rgb, step, wobble


@dataclass
class Drawing:
    """What the pen needs to know at every pixel."""

    dark: Array
    """Tone, 0 paper to 1 black."""
    turn: Array
    """Coordinate across the hatching, in pixels: its level lines are the pen lines."""
    ink: Array
    """Outlines."""
    x: Array
    y: Array

    def cover(self, mask: Array, dark: float | Array, turn: Array) -> None:
        """Put a shape in front: its tone and its hatching replace what was there, outlines included."""
        self.dark += (dark - self.dark) * mask
        self.turn = np.where(mask > 0.5, turn, self.turn)
        self.ink *= 1 - mask

    def across(self, angle: float) -> Array:
        """Straight hatching at `angle` radians."""
        return np.float32(np.cos(angle)) * self.y - np.float32(np.sin(angle)) * self.x

    def facet(self, points: list[tuple[float, float]], dark: float, angle: float, pen: float = 0.0022) -> None:
        """A flat outlined face."""
        shape = self.dark.shape
        self.cover(polygon(shape, points), dark, self.across(angle))
        self.ink = np.maximum(self.ink, line(shape, points, pen, True))


def begin(shape: Shape) -> Drawing:
    """Sky: arcs around a sun, and clouds left white."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    gx, gy = grid(shape)
    distance = np.hypot(gx - 0.93, gy - 0.17)
    cloud = step(0.50, 0.60, noise(shape, (520, 200), 4, 4) - 0.15 * np.abs(gy - 0.22))
    dark = np.clip(0.52 - 0.55 * gy + 0.10 * np.sin(9 * gx), 0, 1) * (1 - cloud) * step(0.075, 0.12, distance)
    drawing = Drawing(dark.astype(np.float32), distance * shape[0], np.zeros(shape, np.float32), x, y)
    edge = cv2.morphologyEx((cloud > 0.5).astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    drawing.ink = 0.75 * edge * step(0.3, 0.5, noise(shape, 120, 5, 2))
    drawing.ink = np.maximum(drawing.ink, line(shape, ring(0.93, 0.17, 0.07), 0.0025, True))
    return drawing


def ring(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Points of a circle."""
    return [(x + radius * float(np.cos(t)), y + radius * float(np.sin(t))) for t in np.linspace(0, 2 * np.pi, 60)]


def hill(drawing: Drawing, edge: Array, dark: float | Array, slant: float) -> None:
    """Ground below an edge, hatched along its slope."""
    shape = drawing.dark.shape
    drawing.cover(below(shape, edge), dark, drawing.y - edge[None, :] * shape[0] * 0.8 + slant * drawing.x)
    run = np.arange(shape[1]) / shape[0]
    drawing.ink = np.maximum(drawing.ink, line(shape, np.stack([run, edge], 1), 0.0024))


def building(drawing: Drawing, x: float, foot: float, width: float, tall: float, dice: np.random.Generator) -> None:
    """A house in oblique view: lit front, dark side, tiled roof, windows."""
    side, wall = width * 0.45, foot - tall
    drawing.facet([(x, foot), (x, wall), (x + width, wall), (x + width, foot)], dice.uniform(0.02, 0.22), 0.15)
    drawing.facet(
        [(x + width, foot), (x + width, wall), (x + width + side, wall - 0.01), (x + width + side, foot - 0.012)],
        dice.uniform(0.62, 0.82),
        1.45,
    )
    peak = wall - width * dice.uniform(0.45, 0.7)
    middle = x + width / 2
    drawing.facet([(x - 0.004, wall), (middle, peak), (x + width, wall)], dice.uniform(0.05, 0.25), 0.15)
    drawing.facet(
        [(middle, peak), (middle + side, peak - 0.008), (x + width + side + 0.005, wall - 0.008), (x + width, wall)],
        dice.uniform(0.35, 0.6),
        1.05,
    )
    for row in np.arange(wall + 0.016, foot - 0.028, 0.04):
        for column in np.arange(x + width * 0.18, x + width * 0.8, 0.032):
            pane = [(column, row + 0.02), (column, row), (column + 0.011, row), (column + 0.011, row + 0.02)]
            drawing.facet(pane, 0.95, 0.8, 0.0016)


def tower(drawing: Drawing, x: float, foot: float, width: float, tall: float) -> None:
    """A round tower with a cone roof, shaded around."""
    top = foot - tall
    shape = drawing.dark.shape
    gx, _ = grid(shape)
    body = [(x, foot), (x, top), (x + width, top), (x + width, foot)]
    drawing.facet(body, 0.0, 0.0)
    round_ = np.clip((gx - x) / width, 0, 1)
    drawing.cover(polygon(shape, body), 0.05 + 0.8 * round_**1.6, drawing.y + 40 * (round_ - 0.5) ** 2 * width * 10)
    drawing.ink = np.maximum(drawing.ink, line(shape, body, 0.0024, True))
    drawing.facet([(x - 0.012, top), (x + width / 2, top - width * 1.7), (x + width + 0.012, top)], 0.55, 1.2)
    for row in (0.25, 0.55):
        slit = x + width * 0.42
        drawing.facet([(slit, top + tall * row + 0.03), (slit, top + tall * row), (slit + 0.012, top + tall * row),
                       (slit + 0.012, top + tall * row + 0.03)], 0.98, 0.8, 0.0016)  # fmt: skip


def town(drawing: Drawing) -> None:
    """Houses stacked up a hill around a castle."""
    dice = np.random.default_rng(3)
    tower(drawing, 0.60, 0.36, 0.07, 0.20)
    tower(drawing, 0.76, 0.38, 0.05, 0.14)
    building(drawing, 0.66, 0.38, 0.085, 0.11, dice)
    for row, (foot, left, right) in enumerate(
        [(0.43, 0.50, 0.92), (0.50, 0.42, 1.00), (0.57, 0.36, 1.06), (0.645, 0.34, 1.14)]
    ):
        for x in np.arange(left, right, 0.118 - 0.004 * row):
            building(drawing, x + dice.uniform(-0.015, 0.015), foot + dice.uniform(-0.012, 0.012),
                     dice.uniform(0.06, 0.085), dice.uniform(0.06, 0.11), dice)  # fmt: skip


def bridge(drawing: Drawing) -> None:
    """River with ripples and a stone bridge of three arches."""
    shape = drawing.dark.shape
    gx, gy = grid(shape)
    ripple = noise(shape, (300, 24), 9, 3)
    river = step(0.662, 0.666, gy)
    drawing.cover(
        river,
        0.18 + 0.55 * step(0.45, 0.62, ripple) + 0.25 * step(0.09, 0.0, gy - 0.665),
        drawing.y + 8 * np.sin(gx * 40),
    )
    deck = [(-0.02, 0.70), (0.30, 0.635), (0.62, 0.70), (0.62, 0.80), (-0.02, 0.80)]
    drawing.facet(deck, 0.28, 0.05)
    for row in np.arange(0.655, 0.80, 0.022):
        stones = (np.abs((gx * 22 + (round(row * 1000) % 2) * 0.5) % 1) < 0.08) * (np.abs(gy - row) < 0.011)
        joint = np.maximum(np.abs(gy - row - 0.011) < 0.0012, stones * (noise(shape, 40, 12, 2) > 0.42))
        drawing.ink = np.maximum(drawing.ink, 0.7 * joint * polygon(shape, deck))
    for x, radius in [(0.09, 0.072), (0.30, 0.095), (0.51, 0.072)]:
        arch = [(x - radius, 0.81), *[(px, py) for px, py in ring(x, 0.765, radius) if py < 0.766], (x + radius, 0.81)]
        arch.sort(key=lambda point: point[0])
        drawing.facet(arch, 0.88, 0.0, 0.004)


def oak(drawing: Drawing) -> None:
    """A gnarled tree at the right, leaning over the near bank."""
    shape = drawing.dark.shape
    gx, gy = grid(shape)
    for number, points in enumerate(
        [
            [
                (0.98, 1.02),
                (1.05, 0.80),
                (1.06, 0.60),
                (1.03, 0.42),
                (1.045, 0.42),
                (1.10, 0.60),
                (1.12, 0.80),
                (1.20, 1.02),
            ],
            [(1.07, 0.66), (0.98, 0.50), (0.90, 0.44), (0.905, 0.43), (1.00, 0.48), (1.09, 0.60)],
            [(1.08, 0.62), (1.16, 0.46), (1.25, 0.40), (1.26, 0.41), (1.18, 0.50), (1.11, 0.66)],
        ]
    ):
        mask = wobble(polygon(shape, points), 16, 60, 70 + number)
        bark = np.clip((gx - 1.0 + 0.12 * (gy - 0.6)) / 0.16, 0, 1)
        drawing.cover(mask, 0.30 + 0.65 * bark, drawing.x * 1.1 + 30 * noise(shape, (60, 240), 73, 3))
        rim = cv2.morphologyEx((mask > 0.5).astype(np.float32), cv2.MORPH_GRADIENT, np.ones((4, 4)))
        drawing.ink = np.maximum(drawing.ink, rim)
    for number, (x, y, radius) in enumerate(
        [
            (0.93, 0.40, 0.08),
            (1.05, 0.33, 0.11),
            (1.20, 0.32, 0.11),
            (1.12, 0.22, 0.10),
            (0.86, 0.45, 0.045),
            (1.24, 0.43, 0.06),
        ]
    ):
        leaves(drawing, x, y, radius, 80 + 3 * number)


def leaves(drawing: Drawing, x: float, y: float, radius: float, seed: int) -> None:
    """A clump of scribbled foliage, dark below."""
    shape = drawing.dark.shape
    gx, gy = grid(shape)
    mask = crown(shape, x, y, radius, seed)
    shade = np.clip(
        0.5 + 0.35 * ((gx - x) * 0.6 + (gy - y)) / radius + 1.2 * (noise(shape, 60, seed, 3) - 0.5), 0.05, 0.95
    )
    scribble = 26 * noise(shape, 34, seed + 1, 3) + 0.5 * drawing.x + 0.8 * drawing.y
    drawing.cover(mask, shade, scribble)
    level = noise(shape, 30, seed + 2, 2)
    curl = step(0.035, 0.015, np.abs((level * 5) % 1 - 0.5) / 5) * mask
    rim = cv2.morphologyEx((mask > 0.5).astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    drawing.ink = np.maximum(drawing.ink, np.maximum(rim, 0.8 * curl))


def hatch(drawing: Drawing, turn: Array, spacing: float, floor: float, seed: int) -> Array:
    """Pen lines along the level lines of `turn` where the tone is above `floor`, thicker where it is darker."""
    shape = drawing.dark.shape
    phase = turn / spacing + 0.5 * (noise(shape, 150, seed, 3) - 0.5) * 3
    number = np.floor(phase).astype(np.int64)
    tremble = np.take(np.random.default_rng(seed).random(997, dtype=np.float32), number % 997)
    tone = np.clip(
        (drawing.dark - floor) / (1 - floor) + 0.10 * (tremble - 0.5) + 0.35 * (noise(shape, 50, seed + 1, 2) - 0.5),
        0,
        1,
    )
    half = 0.09 + 0.20 * tone
    return step(0.10, -0.06, np.abs(phase - number - 0.5) - half) * step(0.02, 0.10, tone)


def ink(shape: Shape) -> Array:
    """Cross-hatched pen drawing in sepia and black."""
    drawing = begin(shape)
    width = shape[1]
    hill(drawing, 0.52 - 0.10 * profile(width, 500, 1, 3), 0.16, 0.15)
    run = np.arange(width) / shape[0]
    hill(drawing, 0.66 - 0.32 * np.exp(-(((run - 0.70) / 0.36) ** 2)) - 0.02 * profile(width, 120, 2), 0.30, 0.1)
    town(drawing)
    bridge(drawing)
    hill(drawing, 0.93 - 0.10 * np.clip(run - 0.55, 0, 1) - 0.02 * profile(width, 150, 6),
         0.35 + 0.5 * step(0.45, 0.6, noise(shape, (160, 60), 14)), 0.1)  # fmt: skip
    oak(drawing)
    drawing.dark = np.clip(blur(drawing.dark, 1.5), 0, 1)
    paper = ramp(
        0.6 * noise(shape, 400, 20, 3) + 0.4 * noise(shape, 4, 21, 2),
        [(0, "#e2cfa4"), (0.5, "#efe1bf"), (1, "#f7eed6")],
    )
    wash = rgb("#8a5a2b") * np.ones((*shape, 3), np.float32)
    lay(paper, wash, wobble(blur(drawing.dark, 5), 8, 70, 30) * 0.42 * (0.6 + 0.8 * noise(shape, 130, 31)))
    blots = disc(shape, 0.16, 0.90, 0.006) + disc(shape, 0.19, 0.915, 0.003)
    layers = [
        (hatch(drawing, drawing.turn, 11, 0.10, 1), "#5a3417"),
        (hatch(drawing, drawing.across(-0.95), 12, 0.36, 3), "#4a2a14"),
        (hatch(drawing, drawing.across(0.55), 11, 0.60, 5), "#2e1b10"),
        (hatch(drawing, drawing.across(-0.2), 10, 0.78, 7), "#1c120c"),
        (np.clip(wobble(drawing.ink, 3, 40, 9), 0, 1), "#1f130c"),
        (np.clip(blots, 0, 1), "#2e1b10"),
    ]
    for mask, color in layers:
        lay(paper, color, mask * (0.72 + 0.28 * step(0.25, 0.5, noise(shape, 9, 33, 2))))
    return paper
