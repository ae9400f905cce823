"""Paths and system errors as one line of text."""

from __future__ import annotations

from pathlib import Path


def shown(path: Path | str) -> str:
    """A path as one line of text.

    >>> shown("a.mp4")
    'a.mp4'
    """
    text = str(path)
    return text if text.isprintable() else repr(text)


def reason(error: BaseException) -> str:
    """Why a library or the system refused, as one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
