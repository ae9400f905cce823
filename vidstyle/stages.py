"""From a look to stages that are ready to run. torch and the stages are imported inside, when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.catalog import Stage
from vidstyle.device import Compute
from vidstyle.errors import InputError, UsageError
from vidstyle.presets import Choice, Look, check_style
from vidstyle.registry import find_method, load_target
from vidstyle.selection import indices_of
from vidstyle.timeline import timeline_of
from vidstyle.types import ClipInfo, FlowEstimator, Regions, Style, Stylizer

if TYPE_CHECKING:
    import torch

    from vidstyle.flow.cuts import CutRule
    from vidstyle.flow.motion import MotionSource

MAX_STYLE_PIXELS = 64_000_000
"""Of a style picture as scaled for the frames: twice an 8K frame's; measured 180 bytes each in the encoder."""


def output_size(info: ClipInfo, longest: int | None) -> tuple[int, int]:
    """Height and width of the output in pixels.

    Of a scaled clip the shorter side is even, as with ffmpeg's ``scale=N:-2``: movies of odd sizes cannot halve their
    color, and many players do not show them.
    """
    if longest is None:
        return info.height, info.width
    factor = longest / max(info.height, info.width)
    height, width = (2 * max(1, round(side * factor / 2)) for side in (info.height, info.width))
    return (height, longest) if info.width >= info.height else (longest, width)


def load_style(look: Look, size: tuple[int, int], device: torch.device, *, clip: ClipInfo | None = None) -> Style:
    """The style pictures of a look, scaled for frames of `size` (height, width), their weights, and when they hold.

    A picture's shortest side becomes ``style.scale`` percent of the frame's, so that strokes keep their
    size in the picture at any resolution. Times are those of `clip`, see `timeline_of`.
    """
    from vidstyle.ops.resize import resize
    from vidstyle.video.stills import read_picture

    images = []
    for picture in look.pictures:
        image = read_picture(picture.path).to(device)
        height, width = style_size((image.shape[1], image.shape[2]), size, look.style.scale)
        if height * width > MAX_STYLE_PIXELS:
            raise InputError(f"{picture.path}: would be {width}x{height} for these frames; crop it, or scale it down")
        images.append(resize(image, (height, width)))
    total = sum(p.weight for p in look.pictures)
    weights = tuple(p.weight / total for p in look.pictures)
    return Style(tuple(images), weights, timeline=timeline_of(look.keys, look.style.ease, clip))


def style_size(picture: tuple[int, int], frame: tuple[int, int], scale: float) -> tuple[int, int]:
    """Height and width of a style picture for frames of a height and width, at `scale` percent.

    >>> style_size((600, 800), (360, 640), 50)
    (180, 240)
    """
    factor = min(frame) * scale / 100 / min(picture)
    height, width = (max(1, round(side * factor)) for side in picture)
    return height, width


def build(stage: Stage, choice: Choice, *parts: object) -> Any:
    """The chosen method of a stage, ready to run; `parts` as its `MethodSpec.target` says."""
    return load_target(find_method(stage, choice.method))(choice.options, *parts)


def load_flow(choice: Choice, compute: Compute) -> FlowEstimator:
    """The chosen flow estimator; one with weights learns which file they are in, and how to compute."""
    has_weights = bool(find_method(Stage.FLOW, choice.method).weights)
    flow: FlowEstimator = build(Stage.FLOW, choice, compute if has_weights else compute.device)
    return flow


def load_motion(
    look: Look,
    number_of: Callable[[int], int],
    compute: Compute,
    *,
    vectors: str | None,
    kept: tuple[str, float] | None,
) -> MotionSource:
    """Where a run's motion comes from: the look's flow estimator, or the folder `vectors` of files.

    `number_of` gives the number that files have for a frame's index. What is searched is remembered in the folder
    that `kept` names, of so many GB at most.
    """
    from vidstyle.flow.given import GivenMotion
    from vidstyle.flow.kept import KeptMotion
    from vidstyle.flow.motion import SearchedMotion

    if vectors is not None and kept is not None:
        raise UsageError("--flow-cache: keeps motion that is searched, but --flow-from reads it; drop one of them")
    if vectors is not None:
        return GivenMotion(Path(vectors), number_of, compute.device)
    searched = SearchedMotion(load_flow(look.flow, compute))
    if kept is None:
        return searched
    folder, gigabytes = kept
    if not 0 < gigabytes < float("inf"):
        raise UsageError(f"--flow-cache-limit: expected gigabytes above 0, got {gigabytes}")
    return KeptMotion(searched, Path(folder), settings=_flow_settings(look, compute), limit=int(gigabytes * 1e9))


def _flow_settings(look: Look, compute: Compute) -> str:
    """All that decides motion besides the pictures and the versions of what searches it, as text."""
    from vidstyle.weights.store import sha256

    weights = find_method(Stage.FLOW, look.flow.method).weights
    files = [sha256(compute.weights(name)) for name in weights]
    return repr((look.flow, files, compute.device.type, compute.precision))


def cut_rule(text: str, info: ClipInfo) -> CutRule:
    """The rule that ``--cuts`` asks for: ``auto``, ``none``, or a list of cuts in a file."""
    from vidstyle.flow.cut_list import read_cuts
    from vidstyle.flow.cuts import AutoCuts, FileCuts, NoCuts

    if text == "auto":
        return AutoCuts()
    if text == "none":
        return NoCuts()
    numbers = (index + info.first_number for index in read_cuts(Path(text), info.first_number))
    return FileCuts(indices_of(numbers, info))


def load_stylizer(
    look: Look,
    *,
    size: tuple[int, int],
    compute: Compute,
    regions: Regions | None = None,
    clip: ClipInfo | None = None,
) -> Stylizer:
    """A look's stylizer for those who bring their own frames of `size` (height, width), or those of `clip`.

    Feed it the `Step`s of one shot: ``for image in load_stylizer(...).stylize(steps)``.
    """
    check_style(look)
    style = replace(load_style(look, size, compute.device, clip=clip), regions=regions)
    stylizer: Stylizer = build(Stage.STYLIZER, look.stylizer, style, compute)
    return stylizer
