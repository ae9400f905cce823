"""A mountain lake in wet washes: edges that darken, pigment that settles in the paper's grain."""

from __future__ import annotations

import cv2
import numpy as np

from .fields import Array, Shape, Stops, below, blur, disc, grid, lay, noise, polygon, profile, ramp, rgb, step, wobble


class Sheet:
    """Rough paper that gathers optical density; washes multiply as glazes do."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.grain = 0.6 * noise(shape, 7, 1, 2) + 0.4 * noise(shape, 16, 2, 2)
        self.density = np.zeros((*shape, 3), np.float32)
        inner = step(0.02, 0.035, edge_distance(shape) + 0.012 * (noise(shape, 60, 3) - 0.5))
        self.frame = wobble(inner, 3, 30, 4)

    def wash(
        self, mask: Array, stops: Stops, seed: int, strength: float = 1.0, wet: float = 10.0, tone: Array | None = None
    ) -> None:
        """One wash: pigment by `stops` along `tone`, pooled at the rim within `wet` pixels, uneven inside."""
        mask = mask * self.frame
        pool = mask * (1 - blur(mask, wet)) * 1.3
        flood = 0.55 + 0.9 * noise(self.shape, 340, seed, 4, 0.55)
        bloom = backrun(noise(self.shape, 260, seed + 1, 3))
        amount = strength * (mask * (flood + 0.25 * bloom) + pool) * (1 + 1.1 * (0.5 - self.grain))
        color = ramp(flood - 0.5 if tone is None else tone, stops)
        self.density += -np.log(np.clip(color, 0.02, 0.995)) * np.maximum(amount, 0)[..., None]

    def dry(self) -> Array:
        """The sheet in daylight."""
        paper = rgb("#fbf7ec") * (0.955 + 0.09 * self.grain[..., None])
        slope = cv2.Sobel(blur(self.grain, 1.5), cv2.CV_32F, 1, 1)
        return np.clip(paper * np.exp(-0.8 * self.density) * (1 + 0.8 * slope[..., None]), 0, 1)


def edge_distance(shape: Shape) -> Array:
    """Distance to the picture's edge, units of the height."""
    x, y = grid(shape)
    return np.minimum(np.minimum(x, x[0, -1] - x), np.minimum(y, 1 - y))


def backrun(field: Array) -> Array:
    """Cauliflower edges, where water ran back into a drying wash."""
    return step(0.60, 0.61, field) * np.exp(-np.maximum(field - 0.61, 0) * 30) - 0.5 * step(0.61, 0.72, field)


def ragged(mask: Array, amount: float, seed: int) -> Array:
    """A mask with the outline of a wet brush."""
    return wobble(wobble(mask, amount, 90, seed), amount * 0.4, 18, seed + 5)


def pines(shape: Shape, foot: Array, spots: Array, tall: float, seed: int) -> Array:
    """Mask of conifers standing on a line: a spine and drooping tiers."""
    dice = np.random.default_rng(seed)
    mask = np.zeros(shape, np.float32)
    for x in spots:
        height = tall * dice.uniform(0.55, 1.15)
        base = float(foot[min(int(x * shape[0]), shape[1] - 1)]) + 0.008
        tiers = 7
        sides: list[tuple[float, float]] = [(x, base - height)]
        for tier in range(1, tiers + 1):
            level = base - height * (1 - tier / tiers)
            half = height * 0.20 * tier / tiers * dice.uniform(0.8, 1.2)
            sides += [(x + half, level + 0.004), (x + half * 0.5, level - 0.002)]
        mirrored = [(2 * x - px - dice.uniform(-0.004, 0.004), py) for px, py in reversed(sides)]
        mask = np.maximum(mask, polygon(shape, sides + mirrored))
    return mask


def sky(sheet: Sheet) -> None:
    """Yellow first, then rose and blue around clouds left white."""
    shape = sheet.shape
    _x, y = grid(shape)
    cloud = step(0.50, 0.60, noise(shape, (560, 220), 11, 5, 0.55) - 0.2 * np.abs(y - 0.24))
    open_sky = ragged((1 - cloud) * step(0.52, 0.40, y), 14, 12)
    sheet.wash(step(0.60, 0.30, y), [(0, "#fff3c8"), (0.6, "#ffd9a0"), (1, "#ffc9b0")], 13, 0.75, 30, y * 1.8)
    sheet.wash(open_sky, [(0, "#2f6fc0"), (0.4, "#6fa9dd"), (0.8, "#c9b4dc"), (1, "#f4c9c4")], 15, 0.95, 12, y * 2.1)
    sheet.wash(
        ragged(cloud * step(0.45, 0.55, noise(shape, 200, 17)), 16, 18) * step(0.5, 0.4, y),
        [(0, "#b9aed2"), (1, "#d9b8c4")],
        19,
        0.6,
        16,
    )


def ranges(sheet: Sheet) -> None:
    """Mountains, paler with distance, each fading into mist at its foot."""
    shape = sheet.shape
    _, y = grid(shape)
    for number, (base, swing, strength, stops) in enumerate([
        (0.33, 0.16, 0.75, [(0, "#8fa4d6"), (1, "#c4a9cf")]),
        (0.42, 0.11, 0.9, [(0, "#4f7fb8"), (0.5, "#6d8fc0"), (1, "#a98fc0")]),
        (0.50, 0.06, 1.0, [(0, "#2f7f8f"), (0.6, "#4f9a9f"), (1, "#7fa98f")]),
    ]):  # fmt: skip
        edge = base - swing * profile(shape[1], 520 - 90 * number, 30 + number, 6, 0.55)
        mask = below(shape, edge, 0.002) * step(0.60, 0.42 + 0.04 * number, y)
        sheet.wash(ragged(mask, 6, 40 + number), stops, 50 + 3 * number, strength, 9)
        shade = (
            np.roll(np.gradient(edge) > 0, 0)[None, :] * mask * step(0.48, 0.62, noise(shape, (70, 160), 61 + number))
        )
        sheet.wash(ragged(shade.astype(np.float32), 8, 64), stops, 66 + number, 0.55, 7)


def lake(sheet: Sheet, trees: Array) -> None:
    """Turquoise water, the trees upside down in it, bands of light left dry."""
    shape = sheet.shape
    _x, y = grid(shape)
    water = step(0.605, 0.612, y) * step(0.55, 0.42, noise(shape, (700, 14), 71, 3) * step(0.9, 0.6, y))
    sheet.wash(ragged(water, 3, 72), [(0, "#d9e8dc"), (0.35, "#6fc4c4"), (0.7, "#2f93b4"), (1, "#2f5f9f")], 73, 0.85, 9,
               (y - 0.6) / 0.36 + 0.3 * (noise(shape, 200, 74) - 0.5))  # fmt: skip
    axis = int(0.612 * shape[0])
    mirror = np.zeros(shape, np.float32)
    rows = min(axis, shape[0] - axis)
    mirror[axis : axis + rows] = trees[axis - rows : axis][::-1]
    ripple = cv2.resize(mirror, (shape[1], shape[0]))
    ripple = wobble(ripple, 18, 26, 75) * step(0.40, 0.52, noise(shape, (240, 18), 76, 3))
    sheet.wash(blur(ripple, 2), [(0, "#2f6f6f"), (1, "#4f8f7f")], 77, 0.75, 8)


def flowers(sheet: Sheet) -> None:
    """A near bank: wet greens, reeds, and poppies and irises dropped in."""
    shape = sheet.shape
    dice = np.random.default_rng(9)
    _x, _y = grid(shape)
    edge = (
        0.90
        - 0.13 * np.clip(np.abs(np.arange(shape[1]) / shape[0] - 0.72) * 1.7 - 0.35, 0, 1)
        - 0.02 * profile(shape[1], 160, 80)
    )
    bank = ragged(below(shape, edge), 14, 81)
    sheet.wash(bank, [(0, "#2f6f3f"), (0.4, "#7fae3f"), (0.7, "#d4c44f"), (1, "#c98f3f")], 82, 0.9, 12,
               noise(shape, 180, 83))  # fmt: skip
    blades = np.zeros(shape, np.float32)
    for _ in range(190):
        left = dice.choice([dice.uniform(0.03, 0.42), dice.uniform(0.95, 1.22)])
        foot, tall, lean = dice.uniform(0.90, 0.98), dice.uniform(0.08, 0.26), dice.normal(0, 0.03)
        tip = (left + lean, foot - tall)
        middle = (left + lean * 0.3, foot - tall * 0.6)
        blade = [(left - 0.003, foot), middle, tip, (middle[0] + 0.004, middle[1]), (left + 0.004, foot)]
        blades = np.maximum(blades, polygon(shape, blade) * dice.uniform(0.4, 1))
    sheet.wash(
        wobble(blades, 4, 40, 84), [(0, "#1f5f4f"), (0.5, "#4f8f3f"), (1, "#8f9f3f")], 85, 1.0, 4, noise(shape, 60, 86)
    )
    for kind, code in enumerate(["#e0402f", "#d9357f", "#6f4fc4", "#f2b01f", "#e0402f"]):
        petals = np.zeros(shape, np.float32)
        for _ in range(16):
            left = dice.choice([dice.uniform(0.04, 0.40), dice.uniform(0.96, 1.21)])
            petals = np.maximum(petals, disc(shape, left, dice.uniform(0.70, 0.95), dice.uniform(0.007, 0.019)))
        blot = step(0.35, 0.5, wobble(petals, 16, 26, 90 + kind))
        sheet.density *= (1 - 0.75 * blot)[..., None]
        sheet.wash(blot, [(0, code), (1, code)], 95 + kind, 1.1, 5)


def splash(sheet: Sheet) -> None:
    """Drops flicked from the brush."""
    dice = np.random.default_rng(12)
    for seed, code in enumerate(["#2f93b4", "#c94f7f", "#d9a02f"]):
        drops = np.zeros(sheet.shape, np.float32)
        for _ in range(22):
            drops = np.maximum(
                drops, disc(sheet.shape, dice.uniform(0, 1.25), dice.uniform(0, 1), dice.exponential(0.0028) + 0.001)
            )
        sheet.wash(drops, [(0, code), (1, code)], 110 + seed, 0.6, 4)


def watercolor(shape: Shape) -> Array:
    """Wet washes over rough paper; a mountain lake."""
    sheet = Sheet(shape)
    sky(sheet)
    ranges(sheet)
    shore = (0.615 - 0.012 * profile(shape[1], 260, 120)).astype(np.float32)
    dice = np.random.default_rng(6)
    spots = np.concatenate([dice.uniform(0.05, 0.46, 22), dice.uniform(0.86, 1.2, 16), dice.uniform(0.46, 0.86, 7)])
    trees = pines(shape, shore, spots[:38], 0.19, 7)
    trees = np.maximum(trees, pines(shape, shore, spots[38:], 0.07, 8))
    _, y = grid(shape)
    spit = below(shape, shore - 0.012) * step(0.625, 0.615, y)
    trees = ragged(np.maximum(trees, spit), 4, 121)
    sheet.wash(blur(trees, 14) * 0.8, [(0, "#5f9f8f"), (1, "#8fa97f")], 122, 0.5, 20)
    sheet.wash(trees, [(0, "#0f3f4f"), (0.5, "#1f5f4f"), (1, "#5f7f3f")], 125, 1.0, 6, noise(shape, 120, 126))
    lake(sheet, trees)
    flowers(sheet)
    splash(sheet)
    image = sheet.dry()
    lay(image, "#fffdf6", disc(shape, 0.90, 0.16, 0.035, 0.012) * 0.85)
    return image
