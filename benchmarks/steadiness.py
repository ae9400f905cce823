"""How steady stabilized painting is: ``python benchmarks/steadiness.py CLIP ... --styles IMG ...``.

Every clip is painted in every style by every method, once frame by frame and once stabilized, into pictures, so that
no codec counts. What `vidstyle measure` then finds stands in a row, as shares of the frame-by-frame result's figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from speed import machine

import vidstyle

GOALS = {"k1": (0.0, 0.25), "k8": (0.0, 0.5), "sharpness": (0.97, 1.1), "distance": (0.97, 1.03)}
"""What each share is to lie within: steadier by so much, neither blurred nor crisped, and as near to the style."""

FIGURES = {
    "k1": "warp_k1_to_per_frame",
    "k8": "warp_k8_to_per_frame",
    "sharpness": "sharpness",
    "distance": "style_distance_to_per_frame",
}
"""The columns, and what they are called in a measurement."""


@dataclass(frozen=True)
class Look:
    """What one row is painted with."""

    style: Path
    method: str

    def tables(self, stabilizer: str) -> dict[str, Any]:
        """As a preset has them."""
        return {"stylizer": {"method": self.method}, "stabilizer": {"method": stabilizer}}


@dataclass(frozen=True)
class Bench:
    """Where pictures go, and how they are made."""

    folder: Path
    options: Mapping[str, Any]
    """Fields of `Job`: of every run."""

    def content(self, clip: Path, size: int, frames: str) -> Path:
        """The frames of a clip that are painted, at their size, as pictures."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder / f"{clip.stem}_content"
        unpainted = {"stylizer": {"method": "color", "strength": 0.0}}
        style = Path(__file__).parent.parent / "samples" / "starry.jpg"
        self._render(clip, folder, style=style, look=unpainted, size=size, frames=frames)
        return folder

    def painted(self, content: Path, look: Look, stabilizer: str) -> Path:
        """The content in a look, as pictures."""
        folder = self.folder / f"{content.name}_{look.style.stem}_{look.method}_{stabilizer}"
        self._render(content, folder, style=look.style, look=look.tables(stabilizer))
        return folder

    def _render(self, source: Path, folder: Path, **settings: Any) -> None:
        output = folder / "f.####.png"
        vidstyle.stylize(source, output=output, existing="skip", **{**self.options, **settings})


def row(bench: Bench, content: Path, look: Look) -> dict[str, Any]:
    """What was measured of one clip in one look."""
    paint = partial(bench.painted, content, look)
    stabilized, per_frame = paint("blend"), paint("none")
    device = {name: bench.options[name] for name in ("device", "threads")}
    found = vidstyle.measure(content, stabilized, per_frame=per_frame, style=look.style, **device).totals
    shares = {name: found[figure] for name, figure in FIGURES.items()}
    whole = {f"per_frame_{name}": found[f"per_frame_{name}"] for name in ("warp_k1", "warp_k8", "style_distance")}
    clip = content.name.removesuffix("_content")
    return {"clip": clip, "style": look.style.stem, "method": look.method, **shares, **whole}


def rows(bench: Bench, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row per clip, style and method."""
    for clip in arguments.clips:
        content = bench.content(clip, arguments.size, arguments.frames)
        for method in arguments.methods:
            for style in arguments.styles:
                yield row(bench, content, Look(style, method))


def meets(share: float | None, name: str) -> bool:
    """Whether a share lies within its goal."""
    low, high = GOALS[name]
    return share is not None and low <= share <= high


def as_line(found: Mapping[str, Any]) -> str:
    """One row for people; a star where the goal is missed."""
    shares = "".join(
        f"{'-' if found[name] is None else format(found[name], '.3f'):>10}{' ' if meets(found[name], name) else '*'}"
        for name in FIGURES
    )
    return f"{found['clip'][:22]:24}{found['style'][-22:]:24}{found['method']:8}{shares}"


def summary(found: Sequence[Mapping[str, Any]], method: str) -> str:
    """The mean of a method's rows, and how many meet each goal."""
    own = [item for item in found if item["method"] == method]
    words = []
    for name in FIGURES:
        known = [item[name] for item in own if item[name] is not None]
        met = sum(meets(share, name) for share in known)
        words.append(f"{name} {fmean(known):.3f} ({met} of {len(own)})" if known else f"{name} -")
    return f"{method}, mean (rows within the goal): {', '.join(words)}"


def main() -> None:
    """Paint, measure, and write a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--styles", nargs="+", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", default=["adain", "sanet"])
    parser.add_argument("--size", type=int, default=448, help="longest side in pixels")
    parser.add_argument("--frames", default="1-48", help="frame numbers of every clip")
    parser.add_argument("--into", type=Path, help="a folder that keeps the pictures; what it has is not made anew")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="torch threads; 0 is torch's own choice")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    options = {"device": arguments.device, "threads": arguments.threads}
    found = []
    with TemporaryDirectory() as temporary:
        for item in rows(Bench(arguments.into or Path(temporary), options), arguments):
            found.append(item)
            if not arguments.json:
                sys.stdout.write(f"{as_line(item)}\n")
                sys.stdout.flush()
    if arguments.json:
        sys.stdout.write(json.dumps({"machine": machine(), "goals": GOALS, "rows": found}, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(summary(found, method) for method in arguments.methods) + "\n")


if __name__ == "__main__":
    main()
