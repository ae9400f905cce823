"""Measuring a clip while its frames stream by: a window of `LONG` small frames is all that is kept."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias, final

import torch
from torch import Tensor

from vidstyle.flow.cuts import CutRule
from vidstyle.flow.track import track
from vidstyle.measuring.figures import LONG, Clip, FrameFigures
from vidstyle.measuring.pairing import Pairing
from vidstyle.measuring.perception import Percept, Perception, comparison_size
from vidstyle.measuring.sizes import at_most, scaled
from vidstyle.ops.metrics import clipped_share, comparable, mean_change, mean_gradient, palette, warp_error
from vidstyle.pipeline import prefetch
from vidstyle.plots import Value
from vidstyle.types import Flow, FlowEstimator, Frame, FrameSource, Image, Step

_LEAST_COVERAGE = 0.05
"""Share of the pixels that must be comparable for an error to be taken from them."""

Smalls: TypeAlias = dict[Clip, Image]
Values: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Instruments:
    """What a measurement is made with."""

    flow: FlowEstimator
    cuts: CutRule
    device: torch.device
    longest: int
    """Longest side in pixels at which motion is searched and frames are compared along it; larger frames shrink."""
    perception: Perception | None = None
    """None: no distances from style and content."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """One frame of every clip: small, and what each shows by itself."""

    frame: Frame
    """The content's, small."""
    smalls: Smalls
    palettes: dict[Clip, Tensor]
    values: dict[Clip, Values]


@final
class Meter:
    """Measures clips that lie side by side, frame by frame."""

    def __init__(self, sources: Mapping[Clip, FrameSource], instruments: Instruments) -> None:
        self._sources = sources
        self._pairing = Pairing(sources)
        self._instruments = instruments
        self._short: tuple[str, ...] = ()
        self._waiting: deque[_Sample] = deque()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the clips, one line each; complete when all frames have been taken."""
        damage = [line for source in self._sources.values() for line in source.damage]
        return tuple(dict.fromkeys((*self._pairing.warnings, *self._short, *damage)))

    def frames(self) -> Iterator[FrameFigures]:
        """The figures of every frame that all clips have, in order; a new pass over the clips at every call."""
        tools = self._instruments
        self._waiting.clear()
        with prefetch(self._samples()) as samples:
            steps = track(self._remembered(samples), tools.flow, tools.cuts)
            for shot, group in groupby(steps, lambda step: step.shot):
                yield from self._shot(group, is_first=shot == 0)

    def _remembered(self, samples: Iterable[_Sample]) -> Iterator[Frame]:
        for sample in samples:
            self._waiting.append(sample)
            yield sample.frame

    def _samples(self) -> Iterator[_Sample]:
        with ExitStack() as stack:
            passes = self._pairing.passes()
            for frames in passes.values():
                if isinstance(frames, Generator):
                    # It holds a file open until then.
                    stack.enter_context(closing(frames))
            for count in itertools.count():
                row = {clip: next(frames, None) for clip, frames in passes.items()}
                there = {clip: frame for clip, frame in row.items() if frame is not None}
                if len(there) < len(row):
                    self._note_end(row, count)
                    return
                yield self._sample(there)

    def _note_end(self, row: Mapping[Clip, Frame | None], count: int) -> None:
        ended = [clip for clip, frame in row.items() if frame is None]
        going_on = [clip for clip, frame in row.items() if frame is not None]
        self._short = tuple(
            f"{self._sources[clip].info.path}: ends after {count} frames, where {self._sources[other].info.path} goes "
            "on; what follows is not measured"
            for clip in ended
            for other in going_on[:1]
        )

    def _sample(self, frames: Mapping[Clip, Frame]) -> _Sample:
        images = {clip: frame.image.to(self._instruments.device) for clip, frame in frames.items()}
        size = at_most(images[Clip.CONTENT], self._instruments.longest)
        smalls = {clip: scaled(image, size) for clip, image in images.items()}
        palettes = {clip: palette(image) for clip, image in images.items()}
        values = self._alone(images)
        for clip, found in palettes.items():
            values[clip]["luma"] = float(found[0])
        return _Sample(replace(frames[Clip.CONTENT], image=smalls[Clip.CONTENT]), smalls, palettes, values)

    def _alone(self, images: Mapping[Clip, Image]) -> dict[Clip, Values]:
        """What each picture shows without any other frame."""
        size = images[Clip.STYLED].shape[-2:]
        values: dict[Clip, Values] = {}
        for clip, image in images.items():
            # Sharpness is that of the styled clip's pixels, so the others are brought to its size.
            alike = scaled(image, (size[0], size[1]))
            values[clip] = {"gradient": mean_gradient(alike), "clipped": clipped_share(image)}
        for clip, distances in self._distances(images).items():
            values[clip] |= distances
        return values

    def _distances(self, images: Mapping[Clip, Image]) -> dict[Clip, Values]:
        perception = self._instruments.perception
        if perception is None:
            return {}
        size = comparison_size(images[Clip.CONTENT])
        percepts: dict[Clip, Percept] = {clip: perception.see(image, size) for clip, image in images.items()}
        values: dict[Clip, Values] = {}
        for clip, percept in percepts.items():
            values[clip] = {"style_distance": perception.style_distance(percept)}
            if clip is not Clip.CONTENT:
                values[clip]["content_distance"] = perception.content_distance(percept, percepts[Clip.CONTENT])
        return values

    def _shot(self, steps: Iterable[Step], *, is_first: bool) -> Iterator[FrameFigures]:
        """The figures of one shot; all that is remembered of earlier frames ends with it."""
        window: deque[Smalls] = deque(maxlen=LONG)
        drifts = {clip: _Drift() for clip in self._sources if clip is not Clip.CONTENT}
        for place, step in enumerate(steps):
            sample = self._waiting.popleft()
            values = sample.values
            near = self._compare(sample.smalls, window, step)
            far = self._compare_long(sample.smalls, window)
            for clip, found in values.items():
                previous = window[-1][clip] if window else None
                found["change"] = None if previous is None else mean_change(sample.smalls[clip], previous)
                found["warp_k1"], found[f"warp_k{LONG}"] = near.errors[clip], far.errors[clip]
            for clip, drift in drifts.items():
                values[clip] |= drift.follow(sample.palettes[clip] - sample.palettes[Clip.CONTENT])
            window.append(sample.smalls)
            yield FrameFigures(
                index=step.frame.index,
                number=self._sources[Clip.CONTENT].info.number_of(step.frame.index),
                time=float(step.frame.time),
                opens_shot=place == 0 and not is_first,
                coverage_k1=near.coverage,
                coverage_long=far.coverage,
                clips=values,
            )

    def _compare(self, now: Smalls, window: deque[Smalls], step: Step) -> _Comparison:
        if not window or step.motion is None:
            return _Comparison.impossible(now)
        return self._along(now, window[-1], step.motion.to_previous)

    def _compare_long(self, now: Smalls, window: deque[Smalls]) -> _Comparison:
        if len(window) < LONG:
            return _Comparison.impossible(now)
        earlier = window[0]
        return self._along(now, earlier, self._instruments.flow(now[Clip.CONTENT], earlier[Clip.CONTENT]))

    def _along(self, now: Smalls, earlier: Smalls, to_earlier: Flow) -> _Comparison:
        to_now = self._instruments.flow(earlier[Clip.CONTENT], now[Clip.CONTENT])
        mask = comparable(to_earlier, to_now)
        coverage = float(mask.mean())
        if coverage < _LEAST_COVERAGE:
            return replace(_Comparison.impossible(now), coverage=coverage)
        errors = {clip: warp_error((small, earlier[clip]), to_earlier, mask) ** 0.5 for clip, small in now.items()}
        return _Comparison(coverage, errors)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Every clip at two frames, along the content's motion."""

    coverage: Value
    errors: Mapping[Clip, Value]
    """Root of the mean square."""

    @classmethod
    def impossible(cls, clips: Iterable[Clip]) -> _Comparison:
        return cls(None, dict.fromkeys(clips))


class _Drift:
    """How far a shot's colors have come from where they began, apart from the content's.

    Means over `LONG` frames at either end: flicker is no drift.
    """

    def __init__(self) -> None:
        self._first: list[Tensor] = []
        self._latest: deque[Tensor] = deque(maxlen=LONG)

    def follow(self, apart: Tensor) -> Values:
        """The drift at the next frame; `apart` is its palette minus the content's."""
        if len(self._first) < LONG:
            self._first.append(apart)
        self._latest.append(apart)
        moved = torch.stack(list(self._latest)).mean(0) - torch.stack(self._first).mean(0)
        return {"drift_luma": float(moved[0]), "drift_palette": float(moved[1:].norm())}
