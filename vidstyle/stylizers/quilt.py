"""Painting with scraps: the frame is laid of patches of the style pictures that have its light and fit one another.

What a frame shows is a map of places in the style pictures. In a clip it is the map that is carried along the
motion, so a scrap stays where it lies on a thing, as sharp as on its first frame; new ones are cut only where
something new came into view, or where the light has changed.

Scraps have no in between, so where the style changes over time, the quilt of one key dissolves into that of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import QuiltOptions
from vidstyle.ops.blocks import Grid
from vidstyle.ops.dissolve import dissolve
from vidstyle.ops.filters import blur, gaussian_taps, luma
from vidstyle.ops.places import carry, enlarge_places, show
from vidstyle.ops.quilting import Canvas, Laying, Scraps, lay
from vidstyle.ops.relay import Relay
from vidstyle.ops.resize import resize
from vidstyle.ops.warp import resize_flow
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.timeline import Values
from vidstyle.types import Image, Mask, Motion, Reach, Step, Style

SHRINKING = 2 / 3
"""Side of the blocks from one pass to the next: Efros and Freeman, section 3."""

OVERLAP = 1 / 6
"""Share of a block that its neighbor covers: Efros and Freeman, section 2."""

SMALLEST = 6
"""Pixels of the least block: below, patches are hardly more than single colors."""

FIRST_TEXTURE, LAST_TEXTURE = 0.1, 0.9
"""The paper's alpha in the first and the last pass: ``0.8 (i - 1) / (N - 1) + 0.1``."""

_GUIDE_BLUR = 1 / 12
"""Sigma of the blur under which light is compared, as a share of the first pass's blocks: the grain of the style is
not to be matched with that of the content."""

_MOST_GAIN = 3.0
"""By which the contrast of a flat frame is stretched at most to the style's: beyond, its grain would be laid out."""

_FIRM = 0.5
"""Trust from which a patch stays as it is: grain and resampling alone take it down to some 0.7."""

_MOST_DOUBT = 0.5
"""Share of a block that may be unsure before it is cut anew: less, and edges of moving things are cut anew each
frame; in a block that is half known, the known half decides."""

_MOST_DRIFT = 0.1
"""By how much of the range, as a root mean square over a block, its light may be worse than when it was cut."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tone:
    """How luma of the content becomes luma of the style."""

    gain: float
    offset: float

    def __call__(self, gray: Mask) -> Mask:
        return gray * self.gain + self.offset


class _Chain(NamedTuple):
    """A quilt that is carried from frame to frame."""

    canvas: Canvas
    drift: Mask
    """Squared difference of light from the frame's, when it was cut."""
    tone: _Tone
    """As of the chain's first frame: a mean over each frame would make all light pump."""


class _Studio(NamedTuple):
    """The style at the size at which patches are searched, and at the frame's own."""

    full: tuple[int, int]
    """Height and width of the frame."""
    size: tuple[int, int]
    """The same of the search."""
    sides: tuple[int, ...]
    """Of the blocks, pass by pass."""
    taps: tuple[float, ...]
    scraps: Scraps
    tone: tuple[float, float]
    """Mean and deviation of the style's luma."""
    pictures: Sequence[Image]
    factors: Sequence[tuple[float, float]]
    """Of the sizes of `pictures` to those in `scraps`."""


class _Lane(NamedTuple):
    """The quilt of one mix of the style pictures on its way through a shot."""

    studio: _Studio
    chains: tuple[_Chain, ...] = ()
    number: int | None = None
    """Of the newest chain, as the relay counts."""


@final
class Quilt:
    """Lays every frame of patches of the style pictures; see Efros and Freeman 2001, section 3."""

    def __init__(self, options: QuiltOptions, style: Style, compute: Compute) -> None:
        check_finite(style, "quilt cannot cut from it")
        self._options = options
        self._style = replace(style, images=tuple(image.to(compute.device) for image in style.images))
        self._seed = compute.seed
        self._relay = Relay(options.interval, options.fade)

    @property
    def reach(self) -> Reach:
        """The length of a chain, where frames follow one another."""
        return self._relay.reach

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One quilted image per step; `InputError` for a frame with values that are no numbers."""
        lanes: dict[Values, _Lane] = {}
        for step in shot:
            content = finite_image(step.frame, "quilt cannot lay it")
            mixes = self._style.mixes_at(step.frame)
            lanes = {
                weights: self._advanced(lanes.get(weights) or _Lane(self._studio(content, weights)), step)
                for weights, _ in mixes
            }
            shown = [self._shown(lane, step.frame.index) for lane in lanes.values()]
            quilt = dissolve(shown[0], shown[-1], mixes[-1][1])
            yield torch.lerp(content, quilt, self._options.strength * self._style.strength_at(step.frame))

    def _advanced(self, lane: _Lane, step: Step) -> _Lane:
        """The lane at the next frame."""
        number = self._relay.number(step.frame.index)
        gray = self._gray(step.frame.image, lane.studio)
        chains = self._followed(lane.chains, (step, gray), lane.studio)
        if not chains or number != lane.number:
            chains = (*chains[-1:], self._fresh(gray, lane.studio))
        return _Lane(lane.studio, chains[-1:] if self._relay.weight(step.frame.index) >= 1 else chains, number)

    def _shown(self, lane: _Lane, index: int) -> Image:
        """The quilt of a lane: one chain's, or two that are relayed."""
        shown = [_rendered(chain, lane.studio) for chain in lane.chains]
        return dissolve(shown[0], shown[-1], self._relay.weight(index) if len(shown) > 1 else 1.0)

    def _studio(self, content: Image, weights: Values) -> _Studio:
        height, width = content.shape[1:]
        factor = min(1.0, self._options.size / min(height, width))
        size = (max(1, round(height * factor)), max(1, round(width * factor)))
        sides = _sides(self._options, min(size))
        pictures = [image for image, weight in zip(self._style.images, weights, strict=True) if weight]
        weights = tuple(weight for weight in weights if weight)
        sized = [(image, _scaled(image, factor)) for image in pictures]
        factors = [(i.shape[1] / rows, i.shape[2] / columns) for i, (rows, columns) in sized]
        small = [_at_least(resize(image, reduced), sides[0]) for image, reduced in sized]
        taps = gaussian_taps(max(0.5, sides[0] * _GUIDE_BLUR))
        guides = [blur(luma(image), taps) for image in small]
        scraps = Scraps(small, guides=guides, weights=weights)
        tone = _mean_and_deviation(guides, weights)
        return _Studio((height, width), size, sides, taps, scraps, tone, pictures, factors)

    def _gray(self, content: Image, studio: _Studio) -> Mask:
        return blur(luma(resize(content, studio.size)), studio.taps)

    def _fresh(self, gray: Mask, studio: _Studio) -> _Chain:
        """A frame laid by itself, in passes of shrinking blocks."""
        tone = _tone(gray, studio.tone)
        generator = self._generator()
        canvas = Canvas.empty(studio.size, gray.device)
        for number, side in enumerate(studio.sides):
            how = Laying(
                side=side,
                overlap=_overlap(side),
                generator=generator,
                guide=tone(gray),
                texture=_texture(number, len(studio.sides)),
            )
            canvas = lay(canvas, studio.scraps, how)
        return _Chain(canvas, _difference(canvas, tone(gray), studio), tone)

    def _generator(self) -> torch.Generator:
        """The same luck for every frame: where nothing changes, a block that is laid anew is laid as before."""
        return torch.Generator().manual_seed(self._seed)

    def _followed(self, chains: tuple[_Chain, ...], now: tuple[Step, Mask], studio: _Studio) -> tuple[_Chain, ...]:
        step, gray = now
        if step.motion is None:
            return ()
        motion = Motion(
            resize_flow(step.motion.to_previous, studio.size), F.adaptive_avg_pool2d(step.motion.trust, studio.size)
        )
        return tuple(self._follow(chain, motion, (gray, studio)) for chain in chains)

    def _follow(self, chain: _Chain, motion: Motion, now: tuple[Mask, _Studio]) -> _Chain:
        """The next frame of a chain: moved along, with patches cut anew where it is unsure or no longer fits."""
        gray, studio = now
        beside = torch.cat((chain.canvas.confidence, chain.drift))
        places, (confidence, drift) = carry(chain.canvas.places, beside, motion.to_previous)
        # Doubt lasts until a patch is cut anew: what came in at the border is laid when there is room for a block.
        confidence = torch.minimum(confidence[None], (motion.trust / _FIRM).clamp(max=1))
        carried = Canvas(show(studio.scraps.pictures, places), places, confidence)
        guide = chain.tone(gray)
        worse = _difference(carried, guide, studio) - drift
        side = studio.sides[-1]
        grid = Grid.over(studio.size, side, _overlap(side))
        todo = (_means(1 - confidence, grid) > _MOST_DOUBT) | (_means(worse, grid) > _MOST_DRIFT**2)
        how = Laying(
            side=side,
            overlap=grid.overlap,
            generator=self._generator(),
            guide=guide,
            texture=_texture(0, 1),
            todo=todo,
        )
        canvas = lay(carried, studio.scraps, how)
        # Of whole blocks: what the cuts have kept was weighed as well, and does not have its block laid again.
        drift = torch.where(_spread(todo, grid, studio.size), _difference(canvas, guide, studio), drift[None])
        return _Chain(canvas, drift, chain.tone)


def _rendered(chain: _Chain, studio: _Studio) -> Image:
    return show(studio.pictures, enlarge_places(chain.canvas.places, studio.full, studio.factors))


def _sides(options: QuiltOptions, shortest: int) -> tuple[int, ...]:
    first = shortest * options.patch / 100
    return tuple(max(SMALLEST, round(first * SHRINKING**number)) for number in range(options.passes))


def _overlap(side: int) -> int:
    return max(1, round(side * OVERLAP))


def _texture(number: int, passes: int) -> float:
    """The paper's alpha of a pass, counted from 0; of a single one, the mean of the first and the last."""
    share = number / (passes - 1) if passes > 1 else 0.5
    return FIRST_TEXTURE + (LAST_TEXTURE - FIRST_TEXTURE) * share


def _scaled(image: Image, factor: float) -> tuple[int, int]:
    height, width = image.shape[1:]
    return max(1, round(height * factor)), max(1, round(width * factor))


def _at_least(image: Image, side: int) -> Image:
    """The image, grown by its edge pixels where it is smaller than a block."""
    height, width = image.shape[1:]
    return F.pad(image[None], (0, max(0, side - width), 0, max(0, side - height)), mode="replicate")[0]


def _mean_and_deviation(guides: Sequence[Mask], weights: Sequence[float]) -> tuple[float, float]:
    """Of all the pictures' light together, by their weights."""
    mean = sum(weight * float(guide.mean()) for guide, weight in zip(guides, weights, strict=True))
    square = sum(weight * float(guide.square().mean()) for guide, weight in zip(guides, weights, strict=True))
    return mean, max(0.0, square - mean**2) ** 0.5


def _tone(gray: Mask, wanted: tuple[float, float]) -> _Tone:
    """The tone that gives a frame's light the style's mean and deviation.

    Hertzmann et al., *Image analogies* (SIGGRAPH 2001), section 3.4; unlike theirs, with a bound on the gain.
    """
    mean, deviation = _mean_and_deviation([gray], [1.0])
    gain = min(_MOST_GAIN, wanted[1] / max(deviation, 1e-6))
    return _Tone(gain, wanted[0] - gain * mean)


def _difference(canvas: Canvas, guide: Mask, studio: _Studio) -> Mask:
    """Squared difference of light from what is wanted."""
    return (blur(luma(canvas.colors), studio.taps) - guide).square()


def _means(values: Mask, grid: Grid) -> Tensor:
    """Means over the blocks of a grid, ``(rows, columns)``; the border goes on beyond the picture."""
    height, width = values.shape[1:]
    padded = F.pad(values[None], (0, grid.size[1] - width, 0, grid.size[0] - height), mode="replicate")
    return F.avg_pool2d(padded, grid.side, grid.step)[0, 0]


def _spread(blocks: Tensor, grid: Grid, size: tuple[int, int]) -> Tensor:
    """The value of each pixel's block, ``(H, W)``."""
    rows, columns = (torch.arange(length, device=blocks.device) // grid.step for length in size)
    return blocks[rows.clamp(max=grid.rows - 1)[:, None], columns.clamp(max=grid.columns - 1)]
