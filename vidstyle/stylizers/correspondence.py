"""Deep image analogy: which place of one picture means the same as a place of another.

Liao, Yao, Yuan, Hua and Kang, *Visual attribute transfer through deep image analogy* (SIGGRAPH 2017). In their words, A
is the content and B' the style; A', the content as the style would paint it, and B, the style as the content would
show it, are found along with the fields between them, from the deepest layer of a network to the shallowest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.nets.vgg import LAYERS, LIFTED_LAYERS, Vgg, block_of
from vidstyle.ops.fields import CELL, agreed, enlarge_field, match_all, match_near, unit, vote
from vidstyle.ops.minimize import lbfgs
from vidstyle.ops.second_moments import FLOOR, at_least_float32
from vidstyle.types import Image, Mask

Levels: TypeAlias = Sequence[Tensor]
"""Features ``(C, h, w)`` of a picture at relu1_1 to relu5_1, each grid half as fine as the one before."""

MULTIPLE = 16
"""Sides of pictures are multiples of this, so that every grid is exactly half of the one before."""

SMALLEST = 32
"""Least side of a picture: what reflection on the grid of relu5_1 needs."""

PATCHES = (5, 5, 3, 3, 3)
"""Side of the patches, by level: those of the paper and its code."""

RADII = (4, 4, 6, 6)
"""Of the windows, by level; at the last one all is compared. The published code has these as reach of its random
search. To compare all at relu4_1 as well strays further (seen on a panda)."""

KEPT = {"little": (0.0, 0.5, 0.6, 0.7), "some": (0.1, 0.6, 0.7, 0.8), "much": (0.2, 0.7, 0.8, 0.9)}
"""Share of the content's features in those of A', by level: the weight sets of the published code; ``some`` is the
paper's."""

GATE = 0.05
"""Where the squared length of the content's features is less, from the least (0) to the most (1) in the picture, there
is nothing to keep: the paper's tau."""

_FIT = 2
"""Level at which a field is judged from frame to frame, relu3_1: shallower ones see grain, deeper ones are coarse."""

_FROM = 2
"""Level from which a field that moved along is searched anew."""


class Pair(NamedTuple):
    """The style, and what it would be as content."""

    picture: Image
    """B', of a size that `MULTIPLE` divides."""
    painted: Levels
    """Features of B'."""
    plain: Levels
    """Features of B: the style as the content would show it."""


class Solved(NamedTuple):
    """An analogy."""

    field: Tensor
    """From the content to the style, ``(2, H, W)``."""
    back: Tensor
    """From the style to the content."""
    pair: Pair


class Correspondence:
    """Finds fields by the features of a perceptual network."""

    def __init__(self, network: Vgg, compute: Compute, *, kept: str, iterations: int) -> None:
        self._network = network
        self._compute = compute
        self._kept = KEPT[kept]
        self._iterations = iterations
        # Lengths and angles are those of the lifted features; constants drop out of what is compared.
        self._lifts = [
            torch.linalg.qr(network.lifts.get_parameter(f"{layer}.weight")[:, :, 0, 0], mode="r").R
            for layer in network.lifts
        ]

    @torch.no_grad()
    def features(self, image: Image) -> Levels:
        """The levels of an image ``(3, H, W)``, whose sides are multiples of `MULTIPLE`."""
        batch = image[None].contiguous(memory_format=torch.channels_last)
        with self._compute.autocast():
            found = self._network(batch, LIFTED_LAYERS)
        return [at_least_float32(found[layer])[0] for layer in LIFTED_LAYERS]

    def solve(self, content: Image, style: Image) -> Solved:
        """The analogy of two images, coarse to fine."""
        a, painted = self.features(content), self.features(style)
        top = len(a) - 1
        plain = [painted[top]]
        forth, back = match_all(*self._sides((a, a[top]), (plain[0], painted), level=top), patch=PATCHES[top])
        for level in reversed(range(top)):
            forth, back = agreed(forth), agreed(back)
            a_like = self._blended(a, (style, painted), forth, level=level)
            plain.insert(0, self._blended(painted, (content, a), back, level=level))
            here, there = self._sides((a, a_like), (plain[0], painted), level=level)
            radius, patch = RADII[level], PATCHES[level]
            forth = match_near(here, there, enlarge_field(forth, 2), radius=radius, patch=patch)
            back = match_near(there, here, enlarge_field(back, 2), radius=radius, patch=patch)
        return Solved(forth, back, Pair(style, painted, plain))

    def renew(self, a: Levels, pair: Pair, known: Tensor, *, todo: Mask, moved: Mask) -> Tensor:
        """The field of a frame with features `a`, of which `known` ``(2, H, W)`` holds except where `todo` is 1.

        There it is searched coarse to fine; where `moved` is 1, only from `_FROM` on and around what is known.
        """
        top = len(a) - 1
        parts = [_parts(todo, level) for level in range(len(a))]
        sides = self._sides((a, a[top]), (pair.plain[top], pair.painted), level=top)
        field = torch.where(parts[top], match_all(*sides, patch=PATCHES[top])[0], _reduced(known, top))
        for level in reversed(range(top)):
            old = _reduced(known, level)
            start = torch.where(parts[level], enlarge_field(agreed(field), 2), old)
            if level == _FROM:
                start = torch.where(parts[level] & _parts(moved, level), old, start)
            a_like = self._mixed(a[level], vote(pair.painted[level], start, patch=PATCHES[level]), level)
            sides = self._sides((a, a_like), (pair.plain[level], pair.painted), level=level)
            where = _parts(parts[level][None].float(), 1)
            field = match_near(*sides, start, radius=RADII[level], patch=PATCHES[level], where=where)
        return torch.where(parts[0], field, known)

    def fit(self, a: Levels, pair: Pair, field: Tensor) -> Mask:
        """How alike the content and what it is matched with are at level `_FIT`, -1 to 1, ``(1, H, W)``."""
        level = _FIT
        likeness = self._look(a[level], level) * vote(
            self._look(pair.plain[level], level), _reduced(field, level), patch=PATCHES[level]
        )
        return F.interpolate(likeness.sum(0)[None, None], scale_factor=2**level, mode="nearest")[0]

    def _sides(self, a: tuple[Levels, Tensor], b: tuple[Tensor, Levels], *, level: int) -> tuple[Tensor, Tensor]:
        """What is compared: A beside A', and B beside B'; eq. 2 of the paper."""
        here = (a[0][level], a[1])
        there = (b[0], b[1][level])
        one, other = (torch.cat([self._look(features, level) for features in side]) for side in (here, there))
        return one, other

    def _look(self, features: Tensor, level: int) -> Tensor:
        """Features as they are compared: VGG-19's channels where the network predicts them, centered, of length 1.

        Unlike in the paper, less their mean over the picture (Kolkin et al. 2022): a style's own look, which all its
        places share, says nothing of which is which. Trees then find trees (seen on three pairs).
        """
        flat = features.flatten(1)
        if self._lifts:
            flat = self._lifts[level] @ flat
        return unit((flat - flat.mean(1, keepdim=True)).view(-1, *features.shape[1:]))

    def _blended(self, a: Levels, other: tuple[Image, Levels], field: Tensor, *, level: int) -> Tensor:
        """A' (or B) at a level from the field of the level below it."""
        picture, features = other
        if self._iterations == 0:
            shown = vote(features[level], enlarge_field(field, 2), patch=PATCHES[level])
            return self._mixed(a[level], shown, level)
        return self._mixed(a[level], self._reconstructed((picture, features), field, level=level), level)

    def _mixed(self, own: Tensor, shown: Tensor, level: int) -> Tensor:
        """The content's features where they say something, those of what it is matched with elsewhere; eq. 4."""
        energy = own.square().sum(0, keepdim=True)
        least, most = energy.min(), energy.max()
        weight = self._kept[level] * (energy - least >= GATE * (most - least).clamp_min(FLOOR))
        return shown.lerp(own, weight)

    def _reconstructed(self, other: tuple[Image, Levels], field: Tensor, *, level: int) -> Tensor:
        """Features at a level that explain, through the network, what the field shows one level deeper; eq. 5.

        The unknown lies one level above: a picture where the level is relu1_1.
        """
        picture, features = other
        upper = level - 1
        source = picture if upper < 0 else features[upper]
        start = vote(source, enlarge_field(field, 2 if upper < 0 else 4), patch=PATCHES[max(upper, 0)])
        target = vote(features[level + 1], field, patch=PATCHES[level + 1])
        # In shares of each channel's most, values lie between 0 and 1: those of a ReLU, and of a picture.
        most = source.amax((1, 2), keepdim=True).clamp_min(FLOOR)
        energy = target.square().sum() + FLOOR

        def loss(x: Tensor) -> Tensor:
            return (self._between(x * most, upper, level + 1) - target).square().sum() / energy

        found = lbfgs(loss, start / most, steps=self._iterations)
        with torch.no_grad():
            return self._between(found * most, upper, level)

    def _between(self, features: Tensor, start: int, stop: int) -> Tensor:
        """Features at level `stop` from those at level `start`, -1 for a picture."""
        x: Tensor = features[None]
        first = 0 if start < 0 else LAYERS.index(LIFTED_LAYERS[start]) + 1
        block = max(start, 0)
        for layer in LAYERS[first : LAYERS.index(LIFTED_LAYERS[stop]) + 1]:
            if block_of(layer) > block:
                x, block = self._network.pool(x), block_of(layer)
            x = F.relu(self._network.convs[layer](x))
        return x[0]


def _parts(mask: Mask, level: int) -> Tensor:
    """Which places of a level's grid hold a pixel where a mask ``(1, H, W)`` is 1, ``(h, w)`` boolean."""
    parts: Tensor = F.max_pool2d(mask[None], CELL**level)[0, 0] > 0
    return parts


def _reduced(field: Tensor, level: int) -> Tensor:
    """The field of a level's grid: each place goes where its middle pixel goes."""
    side = 2**level
    reduced: Tensor = field[:, side // 2 :: side, side // 2 :: side] // side
    return reduced
