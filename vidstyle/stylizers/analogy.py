"""Painting by analogy: every place of the frame shows the place of the style picture that means the same.

An eye is painted as an eye of the style, hair as hair, sky as sky: for a style picture that shows the like of what the
clip shows. What a frame shows is a map of places in the style picture. In a clip the map is carried along the
motion; only what came into view, or no longer fits, is searched anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import AnalogyOptions
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.fields import shifted
from vidstyle.ops.filters import luma
from vidstyle.ops.guided import guided_filter
from vidstyle.ops.places import carry, enlarge_places, show
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import pad_to_multiple, resize
from vidstyle.ops.warp import resize_flow
from vidstyle.stylizers.correspondence import MULTIPLE, SMALLEST, Correspondence, Levels, Pair
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.types import Image, Mask, Motion, Reach, Step, Style

SHOWN_PATCH = 3
"""Side of the patches whose mean is shown: the published code."""

_FIRM = 0.5
"""Trust from which a place stays: grain and resampling alone take it down to some 0.7."""

_MOST_DRIFT = 0.15
"""By how much a place may fit worse than when it was found, of a likeness from -1 to 1. On children who walk before a
still camera 1.4 of 100 places are then found anew a frame, with those that came into view (measured)."""

_SMOOTH_RADIUS = 0.02
"""Of the smoothing under which the content's detail is kept, as a share of the frame's shortest side: by eye, on a
landscape in the colors of another."""

_SMOOTH_SLACK = 0.1
"""Square of the contrast from which an edge of the content is one of its new colors as well: by eye, on the same."""


class _Chain(NamedTuple):
    """An analogy that is carried from frame to frame."""

    places: Tensor
    """``(3, h, w)`` on the padded grid of the search."""
    confidence: Mask
    fit: Mask
    """How alike content and match were when they were found."""
    pair: Pair


class _Studio(NamedTuple):
    """The style at the size at which is searched, and at the frame's own."""

    full: tuple[int, int]
    """Height and width of the frame."""
    size: tuple[int, int]
    """The same of the search."""
    picture: Image
    """All style pictures side by side."""
    small: Image
    """The same for the search, padded."""
    factor: tuple[float, float]
    """Of the size of `picture` to that of the search, y and x."""


@final
class Analogy:
    """Paints by the places that `Correspondence` finds."""

    def __init__(self, options: AnalogyOptions, style: Style, compute: Compute) -> None:
        check_finite(style, "analogy cannot paint after it")
        self._options = options
        self._picture = _side_by_side(style).to(compute.device)
        self._relay = Relay(options.interval, options.fade)
        self._finder = Correspondence(load_encoder(compute), compute, kept=options.keep, iterations=options.iterations)

    @property
    def reach(self) -> Reach:
        """The length of a chain, where frames follow one another."""
        return self._relay.reach

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One painted image per step; `InputError` for a frame with values that are no numbers."""
        studio: _Studio | None = None
        chains: tuple[_Chain, ...] = ()
        before: int | None = None
        for step in shot:
            index, content = step.frame.index, finite_image(step.frame, "analogy cannot paint it")
            studio = studio or self._studio(content)
            chains = self._followed(chains, step, studio)
            if not chains or self._relay.number(index) != before:
                chains = (*chains[-1:], self._fresh(content, studio))
            weight = self._relay.weight(index)
            chains = chains[-1:] if weight >= 1 else chains
            shown = [self._shown(chain, content, studio) for chain in chains]
            painted = dissolve(shown[0], shown[-1], weight if len(shown) > 1 else 1.0)
            yield torch.lerp(content, painted, self._options.strength)
            before = self._relay.number(index)

    def _studio(self, content: Image) -> _Studio:
        height, width = content.shape[1:]
        factor = min(1.0, self._options.size / min(height, width))
        size, reduced = (
            (max(1, round(h * factor)), max(1, round(w * factor)))
            for h, w in ((height, width), self._picture.shape[1:])
        )
        small = _padded(resize(self._picture, reduced))
        factors = (self._picture.shape[1] / reduced[0], self._picture.shape[2] / reduced[1])
        return _Studio((height, width), size, self._picture, small, factors)

    def _fresh(self, content: Image, studio: _Studio) -> _Chain:
        """A frame by itself."""
        small = _padded(resize(content, studio.size))
        solved = self._finder.solve(small, studio.small)
        places = torch.cat((torch.zeros_like(solved.field[:1]), solved.field)).float()
        fit = self._finder.fit(self._finder.features(small), solved.pair, solved.field)
        return _Chain(places, torch.ones_like(fit), fit, solved.pair)

    def _followed(self, chains: tuple[_Chain, ...], step: Step, studio: _Studio) -> tuple[_Chain, ...]:
        if step.motion is None or not chains:
            return ()
        flow = resize_flow(step.motion.to_previous, studio.size)
        trust = F.adaptive_avg_pool2d(step.motion.trust, studio.size)
        motion = Motion(_padded(flow), _padded(trust))
        features = self._finder.features(_padded(resize(step.frame.image, studio.size)))
        return tuple(self._follow(chain, motion, features) for chain in chains)

    def _follow(self, chain: _Chain, motion: Motion, features: Levels) -> _Chain:
        """The next frame of a chain: moved along, and found anew where it is unsure or no longer fits."""
        places, (confidence, fit) = carry(chain.places, torch.cat((chain.confidence, chain.fit)), motion.to_previous)
        # Doubt lasts until a place is found anew.
        confidence = torch.minimum(confidence[None], (motion.trust / _FIRM).clamp(max=1))
        known = _whole(places, chain.pair.picture)
        unsure = confidence < 1
        worse = fit[None] - self._finder.fit(features, chain.pair, known) > _MOST_DRIFT
        todo = (unsure | worse).float()
        if not todo.any():
            return _Chain(places, confidence, fit[None], chain.pair)
        field = self._finder.renew(features, chain.pair, known, todo=todo, moved=(~unsure).float())
        new = todo > 0
        places = torch.where(new, torch.cat((torch.zeros_like(field[:1]), field)).float(), places)
        fit = torch.where(new, self._finder.fit(features, chain.pair, _whole(places, chain.pair.picture)), fit[None])
        return _Chain(places, torch.where(new, 1.0, confidence), fit, chain.pair)

    def _shown(self, chain: _Chain, content: Image, studio: _Studio) -> Image:
        """The mean of what the patches around each pixel show, in the style's own resolution."""
        height, width = studio.size
        total = torch.zeros_like(content)
        for moved in shifted(chain.places[1:], SHOWN_PATCH):
            places = torch.cat((chain.places[:1], moved))[:, :height, :width]
            total += show([studio.picture], enlarge_places(places, studio.full, [studio.factor]))
        painted = total / SHOWN_PATCH**2
        return _with_detail_of(content, painted) if self._options.detail == "content" else painted


def _with_detail_of(content: Image, painted: Image) -> Image:
    """The content in the painting's colors: only what the content's edges do not tell is taken from the painting.

    ``A + smooth(A') - smooth(A)``, as in the published code. Unlike there, it is smoothed by the guided filter, not by
    weighted least squares: no system of equations.
    """
    guide = luma(content)
    radius = max(1, round(min(content.shape[1:]) * _SMOOTH_RADIUS))
    smooth = guided_filter(painted - content, guide, radius=radius, slack=_SMOOTH_SLACK)
    return (content + smooth).clamp_(0, 1)


def _side_by_side(style: Style) -> Image:
    """The style pictures that count as one, next to each other; lower ones go on at the bottom by their last line."""
    used = [image for image, weight in zip(style.images, style.weights, strict=True) if weight > 0]
    height = max(image.shape[1] for image in used)
    grown = [F.pad(image[None], (0, 0, 0, height - image.shape[1]), mode="replicate")[0] for image in used]
    return torch.cat(grown, 2)


def _padded(maps: Tensor) -> Tensor:
    """Maps ``(C, H, W)`` grown to what the network's grids need."""
    return pad_to_multiple(maps[None], MULTIPLE, at_least=SMALLEST)[0]


def _whole(places: Tensor, picture: Image) -> Tensor:
    """The field ``(2, h, w)`` of places, at whole pixels inside of the picture."""
    most = torch.tensor(picture.shape[1:], device=places.device).view(2, 1, 1) - 1
    return places[1:].round().long().clamp_(min=0).minimum(most)
