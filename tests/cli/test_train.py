"""``vidstyle train``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.cli.conftest import Command, Said
from vidstyle.catalog import Stage
from vidstyle.cli.commands.train import NETWORKS
from vidstyle.cli.parser import describe_option
from vidstyle.options import OptionInfo, describe
from vidstyle.registry import find_method
from vidstyle.train.settings import TrainOptions


class Toy:
    """A task with one weight; takes what the real one takes."""

    def __init__(
        self, content: Path, style: Path, *, teacher: Path, settings: TrainOptions, device: torch.device
    ) -> None:
        self.network: nn.Module = nn.Linear(1, 1)

    def losses(self, step: int) -> dict[str, Tensor]:
        return {"style": sum((p.square().sum() for p in self.network.parameters()), torch.zeros(()))}

    def sheet(self, network: nn.Module) -> Tensor:
        return torch.zeros(3, 8, 8)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidstyle.train.adain.AdaINTask", Toy)


FILES = ("--content", "a", "--style", "b", "--teacher", "c", "-o", "run", "-d", "cpu")


def test_training_logs_and_says_how_to_use_it(vidstyle: Command) -> None:
    said = vidstyle("train", "adain", *FILES, "--steps", "4", "--log-every", "2")
    assert said.code == 0
    lines = said.err.splitlines()
    assert lines[0].startswith("step 2/4 style ")
    assert "--weights adain=run/weights.safetensors" in lines[-1]
    assert Path("run/weights.safetensors").is_file()


def test_training_goes_on(vidstyle: Command) -> None:
    assert vidstyle("train", "adain", *FILES, "--steps", "4", "--minutes", "0").code == 0
    assert vidstyle("train", "adain", *FILES, "--steps", "4", "-q").err == ""
    said = vidstyle("train", "adain", *FILES, "--steps", "4")
    assert said.err.startswith("resuming run at step 4\n")
    assert vidstyle("train", "adain", *FILES, "--steps", "5").code == 2


def test_training_in_json(vidstyle: Command) -> None:
    records = vidstyle("train", "adain", *FILES, "--steps", "4", "--log-every", "2", "--json").records
    assert [record["event"] for record in records] == ["losses", "losses", "trained"]
    assert records[-1]["step"] == 4


def recipe_shown(said: Said) -> str:
    return " ".join(said.out.partition("Recipe:")[2].partition("What it says:")[0].split())


@pytest.mark.parametrize("network", NETWORKS)
def test_the_help_of_a_network_has_its_own_recipe(vidstyle: Command, network: str) -> None:
    shown = recipe_shown(vidstyle("train", network, "--help"))
    infos = list(describe(NETWORKS[network].settings))
    assert all(describe_option(info) in shown for info in infos)
    flags = set(re.findall(r"--[a-z0-9-]+", shown.replace("--no-bf16", ""))) - {"--start"}
    assert flags == {f"--{info.name.replace('_', '-')}" for info in infos}


def test_the_help_of_no_network_has_the_defaults_of_each(vidstyle: Command) -> None:
    shown = recipe_shown(vidstyle("train", "--help"))
    assert "default 50.0 for adain and sanet, 30.0 for fast)" in shown
    assert "default 1000 for encoder)" in shown and "(1 .. inf; default 9000)" in shown


def test_a_recipe_is_of_its_network(vidstyle: Command) -> None:
    said = vidstyle("train", "adain", *FILES, "--style-size", "256")
    assert said.code == 2 and "style_size" in said.err


def test_options_of_one_name_differ_by_their_default_only() -> None:
    found: dict[str, list[OptionInfo]] = {}
    for spec in NETWORKS.values():
        for info in describe(spec.settings):
            found.setdefault(info.name, []).append(replace(info, default=None))
    assert [name for name, infos in found.items() if any(info != infos[0] for info in infos)] == []


def test_what_is_trained_is_used_by_the_run_that_is_named() -> None:
    for spec in NETWORKS.values():
        words = spec.look.split()
        name = words[words.index("--method") + 1] if "--method" in words else "adain"
        method = find_method(Stage.STYLIZER, name)
        assert spec.weights in method.weights_with("slim", method.options(), (spec.weights,))


def test_what_training_needs(vidstyle: Command) -> None:
    said = vidstyle("train", "adain", "--content", "a")
    assert said.code == 2
    assert "--style is missing" in said.err
    assert vidstyle("train", "gan").code == 2
    assert vidstyle("train", "adain", *FILES, "--size", "1").code == 2
