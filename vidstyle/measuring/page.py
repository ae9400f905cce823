"""A measurement as one HTML page that needs nothing else: no network, no server, no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from string import Template

from vidstyle import __version__
from vidstyle.measuring.figures import LONG, Clip, Figure, Measurement
from vidstyle.measuring.limits import Limit, broken_limits, frames_to_redo, rules_for_frames
from vidstyle.measuring.pictures import Comparison, Gallery, Suspect
from vidstyle.measuring.table import headings, number_text, rows, word
from vidstyle.numbering import format_numbers
from vidstyle.plots import Axis, plot

_FOLDER = Path(__file__).parent

_PLOT = 480
"""Width of a plot in its units: two stand side by side on a wide screen, and letters can be read on a narrow one."""

_TILES = (
    ("warp_k1", "warping error, k = 1", ""),
    (f"warp_k{LONG}", f"warping error, k = {LONG}", ""),
    ("sharpness", "sharpness kept", "of {}"),
    ("amplification", "amplification", "of the content's"),
    ("drift_luma", "drift of luma", "of the range"),
    ("style_distance", "distance from style", ""),
)
"""Totals that are read first: name, title, and what they are a share of, if anything."""


def make_page(measurement: Measurement, gallery: Gallery, limits: Sequence[Limit] = ()) -> str:
    """The whole page. Equal measurements give equal bytes: no date, no machine."""
    addresses = gallery.encoded()
    parts = [
        *_heading(measurement, limits),
        *_tiles(measurement, limits),
        *_redo(measurement, limits),
        *_summary(measurement),
        *_plots(measurement, limits),
        *_comparisons(gallery.comparisons, addresses),
        *_suspects(gallery.suspects, addresses),
        *_footer(measurement),
    ]
    return Template(_part("page.html")).substitute(
        title=escape(f"{Path(measurement.names[Clip.STYLED]).name}, measured"),
        style=_part("page.css").strip(),
        script=_part("page.js").strip(),
        body="\n".join(parts),
    )


def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _heading(measurement: Measurement, limits: Sequence[Limit]) -> Iterator[str]:
    names = measurement.names
    cuts = f"cuts before {format_numbers(measurement.cuts)}" if measurement.cuts else "no cuts"
    yield f"<header><h1>{escape(Path(names[Clip.STYLED]).name)}</h1>"
    yield f'<p class="faint">{len(measurement.frames)} frames, {cuts}</p>'
    for clip, name in names.items():
        yield f'<p class="faint">{word(clip)}: {escape(name)}</p>'
    for warning in measurement.warnings:
        yield f'<p class="bad">warning: {escape(warning)}</p>'
    complaints = list(broken_limits(measurement, limits))
    for complaint in complaints:
        yield f'<p class="bad">{escape(complaint)}</p>'
    if limits and not complaints:
        yield '<p class="good">as a whole within all limits</p>'
    yield "</header>"


def _tiles(measurement: Measurement, limits: Sequence[Limit]) -> Iterator[str]:
    """What is read first, large; colored where it has limits."""
    totals = measurement.totals
    other = Clip.PER_FRAME if Clip.PER_FRAME in measurement.names else Clip.CONTENT
    yield '<dl class="tiles">'
    for name, title, about in (tile for tile in _TILES if tile[0] in totals):
        share = totals.get(f"{name}_to_{other}")
        text = about.format(word(other)) if share is None else f"{share:.2f} times {word(other)}"
        verdicts = [limit.verdict(totals[name]) for limit in limits if limit.name == name]
        state = f' class="{"broken" if any(verdicts) else "kept"}"' if verdicts else ""
        yield f"<div{state}><dt>{title}</dt><dd><strong>{number_text(totals[name])}</strong>{text}</dd></div>"
    yield "</dl>"


def _summary(measurement: Measurement) -> Iterator[str]:
    yield '<h2>Figures</h2><div class="scroll"><table><thead><tr>'
    yield "".join(f"<th>{escape(cell)}</th>" for cell in headings(measurement))
    yield "</tr></thead><tbody>"
    for row in rows(measurement):
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody></table></div>"


def _redo(measurement: Measurement, limits: Sequence[Limit]) -> Iterator[str]:
    numbers = frames_to_redo(measurement, limits)
    rules = "; ".join(rule.text() for rule in rules_for_frames(measurement, limits))
    yield f'<h2 id="redo">Frames to redo</h2><p><code>{format_numbers(numbers) or "none"}</code></p>'
    if rules:
        yield f'<p class="faint">Frames with {escape(rules)}.</p>'


def _plots(measurement: Measurement, limits: Sequence[Limit]) -> Iterator[str]:
    axis = _axis(measurement, limits)
    bounds = {rule.name: rule.bound for rule in rules_for_frames(measurement, limits)}
    yield "<h2>Frame by frame</h2>"
    keys = [(str(clip), word(clip)) for clip in measurement.names]
    keys += [("cut", "cut")] * bool(axis.cuts) + [("bound", "limit")] * bool(bounds)
    keys += [("marked", "to redo")] * bool(axis.marked)
    yield f'<p class="key">{"".join(f"<span><i class={name}></i>{text}</span>" for name, text in keys)}</p>'
    yield f'<div class="plots" data-numbers="{format_numbers(axis.numbers)}">'
    for figure in measurement.figures_of(Clip.STYLED):
        lines = {
            str(clip): [frame.value(clip, figure.name) for frame in measurement.frames]
            for clip in reversed(Clip)
            if figure in measurement.figures_of(clip)
        }
        yield f"<section>{_titled(figure)}{plot(lines, axis, bounds.get(figure.name))}<output></output></section>"
    yield "</div>"


def _titled(figure: Figure) -> str:
    return f'<h3>{escape(figure.title)}</h3><p class="faint">{escape(figure.about)}</p>'


def _axis(measurement: Measurement, limits: Sequence[Limit]) -> Axis:
    numbers = [frame.number for frame in measurement.frames]
    redo = set(frames_to_redo(measurement, limits))
    return Axis(
        numbers,
        cuts=[place for place, frame in enumerate(measurement.frames) if frame.opens_shot],
        marked=list(stretches([place for place, number in enumerate(numbers) if number in redo])),
        width=_PLOT,
    )


def stretches(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of every run of consecutive places; `places` ascend.

    >>> list(stretches([3, 4, 5, 9]))
    [(3, 5), (9, 9)]
    """
    begins = [after for before, after in pairwise([-2, *places]) if after > before + 1]
    ends = [before for before, after in pairwise([*places, float("inf")]) if after > before + 1]
    yield from zip(begins, (int(end) for end in ends), strict=True)


def _comparisons(comparisons: Sequence[Comparison], addresses: dict[int, str]) -> Iterator[str]:
    yield '<h2>Before and after</h2><p class="faint">Drag over a picture, or use the arrow keys.</p>'
    yield '<div class="pairs">'
    for item in comparisons:
        before, after = (addresses[id(image)] for image in item.pictures)
        name = word(item.before)
        yield (
            f'<figure class="wipe"><div class="stage"><img src="{before}" alt="{name}, frame {item.number}">'
            f'<img class="after" src="{after}" alt="styled, frame {item.number}"><div class="edge"></div>'
            f'<span class="name left">{name}</span><span class="name right">styled</span>'
            f'<input type="range" min="0" max="100" value="50" step="0.1" aria-label="{name} to styled"></div>'
            f"<figcaption>frame {item.number}: {name} and styled</figcaption></figure>"
        )
    yield "</div>"


def _suspects(suspects: Sequence[Suspect], addresses: dict[int, str]) -> Iterator[str]:
    yield "<h2>Worst frames</h2>"
    if not suspects:
        yield '<p class="faint">No two frames could be compared.</p>'
        return
    yield (
        '<p class="faint">The styled frame before, the frame, and where they differ along the motion: white is a tenth '
        "of the range or more, blue could not be compared.</p>"
    )
    for item in suspects:
        texts = (f"frame before {item.number}", f"frame {item.number}", f"error of frame {item.number}")
        images = zip(item.pictures, texts, strict=True)
        cells = "".join(f'<img src="{addresses[id(image)]}" alt="{text}">' for image, text in images)
        caption = f"frame {item.number}: warping error {item.error:.4f}"
        yield f'<figure class="suspect"><div class="three">{cells}</div><figcaption>{caption}</figcaption></figure>'


def _footer(measurement: Measurement) -> Iterator[str]:
    settings = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in measurement.settings.items())
    text = f"vidstyle {__version__}; {settings}; k = {LONG} compares frames that far apart. Values are of 0 to 1."
    yield f'<footer class="faint">{escape(text)}</footer>'
