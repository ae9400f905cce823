"""Peak memory of a short and of a ten times longer run: ``python benchmarks/memory.py``.

The ratio is the point: memory that grows with the clip's length is a leak. Each run is a process of its own.

With ``--estimate``: what ``vidstyle --dry-run`` says of every method, and what the same command then takes.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

from vidstyle.catalog import METHODS, Stage
from vidstyle.registry import find_method

HERE = Path(__file__).parent
SIZE = "160x90"
STYLE = HERE.parent / "samples/starry.jpg"
FRAMES = 9
"""More than are ever read ahead: memory does not grow with more."""
QUICK = {"iterations": 12, "follow": 2, "updates": 2}
"""Of methods that have such options. L-BFGS remembers ten steps; memory does not grow with more."""
UNTRAINED = {
    "vgg19": "vidstyle.nets.vgg import Vgg, VGG19_WIDTHS; network = Vgg(VGG19_WIDTHS, ())",
    "raft-small": "vidstyle.flow.raft import make_network; network = make_network('raft-small')",
    "raft-large": "vidstyle.flow.raft import make_network; network = make_network('raft-large')",
}
"""Networks whose weights are not shipped, and how to make one that has learned nothing: it takes the same memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command to measure."""

    method: str
    size: str = SIZE
    encoder: str = "slim"
    threads: int = 1
    flags: str = ""
    """More of the command's flags."""
    output: str = "out.####.png"
    frames: int = FRAMES
    style: Path = STYLE


def measure(run: Run) -> dict[str, float | None]:
    """What a plan says that the run takes, and its peak, both in MiB; and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        words = command(run, Path(folder))
        plan = subprocess.run([*words, "--dry-run", "--json"], check=True, stdout=subprocess.PIPE, text=True)
        estimate = json.loads(plan.stdout.splitlines()[-1])["bytes"]
        peak = peak_bytes([*words, "-q"])
    told = {"estimate": estimate, "peak": peak}
    return {name: value and value / 2**20 for name, value in told.items()} | {"ratio": estimate and peak / estimate}


def command(run: Run, folder: Path) -> list[str]:
    """The words of a run into a folder, in which its clip and the weights that it needs are made."""
    width, height = map(int, run.size.split("x"))
    clip = folder / "clip.mp4"
    size = f"({height}, {width})"
    made(f"from clip import *; write_clip(Path({str(clip)!r}), {run.frames}, {size})")
    spec = find_method(Stage.STYLIZER, run.method)
    known = {field.name for field in fields(spec.options)}
    quick = [f"--{run.method}-{option}={value}" for option, value in QUICK.items() if option in known]
    words = [sys.executable, "-m", "vidstyle", str(clip), "--method", run.method, "--device", "cpu", *quick]
    words += ["--threads", str(run.threads), "--encoder", run.encoder, "--progress", "none", *shlex.split(run.flags)]
    words += ["--style", str(run.style)] if spec.needs_style else []
    for name, network in UNTRAINED.items():
        if name in words:
            weights = folder / f"{name}.safetensors"
            made(
                f"from {network}; from vidstyle.weights.store import write_tensors; from pathlib import Path; "
                f"write_tensors(Path({str(weights)!r}), network.state_dict(), {{}})"
            )
            words += ["--weights", f"{name}={weights}"]
    return [*words, "--output", str(folder / run.output)]


def made(code: str) -> None:
    """Run code in a process of its own: what this process has had in memory would count for those that it starts."""
    subprocess.run([sys.executable, "-c", code], cwd=HERE, check=True)


def peak_bytes(words: Sequence[str]) -> int:
    """The most memory that a command has had resident."""
    process = subprocess.Popen(words)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def estimates(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Estimate, peak and their ratio for every method, encoder, size and choice of flags."""
    names = arguments.estimate or [spec.name for spec in METHODS if spec.stage is Stage.STYLIZER]
    for name, encoder, size, flags in product(names, arguments.encoders, arguments.sizes, arguments.flags):
        if encoder == arguments.encoders[0] or find_method(Stage.STYLIZER, name).uses_encoder:
            run = Run(
                method=name,
                size=size,
                encoder=encoder,
                threads=arguments.threads,
                flags=flags,
                output=arguments.output,
                frames=arguments.count,
            )
            yield {"method": name, "encoder": encoder, "size": size, "flags": flags, **measure(run)}


def compare_lengths(short: int, long: int) -> tuple[dict[str, Any], list[str]]:
    """The peaks of two lengths, and the same for people."""
    peaks = {count: measure(Run(method="adain", output="out.mp4", frames=count))["peak"] for count in (short, long)}
    record = {"size": SIZE, "peak_mib": peaks, "ratio": (peaks[long] or 0) / (peaks[short] or 1)}
    lines = [f"{count:6d} frames: {peak:7.1f} MiB" for count, peak in peaks.items()]
    return record, [*lines, f"ratio: {record['ratio']:.3f}"]


def main() -> None:
    """Compare two lengths, or estimates with what they estimate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs=2, default=[300, 3000], metavar="N")
    parser.add_argument("--estimate", nargs="*", metavar="METHOD", help="of these methods; none named: of all")
    parser.add_argument("--sizes", nargs="+", default=["320x180", "640x360"], metavar="WxH")
    parser.add_argument("--encoders", nargs="+", default=["slim"], choices=("slim", "vgg19"))
    parser.add_argument(
        "--flags", nargs="+", default=[""], help="each a run: ' --stabilizer none' ' --flow raft-small'"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", default="out.####.png", help="out.mp4 counts the video encoder in")
    parser.add_argument("--count", type=int, default=FRAMES, metavar="N", help="frames of the clip to estimate for")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.estimate is None:
        record, lines = compare_lengths(*arguments.frames)
        sys.stdout.write("\n".join([json.dumps(record)] if arguments.json else lines) + "\n")
        return
    for row in estimates(arguments):
        text = "{method:8} {encoder:5} {size:>9} {flags:20} {estimate:6.0f} MiB told {peak:6.0f} taken {ratio:6.2f}"
        sys.stdout.write(f"{json.dumps(row) if arguments.json else text.format(**row)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
