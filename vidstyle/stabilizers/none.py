"""No stabilizer: the per-frame result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import final

import torch

from vidstyle.method_options import NoStabilizerOptions
from vidstyle.types import Image, Reach, StyledStep


@final
class NoStabilizer:
    """Hands every image on as it was painted."""

    reach = Reach()

    def __init__(self, options: NoStabilizerOptions, device: torch.device) -> None:
        pass

    def stabilize(self, shot: Iterable[StyledStep]) -> Iterator[Image]:
        """The images of the steps."""
        return map(attrgetter("image"), shot)
