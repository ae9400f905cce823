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
from vidstyle.device import Compute
from vidstyle.nets.painter import Painter
from vidstyle.options import build_options
from vidstyle.registry import all_methods, load_target

NETWORKS: dict[str, Callable[[], nn.Module]] = {"adain": Painter}
"""What random weights to make for a name of the manifest."""

VARIANTS: dict[tuple[Stage, str], tuple[dict[str, Any], ...]] = {
    (Stage.STYLIZER, "adain"): ({"hold": 3, "strength": 0.5}, {"hold": 1}),
    (Stage.STABILIZER, "blend"): ({"interval": 8, "fade": 3}, {"memory": 0.5, "light": 0.0, "sharpness": 0.0}),
    (Stage.FLOW, "dis"): ({"preset": "ultrafast"}, {"max_size": 96}),
}
"""Settings to test beside the defaults."""

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
    options = build_options(spec.options, values, spec.name)
    if spec.stage is not Stage.STYLIZER:
        return load_target(spec)(options, CPU)
    weights = {name: _weights(name) for name in spec.weights}
    return load_target(spec)(options, *extra, Compute(CPU, own_weights=weights))
