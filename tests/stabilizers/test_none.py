from __future__ import annotations

import torch

from tests import clips
from vidstyle.method_options import NoStabilizerOptions
from vidstyle.stabilizers.none import NoStabilizer
from vidstyle.types import Reach, Step, StyledStep


def test_images_pass_untouched() -> None:
    shot = [StyledStep(Step(frame, None, 0), frame.image) for frame in clips.frames(clips.panning(3))]
    stabilizer = NoStabilizer(NoStabilizerOptions(), torch.device("cpu"))
    assert stabilizer.reach == Reach()
    assert [image is step.image for image, step in zip(stabilizer.stabilize(shot), shot, strict=True)] == [True] * 3
