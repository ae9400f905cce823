"""Quilts of pictures whose right continuation is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from vidstyle.errors import InputError
from vidstyle.ops import variety
from vidstyle.ops.blocks import Grid
from vidstyle.ops.places import show
from vidstyle.ops.quilting import Canvas, Laying, QuiltedTexture, Scraps, lay, quilt_texture
from vidstyle.types import Image

CPU = torch.device("cpu")


def random_picture(*size: int, seed: int = 0) -> Image:
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(seed))


def colors(image: Image) -> set[tuple[float, ...]]:
    return {tuple(color) for color in image.flatten(1).T.tolist()}


def periodic(tile: Image, size: tuple[int, int]) -> Image:
    rows, columns = torch.arange(size[0]) % tile.shape[1], torch.arange(size[1]) % tile.shape[2]
    return tile[:, rows[:, None], columns]


def laying(**settings: object) -> Laying:
    return Laying(generator=torch.Generator().manual_seed(0), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(31, 40), (5, 7), (8, 8), (1, 1)])
def test_every_color_is_the_swatchs(size: tuple[int, int]) -> None:
    swatch = random_picture(17, 23)
    grown = quilt_texture(swatch, size, QuiltedTexture(patch=8, overlap=3))
    assert grown.shape == (3, *size)
    assert colors(grown) <= colors(swatch)


def test_a_flat_swatch_stays_flat() -> None:
    swatch = torch.tensor([0.2, 0.5, 0.7]).view(3, 1, 1).expand(3, 9, 9)
    grown = quilt_texture(swatch, (20, 20), QuiltedTexture(patch=5, overlap=2))
    assert torch.equal(grown, swatch[:, :1, :1].expand(3, 20, 20))


def test_a_periodic_swatch_goes_on_in_phase() -> None:
    tile = random_picture(6, 4)
    grown = quilt_texture(periodic(tile, (40, 40)), (50, 60), QuiltedTexture(patch=12, overlap=4))
    assert torch.equal(grown[:, 6:], grown[:, :-6])
    assert torch.equal(grown[:, :, 4:], grown[:, :, :-4])


def test_a_seed_decides() -> None:
    swatch = random_picture(20, 20)
    grown = [quilt_texture(swatch, (30, 30), QuiltedTexture(patch=8, overlap=2, seed=s)) for s in (1, 1, 2)]
    assert torch.equal(grown[0], grown[1])
    assert not torch.equal(grown[0], grown[2])


def test_the_swatch_does_not_just_go_on() -> None:
    """Of smooth waves the best neighbor is the swatch's own next part; it would come out again as a whole."""
    angles = torch.arange(48)[:, None] * torch.tensor([0.31, 0.53, 0.17])[:, None, None] + torch.arange(48) * 0.23
    swatch = angles.sin() / 2 + 0.5
    how = laying(side=12, overlap=4, roam=True)
    places = lay(Canvas.empty((44, 44), CPU), Scraps([swatch]), how).places
    kept = lay(Canvas.empty((44, 44), CPU), Scraps([swatch]), laying(side=12, overlap=4)).places
    middles = [p[1:, 6::8, 6::8] for p in (places, kept)]
    right = torch.tensor([0.0, 8.0]).view(2, 1, 1)
    going_on = [float((m[..., 1:] - m[..., :-1] == right).all(0).float().mean()) for m in middles]
    assert going_on[0] == 0
    assert going_on[1] > 0.2


def test_what_lies_nearby_is_not_repeated_if_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A swatch that is light at one side only has few patches to go beside a light one."""
    swatch = torch.linspace(0, 0.8, 40) + 0.2 * random_picture(40, 40)
    monkeypatch.setattr(variety, "_OFTEN", 0.0)
    repeats = []
    for nearby in (1e6, 0.0):
        monkeypatch.setattr(variety, "_NEARBY", nearby)
        places = lay(Canvas.empty((84, 84), CPU), Scraps([swatch]), laying(side=12, overlap=4, roam=True)).places
        middles = places[1:, 6::8, 6::8]
        beside = ((middles[:, 1:], middles[:, :-1]), (middles[..., 1:], middles[..., :-1]))
        repeats.append(sum(int((a == b).all(0).sum()) for a, b in beside))
    assert repeats[0] == 0 < repeats[1]


def test_a_flat_part_is_no_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grain fits grain worse than its mean does, and flat fits flat: a tenth of a swatch would cover all of a quilt."""
    swatch = random_picture(40, 40)
    swatch[:, 27:, 27:] = 0.5
    shares = []
    for kept in (True, False):
        if not kept:
            for name in ("_NEARBY", "_OFTEN", "_SLIGHT"):
                monkeypatch.setattr(variety, name, 0.0)
        places = lay(Canvas.empty((60, 60), CPU), Scraps([swatch]), laying(side=12, overlap=4, roam=True)).places
        shares.append(float(((places[1] >= 27) & (places[2] >= 27)).float().mean()))
    assert shares[0] < 0.4 < 0.9 < shares[1]


@pytest.mark.parametrize("size", [(7, 20), (20, 7), (1, 1)])
def test_a_swatch_without_a_whole_patch_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"smaller than a patch of 8 px"):
        quilt_texture(random_picture(*size), (9, 9), QuiltedTexture(patch=8, overlap=2))


def test_a_pass_comes_out_as_if_laid_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(grid: Grid, todo: Tensor) -> Iterator[Tensor]:
        return (block[None] for block in todo.nonzero())

    scraps = Scraps([random_picture(25, 25)])
    waves = lay(Canvas.empty((31, 38), CPU), scraps, laying(side=9, overlap=4))
    monkeypatch.setattr(scraps, "at_once", 2)
    in_twos = lay(Canvas.empty((31, 38), CPU), scraps, laying(side=9, overlap=4))
    assert torch.equal(waves.places, in_twos.places)
    monkeypatch.setattr(Grid, "waves", one_by_one)
    in_turn = lay(Canvas.empty((31, 38), CPU), scraps, laying(side=9, overlap=4))
    assert torch.equal(waves.places, in_turn.places)
    assert torch.equal(waves.colors, in_turn.colors)


def test_what_shows_is_what_the_places_name() -> None:
    pictures = [random_picture(20, 15), random_picture(12, 30, seed=1)]
    canvas = lay(Canvas.empty((33, 27), CPU), Scraps(pictures), laying(side=8, overlap=2))
    assert torch.equal(show(pictures, canvas.places), canvas.colors)
    assert (canvas.confidence == 1).all()
    assert canvas.places[0].unique().tolist() == [0, 1]


def test_the_guide_is_followed_where_texture_does_not_count() -> None:
    picture = random_picture(30, 30)
    guide = picture.mean(0, keepdim=True)
    how = laying(side=6, overlap=2, guide=guide, texture=0.0)
    canvas = lay(Canvas.empty((30, 30), CPU), Scraps([picture], guides=[guide]), how)
    assert torch.equal(canvas.colors, picture)


def test_a_weight_of_0_is_none_and_a_small_one_little() -> None:
    pictures = [random_picture(24, 24, seed=s) for s in (1, 2)]
    shares = []
    for weights in ((1.0, 0.0), (0.5, 0.5), (0.05, 0.95)):
        canvas = lay(Canvas.empty((40, 40), CPU), Scraps(pictures, weights=weights), laying(side=8, overlap=3))
        shares.append(float((canvas.places[0] == 0).float().mean()))
    assert shares[0] == 1
    assert 0.2 < shares[1] < 0.8
    assert shares[2] < 0.1


def test_only_what_is_to_do_is_laid_and_it_fits_its_neighbors() -> None:
    tile = random_picture(5, 5)
    whole = periodic(tile, (40, 40))
    scraps = Scraps([whole])
    start = Canvas(whole.clone(), torch.zeros(3, 40, 40), torch.ones(1, 40, 40))
    start.colors[:, 16:24, 16:24] = 0
    start.confidence[:, 16:24, 16:24] = 0
    grid = Grid.over((40, 40), 12, 4)
    todo = torch.zeros(grid.rows, grid.columns, dtype=torch.bool)
    todo[1:3, 1:3] = True
    before = start.colors.clone()
    mended = lay(start, scraps, laying(side=12, overlap=4, todo=todo))
    assert torch.equal(mended.colors, whole)
    assert torch.equal(start.colors, before)


@pytest.mark.parametrize(("size", "side", "overlap"), [((1, 1), 4, 1), ((30, 41), 10, 5), ((64, 64), 16, 2)])
def test_a_grid_covers_its_size_without_a_row_too_many(size: tuple[int, int], side: int, overlap: int) -> None:
    grid = Grid.over(size, side, overlap)
    assert grid.size[0] >= size[0] and grid.size[1] >= size[1]
    assert grid.rows == 1 or grid.size[0] - size[0] < grid.step
