"""Noise, color ramps, masks and flow fields: what every picture is built from.

Images are float32 ``(H, W, 3)`` RGB in [0, 1]; scalar fields are float32 ``(H, W)``; vector fields are
float32 ``(H, W, 2)`` as (x, y), y down. Everything random takes a seed, so a picture is the same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Shape = tuple[int, int]
Stops = Sequence[tuple[float, str]]


def rgb(code: str) -> Array:
    """``#rrggbb`` as three floats."""
    digits = code.lstrip("#")
    return np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


@lru_cache(maxsize=4)
def grid(shape: Shape) -> tuple[Array, Array]:
    """Pixel coordinates (x, y) in units of the height, so that a circle stays a circle."""
    height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(height)
    x.flags.writeable = y.flags.writeable = False
    return x, y


def noise(shape: Shape, cell: float | tuple[float, float], seed: int, octaves: int = 4, gain: float = 0.5) -> Array:
    """Fractal noise in [0, 1]; `cell` is the size in pixels of the largest blobs, as one number or (x, y)."""
    dice = np.random.default_rng(seed)
    cell_x, cell_y = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros(shape, np.float32)
    weight = 1.0
    for octave in range(octaves):
        columns = max(int(shape[1] * 2**octave / cell_x), 1) + 3
        rows = max(int(shape[0] * 2**octave / cell_y), 1) + 3
        knots = dice.random((rows, columns), dtype=np.float32) - 0.5
        total += weight * cv2.resize(knots, shape[::-1], interpolation=cv2.INTER_CUBIC)
        weight *= gain
    spread = max(float(total.std()), 1e-6)
    return np.clip(0.5 + total / (5 * spread), 0, 1)


def profile(width: int, cell: float, seed: int, octaves: int = 4, gain: float = 0.5) -> Array:
    """A line of noise in [-1, 1]: the outline of a hill range."""
    line = noise((4, width), (cell, 1000.0), seed, octaves, gain)[1]
    return (line * 2 - 1).astype(np.float32)


def step(low: float, high: float, value: Array) -> Array:
    """Smooth 0 to 1 as `value` goes from `low` to `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def ramp(t: Array, stops: Stops) -> Array:
    """Colors along a list of (position, color)."""
    places = [place for place, _ in stops]
    colors = np.stack([rgb(code) for _, code in stops])
    return np.stack([np.interp(t, places, colors[:, c]) for c in range(3)], axis=-1).astype(np.float32)


def box_of(mask: Array) -> tuple[slice, slice] | None:
    """The smallest window that holds all of a mask; most shapes are small, so most work is too."""
    bytes_of = np.ascontiguousarray(mask, np.float32).view(np.uint8)
    left, top, width, height = cv2.boundingRect(bytes_of)
    if not width:
        return None
    return slice(top, top + height), slice(left // 4, (left + width + 3) // 4)


def lay(image: Array, color: str | Array, mask: Array) -> None:
    """Cover `image` with `color` (a code, or a picture of the same size) where `mask` is 1, in place."""
    box = box_of(mask)
    if box is not None:
        paint = rgb(color) if isinstance(color, str) else color[box]
        image[box] += (paint - image[box]) * mask[box][..., None]


def shade(image: Array, brightness: Array, mask: Array) -> None:
    """Multiply `image` by `brightness` where `mask` is 1, in place."""
    box = box_of(mask)
    if box is not None:
        image[box] *= (1 + (brightness[box] - 1) * mask[box])[..., None]


def disc(shape: Shape, x: float, y: float, radius: float, soft: float = 0.004) -> Array:
    """A filled circle; all in units of the height."""
    gx, gy = grid(shape)
    reach, size = radius + soft, shape[0]
    rows = slice(max(int((y - reach) * size), 0), max(int((y + reach) * size) + 2, 0))
    columns = slice(max(int((x - reach) * size), 0), max(int((x + reach) * size) + 2, 0))
    mask = np.zeros(shape, np.float32)
    mask[rows, columns] = step(radius + soft, radius - soft, np.hypot(gx[rows, columns] - x, gy[rows, columns] - y))
    return mask


def as_mask(drawn: NDArray[np.uint8]) -> Array:
    """Drawn coverage, 0 to 255, as a mask."""
    mask = np.zeros(drawn.shape, np.float32)
    left, top, width, height = cv2.boundingRect(drawn)
    box = slice(top, top + height), slice(left, left + width)
    mask[box] = drawn[box] / np.float32(255)
    return mask


def polygon(shape: Shape, points: Array | Sequence[tuple[float, float]]) -> Array:
    """An anti-aliased filled polygon; points in units of the height."""
    mask = np.zeros(shape, np.uint8)
    corners = np.round(np.asarray(points, np.float64) * shape[0] * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, 4)
    return as_mask(mask)


def line(shape: Shape, points: Array | Sequence[tuple[float, float]], width: float, closed: bool = False) -> Array:
    """An anti-aliased polyline; points and width in units of the height."""
    mask = np.zeros(shape, np.uint8)
    corners = np.round(np.asarray(points, np.float64) * shape[0] * 16).astype(np.int32)
    cv2.polylines(mask, [corners], closed, 255, max(round(width * shape[0]), 1), cv2.LINE_AA, 4)
    return as_mask(mask)


def below(shape: Shape, edge: Array, soft: float = 0.003) -> Array:
    """1 below the curve y = edge(x) (edge: one height per column, in units of the height)."""
    _, gy = grid(shape)
    return step(-soft, soft, gy - edge[None, :])


def blur(field: Array, sigma: float) -> Array:
    """Gaussian blur, `sigma` in pixels."""
    return cv2.GaussianBlur(field, (0, 0), sigma) if sigma > 0 else field


def sample(field: Array, x: Array, y: Array) -> Array:
    """Bilinear look-up at pixel positions, border repeated."""
    return cv2.remap(
        field, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def wobble(field: Array, amount: float, cell: float, seed: int) -> Array:
    """Displace a picture by noise, so that edges look made by hand; `amount` in pixels."""
    shape = field.shape[:2]
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    dx = noise(shape, cell, seed, 3) - 0.5
    dy = noise(shape, cell, seed + 1, 3) - 0.5
    return sample(field, x + 2 * amount * dx, y + 2 * amount * dy)


def unit(field: Array) -> Array:
    """A vector field scaled to length 1."""
    length = np.hypot(field[..., 0], field[..., 1])
    return (field / np.maximum(length, 1e-6)[..., None]).astype(np.float32)


def along(shape: Shape, angle: float | Array) -> Array:
    """A field of unit vectors at `angle` radians (0 = right, positive = down)."""
    angle = np.broadcast_to(np.asarray(angle, np.float32), shape)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def vortex(shape: Shape, x: float, y: float, reach: float) -> Array:
    """A field that turns around (x, y) and fades with distance `reach`; units of the height."""
    gx, gy = grid(shape)
    dx, dy = gx - x, gy - y
    distance = np.hypot(dx, dy)
    speed = np.exp(-((distance / reach) ** 2)) / np.maximum(distance, 1e-3)
    return np.stack([-dy * speed, dx * speed], axis=-1)


def contour(field: Array, sigma: float) -> Array:
    """Unit vectors along the level lines of a scalar field."""
    smooth = blur(field, sigma)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return unit(np.stack([-gy, gx], axis=-1))


def mix(base: Array, other: Array, mask: Array) -> Array:
    """`other` where `mask` is 1, `base` elsewhere; for vector fields and images."""
    return base + (other - base) * mask[..., None]


def streaks(texture: Array, field: Array, length: int, pace: float = 1.0) -> Array:
    """Line-integral convolution: `texture` smeared along `field` by `length` steps both ways."""
    shape = texture.shape
    y0, x0 = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    total = texture.copy()
    for sign in (pace, -pace):
        x, y = x0, y0
        for _ in range(length):
            heading = sample(field, x, y)
            x, y = x + sign * heading[..., 0], y + sign * heading[..., 1]
            total += sample(texture, x, y)
    total /= 2 * length + 1
    return np.clip(0.5 + (total - total.mean()) / (4 * max(float(total.std()), 1e-6)), 0, 1)
