"""What ``--style`` takes: a picture, its weight, and when it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any, NamedTuple

from vidstyle.errors import UsageError
from vidstyle.timeline import parse_moment

_WEIGHT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Picture(NamedTuple):
    """A style picture as one flag names it."""

    path: str
    weight: float = 1.0
    at: str = ""
    """A time as `timeline.parse_moment` reads it; empty for always."""


def picture(text: str) -> Picture:
    """The picture that ``IMG[:WEIGHT][@TIME]`` names; `UsageError` for a time that is none.

    A drive's letter is no weight's colon, and a name that ends like a weight or a time is written with a weight more.
    What follows an ``@`` is a time where it reads as one, or where what stands before it has an extension.

    >>> picture("a.jpg:0.5@10s"), picture("C:/me@home.jpg").path, picture("old@5s:1").path
    (Picture(path='a.jpg', weight=0.5, at='10s'), 'C:/me@home.jpg', 'old@5s')
    """
    head, _, time = text.rpartition("@")
    if not head or (not _is_time(time) and (not _has_extension(head) or _has_extension(time))):
        return Picture(*_weighted(text))
    parse_moment(time)
    return Picture(*_weighted(head), time)


def _is_time(text: str) -> bool:
    try:
        parse_moment(text)
    except UsageError:
        return False
    return True


def _has_extension(text: str) -> bool:
    return PurePath(text).suffix[1:2].isalpha()


def _weighted(text: str) -> tuple[str, float]:
    head, colon, tail = text.rpartition(":")
    is_drive = len(head) == 1 and head.isalpha()
    if colon and head and not is_drive and _WEIGHT.fullmatch(tail):
        return head, float(tail)
    return text, 1.0


def picture_tables(pictures: Sequence[Picture]) -> dict[str, Any]:
    """The pictures of the flags as keys of a look's style table; `UsageError` where times do not go together.

    Pictures of one time are mixed there by their weights; a picture that comes again is the same picture.

    >>> picture_tables([Picture("a", 1, "0s"), Picture("b", 1, "5s"), Picture("a", 3, "5s")])["keys"]
    [{'at': '0s', 'weights': [1, 0.0]}, {'at': '5s', 'weights': [3, 1]}]
    """
    timed, always = ([p.path for p in pictures if bool(p.at) is wanted] for wanted in (True, False))
    if not timed:
        return {"images": always, "weights": [p.weight for p in pictures]}
    if always:
        raise UsageError(f"--style {always[0]}: has no time, but {timed[0]} has; give every picture one, as in IMG@10s")
    images = list(dict.fromkeys(timed))
    groups = [(at, list(group)) for at, group in groupby(pictures, lambda picture: picture.at)]
    return {"images": images, "keys": [{"at": at, "weights": _mix(group, images)} for at, group in groups]}


def _mix(group: Sequence[Picture], images: Sequence[str]) -> list[float]:
    weights = {picture.path: picture.weight for picture in group}
    if len(weights) < len(group):
        twice = next(p for place, p in enumerate(group) if p.path in [other.path for other in group[:place]])
        raise UsageError(f"--style {twice.path}@{twice.at}: is there twice; name it once")
    return [weights.get(image, 0.0) for image in images]
