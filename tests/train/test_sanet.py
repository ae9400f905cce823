"""SANet's task: its terms, its encoder that stays as it is, and a run that can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import save_random
from tests.train.conftest import WIDTH
from vidstyle.errors import WeightsError
from vidstyle.nets.sanet import Sanet
from vidstyle.nets.vgg import Vgg
from vidstyle.train.loop import Trainer
from vidstyle.train.sanet import SANetTask
from vidstyle.train.settings import SANetTraining
from vidstyle.weights.store import load_into

SETTINGS = SANetTraining(steps=4, batch=2, size=64, warmup=2, log_every=1, save_every=2)


@pytest.fixture(scope="module")
def parts(folders: tuple[Path, Path], teacher_file: Path, slim_file: Path) -> dict[str, Path]:
    return {"content": folders[0], "style": folders[1], "teacher": teacher_file, "encoder": slim_file}


def make_task(parts: dict[str, Path], settings: SANetTraining = SETTINGS) -> SANetTask:
    files = {name: parts[name] for name in ("teacher", "encoder")}
    return SANetTask(parts["content"], parts["style"], **files, settings=settings, device=torch.device("cpu"))


def quiet(step: int, terms: Mapping[str, float]) -> None:
    assert all(value == value for value in terms.values())


@pytest.fixture(scope="module")
def task(parts: dict[str, Path]) -> SANetTask:
    return make_task(parts)


def test_identity_and_steadiness_take_turns(task: SANetTask) -> None:
    always, identity = {"style", "texture", "unrest", "relu4_1", "relu3_1"}, {"identity", "likeness"}
    extra: list[set[str]] = [identity, {"steadiness"}, set(), {"steadiness"}]
    with torch.no_grad():
        found = [set(task.losses(step)) for step in range(4)]
    assert found == [always | more for more in extra]


def test_only_the_network_learns(task: SANetTask) -> None:
    sum(task.losses(1).values(), torch.zeros(())).backward()  # type: ignore[no-untyped-call]
    learning = [name for name, p in task.network.named_parameters() if p.requires_grad]
    assert [name for name, p in task.network.named_parameters() if p.grad is not None] == learning
    assert len(learning) == len(list(task.network.parameters())) - 1  # The scales stay as calibrated.
    for frozen in (task.encoder, task.teacher):
        assert all(p.grad is None for p in frozen.parameters())


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(parts: dict[str, Path], tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert Trainer(make_task(parts), SETTINGS, straight).run(quiet) == 4
    halted = Trainer(make_task(parts), SETTINGS, stopped)
    for _ in range(2):
        halted._advance()
    halted.save()
    assert Trainer(make_task(parts), SETTINGS, stopped).run(quiet) == 4
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        expected, found = load_file(straight / name), load_file(stopped / name)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected), name
    load_into(Sanet(), straight / "weights.safetensors")
    assert (straight / "sheet_000004.png").exists()


def test_weights_of_one_attention_are_refused_by_the_other(parts: dict[str, Path], tmp_path: Path) -> None:
    task = make_task(parts, replace(SETTINGS, attention="softmax"))
    path = save_random(task.network, tmp_path / "softmax.safetensors")
    load_into(Sanet("softmax"), path)
    with pytest.raises(WeightsError, match="not for Sanet"):
        load_into(Sanet("cosine"), path)


def test_an_encoder_of_another_shape_is_refused(parts: dict[str, Path], tmp_path: Path) -> None:
    narrow = save_random(Vgg([WIDTH] * 5, ()), tmp_path / "narrow.safetensors")
    with pytest.raises(WeightsError, match="not for Vgg"):
        make_task({**parts, "encoder": narrow})
