"""Every method of a stage, as a test parameter, built with its defaults and with what is worth varying.

A new method is tested as soon as the catalog lists it. When it needs weights, name its network here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import torch
from torch import nn

from tests.conftest import save_random
from vidstyle.catalog import MethodSpec, Stage
from vidstyle.device import ENCODERS, Compute
from vidstyle.nets.painter import Painter
from vidstyle.nets.sanet import Sanet
from vidstyle.nets.transform import FastNet
from vidstyle.nets.vgg import Vgg
from vidstyle.options import build_options
from vidstyle.registry import all_methods, load_target

NETWORKS: dict[str, Callable[[], nn.Module]] = {"adain": Painter, "fast": FastNet, "sanet": Sanet, "slim": Vgg}
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
        {"strength": 0.5, "style_loss": "gram", "pooling": "average"},
        {"start": "noise", "optimizer": "adam"},
    ),
    (Stage.STYLIZER, "sanet"): ({"hold": 3, "strength": 0.5}, {"hold": 1}),
    (Stage.STYLIZER, "quilt"): ({"interval": 8, "fade": 3, "size": 32, "patch": 25.0}, {"passes": 1, "strength": 0.5}),
    (Stage.STABILIZER, "blend"): ({"interval": 8, "fade": 3}, {"memory": 0.5, "light": 0.0, "sharpness": 0.0}),
    (Stage.FLOW, "dis"): ({"preset": "ultrafast"}, {"max_size": 96}),
}
"""Settings to test beside the defaults."""

QUICK: dict[tuple[Stage, str], dict[str, Any]] = {
    (Stage.STYLIZER, "gatys"): {"iterations": 2, "follow": 1, "interval": 8, "fade": 3},
    (Stage.STYLIZER, "quilt"): {"interval": 16, "fade": 4},
}
"""Settings under all others, of methods whose defaults would take minutes."""

CPU = torch.device("cpu")


@cache
def _weights(name: str) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = NETWORKS[name]()
    return save_random(network, Path(mkdtemp()) / f"{name}.safetensors")


def cases(stage: Stage) -> list[Any]:
    """Pairs of a method and its settings, named after them."""
    found = []
    for spec in all_methods(stage):
        for values in ({}, *VARIANTS.get((stage, spec.name), ())):
            label = "-".join([spec.name, *(f"{k}={v}" for k, v in values.items())])
            found.append(pytest.param((spec, values), id=label))
    return found


def build(case: tuple[MethodSpec, dict[str, Any]], *extra: Any) -> Any:
    """The method; stylizers get `extra`, a style."""
    spec, values = case
    options = build_options(spec.options, {**QUICK.get((spec.stage, spec.name), {}), **values}, spec.name)
    if spec.stage is not Stage.STYLIZER:
        return load_target(spec)(options, CPU)
    weights = {name: _weights(name) for name in spec.weights_with(ENCODERS[0])}
    return load_target(spec)(options, *extra, Compute(CPU, own_weights=weights))
