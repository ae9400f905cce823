"""Things that stand in more than one picture: trees, sails, houses, people; lengths in units of the height."""

from __future__ import annotations

import numpy as np

from .fields import Array, Shape, disc, grid, lay, noise, polygon, ramp, step


def crown(shape: Shape, x: float, y: float, radius: float, seed: int, tall: float = 1.0) -> Array:
    """Mask of a leafy crown: a disc whose edge is noise."""
    gx, gy = grid(shape)
    rough = noise(shape, radius * shape[0] * 0.9, seed, 5, 0.6) - 0.5
    return step(0.06, -0.02, np.hypot(gx - x, (gy - y) / tall) / radius - 1 + 1.3 * rough)


def foliage(image: Array, mask: Array, seed: int, tones: list[str]) -> None:
    """Fill a crown with clumps of leaves, lit from the upper left; tones go from shade to light."""
    shape = mask.shape
    clumps = noise(shape, 70, seed, 4, 0.6)
    gx, gy = grid(shape)
    rows, columns = np.nonzero(mask > 0.5)
    if not len(rows):
        return
    top, left = rows.min() / shape[0], columns.min() / shape[0]
    span = max(np.ptp(rows), np.ptp(columns), 1) / shape[0]
    shade = 1 - ((gx - left) * 0.45 + (gy - top) * 0.75) / span
    tone = np.clip(0.55 * shade + 1.1 * (clumps - 0.5) + 0.22, 0, 1)
    lay(image, ramp(tone, [(i / (len(tones) - 1), code) for i, code in enumerate(tones)]), mask)


def sail(image: Array, shape: Shape, x: float, y: float, size: float, cloth: str, hull: str) -> None:
    """A small boat whose water line passes through (x, y)."""
    mast = x + 0.02 * size
    main = [(mast, y - size * 0.95), (mast + size * 0.42, y - size * 0.12), (mast, y - size * 0.12)]
    jib = [
        (mast - 0.04 * size, y - size * 0.85),
        (mast - 0.04 * size, y - size * 0.12),
        (x - size * 0.33, y - size * 0.12),
    ]
    body = [(x - size * 0.42, y - size * 0.09), (x + size * 0.48, y - size * 0.09), (x + size * 0.36, y + size * 0.03),
            (x - size * 0.28, y + size * 0.03)]  # fmt: skip
    lay(image, cloth, polygon(shape, main))
    lay(image, cloth, polygon(shape, jib) * 0.85)
    lay(image, hull, polygon(shape, body))


def stroller(image: Array, shape: Shape, x: float, foot: float, size: float, dress: str, shade: str) -> None:
    """A person with a parasol seen from behind; `size` is the height."""
    skirt = [(x - size * 0.07, foot - size * 0.55), (x + size * 0.07, foot - size * 0.55), (x + size * 0.20, foot),
             (x - size * 0.17, foot)]  # fmt: skip
    torso = [
        (x - size * 0.08, foot - size * 0.80),
        (x + size * 0.08, foot - size * 0.80),
        (x + size * 0.07, foot - size * 0.5),
        (x - size * 0.07, foot - size * 0.5),
    ]
    lay(image, dress, np.maximum(polygon(shape, skirt), polygon(shape, torso)))
    lay(image, "#3a2417", disc(shape, x, foot - size * 0.87, size * 0.07))
    turn = np.linspace(np.pi, 2 * np.pi, 20)
    dome = np.stack([x + size * 0.06 + np.cos(turn) * size * 0.34, foot - size * 0.97 + np.sin(turn) * size * 0.2], 1)
    lay(image, shade, polygon(shape, dome))


def house(image: Array, shape: Shape, x: float, foot: float, size: float, wall: str, roof: str) -> None:
    """A gabled house with two windows, its left side in shade."""
    eaves, top = foot - size * 0.75, foot - size * 1.35
    lay(image, wall, polygon(shape, [(x, foot), (x, eaves), (x + size, eaves), (x + size, foot)]))
    lay(
        image,
        "#20242c",
        0.35 * polygon(shape, [(x, foot), (x, eaves), (x + size * 0.3, eaves), (x + size * 0.3, foot)]),
    )
    lay(image, roof, polygon(shape, [(x - size * 0.1, eaves), (x + size * 0.5, top), (x + size * 1.1, eaves)]))
    for place in (0.22, 0.62):
        corner = x + size * place
        pane = [(corner, foot - size * 0.55), (corner + size * 0.18, foot - size * 0.55),
                (corner + size * 0.18, foot - size * 0.25), (corner, foot - size * 0.25)]  # fmt: skip
        lay(image, "#2b2f3c", polygon(shape, pane))
