"""First shot of the sample clip: a river town at sunrise, the camera panning, a boat sailing past."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .elements import crown, foliage
from .fields import (
    Array,
    Shape,
    below,
    blur,
    box_of,
    disc,
    grid,
    lay,
    line,
    mix,
    noise,
    polygon,
    profile,
    ramp,
    rgb,
    sample,
    shade,
    step,
)
from .layers import FINE, Layer, after, cut_out, move, turn

HEIGHT = 360
WATER = 0.66
ROOFS = ["#b5482f", "#8f3f35", "#c9683f", "#5f5a6b", "#7a4a3a"]
WALLS = ["#e9d3a8", "#d99a6a", "#f0e4cf", "#b9c4b0", "#e3b9a0", "#c9b48a", "#9fb0c0"]


def strip(width: int) -> Shape:
    """Texture size for a layer that is `width` frame pixels wide."""
    return (HEIGHT * FINE, width * FINE)


def sky() -> Array:
    """Sunrise with heaped clouds."""
    shape = strip(720)
    x, y = grid(shape)
    image = ramp(y / 0.7, [(0, "#3f78b8"), (0.4, "#8fb8d9"), (0.7, "#f3d9b8"), (1, "#ffc98f")])
    heap = noise(shape, (420, 170), 1, 6, 0.55) - 0.30 * np.abs(y - 0.22)
    lit = step(-0.03, 0.10, heap - np.roll(heap, (-16, -10), (0, 1)))
    cloud = mix(np.broadcast_to(rgb("#8f93b5"), image.shape), np.broadcast_to(rgb("#fff2e0"), image.shape), lit)
    lay(image, cloud, step(0.44, 0.60, heap) * 0.92)
    lay(image, "#fff0c0", np.exp(-((np.hypot(x - 1.38, y - 0.40) / 0.20) ** 2)) * 0.6)
    lay(image, "#fffbe8", disc(shape, 1.38, 0.40, 0.045, 0.006))
    return cut_out(image, np.ones(shape, np.float32))


def mountains() -> Array:
    """Blue rock with snow, lit from the right."""
    shape = strip(800)
    _, y = grid(shape)
    edge = 0.44 - 0.17 * profile(shape[1], 500, 4, 7, 0.55)
    relief = noise(shape, (120, 200), 5, 6, 0.62)
    lit = step(-0.05, 0.07, relief - np.roll(relief, -9, 1))
    image = ramp(0.65 * lit + 0.5 * (y - edge[None]), [(0, "#39507f"), (0.5, "#7f8fb5"), (1, "#c9b8b5")])
    lay(image, mix(np.broadcast_to(rgb("#9fb4d9"), image.shape), np.broadcast_to(rgb("#fff6ea"), image.shape), lit),
        step(0.08, 0.02, y - edge[None] + 0.14 * (relief - 0.5)))  # fmt: skip
    lay(image, "#c9c4d0", 0.7 * step(0.45, 0.66, y))
    return cut_out(image, below(shape, edge, 0.0015))


def hills() -> Array:
    """Fields, hedges and woods."""
    shape = strip(880)
    x, y = grid(shape)
    edge = 0.52 - 0.07 * profile(shape[1], 420, 8, 3)
    depth = y - edge[None]
    parcel = noise(shape, (150, 60), 9, 1)
    furrow = 0.5 + 0.5 * np.sin(2 * np.pi * (x * 30 * np.cos(parcel * 20) + y * 60))
    image = ramp(parcel, [(0.2, "#5f8f4f"), (0.4, "#9fae55"), (0.5, "#d9bf6a"), (0.6, "#7fa55a"), (0.8, "#4f7f55")])
    image *= (0.88 + 0.16 * furrow)[..., None]
    hedge = step(0.02, 0.008, np.abs((parcel * 6) % 1 - 0.5) / 6)
    woods = step(0.52, 0.60, noise(shape, (170, 70), 11, 5, 0.6))
    lay(image, ramp(noise(shape, 16, 12, 3), [(0.2, "#1f4038"), (0.8, "#5a8a4f")]), np.maximum(hedge, woods))
    lay(image, "#d9cfc0", 0.35 * step(0.12, 0.0, depth))
    return cut_out(image, below(shape, edge, 0.0015))


def bricks(shape: Shape, course: float, seed: int) -> Array:
    """Brightness of masonry around 1, joints dark."""
    x, y = grid(shape)
    row = np.floor(y / course)
    column = np.floor(x / (2.2 * course) + 0.5 * (row % 2))
    dice = np.random.default_rng(seed).random(4096, dtype=np.float32)
    stone = dice[((row * 131 + column * 71).astype(int)) % 4096]
    joint = np.minimum(y / course - row, (x / (2.2 * course) + 0.5 * (row % 2) - column) * 2.2)
    return (0.82 + 0.30 * stone) * (1 - 0.30 * step(0.22, 0.10, joint))


def town() -> Array:
    """Houses shoulder to shoulder on a quay, a church behind."""
    shape = strip(980)
    _x, y = grid(shape)
    image, alpha = np.full((*shape, 3), 0.4, np.float32), np.zeros(shape, np.float32)
    coarse, fine = bricks(shape, 0.012, 1), noise(shape, 5, 2, 2)
    dice = np.random.default_rng(12)
    church(image, alpha, 1.05, coarse)
    for row, (base, low, high) in enumerate([(0.60, 0.16, 0.24), (0.655, 0.10, 0.19)]):
        left = -0.02 - 0.05 * row
        while left < 2.75:
            width = dice.uniform(0.085, 0.15)
            house(image, alpha, (left, base, width, dice.uniform(low, high)), coarse, dice)
            left += width * dice.uniform(0.96, 1.12)
    image *= (0.90 + 0.2 * fine)[..., None]
    quay = step(0.648, 0.652, y)
    lay(
        image,
        ramp(noise(shape, 50, 3, 3), [(0.2, "#6b625c"), (0.8, "#a89a88")]) * bricks(shape, 0.016, 4)[..., None],
        quay,
    )
    lay(image, "#3f4a44", quay * step(0.685, 0.70, y + 0.01 * noise(shape, 60, 7)) * 0.7)
    alpha = np.maximum(alpha, quay)
    return cut_out(np.clip(image, 0, 1), alpha * step(0.712, 0.708, y))


def put(image: Array, alpha: Array, color: str | Array, mask: Array) -> None:
    """Color and coverage at once."""
    lay(image, color, mask)
    box = box_of(mask)
    if box is not None:
        np.maximum(alpha[box], mask[box], out=alpha[box])


def church(image: Array, alpha: Array, x: float, stone: Array) -> None:
    """A nave and a tower with a clock and a green spire."""
    shape = alpha.shape
    wall = rgb("#b9a88f") * stone[..., None]
    put(image, alpha, wall, polygon(shape, [(x, 0.62), (x, 0.40), (x + 0.34, 0.40), (x + 0.34, 0.62)]))
    put(
        image,
        alpha,
        "#6b4a4a",
        polygon(shape, [(x - 0.02, 0.405), (x + 0.04, 0.31), (x + 0.31, 0.31), (x + 0.36, 0.405)]),
    )
    put(
        image,
        alpha,
        wall * 1.08,
        polygon(shape, [(x - 0.09, 0.62), (x - 0.09, 0.24), (x + 0.01, 0.24), (x + 0.01, 0.62)]),
    )
    put(image, alpha, "#4f7f74", polygon(shape, [(x - 0.10, 0.245), (x - 0.04, 0.05), (x + 0.02, 0.245)]))
    put(image, alpha, "#e8c95a", disc(shape, x - 0.04, 0.045, 0.007, 0.002))
    lay(image, "#f4ecd8", disc(shape, x - 0.04, 0.30, 0.028, 0.002))
    lay(image, "#2a2622", line(shape, [(x - 0.04, 0.28), (x - 0.04, 0.30), (x - 0.025, 0.306)], 0.004))
    for column in np.arange(x + 0.05, x + 0.33, 0.06):
        window = [
            (column, 0.55),
            (column, 0.46),
            (column + 0.011, 0.44),
            (column + 0.022, 0.46),
            (column + 0.022, 0.55),
        ]
        lay(image, "#33404f", polygon(shape, window))


def house(
    image: Array, alpha: Array, box: tuple[float, float, float, float], stone: Array, dice: np.random.Generator
) -> None:
    """One front: plaster, brick or timber frame, under a tiled gable."""
    shape = alpha.shape
    x, base, width, tall = box
    top, right = base - tall, x + width
    front = polygon(shape, [(x, base), (x, top), (right, top), (right, base)])
    color = rgb(str(dice.choice(WALLS)))
    put(image, alpha, np.broadcast_to(color, image.shape), front)
    if dice.random() < 0.4:
        shade(image, stone, front)
    peak = top - width * dice.uniform(0.45, 0.75)
    roof = polygon(shape, [(x - 0.008, top + 0.004), (x + width / 2, peak), (right + 0.008, top + 0.004)])
    put(image, alpha, str(dice.choice(ROOFS)), roof)
    shade(image, 0.93 + 0.125 * np.broadcast_to(np.sin(grid(shape)[1][:, :1] * 560), shape), roof)
    chimney = oblong(shape, x + width * 0.7, peak + 0.005, width * 0.1, top - peak - 0.005)
    put(image, alpha, "#7f4a3f", chimney)
    lay(
        image,
        "#40332e",
        line(shape, [(x - 0.008, top + 0.004), (x + width / 2, peak), (right + 0.008, top + 0.004)], 0.004),
    )
    if dice.random() < 0.45:
        for level in (top + 0.003, top + tall * 0.45):
            lay(image, "#4a352a", line(shape, [(x, level), (right, level)], 0.005) * front)
        lay(
            image,
            "#4a352a",
            line(shape, [(x, top + tall * 0.45), (x + width / 2, top), (right, top + tall * 0.45)], 0.005) * front,
        )
    windows(image, (x, base, width, tall), dice)


def windows(image: Array, box: tuple[float, float, float, float], dice: np.random.Generator) -> None:
    """Panes with frames and shutters, some lit; a door."""
    x, base, width, tall = box
    shape = image.shape[:2]
    shutter = str(dice.choice(["#3f6b5a", "#7a3f3a", "#3f5a7f"]))
    columns = max(int(width / 0.042), 2)
    for level in np.arange(base - tall + 0.022, base - 0.05, 0.055):
        for column in range(columns):
            left = x + width * (column + 0.5) / columns - 0.009
            lay(image, shutter, oblong(shape, left - 0.008, level, 0.034, 0.030))
            lay(image, "#f3ead8", oblong(shape, left - 0.002, level - 0.001, 0.022, 0.032))
            lay(
                image,
                "#ffcf6a" if dice.random() < 0.22 else "#34465a",
                oblong(shape, left, level + 0.001, 0.018, 0.028),
            )
    door = x + width * 0.4
    lay(image, "#4a2f24", oblong(shape, door, base - 0.045, 0.024, 0.045))


def oblong(shape: Shape, x: float, y: float, width: float, height: float) -> Array:
    """An upright rectangle."""
    return polygon(shape, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def river(above: Array) -> Array:
    """Water with the town upside down in it, broken into ripples."""
    shape = strip(1000)
    _x, y = grid(shape)
    depth = np.clip((y - WATER) / (1 - WATER), 0, 1)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    ripple = noise(shape, (110, 14), 21, 4, 0.6) - 0.5
    axis = 0.708 * shape[0]
    mirror = sample(above, columns + 50 * ripple * (0.2 + depth), axis - (rows - axis) * 1.15 + 90 * ripple * depth)
    image = ramp(depth, [(0, "#c9c4b0"), (0.3, "#7fa0b0"), (0.7, "#3f6f8a"), (1, "#27506b")])
    image = mix(
        image, mirror[..., :3] / np.maximum(mirror[..., 3:], 1e-3) * 0.75, mirror[..., 3] * 0.62 * (1 - 0.55 * depth)
    )
    lay(image, "#fff0d0", 0.75 * step(0.20, 0.36, ripple) * (0.3 + 0.7 * depth))
    lay(image, "#1f3f5a", 0.6 * step(-0.16, -0.34, ripple))
    return cut_out(blur(image, 0.8), step(0.700, 0.704, y))


def boat() -> Array:
    """A sailing barge: planked hull, two striped sails with an emblem, rigging, a crew of two."""
    shape = strip(300)
    x, y = grid(shape)
    image, alpha = np.full((*shape, 3), 0.5, np.float32), np.zeros(shape, np.float32)
    put(image, alpha, "#5a3f2a", polygon(shape, [(0.405, 0.80), (0.41, 0.10), (0.42, 0.10), (0.425, 0.80)]))
    cloth = 0.86 + 0.16 * noise(shape, (30, 120), 31, 3) + 0.10 * np.sin(x * 16 + y * 5)
    main = [(0.428, 0.12), (0.60, 0.34), (0.70, 0.70), (0.43, 0.71)]
    stripes = step(-0.15, 0.15, np.sin((y + 0.12 * x) * 62))
    canvas = mix(np.broadcast_to(rgb("#f0dfc0"), image.shape), np.broadcast_to(rgb("#b53f2f"), image.shape), stripes)
    put(image, alpha, canvas * cloth[..., None], polygon(shape, main))
    jib = [(0.40, 0.16), (0.395, 0.70), (0.13, 0.715)]
    put(
        image,
        alpha,
        rgb("#f3e6cc") * (cloth * (0.95 - 0.06 * step(0.9, 1.0, np.sin(y * 75))))[..., None],
        polygon(shape, jib),
    )
    lay(image, "#2f5a8a", disc(shape, 0.52, 0.49, 0.062, 0.003))
    lay(image, "#f6cf5a", disc(shape, 0.52, 0.49, 0.036, 0.003))
    for edge in (main, jib):
        lay(image, "#8a6f55", line(shape, edge, 0.004, True) * alpha)
    hull = [
        (0.06, 0.74),
        (0.16, 0.765),
        (0.60, 0.765),
        (0.76, 0.72),
        (0.70, 0.83),
        (0.62, 0.87),
        (0.20, 0.87),
        (0.12, 0.83),
    ]
    for px, code in [(0.60, "#2f4f7f"), (0.25, "#a8483f")]:
        put(
            image,
            alpha,
            code,
            polygon(shape, [(px - 0.025, 0.78), (px - 0.018, 0.70), (px + 0.018, 0.70), (px + 0.025, 0.78)]),
        )
        put(image, alpha, "#e3b08f", disc(shape, px, 0.685, 0.017, 0.002))
        put(image, alpha, "#4a3a30", polygon(shape, [(px - 0.024, 0.680), (px, 0.658), (px + 0.024, 0.680)]))
    plank = 0.80 + 0.28 * (0.5 + 0.5 * np.sin(y * 330)) * noise(shape, (160, 8), 33, 2) + 0.2 * noise(shape, 20, 34)
    put(image, alpha, rgb("#8a5a34") * plank[..., None], polygon(shape, hull))
    lay(image, "#e3c27a", line(shape, [(0.06, 0.745), (0.16, 0.77), (0.60, 0.77), (0.76, 0.725)], 0.008) * alpha)
    lay(image, "#233f4f", polygon(shape, hull) * step(0.835, 0.842, y))
    return cut_out(np.clip(image, 0, 1), alpha)


def bank() -> Array:
    """The near shore: grass, flowers, a fence and two trees."""
    shape = strip(1060)
    _x, _y = grid(shape)
    image, alpha = np.full((*shape, 3), 0.3, np.float32), np.zeros(shape, np.float32)
    tones = ["#16302a", "#2a5a34", "#4f8a3f", "#9fb84f", "#e8dc7f"]
    for seed, (tx, foot, tall, radius) in enumerate([(0.10, 1.0, 0.68, 0.17), (2.30, 1.0, 0.60, 0.15)]):
        trunk = [(tx - 0.035, foot), (tx - 0.014, foot - tall), (tx + 0.014, foot - tall), (tx + 0.032, foot)]
        put(
            image,
            alpha,
            ramp(noise(shape, (14, 90), 40 + seed, 3), [(0.2, "#33241c"), (0.8, "#8a6a4a")]),
            polygon(shape, trunk),
        )
        for number, (ox, oy, scale) in enumerate(
            [(0, 0, 1.0), (-0.11, 0.06, 0.7), (0.12, 0.04, 0.75), (0.03, -0.11, 0.7)]
        ):
            leaf = crown(shape, tx + ox, foot - tall + oy, radius * scale, 50 + 7 * seed + number)
            foliage(image, leaf, 60 + 7 * seed + number, tones)
            np.maximum(alpha, leaf, out=alpha)
    dice = np.random.default_rng(9)
    edge = 0.935 - 0.035 * profile(shape[1], 300, 44, 2)
    put(
        image,
        alpha,
        ramp(noise(shape, (40, 60), 45, 4), [(0.1, "#1c3a24"), (0.5, "#3f6f34"), (0.9, "#9fb04f")]),
        below(shape, edge),
    )
    for post in np.arange(0.35, 2.9, 0.16):
        put(
            image,
            alpha,
            "#6b523f",
            polygon(shape, [(post, 1.0), (post + 0.002, 0.85), (post + 0.016, 0.85), (post + 0.018, 1.0)]),
        )
    for level in (0.875, 0.915):
        put(image, alpha, "#7f6249", line(shape, [(0.3, level), (2.95, level + 0.004)], 0.009))
    tufts(image, alpha, edge, dice)
    return cut_out(np.clip(image, 0, 1), alpha)


def tufts(image: Array, alpha: Array, edge: Array, dice: np.random.Generator) -> None:
    """Blades along the edge and flowers among them."""
    shape = alpha.shape
    greens = ["#24502a", "#4f8a3a", "#8fae48", "#c9c76a"]
    for index in range(420):
        left = dice.uniform(0, 2.94)
        foot = float(edge[int(left * shape[0])]) + dice.uniform(0.01, 0.06)
        tip = (left + dice.normal(0, 0.012), foot - dice.uniform(0.03, 0.075))
        put(image, alpha, greens[index % 4], line(shape, [(left, foot), tip], 0.0045))
    for code in ("#e8443f", "#f4d24a", "#f3ecf4", "#9f6fd0"):
        for _ in range(26):
            left = dice.uniform(0, 2.94)
            spot = disc(
                shape,
                left,
                float(edge[int(left * shape[0])]) + dice.uniform(0.0, 0.06),
                dice.uniform(0.004, 0.008),
                0.002,
            )
            put(image, alpha, code, spot)


def pan(time: float) -> float:
    """How far the camera has moved, in pixels of the boat's plane; eases in."""
    return 2.6 * time + 6.0 * (np.exp(-time / 6.0) - 1)


def drift(share: float, left: float = 0.0) -> Callable[[float], Array]:
    """Placement of a layer that moves by `share` of the camera's way, with a slow push toward the scene."""
    return lambda time: after(turn(320, 220, 0, 1 + 0.00035 * share * time), move(left - share * pan(time), 0))


def flowing(time: float) -> Array:
    """Water is nearer at the bottom, so it moves faster there: a shear."""
    rate = pan(time) * 0.95 / (HEIGHT * (1 - WATER))
    shear = np.array([[1, -rate, rate * HEIGHT * WATER - 0.55 * pan(time)], [0, 1, 0]], np.float64)
    return after(turn(320, 220, 0, 1 + 0.0002 * time), after(shear, move(-30, 0)))


def sailing(time: float) -> Array:
    """The boat goes right, faster than the camera, and rocks."""
    rock = turn(150, 300, 2.2 * np.sin(time / 9.0), 1.0)
    return after(move(-40 + 4.4 * time - 0.25 * pan(time), 6 + 1.6 * np.sin(time / 6.0)), rock)


def layers() -> list[Layer]:
    """All layers, back to front."""
    houses = town()
    padded = np.pad(houses, ((0, 0), (0, 40), (0, 0)))
    return [
        Layer(sky(), drift(0.12, -5)),
        Layer(mountains(), drift(0.28, -5)),
        Layer(hills(), drift(0.42, -5)),
        Layer(houses, drift(0.62, -10)),
        Layer(river(padded), flowing),
        Layer(boat(), sailing),
        Layer(bank(), drift(1.5, -8)),
    ]
