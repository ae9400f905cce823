"""What a run takes of memory: estimated before it starts, and resident while it works.

The estimate is of the whole process on a CPU, at its peak. What a run holds is bounded whatever the clip's length, so
the estimate grows with the frame: a sum of what is there all the time, and the greatest of what comes and goes.
`benchmarks/memory.py --estimate` says how near it comes, and is where the constants are from. A second thread takes no
more: the threads share an operation's memory.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.encoding import EncodeSettings
from vidstyle.pipeline import steps_ahead
from vidstyle.presets import Look
from vidstyle.registry import find_method
from vidstyle.stages import style_size
from vidstyle.types import ClipInfo

BASE = 310 * 2**20
"""Bytes of Python, torch, OpenCV and libav before there is a frame."""
CUDA_BUILD = 430 * 2**20
"""More of the same where torch was built for CUDA, whether or not it is used (torch 2.15 for CUDA 13.2)."""
NETWORK = {"": 36 * 2**20, "vgg19": 150 * 2**20}
"""Bytes of a stylizer's networks, and of what torch sets up to run them; by encoder where that makes a difference. The
weights of vgg19 are 52 MB, and stand there twice while they are laid out for the processor."""
IMAGE = 12
"""Bytes per pixel of an image, and of motion as well: a flow and trust."""
READING = 60
"""Per pixel of a frame as it is read: the decoder's own frames, and the one that is on its way."""
UNDECIDED = 2
"""Steps that wait until it is known whether a cut follows: what `AutoCuts` looks ahead."""
LOOKAHEAD = 45
"""Frames after which an encoder holds as many as it ever does; x264 and x265 look 40 and 20 ahead."""
BEHIND = 4
"""Frames that an encoder holds beside those that it is told to look ahead (three codecs at 4K)."""
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
    look, area = load.look, load.size[0] * load.size[1]
    stylizer = find_method(Stage.STYLIZER, look.stylizer.method)
    stabilizer = find_method(Stage.STABILIZER, look.stabilizer.method)
    flow = find_method(Stage.FLOW, look.flow.method)
    if not all(spec.bytes_per_pixel for spec in (stylizer, stabilizer, flow)):
        return None
    styles = _style_areas(load)
    painting = _working(stylizer, look.stylizer.options, load, beside=sum(styles))
    steadying = _working(stabilizer, look.stabilizer.options, load)
    steps = min(steps_ahead(area) + UNDECIDED, load.frames or math.inf)
    running: float = READING * load.info.height * load.info.width + steps * IMAGE * area
    running += _writing(load) * area + max(painting, steadying)
    if load.frames != 1 and (stylizer.uses_motion or stabilizer.uses_motion):
        # Estimated in a thread of its own, while a frame is painted.
        running += steps * IMAGE * area + _working(flow, look.flow.options, load)
        running += _looking_back(stylizer.distances_with(look.stylizer.options), steps) * area
    starting = _named(stylizer.bytes_per_style_pixel, load.encoder) * max(styles, default=0)
    return base_bytes() + _networks(stylizer, load.encoder) + round(max(running, starting)) + IMAGE * sum(styles)


def base_bytes() -> int:
    """Before there is a frame, with the torch that is installed."""
    import torch

    return BASE + (CUDA_BUILD if torch.version.cuda else 0)


def _networks(stylizer: MethodSpec, encoder: str) -> int:
    if stylizer.uses_encoder:
        return _named(tuple(NETWORK.items()), encoder)
    return NETWORK[""] if stylizer.weights or stylizer.chosen_weights else 0


def _named(constants: tuple[tuple[str, int], ...], encoder: str) -> int:
    """What is told for an encoder, or whatever the encoder."""
    named = dict(constants)
    return named.get(encoder, named.get("", 0))


def _working(spec: MethodSpec, options: Any, load: Load, *, beside: int = 0) -> float:
    """Bytes of a method's work on a frame; `beside` are the pixels of pictures that are searched with it."""
    area, each = load.size[0] * load.size[1], _named(spec.bytes_per_pixel, load.encoder)
    if not spec.searches_at:
        return each * area
    bound: int = getattr(options, spec.searches_at)
    share = min(1.0, bound / (max if spec.searches_longest else min)(load.size)) ** 2
    searched = share * (area + beside)
    return spec.bytes_per_shown_pixel * area + each * searched + spec.bytes_per_pair * searched**2


def _looking_back(distances: tuple[int, ...], steps: float) -> float:
    """Per pixel, of motion over these distances in each step, and of as many frames as the largest, thrice: as read,
    and as painted by two chains, which `MethodSpec.bytes_per_pixel` has with one frame each."""
    return IMAGE * (len(distances) * steps + max(3 * max(distances, default=0) - 2, 0))


def _writing(load: Load) -> float:
    """Of the video encoder, per pixel of a painted frame."""
    from vidstyle.video.encoders import lookahead, resolve_settings
    from vidstyle.video.sinks import is_movie

    if not is_movie(load.output, load.info, load.encoding):
        return 0
    plan = resolve_settings(load.encoding, load.output, load.info, size=(load.size[1], load.size[0]))
    ahead = None if "preset" in dict(load.encoding.options) else lookahead(plan.encoder, load.size[0] * load.size[1])
    held = LOOKAHEAD if ahead is None else ahead + BEHIND
    share = min(1.0, min(held, load.frames or held) / LOOKAHEAD)
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
