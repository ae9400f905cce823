"""Peak memory of a short and of a ten times longer run: ``python benchmarks/memory.py``.

The ratio is the point: memory that grows with the clip's length is a leak. Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = (90, 160)
STYLE = Path(__file__).parent.parent / "samples/starry.jpg"


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


def render(clip: Path) -> None:
    """Render a clip with the default look, then write this process's peak."""
    from vidstyle.job import Job, run_job
    from vidstyle.presets import build_look

    look = build_look({"style": {"images": [str(STYLE)]}}, where="memory")
    run_job(Job(input=str(clip), look=look, output=str(clip.with_name("out.mp4")), device="cpu", threads=1))
    sys.stdout.write(f"{peak_mebibytes()}\n")


def peak_of(frames: int) -> float:
    """Peak memory, in MiB, of a process that renders a clip of so many frames."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make = (
            f"from clip import write_clip; from pathlib import Path; write_clip(Path({str(clip)!r}), {frames}, {SIZE})"
        )
        subprocess.run([sys.executable, "-c", make], cwd=Path(__file__).parent, check=True)
        command = [sys.executable, __file__, "--render", str(clip)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Compare two lengths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs=2, default=[300, 3000], metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--render", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.render:
        render(arguments.render)
        return
    short, long = arguments.frames
    peaks = {short: peak_of(short), long: peak_of(long)}
    record = {"size": SIZE, "peak_mib": peaks, "ratio": peaks[long] / peaks[short]}
    lines = [f"{frames:6d} frames: {peak:7.1f} MiB" for frames, peak in peaks.items()]
    text = json.dumps(record) if arguments.json else "\n".join([*lines, f"ratio: {record['ratio']:.3f}"])
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
