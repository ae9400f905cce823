"""Photoreal transfer, against known answers. The network is untrained: no test may depend on what it sees."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conformance.shots import frames, steps
from tests.conftest import save_untrained
from vidstyle.device import Compute
from vidstyle.lut import require_color_map
from vidstyle.method_options import PhotoOptions
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.filters import luma
from vidstyle.ops.region_maps import edge_correlation
from vidstyle.presets import build_look
from vidstyle.stylizers.photo import Photo
from vidstyle.types import Image, Motion, Regions, Step, Style

SIZE = (48, 64)


@pytest.fixture(scope="module")
def compute(tmp_path_factory: pytest.TempPathFactory) -> Compute:
    """A CPU, with an untrained slim encoder."""
    path = save_untrained(Vgg, tmp_path_factory.mktemp("weights") / "slim.safetensors", seed=5)
    return Compute(torch.device("cpu"), own_weights={"slim": path})


def scene(seed: int = 0, *, size: tuple[int, int] = SIZE) -> Image:
    """Noise over soft shapes."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 6, generator=generator)
    shapes = torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")[0]
    return (0.15 + 0.6 * shapes + 0.1 * torch.rand(3, *size, generator=generator)).clamp(0, 1)


def shot_of(*images: Image, flow: tuple[float, float] = (0.0, 0.0)) -> list[Step]:
    (frame,) = frames(0, 1)
    shown = [replace(frame, index=i, image=image) for i, image in enumerate(images)]
    motion = [torch.tensor(flow).view(2, 1, 1).expand(2, *image.shape[1:]) for image in images]
    return [
        replace(step, motion=step.motion and Motion(to_previous, torch.ones_like(to_previous[:1])))
        for step, to_previous in zip(steps(shown), motion, strict=True)
    ]


def shown(
    compute: Compute, style: Style, *images: Image, flow: tuple[float, float] = (0.0, 0.0), **options: Any
) -> list[Image]:
    photo = Photo(PhotoOptions(**{"iterations": 0, **options}), style, compute)
    return list(photo.stylize(shot_of(*images, flow=flow)))


def halves(size: tuple[int, int] = SIZE, *, split: float = 0.5) -> Tensor:
    """Labels: 0 on the left, 1 on the right."""
    columns = torch.arange(size[1]) >= split * size[1]
    return columns.to(torch.uint8).expand(1, *size).contiguous()


def red_and_blue() -> Image:
    """Red tones on the left, blue ones on the right."""
    gray = 0.3 + 0.2 * scene(3)[:1]
    left, right = torch.tensor([1.6, 0.3, 0.2]), torch.tensor([0.2, 0.3, 1.6])
    return torch.where(halves() == 0, left[:, None, None] * gray, right[:, None, None] * gray).clamp(0, 1)


@pytest.mark.parametrize("iterations", [0, 3])
def test_a_style_that_is_the_content_changes_nothing_visible(compute: Compute, iterations: int) -> None:
    content = scene()
    (found,) = shown(compute, Style((content,), (1.0,)), content, iterations=iterations)
    assert (found - content).abs().max() < 2 / 255


def test_strength_goes_straight_from_the_content_to_the_style(compute: Compute) -> None:
    content, style = scene(), Style((red_and_blue(),), (1.0,))
    none, half, full = (shown(compute, style, content, strength=strength)[0] for strength in (0.0, 0.5, 1.0))
    assert torch.equal(none, content)
    inside = (full > 0) & (full < 1)
    assert torch.allclose(half[inside], ((content + full) / 2)[inside], atol=1e-5)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_region_takes_the_colors_of_its_counterpart(compute: Compute, swapped: bool) -> None:
    content, picture, labels = scene(), red_and_blue(), halves()
    theirs = 1 - labels if swapped else labels
    regions = Regions(2, lambda index: labels, (theirs,))
    (found,) = shown(compute, Style((picture,), (1.0,), regions=regions), content)
    for number in (0, 1):
        # Away from the border, where the maps of both sides mix.
        inside = (labels[0] == number) & (halves(split=0.35)[0] == halves(split=0.65)[0])
        want = picture[:, theirs[0] == number].mean(1)
        assert torch.allclose(found[:, inside].mean(1), want, atol=0.06)


def test_label_maps_of_another_size_serve_as_well(compute: Compute) -> None:
    content, picture = scene(), red_and_blue()
    found = []
    for factor in (1, 2):
        labels = halves((SIZE[0] * factor, SIZE[1] * factor))
        regions = Regions(2, lambda index, labels=labels: labels, (labels,))
        found += shown(compute, Style((picture,), (1.0,), regions=regions), content)
    assert torch.allclose(found[0], found[1], atol=1e-5)


def dusk(image: Image) -> Image:
    """The picture mirrored, in a warm, dim light."""
    return image.flip(2) * torch.tensor([1.0, 0.6, 0.3]).view(3, 1, 1) + 0.1


def test_edges_stay_where_they_are(compute: Compute) -> None:
    content = (0.3 + 0.6 * scene()[:1]) * torch.tensor([1.0, 0.9, 0.8]).view(3, 1, 1)
    content[:, 10:30, 20:44] *= 0.3
    (found,) = shown(compute, Style((dusk(content),), (1.0,)), content, iterations=3)
    assert edge_correlation(content, found) > 0.9


def test_edges_stay_where_regions_are_told_to_trade_their_light(compute: Compute) -> None:
    content, labels = scene(), halves()
    content[:, labels[0] == 1] *= 0.2
    regions = Regions(2, lambda index: labels, (1 - labels,))
    (found,) = shown(compute, Style((content,), (1.0,), regions=regions), content)
    assert edge_correlation(content, found) > 0.9
    mapped = [luma(found)[labels == number].mean() / luma(content)[labels == number].mean() for number in (0, 1)]
    # The light side is darker, the dark one lighter, as far as edges let them.
    assert mapped[0] < 0.95 and mapped[1] > 1.5


def test_a_picture_of_one_region_is_one_affine_map_of_the_content(compute: Compute) -> None:
    content = scene()
    (found,) = shown(compute, Style((0.2 + 0.5 * dusk(scene(4)),), (1.0,)), content, regions=1, iterations=2)
    colors = torch.cat((content.flatten(1), torch.ones(1, content[0].numel()))).T
    left_over = found.flatten(1).T - colors @ torch.linalg.lstsq(colors, found.flatten(1).T).solution
    assert left_over.abs().max() < 2 / 255
    assert (found - content).abs().mean() > 0.05


def test_maps_ride_along_the_motion(compute: Compute) -> None:
    wide = scene(size=(48, 96))
    views = [wide[:, :, 2 * i : 2 * i + 64] for i in range(13)]
    labels = [halves(split=0.75 - 2 * i / 64) for i in range(13)]
    regions = Regions(2, lambda index: labels[index], (halves(),))
    style = Style((red_and_blue(),), (1.0,), regions=regions)
    here = [shown(compute, style, *views, flow=flow, interval=100)[-1] for flow in ((2.0, 0.0), (0.0, 0.0))]
    fresh = shown(compute, replace(style, regions=replace(regions, of_frame=lambda index: labels[12])), views[12])[0]
    carried, left_behind = ((image - fresh).abs().mean() for image in here)
    assert carried < 0.4 * left_behind


def test_a_still_scene_does_not_flicker_more_than_its_own_noise(compute: Compute) -> None:
    base, generator = scene(), torch.Generator().manual_seed(8)
    shot = [(base + 0.02 * torch.randn(base.shape, generator=generator)).clamp(0, 1) for _ in range(6)]
    # As many colors as the content has, in another order: no contrast is gained that noise would gain as well.
    found = shown(compute, Style((base.flip(0),), (1.0,)), *shot, interval=3)
    ours, theirs = (sum(float((b - a).abs().mean()) for a, b in pairwise(c)) for c in (found, shot))
    assert ours < 1.3 * theirs


def test_a_table_of_colors_has_the_same_global_look(compute: Compute) -> None:
    content = scene()
    photo = Photo(PhotoOptions(iterations=0, regions=1), Style((dusk(scene(4)),), (1.0,)), compute)
    (found,) = photo.stylize(shot_of(content))
    table = photo.color_map([content])
    assert (table(content).clamp(0, 1) - found).abs().mean() < 2 / 255
    assert table(content.flatten(1)).shape == (3, content[0].numel())
    require_color_map(build_look({"style": {"images": ["a.png"]}, "stylizer": {"method": "photo"}}, where="test"))


def test_a_gray_style_takes_color_away_and_a_single_pixel_gives_its_own(compute: Compute) -> None:
    content = scene()
    (gray,) = shown(compute, Style((luma(scene(4)).expand(3, -1, -1),), (1.0,)), content)
    assert (gray.amax(0) - gray.amin(0)).max() < 0.05
    (flat,) = shown(compute, Style((torch.tensor([0.2, 0.4, 0.6]).view(3, 1, 1),), (1.0,)), content)
    assert (flat - torch.tensor([0.2, 0.4, 0.6]).view(3, 1, 1)).abs().max() < 0.05


def test_a_region_that_is_hardly_in_the_style_takes_the_whole_style(compute: Compute) -> None:
    content, picture = scene(), scene(6)
    nowhere = Regions(2, lambda index: halves(), (torch.zeros_like(halves()),))
    everywhere = Regions(2, lambda index: halves(), (halves(),))
    found, other = (
        shown(compute, Style((picture,), (1.0,), regions=regions), content)[0] for regions in (nowhere, everywhere)
    )
    right = halves()[0] == 1
    assert torch.allclose(found[:, right].mean(1), picture.flatten(1).mean(1), atol=0.05)
    assert (found - other).abs().mean() > 0.005
