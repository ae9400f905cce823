"""How a single picture takes the light and the colors of others, region by region: what `photo` solves at key frames.

A key frame is solved at a small size, in four steps. Each region of the frame gets an affine map of colors, to the
mean and the covariance of its counterpart in the style; the contrast of these few maps, not pixels, is moved until a
network finds the style in what they show; where regions would trade their light, it is held back until the frame's
edges stay; and a bilateral grid is fitted to the picture that the maps make together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import PhotoOptions
from vidstyle.ops.bilateral_grid import fit_grid, map_colors
from vidstyle.ops.clustering import joint_clusters, place_features
from vidstyle.ops.color import ColorMoments, affine_between
from vidstyle.ops.matting import MattingLaplacian, refine_masks
from vidstyle.ops.minimize import Loss, lbfgs
from vidstyle.ops.region_maps import Edges, apply_maps, bounded_maps, edge_correlation, keep_edges
from vidstyle.ops.regions import region_masks
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.ops.second_moments import mixed
from vidstyle.ops.tone import in_gamut
from vidstyle.ops.transport import gaussian_barycenter
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.objective import Area, Balance, Look, Perception
from vidstyle.timeline import Values
from vidstyle.types import Image, Labels, Style

LEVELS = 8
"""Of a grid along luma: of Chen et al., *Bilateral guided upsampling* (2016)."""

NODES = 24
"""Of a grid along the longest side of the frame. With 16, light leaks from the sky into what stands before it (seen on
twelve pairs of photographs)."""

CONTENT_LAYER, REGION_LAYER = "relu4_2", "relu4_1"
"""Of Luan et al.; and of 3_1, 4_1 and 5_1 the one whose clusters agree best with their label maps."""

BALANCE = Balance(content_layer=CONTENT_LAYER, style_loss="gram", style=10.0, smoothness=0.0, steadiness=0.0)
"""Seen on a pair of photographs with label maps: with a style of 1, a black sofa stays black beside a red chair; with
10 it turns red. Gatys has 10 as well."""

PHOTOREALISM = 10.0
"""Weight of the matting Laplacian's energy: what is no affine function of the colors around."""

SWING = 2.0
"""The most that a region's contrast is multiplied by; the factor is sought between 0 and 1."""

BOLDNESS = 0.3
"""Of the first step: the matched colors are nearly right."""

MATTING_PULL, MATTING_STEPS = 0.01, 30
"""How firmly found regions stay where they were found, and steps to bring them to the edges (by eye)."""

MOST_STRETCH = 2.0
"""Of a difference of colors by a region's map. With the 3 of `ops.color`, the blocks of a JPEG file show in a white
wall (one of twelve pairs)."""

GRAIN = 0.04
"""Deviation of a region's colors that is taken for grain, or for a codec's: it is not stretched. With 0, a flower of
found regions gets spots of color (by eye)."""

LEAST_EDGES = 0.92
"""Of the frame's edge correlation with what is shown: the project's bound is 0.9, by differences of next neighbors too,
which on the twelve pairs correlate by up to 0.02 less than `edge_correlation` says."""

EDGE_GOALS = (0.93, 0.96, 0.98, 0.99)
"""Of the small picture, tried until the frame itself has `LEAST_EDGES`: a white wall full of a codec's blocks needs the
second."""

EDGE_SIZE = 3
"""How many times the longest side of the solving frames are looked at: 768 pixels."""

RELATED = 0.002
"""Share of the whole picture that counts in each of its regions' colors: one that is hardly there takes the colors of
the whole picture."""


class _Picture(NamedTuple):
    """A style picture at the size of the solving."""

    image: Image
    features: Mapping[str, Tensor]
    masks: Tensor | None
    """Of the regions that a label map tells."""


class _Regions(NamedTuple):
    """Who takes after whom: masks of the same K regions, ``(K, H, W)`` each."""

    shown: Tensor
    """Of the frame, along its edges."""
    frame: Tensor
    """Of the frame, as they were told or found: as exact as those of the styles, so that like compares with like."""
    styles: list[Tensor]
    """Of each style picture."""


class Key(NamedTuple):
    """A solved frame."""

    content: Image
    """At the size of the solving."""
    grid: Tensor


@final
class Relight:
    """Solves key frames after style pictures."""

    def __init__(self, options: PhotoOptions, style: Style, compute: Compute) -> None:
        self._options = options
        self._style = style
        self._compute = compute
        self._perception = Perception(load_encoder(compute), compute)
        self._pictures: dict[float, list[_Picture]] = {}

    def solve(self, frame: Image, weights: Values, labels: Labels | None = None) -> Key:
        """The grid for a frame after the style pictures in these shares; `labels` tell its regions."""
        height, width = frame.shape[1:]
        longest = max(height, width)
        factor = min(1.0, self._options.size / longest)
        with torch.no_grad():
            content = resize(frame, fit_longest(height, width, max(1, round(factor * longest))))
            shown = [(p, weight) for p, weight in zip(self._scaled_pictures(factor), weights, strict=True) if weight]
            pictures, weights = [picture for picture, _ in shown], tuple(weight for _, weight in shown)
            regions = self._regions(content, pictures, labels)
            maps = _matched_maps(content, regions, (pictures, weights))
            means = torch.stack([_color_moments(content, mask).mean for mask in regions.frame]).to(maps)
        if self._options.iterations:
            loss = self._objective(content, (regions, maps, means), self._areas(regions, pictures, weights))
            start = torch.full_like(maps[:, :1, :1], 0.5)
            found = lbfgs(loss, start, steps=self._options.iterations, boldness=BOLDNESS)
            maps = _changed(maps, means, found)
        with torch.no_grad():
            return Key(content, self._grid(frame, content, (regions.shown, bounded_maps(maps, means, MOST_STRETCH))))

    def _grid(self, frame: Image, content: Image, shown: tuple[Tensor, Tensor]) -> Tensor:
        """Of the maps of regions, made to keep the frame's edges: those of grain as well, which `content` has lost."""
        masks, maps = shown
        shape = _grid_shape(frame.shape[1], frame.shape[2])
        edges = Edges(content, _picked(frame, max(content.shape[1:])), masks)
        seen = _picked(frame, EDGE_SIZE * self._options.size)
        for goal in EDGE_GOALS:
            grid = fit_grid(content, in_gamut(apply_maps(content, masks, keep_edges(edges, maps, goal))), shape)
            if edge_correlation(map_colors(grid, seen).clamp(0, 1), seen) >= LEAST_EDGES:
                break
        return grid

    def _features(self, image: Image) -> Mapping[str, Tensor]:
        return self._perception.features(image, CONTENT_LAYER)

    def _scaled_pictures(self, factor: float) -> list[_Picture]:
        if factor not in self._pictures:
            self._pictures = {factor: [self._picture(place, factor) for place in range(len(self._style.images))]}
        return self._pictures[factor]

    def _picture(self, place: int, factor: float) -> _Picture:
        image = self._style.images[place]
        height, width = (max(1, round(side * factor)) for side in image.shape[1:])
        small, regions = resize(image, (height, width)).to(self._compute.device), self._style.regions
        masks = None
        if regions is not None:
            masks = region_masks(regions.of_style[place], regions.count, (height, width)).to(small)
        return _Picture(small, self._features(small), masks)

    def _regions(self, content: Image, pictures: Sequence[_Picture], labels: Labels | None) -> _Regions:
        """Of label maps, or those found in what the network sees."""
        told = self._style.regions
        if told is not None and labels is not None:
            masks = region_masks(labels, told.count, (content.shape[1], content.shape[2])).to(content)
            return _Regions(masks, masks, [picture.masks for picture in pictures if picture.masks is not None])
        seen = [self._features(content), *(picture.features for picture in pictures)]
        points = [place_features(features[REGION_LAYER]) for features in seen]
        ours, theirs = joint_clusters(points[0], points[1:], self._options.regions)
        shares = zip((ours, *theirs), seen, (content, *(picture.image for picture in pictures)), strict=True)
        rough, *others = [_spread(share, features[REGION_LAYER], image) for share, features, image in shares]
        fine = refine_masks(rough.cpu(), content.cpu(), pull=MATTING_PULL, steps=MATTING_STEPS)
        return _Regions(fine.to(content), rough, others)

    def _areas(self, regions: _Regions, pictures: Sequence[_Picture], weights: Values) -> list[Area]:
        """What every region of the frame should be like; none for regions that the style lacks."""
        areas = []
        for number, mask in enumerate(regions.frame):
            shares = [weight * _share(theirs[number]) for weight, theirs in zip(weights, regions.styles, strict=True)]
            if min(sum(shares), _share(mask)) > RELATED:
                looks = [self._look(p, theirs[number]) for p, theirs in zip(pictures, regions.styles, strict=True)]
                parts = [share / sum(shares) for share in shares]
                wanted = {layer: mixed([look[layer] for look in looks], parts) for layer in looks[0]}
                areas.append(Area(wanted, mask[None]))
        return areas

    @torch.no_grad()
    def _look(self, picture: _Picture, mask: Tensor) -> Look:
        return self._perception.moments(picture.features, mask[None])

    def _objective(self, content: Image, start: tuple[_Regions, Tensor, Tensor], areas: Sequence[Area]) -> Loss:
        """Luan et al. (2017), eq. 4, of the picture in which the regions' maps are changed.

        Unlike theirs, terms are relative, regions count by their share of the frame, and what is sought is the matrix
        of one affine map of colors for each region, about its mean: a Gram matrix takes darkness for contrast. Pixels,
        or the nodes of a grid, have the freedom to paint rainbows into a sky and take it: see
        `docs/decisions/0004-photo-seeks-maps.md`.
        """
        regions, maps, means = start
        unlike = self._perception.objective(content, areas, BALANCE)
        laplacian = MattingLaplacian(content.cpu()) if min(content.shape[1:]) > 2 else None

        def loss(found: Tensor) -> Tensor:
            image = in_gamut(apply_maps(content, regions.shown, _changed(maps, means, found)))
            total = unlike(image)
            if laplacian is not None:
                total = total + PHOTOREALISM * laplacian.energy(image.cpu()).to(total)
            return total

        return loss


def _changed(maps: Tensor, means: Tensor, found: Tensor) -> Tensor:
    """The maps with more or less contrast, while the means ``(K, 3)`` of regions go where they went."""
    matrices = maps[:, :, :3] * (1 + SWING * (found - 0.5))
    constants = maps[:, :, 3:] + (maps[:, :, :3] - matrices) @ means[:, :, None]
    return torch.cat((matrices, constants), 2)


def _grid_shape(height: int, width: int) -> tuple[int, int, int]:
    rows, columns = fit_longest(height, width, NODES)
    return LEVELS, max(2, rows), max(2, columns)


def _picked(frame: Image, longest: int) -> Image:
    """A smaller frame of pixels of its own: means would have lost its grain."""
    height, width = frame.shape[1:]
    size = fit_longest(height, width, min(longest, max(height, width)))
    return F.interpolate(frame[None], size=size, mode="nearest-exact")[0]


def _share(mask: Tensor) -> float:
    return float(mask.mean())


def _spread(shares: Tensor, features: Tensor, image: Image) -> Tensor:
    """Shares of clusters in the cells of a grid of features, as masks of the image's size."""
    cells = shares.T.reshape(1, -1, *features.shape[2:])
    # Small images were padded for the network, and their cells cover the padding.
    size = [max(side, cell * 8) for side, cell in zip(image.shape[1:], features.shape[2:], strict=True)]
    masks = F.interpolate(cells, size=size, mode="bilinear", align_corners=False)[0]
    return masks[:, : image.shape[1], : image.shape[2]]


def _matched_maps(content: Image, regions: _Regions, style: tuple[Sequence[_Picture], Values]) -> Tensor:
    """For each region the Monge-Kantorovich map, ``(K, 3, 4)``, of its colors to those of its counterpart."""
    pictures, weights = style
    maps = []
    for number, mask in enumerate(regions.frame):
        masks = [theirs[number] for theirs in regions.styles]
        there = [_color_moments(picture.image, theirs) for picture, theirs in zip(pictures, masks, strict=True)]
        shares = [weight * (_share(theirs) + RELATED) for weight, theirs in zip(weights, masks, strict=True)]
        goal = gaussian_barycenter(there, [share / sum(shares) for share in shares])
        here = _color_moments(content, mask)
        matrix = _without_grain(affine_between(here, goal).matrix, here.covariance())
        maps.append(torch.cat((matrix, (goal.mean - matrix @ here.mean)[:, None]), 1))
    return torch.stack(maps).to(content)


def _without_grain(matrix: Tensor, covariance: Tensor) -> Tensor:
    """The symmetric matrix, which stretches colors as if grain of its own deviation lay over what it goes from and to.

    What is flatter than grain is hardly stretched. What is pressed together is so all the same: a gray style makes
    gray.
    """
    gains, axes = torch.linalg.eigh(matrix)
    spread = (axes.T @ covariance @ axes).diagonal()
    calm = ((gains.square() * spread + GRAIN**2) / (spread + GRAIN**2)).sqrt()
    kept: Tensor = axes @ torch.diag(torch.where(gains > 1, calm, gains)) @ axes.T
    return kept


def _color_moments(image: Image, mask: Tensor) -> ColorMoments:
    """Of a region; on the CPU, for float64 and eigenvalues."""
    colors, shares = image.flatten(1).cpu().double(), mask.flatten().cpu().double() + RELATED
    shares = shares / shares.sum()
    return ColorMoments(colors @ shares, (colors * shares) @ colors.T)
