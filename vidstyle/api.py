"""The library's front door: the command, as a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias

from vidstyle.events import Finished, Observer, ignore
from vidstyle.job import Job, default_output, run_job
from vidstyle.presets import build_look, find_preset, overlay

if TYPE_CHECKING:
    from vidstyle.measuring.figures import Measurement

Path: TypeAlias = str | PathLike[str]


def stylize(
    input: Path,
    *,
    style: Path | Sequence[Path] | Mapping[Path, float] = (),
    output: Path | None = None,
    preset: str | None = None,
    look: Mapping[str, Mapping[str, Any]] | None = None,
    observer: Observer = ignore,
    **options: Any,
) -> Finished:
    """Repaint a clip and return what was written; ``vidstyle INPUT --style STYLE -o OUTPUT``.

    `style` is a picture, several, or several with weights. `look` holds the tables of a preset file,
    for example ``{"stylizer": {"strength": 0.7}, "style": {"keep_color": "luminance"}}``, and goes over
    `preset`. `options` are fields of `Job`. Raises a `VidstyleError` that says what was wrong and where.
    """
    tables = overlay(find_preset(preset).tables if preset else {}, _style_tables(style))
    built = build_look(overlay(tables, look or {}), where="stylize")
    target = default_output(fspath(input), built) if output is None else fspath(output)
    return run_job(Job(input=fspath(input), look=built, output=target, **options), observer)


def measure(
    content: Path,
    styled: Path,
    *,
    per_frame: Path | None = None,
    style: Path | None = None,
    observer: Observer = ignore,
    **options: Any,
) -> Measurement:
    """Judge a styled clip beside its content; ``vidstyle measure CONTENT STYLED``.

    `per_frame` is the styled clip before it was stabilized, `style` the picture it was painted after. `options`
    are fields of `vidstyle.measuring.run.MeasureJob`. ``measure(...).totals`` has the figures by name. Raises a
    `VidstyleError` that says what was wrong and where.
    """
    from vidstyle.measuring.run import MeasureJob, run_measurement

    optional = {"per_frame": per_frame, "style": style}
    given: dict[str, Any] = {name: fspath(path) for name, path in optional.items() if path is not None}
    return run_measurement(MeasureJob(content=fspath(content), styled=fspath(styled), **given, **options), observer)


def _style_tables(style: Path | Sequence[Path] | Mapping[Path, float]) -> dict[str, Any]:
    if isinstance(style, str | PathLike):
        style = [style]
    if not style:
        return {}
    if isinstance(style, Mapping):
        return {"style": {"images": [fspath(p) for p in style], "weights": list(style.values())}}
    return {"style": {"images": [fspath(p) for p in style]}}
