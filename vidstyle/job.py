"""One run as data, and what running it means. Read after `types.py` and `pipeline.py`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidstyle.catalog import Stage
from vidstyle.device import ENCODERS, PRECISIONS, Compute, choose_device, repeatable, set_threads
from vidstyle.encoding import EncodeSettings
from vidstyle.errors import DamagedInputError, InputError, UsageError, suggestion
from vidstyle.events import CutFound, Finished, FrameDone, Observer, Started, Warned, ignore
from vidstyle.fingerprint import fingerprint_of
from vidstyle.finish import Finish
from vidstyle.footprint import Load, peak_bytes
from vidstyle.labels import open_regions
from vidstyle.loop import ring_of
from vidstyle.masks import open_mask
from vidstyle.numbering import format_numbers
from vidstyle.pipeline import prefetch, steps_ahead
from vidstyle.pipeline import run as run_stages
from vidstyle.presets import Look, check_encoder
from vidstyle.registry import find_method
from vidstyle.resume import Previous
from vidstyle.selection import Selection, parse_numbers, select
from vidstyle.stages import build, cut_rule, load_motion, load_stylizer, output_size
from vidstyle.types import (
    ClipInfo,
    Frame,
    FrameSink,
    FrameSource,
    Mask,
    Reach,
    Regions,
    Stabilizer,
    Step,
)

_CHOICES = {"existing": ("refuse", "overwrite", "skip"), "precision": PRECISIONS, "encoder": ENCODERS}
"""What may stand in fields of a job that hold a word."""


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
    content_labels: str | None = None
    """A label map of the clip's regions: a picture, a sequence or a video, of any colors."""
    style_labels: tuple[str, ...] = ()
    """Label maps of the style pictures in the same colors, one picture each."""
    cuts: str = "auto"
    """``auto``, ``none``, or the path of a list of cuts."""
    loop: bool = False
    """The clip is a ring: its last frame leads to its first."""
    flow_from: str | None = None
    """A folder of motion vectors in files, in place of the look's flow."""
    flow_cache: str | None = None
    """A folder that keeps motion for the next run over the same frames."""
    flow_cache_limit: float = 20.0
    """Gigabytes that the folder may hold."""
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

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise UsageError(f"{name}: {value!r} is none of the choices; {suggestion(str(value), known)}")
        for name, least in (("size", 1), ("threads", 0), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and value >= least):
                raise UsageError(f"{name}: expected a whole number from {least}, got {value!r}")
        if not isinstance(self.frame_rate, Fraction | None) or (self.frame_rate or 1) <= 0:
            raise UsageError(f"frame_rate: expected a Fraction such as Fraction(30000, 1001), got {self.frame_rate!r}")

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
        stack.enter_context(repeatable(run.compute.device))
        written = run.render()
    run.check_damage()
    finished = Finished(job.output, written, time.monotonic() - begun, run.cuts, tuple(run.warnings))
    observer(finished)
    return finished


def plan_job(job: Job) -> dict[str, Any]:
    """Check a job, its input and its output without writing anything: what ``--dry-run`` shows."""
    with ExitStack() as stack:
        run = _Run(job, ignore, stack)
        _, todo = run.begun()
        count = todo.left(run.source)
        is_done = count == 0 and todo.finished
        if not is_done:
            run.open_sink(todo)
        passes = [] if is_done else list(run.passes(todo))
        return {
            "job": job.as_record(),
            "frames": count,
            "frames_estimated": run.is_count_estimated,
            "size": [run.size[1], run.size[0]],
            "reach": {"before": run.reach.before, "after": run.reach.after},
            "passes": passes,
            "bytes": run.peak_bytes,
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
        check_encoder(job.look, job.encoder)
        self.selection = select(job.frames, self.info)
        self.ring = ring_of(self.source) if job.loop else None
        own = {name: Path(path) for name, path in job.weights}
        self.compute = Compute(
            choose_device(job.device), precision=job.precision, seed=job.seed, encoder=job.encoder, own_weights=own
        )
        self._build_stages()

    def _build_stages(self) -> None:
        look, device = self.job.look, self.compute.device
        self.stylizer = load_stylizer(
            look, size=self.size, compute=self.compute, regions=self._regions(), clip=self.info
        )
        self.stabilizer: Stabilizer = build(Stage.STABILIZER, look.stabilizer, device)
        kept = None if self.job.flow_cache is None else (self.job.flow_cache, self.job.flow_cache_limit)
        number_of = self.info.number_of if self.ring is None else self.ring.looked_up(self.info.number_of)
        self.motion = load_motion(look, number_of, self.compute, vectors=self.job.flow_from, kept=kept)
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
    def distances(self) -> tuple[int, ...]:
        """Over how many frames the stylizer wants motion, beside that to the frame before."""
        choice = self.job.look.stylizer
        return find_method(Stage.STYLIZER, choice.method).distances_with(choice.options)

    @property
    def is_count_estimated(self) -> bool:
        """Whether only a header says how many of the frames there are."""
        indices, claimed = self.selection.indices, self.info.frame_count_from_header
        is_within = indices is not None and claimed is not None and all(index < claimed for index in indices[-1:])
        return self.info.is_movie and not is_within

    @property
    def peak_bytes(self) -> int | None:
        """An estimate of the memory that the run takes on a CPU; None elsewhere, and where it is not known."""
        if self.compute.device.type != "cpu":
            return None
        job = self.job
        load = Load(
            look=job.look,
            encoder=job.encoder,
            info=self.info,
            size=self.size,
            output=job.output,
            encoding=job.encoding,
            frames=self.selection.count(self.info.frame_count_from_header),
        )
        return peak_bytes(load)

    def _mask(self) -> Callable[[int], Mask] | None:
        if self.job.mask is None:
            return None
        mask = open_mask(self.job.mask, clip=self.info, size=self.size, device=self.compute.device, stack=self.stack)
        return mask if self.ring is None else self.ring.looked_up(mask)

    @property
    def vector_files(self) -> list[Path]:
        """The files that motion is read from; none where it is searched."""
        from vidstyle.flow.given import vector_files

        return [] if self.job.flow_from is None else vector_files(Path(self.job.flow_from))

    def _regions(self) -> Regions | None:
        job = self.job
        regions = open_regions(
            job.content_labels, job.style_labels, job.look, shape=self.size, clip=self.info, stack=self.stack
        )
        if regions is None or self.ring is None:
            return regions
        return replace(regions, of_frame=self.ring.looked_up(regions.of_frame))

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides the pixels; frames of equal fingerprints may stand side by side."""
        indices, vectors = self.selection.indices, self.vector_files
        return fingerprint_of(self.job, self.info, self.compute, indices=indices, vectors=vectors)

    def begun(self) -> tuple[Previous, Selection]:
        """What an earlier run left, and the frames still to do."""
        previous = Previous(self.job.output, self.info, self.job.encoding, keep=self.job.existing == "skip")
        return previous, previous.todo(self.selection, lambda: self.fingerprint)

    def render(self) -> int:
        """Paint and write every selected frame that is not there yet; returns how many that were."""
        previous, todo = self.begun()
        count = todo.left(self.source)
        if count == 0 and todo.finished:
            self._announce(count)
            return 0
        with self.open_sink(todo) as sink:
            self._announce(count)
            self._remark(sink.warnings)
            written: set[int] = set()
            for frame in self._paint(todo):
                if not written:
                    previous.claim(self.fingerprint, self.job.as_record())
                sink.write(frame)
                written.add(frame.index)
                self.observer(FrameDone(self.info.number_of(frame.index), len(written)))
                # Let go before the next one is painted.
                del frame
            if not written and not todo.finished:
                raise InputError(f"{self.job.input}: has none of the frames {self.job.frames or ''}".rstrip())
        previous.settle(anew=todo == Selection())
        self._remark((*sink.warnings, *self.source.warnings, *self._past_the_end(written | todo.finished)))
        return len(written)

    def _announce(self, count: int | None) -> None:
        width, height = self.size[::-1]
        self.observer(Started(self.job.input, self.job.output, width, height, count, self.is_count_estimated))

    def open_sink(self, todo: Selection) -> FrameSink:
        """Where the frames to do will go; nothing is written yet."""
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

    def passes(self, todo: Selection) -> Iterable[tuple[int, int | None]]:
        """Ranges of indices to run over for the frames to do."""
        return todo.passes(self.reach) if self.ring is None else self.ring.passes(todo, self.reach)

    def _paint(self, todo: Selection) -> Iterator[Frame]:
        painted = self._painted(todo)
        shown = painted if self.ring is None else self.ring.joined(painted, todo)
        return filter(lambda frame: frame.index in todo, shown)

    def _painted(self, todo: Selection) -> Iterator[Frame]:
        from vidstyle.flow.track import follow

        for start, stop in self.passes(todo):
            frames, coarse = self._frames(start, stop), not self.uses_motion
            steps = follow(frames, self.motion, self.cut_rule, coarse=coarse, distances=self.distances)
            with prefetch(steps, steps_ahead(self.size[0] * self.size[1])) as ahead:
                yield from run_stages(
                    self._counting_cuts(ahead, start),
                    stylize=self.stylizer.stylize,
                    stabilize=self.stabilizer.stabilize,
                    finish=self.finish.apply,
                )

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        from vidstyle.ops.resize import resize

        frames = self.source.frames(start, stop) if self.ring is None else self.ring.frames(self.source, start, stop)
        for frame in frames:
            yield replace(frame, image=resize(frame.image.to(self.compute.device), self.size))

    def _counting_cuts(self, steps: Iterable[Step], start: int) -> Iterator[Step]:
        for step in steps:
            if step.motion is None and step.frame.index == 0 > start:
                self._remark([f"{self.job.input}: its last frame does not lead to its first; --loop only fades it"])
            elif step.motion is None and step.frame.index > max(0, start):
                self.cuts += 1
                self.observer(CutFound(self.info.number_of(step.frame.index)))
            yield step

    def check_damage(self) -> None:
        """`DamagedInputError` when the user is strict and the input was damaged."""
        if self.job.strict and self.source.damage:
            raise DamagedInputError(f"{self.source.damage[0]} (--strict)")


def default_output(input: str, look: Look) -> str:
    """``<input's stem>_<style's stem><extension>`` in the current folder; a sequence becomes a folder."""
    style = "_".join(p.path.stem for p in look.pictures) or look.stylizer.method
    name = f"{stem_of(input)}_{style}"
    # What follows a dot in a folder's name would be taken for a file's extension.
    return name.replace(".", "_") if _is_folder(input) or _is_pattern(input) else name + Path(input).suffix


def stem_of(input: str) -> str:
    """What a clip is called: the file without its extension, the folder, or the pattern without its number.

    >>> stem_of("a/my.clip.mp4"), stem_of("shots/f.####.png"), stem_of("shots/####.png")
    ('my.clip', 'f', 'shots')
    """
    path = Path(input)
    if _is_folder(input):
        # A folder may be called "." or "..", and a link has a name of its own.
        return Path(os.path.abspath(input)).name or "frames"  # noqa: PTH100
    if _is_pattern(input):
        return path.stem.rstrip("#%0123456789d@._-*?") or path.absolute().parent.name
    return path.stem


def _is_folder(input: str) -> bool:
    # Unlike Path.is_dir, no error for what may not be looked at; opening it says why.
    return os.path.isdir(input)  # noqa: PTH112


def _is_pattern(input: str) -> bool:
    return any(mark in Path(input).name for mark in "%#*?")
