"""The library's front door: the command, as a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any, TypeAlias

from vidstyle.events import Finished, Observer, ignore
from vidstyle.job import Job, default_output, run_job
from vidstyle.presets import build_look, find_preset, overlay

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


def _style_tables(style: Path | Sequence[Path] | Mapping[Path, float]) -> dict[str, Any]:
    if isinstance(style, str | PathLike):
        style = [style]
    if not style:
        return {}
    if isinstance(style, Mapping):
        return {"style": {"images": [fspath(p) for p in style], "weights": list(style.values())}}
    return {"style": {"images": [fspath(p) for p in style]}}
