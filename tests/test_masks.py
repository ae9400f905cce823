"""Masks as users give them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import pytest
import torch

from vidstyle.errors import InputError
from vidstyle.masks import clip_masks, constant_mask
from vidstyle.types import Frame

CPU = torch.device("cpu")


class Source:
    """Four flat frames, each brighter; counts how often it is opened."""

    info: Any = SimpleNamespace(path=Path("mask.mp4"))
    warnings: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.opened: list[int] = []

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        self.opened.append(start)
        for index in range(start, 4):
            yield Frame(index, index, Fraction(1, 25), torch.full((3, 4, 6), index / 4))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def test_a_clip_of_masks_is_read_once_in_order() -> None:
    source = Source()
    mask = clip_masks(source, size=(8, 12), device=CPU)
    for index in (0, 1, 1, 3):
        assert mask(index).shape == (1, 8, 12)
        assert torch.allclose(mask(index), torch.tensor(index / 4), atol=1e-6)
    assert source.opened == [0]


def test_going_back_reads_anew() -> None:
    source = Source()
    mask = clip_masks(source, size=(4, 6), device=CPU)
    mask(3)
    assert torch.allclose(mask(1), torch.tensor(0.25))
    assert source.opened == [3, 1]


def test_past_the_end_is_an_error_that_says_what_to_give() -> None:
    mask = clip_masks(Source(), size=(4, 6), device=CPU)
    mask(2)
    with pytest.raises(InputError, match="has no frame 5; expected one picture, or one for every frame"):
        mask(4)


def test_one_picture_is_the_mask_of_every_frame() -> None:
    source = Source()
    mask = constant_mask(source, size=(4, 6), device=CPU)
    assert torch.equal(mask(0), mask(900))
    assert source.opened == [0]
