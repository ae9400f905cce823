"""Maps of places that are shown, carried and enlarged."""

from __future__ import annotations

import torch
from torch import Tensor

from vidstyle.ops.places import carry, enlarge_places, show
from vidstyle.ops.resize import resize


def identity(height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    return torch.stack((torch.zeros_like(y), y, x))


def smooth(height: int, width: int) -> Tensor:
    _, y, x = identity(height, width)
    return torch.stack((x / width, y / height, 0.5 + 0.4 * torch.sin(x / 9 + y / 7)))


def test_whole_places_show_the_very_pixels() -> None:
    pictures = [torch.rand(3, 9, 14), torch.rand(3, 20, 5)]
    places = torch.tensor([[[0.0, 1.0, 1.0]], [[8.0, 19.0, 0.0]], [[13.0, 4.0, 2.0]]])
    expected = torch.stack((pictures[0][:, 8, 13], pictures[1][:, 19, 4], pictures[1][:, 0, 2]), 1)[:, None]
    assert torch.equal(show(pictures, places), expected)


def test_beyond_a_picture_its_border_shows() -> None:
    picture = torch.rand(3, 4, 4)
    places = torch.tensor([[[0.0, 0.0]], [[-3.0, 9.0]], [[7.5, 1.0]]])
    assert torch.equal(show([picture], places)[:, 0], torch.stack((picture[:, 0, 3], picture[:, 3, 1]), 1))


def test_a_patch_carried_by_fractions_does_not_blur() -> None:
    """After sixteen steps of a quarter pixel it lies four pixels further, bit for bit."""
    picture = torch.rand(3, 20, 30)
    places = identity(20, 30)
    flow = torch.stack((torch.full((20, 30), -0.25), torch.zeros(20, 30)))
    for _ in range(16):
        places = carry(places, places[:0], flow).places
    assert torch.equal(show([picture], places)[:, :, 4:], picture[:, :, :-4])


def test_a_zoom_is_carried_exactly() -> None:
    """Ten steps of 1 percent about the corner: places are the true ones, x / 1.01^10."""
    places = identity(60, 80)
    flow = places[[2, 1]] * (1 / 1.01 - 1)
    for _ in range(10):
        places = carry(places, places[:0], flow).places
    assert (places[1:] - identity(60, 80)[1:] / 1.01**10).abs().max() < 1e-3


def test_what_comes_in_continues_its_patch() -> None:
    """Half a pixel a frame from the right, beyond the border."""
    places = identity(2, 6)
    flow = torch.stack((torch.full((2, 6), 0.5), torch.zeros(2, 6)))
    for _ in range(6):
        places = carry(places, places[:0], flow).places
    assert torch.equal(places[2], identity(2, 6)[2] + 3)


def test_patches_do_not_run_into_one_another() -> None:
    places = identity(4, 8)
    places[2, :, 4:] += 100
    flow = torch.stack((torch.full((4, 8), 0.3), torch.zeros(4, 8)))
    moved = carry(places, places[:0], flow).places[2, 0]
    assert torch.allclose(moved, places[2, 0] + 0.3)


def test_maps_beside_come_from_the_nearest_pixel() -> None:
    beside = torch.arange(6.0).view(1, 1, 6)
    flow = torch.stack((torch.tensor([[-2.0, 0.4, 0.6, -1.0, 0.0, 3.0]]), torch.zeros(1, 6)))
    assert carry(identity(1, 6), beside, flow).beside.tolist() == [[[0.0, 1.0, 3.0, 2.0, 4.0, 5.0]]]


def test_enlarged_places_show_the_large_picture() -> None:
    large = smooth(48, 60)
    small = resize(large, (16, 20))
    places = enlarge_places(identity(16, 20), (48, 60), [(48 / small.shape[1], 60 / small.shape[2])])
    assert torch.allclose(places, identity(48, 60), atol=1e-4)
    assert torch.allclose(show([large], places), large, atol=1e-5)


def test_each_picture_has_its_own_factor() -> None:
    places = torch.tensor([[[0.0, 1.0]], [[2.0, 2.0]], [[3.0, 3.0]]])
    large = enlarge_places(places, (1, 4), [(1.0, 1.0), (2.0, 2.0)])
    assert large[0].tolist() == [[0, 0, 1, 1]]
    assert large[2, 0].tolist() == [2.5, 3.5, 6.0, 7.0]
