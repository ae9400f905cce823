"""From a look to stages that are ready to run. torch and the stages are imported inside, when they are needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.catalog import Stage
from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.presets import Choice, Look, check_style
from vidstyle.registry import find_method, load_target
from vidstyle.selection import indices_of
from vidstyle.types import ClipInfo, Style, Stylizer

if TYPE_CHECKING:
    import torch

    from vidstyle.flow.cuts import CutRule

MAX_STYLE_PIXELS = 64_000_000
"""Of a style picture as scaled for the frames: twice an 8K frame's; measured 180 bytes each in the encoder."""


def output_size(info: ClipInfo, longest: int | None) -> tuple[int, int]:
    """Height and width of the output in pixels."""
    from vidstyle.ops.resize import fit_longest

    return (info.height, info.width) if longest is None else fit_longest(info.height, info.width, longest)


def load_style(look: Look, size: tuple[int, int], device: torch.device) -> Style:
    """The style pictures of a look, scaled for frames of `size` (height, width), and their weights.

    A picture's shortest side becomes ``style.scale`` percent of the frame's, so that strokes keep their
    size in the picture at any resolution.
    """
    from vidstyle.ops.resize import resize
    from vidstyle.video.stills import read_picture

    target = min(size) * look.style.scale / 100
    images = []
    for picture in look.pictures:
        image = read_picture(picture.path).to(device)
        factor = target / min(image.shape[1:])
        height, width = (max(1, round(side * factor)) for side in image.shape[1:])
        if height * width > MAX_STYLE_PIXELS:
            raise InputError(f"{picture.path}: would be {width}x{height} for these frames; crop it, or scale it down")
        images.append(resize(image, (height, width)))
    total = sum(p.weight for p in look.pictures)
    return Style(tuple(images), tuple(p.weight / total for p in look.pictures))


def build(stage: Stage, choice: Choice, *parts: object) -> Any:
    """The chosen method of a stage, ready to run; `parts` as its `MethodSpec.target` says."""
    return load_target(find_method(stage, choice.method))(choice.options, *parts)


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


def load_stylizer(look: Look, *, size: tuple[int, int], compute: Compute) -> Stylizer:
    """A look's stylizer for those who bring their own frames of `size` (height, width).

    Feed it the `Step`s of one shot: ``for image in load_stylizer(...).stylize(steps)``.
    """
    check_style(look)
    stylizer: Stylizer = build(Stage.STYLIZER, look.stylizer, load_style(look, size, compute.device), compute)
    return stylizer
