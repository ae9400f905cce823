"""Clips that begin and end in black, by the shipped weights."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from tests.media import smooth_image
from vidstyle.device import Compute
from vidstyle.presets import build_look
from vidstyle.stages import load_stylizer
from vidstyle.types import Frame, Step
from vidstyle.video.stills import write_picture

FRAMES = 36
CPU = torch.device("cpu")


def faded(light: list[float], *, method: str) -> list[Tensor]:
    """A moving picture in this light, from frame to frame, painted."""
    height, width = 96, 128
    write_picture("style.png", smooth_image(40, width=width, height=height) ** 2)
    noise = 0.2 * torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))
    images = [share * (smooth_image(k, width=width, height=height) * 0.8 + noise) for k, share in enumerate(light)]
    look = build_look({"style": {"images": ["style.png"]}, "stylizer": {"method": method}}, where="test")
    stylizer = load_stylizer(look, size=(height, width), compute=Compute(CPU))
    steps = (Step(Frame(index, index, Fraction(1, 25), image), None, 0) for index, image in enumerate(images))
    return list(stylizer.stylize(steps))


@pytest.fixture(autouse=True)
def _folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


@pytest.mark.parametrize("method", ["adain", "sanet"])
def test_a_fade_from_black_becomes_a_fade(method: str) -> None:
    light = [max(0.0, (k - 4) / (FRAMES - 5)) for k in range(FRAMES)]
    painted = faded(light, method=method)
    brightness = torch.stack([image.mean() for image in painted])
    # On its way it is hardly brighter than at its end; by the plain mean of the window it went up to white.
    assert brightness.max() < brightness[-1] + 0.15
    variety = [float(image.std((1, 2)).mean()) for image in painted]
    assert variety[0] < 0.02 and variety[7] < 0.5 * variety[-1]
    settled = faded([1.0] * FRAMES, method=method)[-1]
    assert variety[-1] > 0.7 * float(settled.std((1, 2)).mean())


@pytest.mark.parametrize("method", ["adain", "sanet"])
def test_a_fade_to_black_becomes_a_fade(method: str) -> None:
    painted = faded([max(0.0, 1 - k / (FRAMES - 5)) for k in range(FRAMES)], method=method)
    variety = [float(image.std((1, 2)).mean()) for image in painted]
    assert variety[-1] < 0.2 * variety[0]
    steps = [float((b - a).abs().mean()) for a, b in pairwise(painted)]
    assert max(steps) < 0.12
