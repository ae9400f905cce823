"""Textures grown by pixels, where the only right one is known."""

from __future__ import annotations

import pytest
import torch

from vidstyle.errors import InputError
from vidstyle.ops import pixel_growth
from vidstyle.ops.pixel_growth import GrownTexture, grow_texture
from vidstyle.types import Image


def random_picture(*size: int, seed: int = 0) -> Image:
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(seed))


def colors(image: Image) -> set[tuple[float, ...]]:
    return {tuple(color) for color in image.flatten(1).T.tolist()}


@pytest.mark.parametrize("size", [(13, 17), (1, 1), (2, 9)])
def test_every_color_is_the_swatchs(size: tuple[int, int]) -> None:
    swatch = random_picture(9, 11)
    grown = grow_texture(swatch, size, GrownTexture(window=5))
    assert grown.shape == (3, *size)
    assert colors(grown) <= colors(swatch)


def test_a_flat_swatch_stays_flat() -> None:
    swatch = torch.tensor([0.2, 0.5, 0.7]).view(3, 1, 1).expand(3, 7, 7)
    assert torch.equal(grow_texture(swatch, (12, 9), GrownTexture(window=5)), swatch[:, :1, :1].expand(3, 12, 9))


def test_a_checkerboard_goes_on_perfectly() -> None:
    rows, columns = torch.arange(16)[:, None] // 2, torch.arange(16) // 2
    board = ((rows + columns) % 2).float().expand(3, -1, -1)
    grown = grow_texture(board, (20, 20), GrownTexture(window=5, tolerance=0.0))
    assert torch.equal(grown[:, 2:], 1 - grown[:, :-2])
    assert torch.equal(grown[:, :, 2:], 1 - grown[:, :, :-2])


def test_a_seed_decides() -> None:
    swatch = random_picture(9, 9)
    grown = [grow_texture(swatch, (12, 12), GrownTexture(window=5, seed=s)) for s in (1, 1, 2)]
    assert torch.equal(grown[0], grown[1])
    assert not torch.equal(grown[0], grown[2])


def test_taken_in_small_turns_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, columns = torch.arange(12)[:, None], torch.arange(15)
    swatch = torch.stack([((rows * a + columns * b) % 7) / 6.0 for a, b in ((1, 2), (3, 1), (2, 5))])
    whole = grow_texture(swatch, (15, 15), GrownTexture(window=5, tolerance=0.0))
    monkeypatch.setattr(pixel_growth, "MOST_VALUES", 2000)
    turns = grow_texture(swatch, (15, 15), GrownTexture(window=5, tolerance=0.0))
    assert colors(turns) <= colors(swatch)
    for grown in (whole, turns):  # Both repeat as the swatch does: seven to the right.
        assert torch.equal(grown[:, :, 7:], grown[:, :, :-7])


@pytest.mark.parametrize("size", [(4, 20), (20, 4), (1, 1)])
def test_a_swatch_without_a_whole_window_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"smaller than a window of 5 px"):
        grow_texture(random_picture(*size), (9, 9), GrownTexture(window=5))
