"""What this build of libav is."""

from __future__ import annotations

import av


def ffmpeg_version() -> str:
    """The version of ffmpeg that PyAV carries."""
    return str(av.ffmpeg_version_info)
