"""Every method of a stage, as a test parameter, built with its defaults and with what is worth varying.

A new method is tested as soon as the catalog lists it. When it needs weights, name its network here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import torch
from torch import nn

from tests.conftest import save_untrained
from vidstyle.catalog import MethodSpec, Stage
from vidstyle.device import ENCODERS, Compute
from vidstyle.errors import WeightsError
from vidstyle.flow.raft import make_network
from vidstyle.nets.painter import Painter
from vidstyle.nets.sanet import Sanet
from vidstyle.nets.transform import FastNet
from vidstyle.nets.vgg import Vgg
from vidstyle.options import build_options
from vidstyle.registry import all_methods, load_target

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "adain": Painter,
    "fast_starry": FastNet,
    "sanet": Sanet,
    "slim": Vgg,
    **{name: partial(make_network, name) for name in ("raft-small", "raft-large")},
}
"""What random weights to make for a name of the manifest."""

VARIANTS: dict[tuple[Stage, str], tuple[dict[str, Any], ...]] = {
    (Stage.STYLIZER, "adain"): ({"hold": 3, "strength": 0.5}, {"hold": 1}),
    (Stage.STYLIZER, "color"): (
        {"transfer": "reinhard", "hold": 3},
        {"transfer": "histogram", "hold": 3},
        {"transfer": "idt", "hold": 3},
        {"transfer": "tone", "strength": 0.5, "hold": 1},
    ),
    (Stage.STYLIZER, "fast"): ({"hold": 3}, {"hold": 1}),
    (Stage.STYLIZER, "gatys"): (
        {"interval": 8, "strength": 0.5, "style_loss": "gram", "pooling": "average"},
        {"start": "noise", "optimizer": "adam"},
    ),
    (Stage.STYLIZER, "mrf"): ({"start": "noise", "strength": 0.5, "rotations": 1},),
    (Stage.STYLIZER, "photo"): ({"interval": 4, "strength": 0.5, "regions": 1, "iterations": 0},),
    (Stage.STYLIZER, "sanet"): ({"hold": 3, "strength": 0.5}, {"hold": 1}),
    (Stage.STYLIZER, "quilt"): ({"interval": 8, "fade": 3, "size": 32, "patch": 25.0}, {"passes": 1, "strength": 0.5}),
    (Stage.STYLIZER, "analogy"): (
        {"size": 288, "strength": 0.5},
        {"keep": "much", "detail": "content", "iterations": 1},
    ),
    (Stage.STABILIZER, "blend"): (
        {"interval": 8, "fade": 3, "boil": 0.7},
        {"memory": 0.5, "light": 0.0, "sharpness": 0.0},
    ),
    (Stage.FLOW, "dis"): ({"preset": "ultrafast"}, {"max_size": 96}),
}
"""Settings to test beside the defaults."""

QUICK: dict[tuple[Stage, str], dict[str, Any]] = {
    (Stage.FLOW, "raft-small"): {"updates": 2},
    (Stage.FLOW, "raft-large"): {"updates": 1},
    (Stage.STYLIZER, "gatys"): {"iterations": 2, "follow": 1, "interval": 8, "fade": 3},
    (Stage.STYLIZER, "mrf"): {"iterations": 2, "follow": 1, "interval": 8, "fade": 3},
    (Stage.STYLIZER, "photo"): {"iterations": 2, "interval": 6},
    (Stage.STYLIZER, "quilt"): {"interval": 8, "fade": 3},
    (Stage.STYLIZER, "analogy"): {"interval": 8, "fade": 3, "size": 32},
}
"""Settings under all others, of methods whose defaults would take minutes."""

CPU = torch.device("cpu")


@cache
def _weights(name: str) -> Path:
    return save_untrained(NETWORKS[name], Path(mkdtemp()) / f"{name}.safetensors")


def cases(stage: Stage) -> list[Any]:
    """Pairs of a method and its settings, named after them."""
    found = []
    for spec in all_methods(stage):
        for values in ({}, *VARIANTS.get((stage, spec.name), ())):
            label = "-".join([spec.name, *(f"{k}={v}" for k, v in values.items())])
            marks = [] if can_run(spec) else [pytest.mark.skip("a package that it needs is not installed")]
            found.append(pytest.param((spec, values), id=label, marks=marks))
    return found


@cache
def can_run(spec: MethodSpec) -> bool:
    """Whether the networks of a flow estimator, which stand in a package that is not required, can be made."""
    try:
        return all(NETWORKS[name]() for name in spec.weights if spec.stage is Stage.FLOW)
    except WeightsError:
        return False


def build(case: tuple[MethodSpec, dict[str, Any]], *extra: Any) -> Any:
    """The method; stylizers get `extra`, a style."""
    spec, values = case
    options = build_options(spec.options, {**QUICK.get((spec.stage, spec.name), {}), **values}, spec.name)
    if spec.stage is not Stage.STYLIZER and not spec.weights:
        return load_target(spec)(options, CPU)
    weights = {name: _weights(name) for name in spec.weights_with(ENCODERS[0], options)}
    return load_target(spec)(options, *extra, Compute(CPU, own_weights=weights))
