"""Label maps told by color."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vidstyle.ops.regions import label, palette_of, region_masks, tolerance_of, unknown_colors

SKY, LAND, SEA = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.0)


def stripes(*colors: tuple[float, float, float], side: int = 40) -> Tensor:
    """Equal stripes, one below the other."""
    return torch.tensor(colors).T[:, :, None].repeat_interleave(side, 1).repeat(1, 1, 60)


def compressed(image: Tensor) -> Tensor:
    """Soft edges and noise, as a codec leaves them."""
    soft = torch.nn.functional.avg_pool2d(image[None], 3, 1, 1, count_include_pad=False)[0]
    noise = torch.rand(image.shape, generator=torch.Generator().manual_seed(3)) - 0.5
    return (soft + 0.06 * noise).clamp(0, 1)


def test_clean_maps_give_their_own_colors_the_most_frequent_first() -> None:
    found = palette_of([stripes(SKY, LAND), stripes(SKY, SEA)])
    assert found[0].tolist() == list(SKY)
    assert sorted(map(tuple, found.tolist())) == sorted([SKY, LAND, SEA])


def test_class_numbers_as_gray_levels_stay_apart() -> None:
    numbers = [(n / 255,) * 3 for n in range(4)]
    found = palette_of([stripes(*numbers)])
    assert len(found) == 4 and tolerance_of(found) < 1 / 255
    assert label(stripes(*numbers), found)[0, ::40, 0].sort().values.tolist() == [0, 1, 2, 3]


def test_compressed_maps_give_as_many_colors_as_were_painted() -> None:
    rough = compressed(stripes(SKY, LAND, SEA))
    found = palette_of([rough])
    assert len(found) == 3
    clean = palette_of([stripes(SKY, LAND, SEA)])
    names = clean[label(rough, clean).long()[0]].permute(2, 0, 1)
    # All but the mixed line on either side of an edge.
    assert (names == stripes(SKY, LAND, SEA)).all(0).float().mean() > 0.98
    assert len(unknown_colors(rough, clean)) == 0


def test_a_color_that_the_palette_lacks_is_told() -> None:
    palette = palette_of([stripes(SKY, LAND)])
    assert unknown_colors(compressed(stripes(SKY, SEA)), palette).tolist() == [pytest.approx(SEA, abs=0.1)]
    assert len(unknown_colors(stripes(SKY), palette)) == 0


def test_masks_are_shares_of_cells() -> None:
    labels = torch.tensor([[[0, 0, 1, 2]]], dtype=torch.uint8)
    coarse = region_masks(labels, 3, (1, 2))
    assert coarse[:, 0].T.tolist() == [[1, 0, 0], [0, 0.5, 0.5]]
    fine = region_masks(labels, 3, (2, 8))
    assert torch.equal(fine.argmax(0)[0], torch.tensor([0, 0, 0, 0, 1, 1, 2, 2]))
    assert torch.equal(fine.sum(0), torch.ones(2, 8))


def test_a_map_of_one_pixel_is_one_region() -> None:
    assert palette_of([torch.zeros(3, 1, 1)]).tolist() == [[0, 0, 0]]
