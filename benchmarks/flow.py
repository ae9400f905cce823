"""How exact and how costly the flow methods are: ``python benchmarks/flow.py FOLDER ... --methods dis raft-small``.

A folder holds two pictures and the true flow from the first to the second in one file, as Middlebury's and Sintel's
do. Methods with weights are left out, and named, where these are missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from speed import machine

from vidstyle.catalog import Stage
from vidstyle.device import Compute, choose_device, set_threads
from vidstyle.errors import WeightsError
from vidstyle.flow.motion import both_ways
from vidstyle.flow.vectors import Vectors, read_vectors
from vidstyle.ops.trust import motion_trust
from vidstyle.options import build_options
from vidstyle.presets import Choice
from vidstyle.registry import find_method
from vidstyle.stages import load_flow
from vidstyle.types import FlowEstimator, Image
from vidstyle.video.stills import read_picture

METHODS = ("dis:preset=ultrafast", "dis:preset=fast", "dis", "raft-small", "raft-large")
OUTLIER = 3.0
"""Pixels beyond which a vector counts as wrong, as KITTI has it."""


@dataclass(frozen=True)
class Pair:
    """Two pictures and the true flow from the first to the second."""

    name: str
    images: tuple[Image, Image]
    truth: Vectors


def read_pair(folder: Path, device: torch.device) -> Pair:
    """The pair in a folder, its pictures on the device."""
    (truth,) = sorted(folder.glob("*.flo"))
    first, second = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
    return Pair(folder.name, (read_picture(first).to(device), read_picture(second).to(device)), read_vectors(truth))


def load_method(text: str, compute: Compute) -> FlowEstimator:
    """The estimator that ``NAME`` or ``NAME:OPTION=VALUE,...`` stands for."""
    name, _, settings = text.partition(":")
    spec = find_method(Stage.FLOW, name)
    values = dict(item.split("=") for item in settings.split(",") if item)
    typed: dict[str, Any] = {key: int(value) if value.isdigit() else value for key, value in values.items()}
    return load_flow(Choice(name, build_options(spec.options, typed, text)), compute)


def score(pair: Pair, flow: FlowEstimator, repeats: int) -> dict[str, float]:
    """Errors in pixels over the known vectors, and milliseconds: one way, and both ways with trust as a run has it."""
    found = flow(*pair.images).cpu()
    error = (found - pair.truth.flow).norm(dim=0)[pair.truth.known[0] > 0]
    one_way, whole = [], []
    for _ in range(repeats):
        begun = time.perf_counter()
        flow(*pair.images)
        one_way.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        motion_trust(pair.images, *both_ways(flow, pair.images))
        whole.append(time.perf_counter() - begun)
    return {
        "mean_px": float(error.mean()),
        "median_px": float(error.median()),
        "outliers": float((error > OUTLIER).float().mean()),
        "search_ms": 1000 * median(one_way),
        "motion_ms": 1000 * median(whole),
    }


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row per pair and method that can run."""
    compute = Compute(choose_device(arguments.device), arguments.precision)
    pairs = [read_pair(folder, compute.device) for folder in arguments.folders]
    rows: list[dict[str, Any]] = []
    for method in arguments.methods:
        try:
            flow = load_method(method, compute)
        except WeightsError as error:
            sys.stderr.write(f"{method}: left out: {error}\n")
            continue
        rows += [{"pair": pair.name, "method": method, **score(pair, flow, arguments.repeats)} for pair in pairs]
    return rows


def as_table(rows: list[dict[str, Any]]) -> str:
    """The rows for people."""
    lines = [f"{'pair':28}{'method':26}{'mean px':>9}{'median px':>11}{'> 3 px':>8}{'search ms':>11}{'motion ms':>11}"]
    for row in rows:
        errors = f"{row['mean_px']:9.3f}{row['median_px']:11.3f}{row['outliers']:8.1%}"
        times = f"{row['search_ms']:11.1f}{row['motion_ms']:11.1f}"
        lines.append(f"{row['pair']:28}{row['method']:26}{errors}{times}")
    return "\n".join(lines)


def main() -> None:
    """Score the asked-for methods and write a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), metavar="NAME[:OPTION=VALUE,...]")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0 is torch's own choice")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    rows = measure(arguments)
    text = json.dumps({"machine": machine(), "rows": rows}, indent=1) if arguments.json else as_table(rows)
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
