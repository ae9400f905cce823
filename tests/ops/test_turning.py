"""Turned pictures: known turns, and nothing sheared."""

from __future__ import annotations

import pytest
import torch

from vidstyle.ops.turning import turn


def test_whole_turns_are_known() -> None:
    image = torch.rand(3, 9, 9, generator=torch.Generator().manual_seed(0))
    assert turn(image, 0) is image
    assert torch.allclose(turn(image, 90), image.rot90(-1, (1, 2)), atol=1e-5)
    wide = image[:, :5]
    assert torch.allclose(turn(wide, 180), wide.flip(1, 2), atol=1e-5)


@pytest.mark.parametrize("size", [(61, 61), (61, 91)])
def test_rings_stay_rings(size: tuple[int, int]) -> None:
    y, x = (torch.arange(side) - (side - 1) / 2 for side in size)
    rings = torch.cos((y[:, None].square() + x.square()).sqrt() / 3)[None]
    # Between pixels a wave of 19 px loses up to a fortieth.
    assert (turn(rings, 30) - rings)[:, 10:-10, 25:-25].abs().max() < 0.03


def test_corners_are_filled_with_what_the_picture_holds() -> None:
    image = 0.2 + 0.6 * torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))
    turned = turn(image, 22.5)
    assert turned.shape == image.shape
    assert turned.min() >= image.min() - 1e-6 and turned.max() <= image.max() + 1e-6
