"""What a run takes of memory: estimated before it starts, and resident while it works.

The estimate is of the whole process on a CPU, at its peak. What a run holds is bounded whatever the clip's length, so
the estimate grows with the frame: a sum of what is there all the time, and the greatest of what comes and goes.
`benchmarks/memory.py --estimate` says how near it comes, and is where the constants are from.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.encoding import EncodeSettings
from vidstyle.presets import Look
from vidstyle.registry import find_method
from vidstyle.stages import style_size
from vidstyle.types import ClipInfo

BASE = 305 * 2**20
"""Bytes of Python, torch, OpenCV and libav before there is a frame."""
NETWORK = 36 * 2**20
"""Bytes of a stylizer's networks, and of what torch sets up to run them."""
READING = 60
"""Per pixel of a frame as it is read: the decoder's own frames, and the one that is on its way."""
WAITING = 60
"""Per pixel of a frame as it is painted: steps read ahead, and images on their way from stage to stage."""
MOTION = 60
"""Per pixel of the same, where a stage looks at motion: that of the steps read ahead."""
LOOKAHEAD = 45
"""Frames after which an encoder holds as many as it ever does; x264 and x265 look 40 and 20 ahead."""
ENCODING = {"libx264": 300, "libx265": 560, "libsvtav1": 500, "libvpx-vp9": 280}
"""Per pixel of a painted frame then, by libav's name of the encoder."""
ENCODING_ELSE = 60
"""The same of other encoders; pictures take nothing that counts."""

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What decides how much memory a run takes."""

    look: Look
    encoder: str
    """The perceptual network of methods that use one."""
    info: ClipInfo
    size: tuple[int, int]
    """Height and width of a painted frame."""
    output: str
    encoding: EncodeSettings
    frames: int | None
    """To write; None where it is not known."""


def peak_bytes(load: Load) -> int | None:
    """The estimate; None where a method of the look does not say what it takes."""
    look = load.look
    stylizer = find_method(Stage.STYLIZER, look.stylizer.method)
    stabilizer = find_method(Stage.STABILIZER, look.stabilizer.method)
    flow = find_method(Stage.FLOW, look.flow.method)
    painting, steadying, following = (_working(spec, load.encoder) for spec in (stylizer, stabilizer, flow))
    if painting is None or steadying is None or following is None:
        return None
    working = painting * _share_searched(stylizer, load) + stylizer.bytes_per_shown_pixel
    per_pixel = WAITING + _writing(load) + max(working, steadying)
    if stylizer.uses_motion or stabilizer.uses_motion:
        # Estimated in a thread of its own, while a frame is painted.
        per_pixel += MOTION + following
    running = per_pixel * load.size[0] * load.size[1] + READING * load.info.height * load.info.width
    starting = stylizer.bytes_per_style_pixel * max(_style_areas(load), default=0)
    networks = NETWORK if stylizer.weights or stylizer.chosen_weights or stylizer.uses_encoder else 0
    return BASE + networks + round(max(running, starting))


def _working(spec: MethodSpec, encoder: str) -> int | None:
    named = dict(spec.bytes_per_pixel)
    return named.get(encoder, named.get(""))


def _share_searched(stylizer: MethodSpec, load: Load) -> float:
    """Pixels that a stylizer works on, as a share of the frame's."""
    if not stylizer.searches_at:
        return 1.0
    bound: int = getattr(load.look.stylizer.options, stylizer.searches_at)
    return min(1.0, bound / min(load.size)) ** 2


def _writing(load: Load) -> float:
    """Of the video encoder, per pixel of a painted frame."""
    from vidstyle.video.encoders import resolve_settings
    from vidstyle.video.sinks import is_movie

    if not is_movie(load.output, load.info, load.encoding):
        return 0
    plan = resolve_settings(load.encoding, load.output, load.info, size=(load.size[1], load.size[0]))
    share = 1.0 if load.frames is None else min(1.0, load.frames / LOOKAHEAD)
    return share * ENCODING.get(plan.encoder, ENCODING_ELSE)


def _style_areas(load: Load) -> list[int]:
    from vidstyle.video.stills import picture_header

    sizes = [picture_header(picture.path).upright_size[::-1] for picture in load.look.pictures]
    scaled = [style_size(size, load.size, load.look.style.scale) for size in sizes]
    return [height * width for height, width in scaled]


def resident_bytes() -> int | None:
    """Memory that this process has resident now; None where the system does not tell it in a file."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
