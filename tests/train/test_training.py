"""A training run of four steps: resumable to the bit, logged, and careful with settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from vidstyle.errors import UsageError
from vidstyle.nets.painter import Painter
from vidstyle.train.adain import AdaINTask
from vidstyle.train.encoder import EncoderTask
from vidstyle.train.loop import FLOOR_RATE, Task, Trainer, averaged, learning_rate
from vidstyle.train.settings import AdaINTraining, EncoderTraining, TrainOptions
from vidstyle.weights.store import load_into

RUN: dict[str, Any] = {"steps": 4, "batch": 2, "size": 64, "warmup": 2, "log_every": 1, "save_every": 2}
ALWAYS = ("style", "texture", "unrest", "relu4_1", "relu3_1")
SETTINGS = AdaINTraining(**RUN)
TASKS: dict[str, tuple[type[Any], TrainOptions]] = {
    "adain": (AdaINTask, SETTINGS),
    "encoder": (EncoderTask, EncoderTraining(**RUN, layer_steps=0)),
}


class PowerError(Exception):
    """The power went out."""


@pytest.fixture
def task(folders: tuple[Path, Path], teacher_file: Path) -> AdaINTask:
    return make_task(folders, teacher_file)


def make_task(folders: tuple[Path, Path], teacher_file: Path) -> AdaINTask:
    return AdaINTask(*folders, teacher=teacher_file, settings=SETTINGS, device=torch.device("cpu"))


def quiet(step: int, terms: Mapping[str, float]) -> None:
    assert all(value == value for value in terms.values())


def stop_at_3(step: int, terms: Mapping[str, float]) -> None:
    if step == 3:
        raise PowerError


@pytest.fixture(scope="module")
def straight(folders: tuple[Path, Path], teacher_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("straight")
    assert Trainer(make_task(folders, teacher_file), SETTINGS, folder).run(quiet) == 4
    return folder


def test_a_run_leaves_weights_log_and_sheets(straight: Path) -> None:
    assert {path.name for path in straight.iterdir()} == {
        "checkpoint.safetensors",
        "weights.safetensors",
        "losses.csv",
        "losses.html",
        "sheet_000002.png",
        "sheet_000004.png",
    }
    load_into(Painter(), straight / "weights.safetensors")


def test_the_log_has_every_term_of_every_step(straight: Path) -> None:
    head, *rows = (straight / "losses.csv").read_text().splitlines()
    assert head == "step,learning_rate,term,value"
    terms = [(int(row.split(",")[0]), row.split(",")[2]) for row in rows]
    extra = {1: ["identity"], 2: ["steadiness"], 4: ["steadiness"]}
    assert terms == [(step, term) for step in range(1, 5) for term in [*ALWAYS, *extra.get(step, [])]]
    assert all(float(row.split(",")[3]) >= 0 for row in rows)


@pytest.mark.parametrize("network", TASKS)
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(
    network: str, folders: tuple[Path, Path], teacher_file: Path, tmp_path: Path
) -> None:
    kind, settings = TASKS[network]

    def make() -> Task:
        task: Task = kind(*folders, teacher=teacher_file, settings=settings, device=torch.device("cpu"))
        return task

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert Trainer(make(), settings, whole).run(quiet) == 4
    with pytest.raises(PowerError):
        Trainer(make(), settings, parts).run(stop_at_3)
    again = Trainer(make(), settings, parts)
    assert again.step == 2
    again.run(quiet)
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        expected, found = load_file(whole / name), load_file(parts / name)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected), name
    assert (whole / "losses.csv").read_text() == (parts / "losses.csv").read_text()


def test_the_plots_show_every_term(straight: Path) -> None:
    page = (straight / "losses.html").read_text()
    assert page.count("<svg") == 7
    assert all(f"<h3>{term}</h3>" in page for term in (*ALWAYS, "identity", "steadiness"))
    # The style at all four steps is one line of four points; identity, at the second alone, is a dot.
    lines = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', page))
    assert lines["style"].count("L") == 3 and "L" not in lines["identity"]


def test_a_finished_run_does_nothing_more(straight: Path, task: AdaINTask) -> None:
    before = load_file(straight / "weights.safetensors")
    trainer = Trainer(task, SETTINGS, straight)
    assert trainer.run(stop_at_3) == 4
    after = load_file(straight / "weights.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_other_settings_do_not_resume(straight: Path, task: AdaINTask) -> None:
    with pytest.raises(UsageError, match=r"style_weight=50\.0, not 5\.0") as caught:
        Trainer(task, replace(SETTINGS, style_weight=5.0), straight)
    assert "\n" not in str(caught.value)


def test_time_runs_out_between_steps(task: AdaINTask, tmp_path: Path) -> None:
    assert Trainer(task, SETTINGS, tmp_path).run(quiet, minutes=0) == 0
    assert (tmp_path / "checkpoint.safetensors").exists()


def test_training_moves_the_weights_and_not_the_random_state(
    straight: Path, folders: tuple[Path, Path], teacher_file: Path
) -> None:
    state = torch.get_rng_state()
    fresh = make_task(folders, teacher_file)
    assert torch.equal(state, torch.get_rng_state())
    trained = load_file(straight / "weights.safetensors")
    moved = [name for name, p in fresh.network.named_parameters() if not torch.equal(p.detach(), trained[name])]
    assert len(moved) == len(trained)


def test_the_learning_rate_rises_and_falls() -> None:
    settings = TrainOptions(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[10] == pytest.approx(1)
    assert rates[100] == pytest.approx(FLOOR_RATE)
    assert rates[:11] == sorted(rates[:11]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_averaged_weights_are_put_back() -> None:
    network = torch.nn.Linear(2, 1)
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    with pytest.raises(PowerError), averaged(network, {name: torch.zeros_like(p) for name, p in before.items()}):
        assert network(torch.ones(1, 2)).item() == 0
        raise PowerError
    assert all(torch.equal(p.detach(), before[name]) for name, p in network.named_parameters())
