"""A texture that pans at a known speed, cut into frames and steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from vidstyle.types import Frame, Image, Motion, Step, Style

SIZE = (40, 48)
SPEED = (1.25, -0.5)
"""Pixels per frame along x and y."""


def texture(index: int, *, size: tuple[int, int] = SIZE, seed: int = 0, speed: tuple[float, float] = SPEED) -> Image:
    """Frame `index` of an endless pan; another `seed` is another scene."""
    generator = torch.Generator().manual_seed(1000 + seed)
    x = torch.arange(size[1])[None, :] + speed[0] * index
    y = torch.arange(size[0])[:, None] + speed[1] * index
    image = torch.zeros(3, *size)
    for _ in range(12):
        wave_x, wave_y = (torch.rand(2, generator=generator) - 0.5).tolist()
        phase = 6.28 * torch.rand(3, 1, 1, generator=generator)
        image += torch.sin(2.2 * (wave_x * x + wave_y * y) + phase)
    return (0.5 + image / 10).clamp(0, 1)


def frames(start: int, stop: int, *, size: tuple[int, int] = SIZE, seed: int = 0) -> list[Frame]:
    """Frames ``start <= index < stop`` at 25 a second."""
    return [Frame(i, i, Fraction(1, 25), texture(i, size=size, seed=seed)) for i in range(start, stop)]


def steps(shown: Iterable[Frame], *, shot: int = 0) -> list[Step]:
    """The frames as one shot, with their true motion, trusted everywhere."""
    made: list[Step] = []
    for frame in shown:
        flow = torch.tensor(SPEED).view(2, 1, 1).expand(2, *frame.image.shape[1:]).contiguous()
        motion = Motion(flow, torch.ones_like(frame.image[:1])) if made else None
        made.append(Step(frame, motion, shot))
    return made


def passing(count: int, *, hides: int, enters: int = 5, size: tuple[int, int] = SIZE) -> list[Step]:
    """A square passes over a ground at rest: each place of it is hidden for so many frames, the first at `enters`.

    With the exact motion, one, two and four frames back; the square itself is not trusted.
    """
    ground, thing = texture(0, size=size), texture(0, size=size, seed=7)
    masks = [_hidden(index - enters, hides, size) for index in range(count)]
    made: list[Step] = []
    for index, mask in enumerate(masks):
        seen = {
            back: Motion(torch.zeros(2, *size), 1 - torch.maximum(mask, masks[index - back]))
            for back in (1, 2, 4)
            if back <= index
        }
        frame = Frame(index, index, Fraction(1, 25), torch.lerp(ground, thing, mask))
        made.append(Step(frame, seen.pop(1, None), 0, earlier=seen))
    return made


def later(shot: Sequence[Step], start: int) -> list[Step]:
    """The steps as a run over the shot has them that begins at frame `start`."""
    cut = [
        replace(step, earlier={back: motion for back, motion in step.earlier.items() if back <= at})
        for at, step in enumerate(shot[start:])
    ]
    return [replace(cut[0], motion=None), *cut[1:]]


def _hidden(passed: int, hides: int, size: tuple[int, int]) -> Tensor:
    """Where the square is, `passed` frames after its front edge has come in: 4 columns a frame, all but 8 rows."""
    mask = torch.zeros(1, *size)
    mask[:, 4:-4, max(0, 4 * (passed + 1 - hides)) : max(0, 4 * (passed + 1))] = 1
    return mask


def style(*, weights: tuple[float, ...] = (1.0,), size: tuple[int, int] = (37, 45)) -> Style:
    """As many style pictures as weights."""
    return Style(tuple(texture(0, size=size, seed=50 + i) for i in range(len(weights))), weights)


def untouched(images: Iterable[Image]) -> Iterator[Callable[[], bool]]:
    """For each image a check that it still holds what it held."""
    for image in images:
        kept = image.clone()
        yield lambda image=image, kept=kept: torch.equal(image, kept)


def moved(shot: list[Step], flow: tuple[float, float], trust: float) -> list[Step]:
    """The shot as if all moved by `flow` from frame to frame, and were trusted as much as `trust`."""
    made = shot[:1]
    for step in shot[1:]:
        size = step.frame.image.shape[1:]
        to_previous = torch.tensor(flow).view(2, 1, 1).expand(2, *size).contiguous()
        made.append(replace(step, motion=Motion(to_previous, torch.full((1, *size), trust))))
    return made
