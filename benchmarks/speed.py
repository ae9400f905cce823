"""Frames per second from end to end, and what each stage takes: ``python benchmarks/speed.py``.

Read the protocol in README.md beside this file before quoting a number.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import torch
from clip import write_clip

from vidstyle import pipeline
from vidstyle.catalog import Stage
from vidstyle.device import Compute, choose_device, set_threads
from vidstyle.encoding import EncodeSettings
from vidstyle.events import Event, FrameDone
from vidstyle.finish import Finish
from vidstyle.flow.track import track
from vidstyle.job import Job, run_job
from vidstyle.presets import Look, build_look
from vidstyle.stages import build, cut_rule, load_flow, load_stylizer
from vidstyle.types import Frame, FrameSink
from vidstyle.video.sinks import open_sink
from vidstyle.video.sources import open_source

T = TypeVar("T")

SIZES = {"360p": (360, 640), "720p": (720, 1280), "1080p": (1080, 1920)}
STAGES = ("decode", "flow", "stylize", "stabilize", "finish", "encode")
STYLE = Path(__file__).parent.parent / "samples/starry.jpg"
SETTINGS = EncodeSettings(codec="h264")


class Clock:
    """Time by stage. Stages pull from one another; each is charged for its own work only."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(("else", *STAGES), 0.0)
        self._stack = ["else"]
        self._since = time.perf_counter()

    def restart(self) -> None:
        """Forget what was spent so far."""
        self._charge()
        self.spent = dict.fromkeys(self.spent, 0.0)

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Charge what happens in the block to `stage`, less what blocks inside it take."""
        self._charge()
        self._stack.append(stage)
        try:
            yield
        finally:
            self._charge()
            self._stack.pop()

    def _charge(self) -> None:
        now = time.perf_counter()
        self.spent[self._stack[-1]] += now - self._since
        self._since = now

    def timed(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; making them is charged to `stage`."""
        source = iter(items)
        end = object()
        while True:
            with self.within(stage):
                item = next(source, end)
            if item is end:
                return
            yield item  # type: ignore[misc]


def measure_job(job: Job) -> dict[str, float]:
    """One whole run as users have it: seconds to the first frame, then frames per second."""
    begun, done = time.perf_counter(), []

    def note(event: Event) -> None:
        if isinstance(event, FrameDone):
            done.append(time.perf_counter())

    run_job(job, note)
    return {"start_s": done[0] - begun, "fps": (len(done) - 1) / (done[-1] - done[0])}


def measure_stages(job: Job, warm_up: int) -> dict[str, float]:
    """Milliseconds per frame and stage, in one thread: what `prefetch` hides is counted here."""
    compute = Compute(choose_device(job.device), job.precision)
    with open_source(job.input) as source:
        size = (source.info.height, source.info.width)
        stylizer = load_stylizer(job.look, size=size, compute=compute)
        stabilizer = build(Stage.STABILIZER, job.look.stabilizer, compute.device)
        flow = load_flow(job.look.flow, compute)
        clock = Clock()
        steps = track(clock.timed("decode", source.frames()), flow, cut_rule("none", source.info))
        painted = pipeline.run(
            clock.timed("flow", steps),
            stylize=lambda shot: clock.timed("stylize", stylizer.stylize(shot)),
            stabilize=lambda shot: clock.timed("stabilize", stabilizer.stabilize(shot)),
            finish=lambda shot: clock.timed("finish", Finish().apply(shot)),
        )
        with clock.within("encode"), open_sink(job.output, source, SETTINGS, overwrite=True) as sink:
            frames = write_all(sink, clock.timed("else", painted), lambda count: count == warm_up and clock.restart())
    return {stage: 1000 * clock.spent[stage] / (frames - warm_up) for stage in STAGES}


def write_all(sink: FrameSink, frames: Iterable[Frame], after: Callable[[int], object]) -> int:
    """Write every frame, and call `after` with the count so far; returns how many there were."""
    count = 0
    for count, frame in enumerate(frames, start=1):
        sink.write(frame)
        after(count)
    return count


def measure(name: str, look: Look, arguments: argparse.Namespace) -> dict[str, Any]:
    """All numbers of one size: medians over the repeats, after one run that warms up."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, arguments.frames, SIZES[name])
        job = Job(
            input=str(clip),
            look=look,
            output=str(Path(folder) / "out.mp4"),
            cuts="none",
            encoding=SETTINGS,
            existing="overwrite",
            device=arguments.device,
            precision=arguments.precision,
            threads=arguments.threads,
        )
        measure_job(job)
        runs = [measure_job(job) for _ in range(arguments.repeats)]
        stages = [measure_stages(job, arguments.warm_up) for _ in range(arguments.repeats)]
    return {
        "size": name,
        **{key: median(run[key] for run in runs) for key in ("fps", "start_s")},
        "stages_ms": {stage: median(run[stage] for run in stages) for stage in STAGES},
    }


def machine() -> dict[str, Any]:
    """What the numbers were taken on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def as_table(rows: list[dict[str, Any]]) -> str:
    """The numbers for people."""
    head = ["size", "fps", "start s", *(f"{stage} ms" for stage in STAGES)]
    lines = ["  ".join(f"{word:>12}" for word in head)]
    for row in rows:
        cells = [row["size"], f"{row['fps']:.2f}", f"{row['start_s']:.2f}"]
        cells += [f"{row['stages_ms'][stage]:.1f}" for stage in STAGES]
        lines.append("  ".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Measure the asked-for sizes and write a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--frames", type=int, default=60, help="length of the clip")
    parser.add_argument("--warm-up", type=int, default=10, help="frames left out of the stages' times")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--style", type=Path, default=STYLE)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0 is torch's own choice")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    look = build_look({"style": {"images": [str(arguments.style)]}}, where="speed")
    rows = [measure(name, look, arguments) for name in arguments.sizes]
    text = json.dumps({"machine": machine(), "rows": rows}, indent=1) if arguments.json else as_table(rows)
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
