"""One run as data, and what running it means. Read after `types.py` and `pipeline.py`."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidstyle.catalog import Stage
from vidstyle.device import Compute, choose_device, set_threads
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import DamagedInputError, InputError
from vidstyle.events import CutFound, Finished, FrameDone, Observer, Started, Warned, ignore
from vidstyle.finish import Finish
from vidstyle.numbering import format_numbers
from vidstyle.pipeline import prefetch
from vidstyle.pipeline import run as run_stages
from vidstyle.presets import Look
from vidstyle.registry import find_method
from vidstyle.resume import Previous
from vidstyle.selection import Selection, parse_numbers, select
from vidstyle.stages import build, cut_rule, load_stylizer, output_size
from vidstyle.types import (
    ClipInfo,
    FlowEstimator,
    Frame,
    FrameSink,
    FrameSource,
    Mask,
    Reach,
    Stabilizer,
    Step,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run, fully specified."""

    input: str
    """A video, a still, a folder, a glob, ``f.%04d.png`` or ``f.####.png``."""
    look: Look
    output: str
    """A video, a still, a sequence pattern, a folder, or ``-`` for Matroska on the standard output."""
    frames: str | None = None
    """Frame numbers to render, as in ``1001-1100x2,1150``; None for all."""
    size: int | None = None
    """Longest side of the output in pixels."""
    mask: str | None = None
    """Where to stylize: a picture, a sequence or a video."""
    cuts: str = "auto"
    """``auto``, ``none``, or the path of a list of cuts."""
    encoding: EncodeSettings = EncodeSettings()
    existing: str = "refuse"
    """What to do when the output is there: ``refuse``, ``overwrite`` or ``skip``."""
    device: str = "auto"
    encoder: str = "slim"
    """The perceptual network of methods that use one."""
    precision: str = "fp32"
    threads: int = 0
    seed: int = 0
    start_number: int | None = None
    frame_rate: Fraction | None = None
    """Rate of a sequence; a movie has its own."""
    strict: bool = False
    """Damaged or short input is an error at the end."""
    weights: tuple[tuple[str, str], ...] = ()
    """The user's own weight files by manifest name."""

    def as_record(self) -> dict[str, Any]:
        """The job as a JSON-able mapping."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        record["look"] = self.look.as_record()
        record["encoding"] = asdict(self.encoding)
        record["frame_rate"] = None if self.frame_rate is None else str(self.frame_rate)
        return record


def run_job(job: Job, observer: Observer = ignore) -> Finished:
    """Do the whole job: read, paint, write. Raises a `VidstyleError` that says what was wrong and where.

    The output stands under its final name only when the run is complete.
    """
    begun = time.monotonic()
    set_threads(job.threads)
    with ExitStack() as stack:
        run = _Run(job, observer, stack)
        written = run.render()
    run.check_damage()
    finished = Finished(job.output, written, time.monotonic() - begun, run.cuts, tuple(run.warnings))
    observer(finished)
    return finished


def plan_job(job: Job) -> dict[str, Any]:
    """Check a job and open its input without writing anything: what ``--dry-run`` shows."""
    with ExitStack() as stack:
        run = _Run(job, ignore, stack)
        passes = [(a, b) for a, b in run.selection.passes(run.reach)]
        return {
            "job": job.as_record(),
            "frames": run.selection.count(run.info.frame_count_from_header),
            "size": [run.size[1], run.size[0]],
            "reach": {"before": run.reach.before, "after": run.reach.after},
            "passes": passes,
            "bytes": run.bytes_to_paint,
            "fingerprint": run.fingerprint,
        }


class _Run:
    """The opened and checked parts of a job while it runs."""

    def __init__(self, job: Job, observer: Observer, stack: ExitStack) -> None:
        from vidstyle.video.sources import open_source

        self.job = job
        self.observer = observer
        self.stack = stack
        self.warnings: list[str] = []
        self.cuts = 0
        self.source: FrameSource = stack.enter_context(
            open_source(job.input, start_number=job.start_number, frame_rate=job.frame_rate)
        )
        self.info: ClipInfo = self.source.info
        self.size = output_size(self.info, job.size)
        self.selection = select(job.frames, self.info)
        own = {name: Path(path) for name, path in job.weights}
        self.compute = Compute(
            choose_device(job.device), precision=job.precision, seed=job.seed, encoder=job.encoder, own_weights=own
        )
        self._build_stages()

    def _build_stages(self) -> None:
        look, device = self.job.look, self.compute.device
        self.stylizer = load_stylizer(look, size=self.size, compute=self.compute)
        self.stabilizer: Stabilizer = build(Stage.STABILIZER, look.stabilizer, device)
        self.flow: FlowEstimator = build(Stage.FLOW, look.flow, device)
        self.cut_rule = cut_rule(self.job.cuts, self.info)
        self.finish = Finish(look.style.keep_color, self._mask())

    @property
    def reach(self) -> Reach:
        """Of the whole way from source to sink."""
        from vidstyle.flow.track import reach_of

        return reach_of(self.cut_rule) + self.stylizer.reach + self.stabilizer.reach + self.finish.reach

    @property
    def uses_motion(self) -> bool:
        """Whether a stage looks at the motion that steps carry."""
        look = self.job.look
        chosen = ((Stage.STYLIZER, look.stylizer), (Stage.STABILIZER, look.stabilizer))
        return any(find_method(stage, choice.method).uses_motion for stage, choice in chosen)

    @property
    def bytes_to_paint(self) -> int | None:
        """Memory that painting a frame takes; None where it is not known."""
        per_pixel = dict(find_method(Stage.STYLIZER, self.job.look.stylizer.method).bytes_per_pixel)
        return per_pixel[self.job.encoder] * self.size[0] * self.size[1] if self.job.encoder in per_pixel else None

    def _mask(self) -> Callable[[int], Mask] | None:
        from vidstyle.masks import ClipMask, constant_mask
        from vidstyle.video.sources import open_source

        if self.job.mask is None:
            return None
        source = self.stack.enter_context(open_source(self.job.mask))
        still = source.info.frame_count_from_header == 1
        make = constant_mask if still else ClipMask
        return make(source, size=self.size, device=self.compute.device)

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides the pixels; frames of equal fingerprints may stand side by side."""
        from vidstyle.video.sinks import picture_names

        job, look = self.job, self.job.look
        record = job.as_record()
        for name in ("output", "frames", "existing", "strict", "threads", "device"):
            del record[name]
        if picture_names(job.output, self.info, job.encoding) is None:
            # A movie of other frames is another movie; pictures of other frames are more of the same.
            record["indices"] = self.selection.indices
        record["pictures"] = [_file_hash(p.path) for p in look.pictures]
        needed = find_method(Stage.STYLIZER, look.stylizer.method).weights_with(job.encoder)
        record["weights"] = [_file_hash(self.compute.weights(name)) for name in needed]
        record["input"] = _state_of(self.info.path)
        record["beside"] = [_state_of(Path(path)) for path in (job.mask, job.cuts) if path is not None]
        text = json.dumps(record, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def render(self) -> int:
        """Paint and write every selected frame that is not there yet; returns how many that were."""
        previous = Previous(self.job.output, self.info, self.job.encoding, keep=self.job.existing == "skip")
        todo = previous.todo(self.selection, lambda: self.fingerprint)
        count = todo.count(self.info.frame_count_from_header)
        self.observer(Started(self.job.input, self.job.output, self.size[1], self.size[0], count))
        if count == 0 and todo.finished:
            return 0
        with self._open_sink(todo) as sink:
            self._remark(sink.warnings)
            written: set[int] = set()
            for frame in self._paint(todo):
                if not written:
                    previous.claim(self.fingerprint, self.job.as_record())
                sink.write(frame)
                written.add(frame.index)
                self.observer(FrameDone(self.info.number_of(frame.index), len(written)))
            if not written and not todo.finished:
                raise InputError(f"{self.job.input}: has none of the frames {self.job.frames or ''}".rstrip())
        previous.settle(anew=todo == Selection())
        self._remark((*sink.warnings, *self.source.warnings, *self._past_the_end(written | todo.finished)))
        return len(written)

    def _open_sink(self, todo: Selection) -> FrameSink:
        from vidstyle.video.sinks import open_sink

        return open_sink(
            self.job.output,
            self.source,
            self.job.encoding,
            overwrite=self.job.existing != "refuse",
            indices=None if self.selection.indices is None else todo.todo(),
            size=(self.size[1], self.size[0]),
        )

    def _past_the_end(self, there: Set[int]) -> tuple[str, ...]:
        """A warning when numbers were asked for that the clip does not have; farms round their chunks up."""
        if self.job.frames is None:
            return ()
        made = {self.info.number_of(index) for index in there}
        lacking = [n for n in parse_numbers(self.job.frames) if n not in made]
        return (f"{self.job.input}: has no frames {format_numbers(lacking)}",) if lacking else ()

    def _remark(self, messages: Iterable[str]) -> None:
        for message in messages:
            if message not in self.warnings:
                self.warnings.append(message)
                self.observer(Warned(message))

    def _paint(self, todo: Selection) -> Iterator[Frame]:
        from vidstyle.flow.track import track

        for start, stop in todo.passes(self.reach):
            steps = track(self._frames(start, stop), self.flow, self.cut_rule, coarse=not self.uses_motion)
            with prefetch(steps) as ahead:
                painted = run_stages(
                    self._counting_cuts(ahead, start),
                    stylize=self.stylizer.stylize,
                    stabilize=self.stabilizer.stabilize,
                    finish=self.finish.apply,
                )
                yield from (frame for frame in painted if frame.index in todo)

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        from vidstyle.ops.resize import resize

        for frame in self.source.frames(start, stop):
            yield replace(frame, image=resize(frame.image.to(self.compute.device), self.size))

    def _counting_cuts(self, steps: Iterable[Step], start: int) -> Iterator[Step]:
        for step in steps:
            if step.motion is None and step.frame.index != start:
                self.cuts += 1
                self.observer(CutFound(self.info.number_of(step.frame.index)))
            yield step

    def check_damage(self) -> None:
        """`DamagedInputError` when the user is strict and the input was damaged."""
        if self.job.strict and self.source.damage:
            raise DamagedInputError(f"{self.source.damage[0]} (--strict)")


def default_output(input: str, look: Look) -> str:
    """``<input's stem>_<style's stem><extension>`` in the current folder; a sequence becomes a folder."""
    path = Path(input)
    stem = path.stem
    if _is_pattern(path.name):
        stem = stem.rstrip("#%0123456789d@._-*?") or path.absolute().parent.name
    style = "_".join(p.path.stem for p in look.pictures) or look.stylizer.method
    # Unlike Path.is_dir, no error for what may not be looked at; opening it says why.
    is_many = os.path.isdir(input) or _is_pattern(path.name)  # noqa: PTH112
    return f"{stem}_{style}{'' if is_many else path.suffix}"


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "%#*?")


def _state_of(path: Path) -> tuple[str, int, int] | None:
    """A file's place, size and time of change; None where there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def _file_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
