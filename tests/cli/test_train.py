"""``vidstyle train``."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.cli.conftest import Command
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


def test_what_training_needs(vidstyle: Command) -> None:
    said = vidstyle("train", "adain", "--content", "a")
    assert said.code == 2
    assert "--style is missing" in said.err
    assert vidstyle("train", "gan").code == 2
    assert vidstyle("train", "adain", *FILES, "--size", "1").code == 2
