"""Shared steps of the video tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vidstyle.encoding import EncodeSettings
from vidstyle.video.sinks import Sink, open_sink
from vidstyle.video.sources import open_source

Repaint = Callable[..., Sink]

LOSSLESS = EncodeSettings(crf=0, options=(("preset", "ultrafast"),))
"""x264 without loss, so that planes can be compared code by code."""


@pytest.fixture
def repaint() -> Repaint:
    """Write a clip's frames back unchanged; gives the sink for its warnings."""

    def run(
        source: Path | str,
        output: Path | str,
        settings: EncodeSettings | None = None,
        *,
        span: tuple[int, int] | None = None,
        **options: Any,
    ) -> Sink:
        indices = None if span is None else range(*span)
        with open_source(source) as clip, open_sink(output, clip, settings, indices=indices, **options) as sink:
            for frame in clip.frames(*(span or (0, None))):
                sink.write(frame)
        return sink

    return run
