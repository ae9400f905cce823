"""Repaint video, time-lapses and image sequences in the manner of any style image, without flicker.

::

    import vidstyle
    vidstyle.stylize("movie.mp4", style="starry.jpg")

Importing the package is free: torch and the rest are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vidstyle.api import measure as measure
    from vidstyle.api import stylize as stylize
    from vidstyle.errors import VidstyleError as VidstyleError
    from vidstyle.job import Job as Job
    from vidstyle.job import run_job as run_job
    from vidstyle.presets import Look as Look
    from vidstyle.stages import load_stylizer as load_stylizer

_HOMES = {
    "Job": "vidstyle.job",
    "Look": "vidstyle.presets",
    "VidstyleError": "vidstyle.errors",
    "load_stylizer": "vidstyle.stages",
    "measure": "vidstyle.api",
    "run_job": "vidstyle.job",
    "stylize": "vidstyle.api",
}

__all__ = ["Job", "Look", "VidstyleError", "load_stylizer", "measure", "run_job", "stylize"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vidstyle' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
