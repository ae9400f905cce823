"""The nouns of measuring: clips, figures, what was found of a frame, and the sums over a clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from vidstyle.numbering import format_numbers
from vidstyle.plots import Value

LONG = 8
"""Frames between the two of a long-term comparison, and in the means that drift is taken from."""


class Clip(StrEnum):
    """The parts that clips play in a measurement."""

    STYLED = "styled"
    CONTENT = "content"
    PER_FRAME = "per_frame"
    """The styled clip before it was stabilized; not always there."""


def mean(values: Iterable[float]) -> float:
    """The mean of at least one number.

    >>> mean([1.0, 2.0])
    1.5
    """
    known = list(values)
    return math.fsum(known) / len(known)


def root_mean_square(values: Iterable[float]) -> float:
    """The root of the mean square.

    >>> root_mean_square([1.0, -7.0])
    5.0
    """
    return math.sqrt(mean(value * value for value in values))


def largest(values: Iterable[float]) -> float:
    """The largest number, whatever its sign, without it.

    >>> largest([1.0, -2.0])
    2.0
    """
    return max(abs(value) for value in values)


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is measured of every frame of a clip."""

    name: str
    title: str
    about: str
    """What it says, in a sentence."""
    sum_up: Callable[[Iterable[float]], float] = mean
    """How its values over the frames become one."""
    has_ratios: bool = True
    """Whether it means something to divide the styled clip's by another clip's."""
    of_content: bool = True
    """Whether the content has it too."""
    needs_style: bool = False
    """Whether it needs the style picture."""


FIGURES: tuple[Figure, ...] = (
    Figure(
        "warp_k1",
        "warping error, k = 1",
        "Difference from the frame before, brought along the content's motion. Lower is steadier.",
        root_mean_square,
    ),
    Figure(
        f"warp_k{LONG}",
        f"warping error, k = {LONG}",
        f"The same from {LONG} frames before: what comes back as it went.",
        root_mean_square,
    ),
    Figure("change", "change per frame", "Mean difference from the frame before, motion and all."),
    Figure("gradient", "luma gradient", "Mean difference between neighboring pixels. Blur lowers it."),
    Figure("luma", "mean luma", "Brightness.", has_ratios=False),
    Figure(
        "drift_luma",
        "drift of luma",
        "Change of brightness since the shot began, apart from the content's.",
        largest,
        has_ratios=False,
        of_content=False,
    ),
    Figure(
        "drift_palette",
        "drift of palette",
        "Change of the colors since the shot began, apart from the content's.",
        largest,
        has_ratios=False,
        of_content=False,
    ),
    Figure("clipped", "clipped share", "Pixels with a channel at the end of its range.", has_ratios=False),
    Figure("style_distance", "distance from style", "0 is the style picture itself.", needs_style=True),
    Figure(
        "content_distance",
        "distance from content",
        "0 is the content itself, 2 an unrelated picture.",
        of_content=False,
        needs_style=True,
    ),
)
"""All that is measured, in the order shown; docs/measuring.md explains each."""


def key_of(clip: Clip, figure: str) -> str:
    """The name of a clip's figure in JSON and in limits: the styled clip's stands alone.

    >>> key_of(Clip.STYLED, "warp_k1"), key_of(Clip.CONTENT, "warp_k1")
    ('warp_k1', 'content_warp_k1')
    """
    return figure if clip is Clip.STYLED else f"{clip}_{figure}"


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """What was measured of one frame."""

    index: int
    """Place in the clips, from 0."""
    number: int
    """What users call the frame, by the content's counting."""
    time: float
    """Seconds, by the content's clock; for people, not for arithmetic."""
    opens_shot: bool
    """Whether a cut lies before it; the first frame of all has none."""
    coverage_k1: Value
    """Share of the pixels that could be compared with the frame before; None at the beginning of a shot."""
    coverage_long: Value
    """The same for the frame `LONG` earlier."""
    clips: Mapping[Clip, Mapping[str, Value]]
    """Per clip, values by the names of figures."""

    def value(self, clip: Clip, figure: str) -> Value:
        """One figure; None where it was not measured."""
        return self.clips.get(clip, {}).get(figure)

    def as_record(self) -> dict[str, Any]:
        """The frame as a flat JSON-able mapping."""
        values = {key_of(clip, name): value for clip, found in self.clips.items() for name, value in found.items()}
        place = {"number": self.number, "time": self.time, "opens_shot": self.opens_shot}
        return {**place, **values, "coverage_k1": self.coverage_k1, f"coverage_k{LONG}": self.coverage_long}


@dataclass(frozen=True)
class Measurement:
    """A whole clip, measured."""

    names: Mapping[Clip, str]
    """The inputs as they were named."""
    frames: tuple[FrameFigures, ...] = ()
    has_style: bool = False
    """Whether there was a style picture to compare with."""
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the figures depend on: the size of the comparison, flow, cuts, encoder, style."""

    def figures_of(self, clip: Clip) -> tuple[Figure, ...]:
        """What is measured of a clip; nothing of one that is not there."""
        return tuple(
            figure
            for figure in FIGURES
            if clip in self.names
            and (figure.of_content or clip is not Clip.CONTENT)
            and (self.has_style or not figure.needs_style)
        )

    @cached_property
    def totals(self) -> dict[str, Value]:
        """Every figure of every clip over all frames, and the ratios, by the names that limits use."""
        totals = {
            key_of(clip, figure.name): _over(figure.sum_up, (frame.value(clip, figure.name) for frame in self.frames))
            for clip in Clip
            for figure in self.figures_of(clip)
        }
        ratios = {
            f"{figure.name}_to_{other}": ratio(totals, figure.name, other)
            for other in (Clip.CONTENT, Clip.PER_FRAME)
            for figure in self.figures_of(other)
            if figure.has_ratios
        }
        reference = Clip.PER_FRAME if Clip.PER_FRAME in self.names else Clip.CONTENT
        named = {"amplification": ratios["change_to_content"], "sharpness": ratios[f"gradient_to_{reference}"]}
        coverage = {
            "coverage_k1": _over(mean, (frame.coverage_k1 for frame in self.frames)),
            f"coverage_k{LONG}": _over(mean, (frame.coverage_long for frame in self.frames)),
        }
        return {**totals, **ratios, **named, **coverage}

    @property
    def cuts(self) -> tuple[int, ...]:
        """The numbers of the frames that open a shot, the first one aside."""
        return tuple(frame.number for frame in self.frames if frame.opens_shot)

    def as_record(self) -> dict[str, Any]:
        """The sums as a JSON-able mapping."""
        return {
            **{str(clip): name for clip, name in self.names.items()},
            **self.settings,
            "frames": len(self.frames),
            "cuts": format_numbers(self.cuts),
            **self.totals,
            "warnings": list(self.warnings),
        }


def ratio(totals: Mapping[str, Value], figure: str, other: Clip) -> Value:
    """The styled clip's figure divided by another clip's; None where either is not known, or the other's is 0.

    >>> ratio({"change": 0.5, "content_change": 0.25}, "change", Clip.CONTENT)
    2.0
    """
    above, below = totals.get(figure), totals.get(key_of(other, figure))
    return above / below if above is not None and below else None


def _over(sum_up: Callable[[Iterable[float]], float], values: Iterable[Value]) -> Value:
    known: Sequence[float] = [value for value in values if value is not None]
    return sum_up(known) if known else None
