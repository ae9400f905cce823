"""The losses of a run as a page of plots."""

from __future__ import annotations

import csv
from html import escape
from pathlib import Path

from vidstyle.plots import Axis, plot

_STYLE = """body { max-width: 1080px; margin: 2em auto; font: 15px system-ui, sans-serif; } svg { width: 100%; }
svg path { fill: none; stroke: #c2410c; stroke-width: 1.6; } svg .grid { stroke: #e3e6ea; }
svg text { font-size: 11px; fill: #6a7280; } svg text.y { text-anchor: end; } svg text.x { text-anchor: middle; }"""


def losses_page(log: Path) -> str:
    """One plot per term of a run's ``losses.csv``, steps from left to right; an HTML page that needs nothing else."""
    with log.open(newline="", encoding="utf-8") as file:
        rows = [(int(row["step"]), row["term"], float(row["value"])) for row in csv.DictReader(file)]
    steps = sorted({step for step, _, _ in rows})
    body = []
    for term in dict.fromkeys(term for _, term, _ in rows):
        found = {step: value for step, name, value in rows if name == term}
        # Terms that are not computed at every step have values at some only.
        known = [step for step in steps if step in found]
        body.append(f"<h3>{escape(term)}</h3>{plot({term: [found[step] for step in known]}, Axis(known))}")
    title = f"<title>{escape(log.parent.name)}</title>"
    return f'<!doctype html><meta charset="utf-8">{title}<style>{_STYLE}</style>{"".join(body)}\n'
