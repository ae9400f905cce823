"""What stylizers that search or solve say of values that are no numbers: one would spoil the whole shot."""

from __future__ import annotations

import pytest
import torch

from tests.conformance.methods import build
from tests.conformance.shots import frames, steps, style
from vidstyle.catalog import MethodSpec, Stage
from vidstyle.errors import InputError
from vidstyle.registry import all_methods

REFUSING = ("analogy", "gatys", "mrf", "photo", "quilt")

each_method = pytest.mark.parametrize(
    "spec", [spec for spec in all_methods(Stage.STYLIZER) if spec.name in REFUSING], ids=lambda spec: str(spec.name)
)


@each_method
def test_a_frame_that_holds_no_number_is_refused(spec: MethodSpec) -> None:
    """Whether it opens the shot or follows another one."""
    for bad in (0, 1):
        shot = steps(frames(3, 5, size=(20, 24)))
        shot[bad].frame.image[0, 3, 3] = torch.nan
        wanted = f"frame index {3 + bad}: has values that are no numbers; {spec.name} cannot"
        with pytest.raises(InputError, match=wanted):
            list(build((spec, {}), style(size=(20, 24))).stylize(shot))


@each_method
def test_a_style_picture_that_holds_no_number_is_refused(spec: MethodSpec) -> None:
    look = style(weights=(0.5, 0.5), size=(20, 24))
    look.images[1][1, 2, 3] = torch.inf
    with pytest.raises(InputError, match=f"style picture 2: has values that are no numbers; {spec.name} cannot"):
        list(build((spec, {}), look).stylize([]))
