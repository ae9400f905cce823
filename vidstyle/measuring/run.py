"""One measurement as data, and what running it means."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from vidstyle import stages
from vidstyle.catalog import Stage
from vidstyle.device import ENCODERS, Compute, choose_device, set_threads
from vidstyle.errors import UsageError, WeightsError, suggestion
from vidstyle.events import CutFound, FrameDone, Observer, Started, Warned, ignore
from vidstyle.measuring.figures import Clip, Measurement
from vidstyle.measuring.meter import Instruments, Meter
from vidstyle.measuring.perception import Perception
from vidstyle.presets import Choice
from vidstyle.registry import default_method, find_method
from vidstyle.stages import cut_rule
from vidstyle.types import Flow, FlowEstimator, FrameSource, Image
from vidstyle.video.sources import open_source
from vidstyle.video.stills import read_picture

LONGEST = 448
"""Longest side in pixels at which frames are compared where nobody chose: figures depend on it, so it is fixed."""

AUTO = "auto"
_PREFERRED = {"cpu": ("raft-small",)}
"""Networks that ``auto`` looks for by the device's kind, the best first; the large one takes minutes for a second of
film on a processor."""
_PREFERRED_ELSEWHERE = ("raft-large", "raft-small")
_BT601 = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the gray of ITU-R BT.601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureJob:
    """One measurement, fully specified."""

    content: str
    """The clip before styling: a video, a still, a folder, a glob, ``f.%04d.png`` or ``f.####.png``."""
    styled: str
    """The clip to judge."""
    per_frame: str | None = None
    """The styled clip before it was stabilized."""
    style: str | None = None
    """The style picture; distances from style and content are measured where it is given."""
    size: int = LONGEST
    """Longest side in pixels at which motion is searched and frames are compared along it."""
    flow: str = AUTO
    """A method of the catalog, or ``auto``: RAFT where its weights are here, else the catalog's default."""
    cuts: str = "auto"
    """``auto``, ``none``, or the path of a list of cuts."""
    encoder: str = ENCODERS[0]
    device: str = "auto"
    threads: int = 0
    weights: tuple[tuple[str, str], ...] = field(default=())
    """The user's own weight files by manifest name."""

    @property
    def names(self) -> dict[Clip, str]:
        """The clips that are there, as they were named."""
        names = {Clip.STYLED: self.styled, Clip.CONTENT: self.content, Clip.PER_FRAME: self.per_frame}
        return {clip: name for clip, name in names.items() if name is not None}

    def blank(self) -> Measurement:
        """The measurement before any frame: it has all the names of figures, and no values."""
        return Measurement(self.names, has_style=self.style is not None)


def run_measurement(job: MeasureJob, observer: Observer = ignore) -> Measurement:
    """Measure the clips from beginning to end. Raises a `VidstyleError` that says what was wrong and where."""
    set_threads(job.threads)
    name, flow = load_flow(job)
    job = replace(job, flow=name)
    with ExitStack() as stack:
        sources = {clip: stack.enter_context(open_source(name)) for clip, name in job.names.items()}
        info = sources[Clip.CONTENT].info
        meter = Meter(sources, _instruments(job, flow, sources[Clip.CONTENT]))
        claimed = info.frame_count_from_header
        observer(Started(job.content, job.styled, info.width, info.height, claimed, estimated=info.is_movie))
        frames = []
        for frame in meter.frames():
            frames.append(frame)
            if frame.opens_shot:
                observer(CutFound(frame.number))
            observer(FrameDone(frame.number, len(frames)))
        for message in meter.warnings:
            observer(Warned(message))
    return Measurement(job.names, tuple(frames), job.style is not None, meter.warnings, _settings(job))


def _instruments(job: MeasureJob, flow: FlowEstimator, content: FrameSource) -> Instruments:
    known = set(ENCODERS)
    for name, _ in job.weights:
        if name not in known:
            raise UsageError(f"--weights: unknown name {name!r}; {suggestion(name, known)}")
    device = choose_device(job.device)
    own = {name: Path(path) for name, path in job.weights}
    compute = Compute(device, encoder=job.encoder, own_weights=own)
    perception = None if job.style is None else Perception(read_picture(job.style), compute)
    rule = cut_rule(job.cuts, content.info)
    return Instruments(flow, rule, device, longest=job.size, perception=perception)


def load_flow(job: MeasureJob) -> tuple[str, FlowEstimator]:
    """What a measurement searches motion with, and its name."""
    compute = Compute(choose_device(job.device))
    if job.flow != AUTO:
        return job.flow, _load(job.flow, compute)
    for name in _PREFERRED.get(compute.device.type, _PREFERRED_ELSEWHERE):
        with suppress(WeightsError):
            return name, _load(name, compute)
    name = default_method(Stage.FLOW).name
    return name, _load(name, compute)


def _load(name: str, compute: Compute) -> FlowEstimator:
    spec = find_method(Stage.FLOW, name)
    flow = stages.load_flow(Choice(spec.name, spec.options()), compute)
    return flow if spec.weights else Aside(flow)


@final
class Aside:
    """An estimator that is shown the gray of BT.601, where runs search their motion on the luma of BT.709.

    A stabilized painting lies along the motion that its run found, mistakes and all; measured along that same motion,
    they would go unseen. Where the motion is clear, both planes have the same. Where it is not, as in skies, they
    differ: on street_960x540, the error of a painting that was stabilized at 448 px came out up to a quarter too low.
    """

    def __init__(self, flow: FlowEstimator) -> None:
        self._flow = flow

    def __call__(self, source: Image, target: Image) -> Flow:
        """Flow from `source` to `target`, images of one size."""
        return self._flow(_gray(source), _gray(target))


def _gray(image: Image) -> Image:
    weights = image.new_tensor(_BT601).view(3, 1, 1)
    return (image * weights).sum(0, keepdim=True).expand_as(image)


def _settings(job: MeasureJob) -> dict[str, Any]:
    """What the figures depend on besides the clips."""
    settings = {"size": job.size, "flow": job.flow, "cuts_from": job.cuts}
    return settings if job.style is None else {**settings, "style": job.style, "encoder": job.encoder}
