"""Peak memory of a short and of a ten times longer run: ``python benchmarks/memory.py``.

The ratio is the point: memory that grows with the clip's length is a leak. Each run is a process of its own.

With ``--estimate``: what ``vidstyle --dry-run`` says of every method at two sizes, and what it then takes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

SIZE = (90, 160)
STYLE = Path(__file__).parent.parent / "samples/starry.jpg"
ESTIMATED_FRAMES = 4
"""Enough for motion to be read ahead; memory does not grow with more."""
QUICK = {"iterations": 4, "follow": 2}
"""Of methods that have such options: memory does not grow with their steps."""


def peak_mebibytes() -> float:
    """The most memory that this process has had resident."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its peak includes the parent's memory from before exec.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def render(job: dict[str, Any]) -> None:
    """Render a clip, then write this process's peak and what a plan would have said, both in MiB."""
    from vidstyle.job import Job, plan_job, run_job
    from vidstyle.presets import build_look

    look = build_look(job.pop("look"), where="memory")
    made = Job(look=look, device="cpu", threads=1, weights=tuple(job.pop("weights", {}).items()), **job)
    run_job(made)
    peak = peak_mebibytes()
    estimate = plan_job(made)["bytes"]
    told = {"estimate": estimate and estimate / 2**20, "peak": peak}
    sys.stdout.write(f"{json.dumps(told)}\n")


def measure(
    frames: int, size: tuple[int, int], tables: dict[str, Any], *, output: str = "out.mp4", weights: bool = False
) -> dict[str, float]:
    """Estimate and peak, in MiB, of a process that renders a clip of so many frames of `size` (height, width).

    With `weights`, the network of `fast` is an untrained one.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make = (
            f"from clip import write_clip; from pathlib import Path; write_clip(Path({str(clip)!r}), {frames}, {size})"
        )
        subprocess.run([sys.executable, "-c", make], cwd=Path(__file__).parent, check=True)
        job: dict[str, Any] = {"input": str(clip), "look": tables, "output": str(Path(folder) / output)}
        if weights:
            job["weights"] = {"fast": untrained(Path(folder) / "fast.safetensors")}
        command = [sys.executable, __file__, "--render", json.dumps(job)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def untrained(path: Path) -> str:
    """A file of a network that paints, if not well."""
    make = (
        "from vidstyle.nets.transform import FastNet; from vidstyle.weights.store import write_tensors; "
        f"from pathlib import Path; write_tensors(Path({str(path)!r}), FastNet().state_dict(), {{}})"
    )
    subprocess.run([sys.executable, "-c", make], check=True)
    return str(path)


def estimates(names: list[str], sizes: list[str]) -> Iterator[dict[str, Any]]:
    """Estimate, peak and their ratio for every method and size, into pictures."""
    for name in names:
        for text in sizes:
            height, width = map(int, text.split("x")[::-1])
            tables, is_fast = look_of(name), name == "fast"
            told = measure(ESTIMATED_FRAMES, (height, width), tables, output="out.####.png", weights=is_fast)
            yield {"method": name, "size": text, **told, "ratio": told["estimate"] / told["peak"]}


def look_of(name: str) -> dict[str, Any]:
    """A look with a method in as few steps as it can do."""
    from vidstyle.catalog import Stage
    from vidstyle.registry import find_method

    spec = find_method(Stage.STYLIZER, name)
    known = {field.name for field in fields(spec.options)}
    stylizer = {"method": name, **{option: value for option, value in QUICK.items() if option in known}}
    return {"stylizer": stylizer, "style": {"images": [str(STYLE)]} if spec.needs_style else {}}


def stylizers() -> list[str]:
    """The names of all stylizers whose estimate is known."""
    from vidstyle.catalog import METHODS, Stage

    return [spec.name for spec in METHODS if spec.stage is Stage.STYLIZER and spec.bytes_per_pixel]


def compare_lengths(short: int, long: int) -> tuple[dict[str, Any], list[str]]:
    """The peaks of two lengths, and the same for people."""
    tables = {"style": {"images": [str(STYLE)]}}
    peaks = {frames: measure(frames, SIZE, tables)["peak"] for frames in (short, long)}
    record = {"size": SIZE, "peak_mib": peaks, "ratio": peaks[long] / peaks[short]}
    lines = [f"{frames:6d} frames: {peak:7.1f} MiB" for frames, peak in peaks.items()]
    return record, [*lines, f"ratio: {record['ratio']:.3f}"]


def main() -> None:
    """Compare two lengths, or estimates with what they estimate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs=2, default=[300, 3000], metavar="N")
    parser.add_argument("--estimate", nargs="*", metavar="METHOD", help="of these methods; none named: of all")
    parser.add_argument("--sizes", nargs="+", default=["320x180", "640x360"], metavar="WxH")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--render", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.render:
        render(arguments.render)
        return
    if arguments.estimate is None:
        record, lines = compare_lengths(*arguments.frames)
        sys.stdout.write("\n".join([json.dumps(record)] if arguments.json else lines) + "\n")
        return
    for row in estimates(arguments.estimate or stylizers(), arguments.sizes):
        text = "{method:10} {size:>10}  estimate {estimate:7.0f} MiB  peak {peak:7.0f} MiB  ratio {ratio:.2f}"
        sys.stdout.write(f"{json.dumps(row) if arguments.json else text.format(**row)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
