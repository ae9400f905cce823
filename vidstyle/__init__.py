"""Repaint video, time-lapses and image sequences in the manner of any style image, without flicker.

::

    import vidstyle
    vidstyle.stylize("movie.mp4", style="starry.jpg")

Importing the package is free: torch and the rest are loaded on first use. More in ``docs/library.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vidstyle.api import measure as measure
    from vidstyle.api import stylize as stylize
    from vidstyle.device import Compute as Compute
    from vidstyle.encoding import EncodeSettings as EncodeSettings
    from vidstyle.errors import VidstyleError as VidstyleError
    from vidstyle.job import Job as Job
    from vidstyle.job import run_job as run_job
    from vidstyle.presets import Look as Look
    from vidstyle.presets import build_look as build_look
    from vidstyle.stages import load_stylizer as load_stylizer
    from vidstyle.types import Frame as Frame
    from vidstyle.types import Step as Step

_HOMES = {
    "Compute": "vidstyle.device",
    "EncodeSettings": "vidstyle.encoding",
    "Frame": "vidstyle.types",
    "Job": "vidstyle.job",
    "Look": "vidstyle.presets",
    "Step": "vidstyle.types",
    "VidstyleError": "vidstyle.errors",
    "build_look": "vidstyle.presets",
    "load_stylizer": "vidstyle.stages",
    "measure": "vidstyle.api",
    "run_job": "vidstyle.job",
    "stylize": "vidstyle.api",
}

__all__ = [
    "Compute",
    "EncodeSettings",
    "Frame",
    "Job",
    "Look",
    "Step",
    "VidstyleError",
    "build_look",
    "load_stylizer",
    "measure",
    "run_job",
    "stylize",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vidstyle' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
