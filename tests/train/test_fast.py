"""Training of one style's own network: its losses have known answers, and a run goes on to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.conformance.shots import texture
from vidstyle.nets.transform import FastNet
from vidstyle.train.fast import EXCESS_WEIGHT, FastTask, read_style
from vidstyle.train.loop import Trainer
from vidstyle.train.losses import covariance, texture_loss
from vidstyle.train.settings import FastTraining
from vidstyle.train.teacher import LOSS_LAYERS, load_teacher
from vidstyle.video.stills import write_picture
from vidstyle.weights.store import load_into

SETTINGS = FastTraining(steps=4, batch=2, size=64, style_size=48, warmup=2, log_every=1, save_every=2)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("style") / "style.png"
    write_picture(path, texture(0, size=(60, 90), seed=33))
    return path


def make_task(folders: tuple[Path, Path], teacher: Path, picture: Path) -> FastTask:
    return FastTask(folders[0], picture, teacher=teacher, settings=SETTINGS, device=torch.device("cpu"))


@pytest.fixture
def task(folders: tuple[Path, Path], teacher_file: Path, picture: Path) -> FastTask:
    return make_task(folders, teacher_file, picture)


def test_a_style_picture_is_scaled_by_its_shortest_side(picture: Path) -> None:
    assert read_style(picture, 48).shape == (3, 48, 72)
    assert read_style(picture, 120).shape == (3, 120, 180)


def test_covariances_are_compared_lifted(teacher_file: Path) -> None:
    """The short way gives what the long way gives, by Frobenius norms of the lifted features' own covariances."""
    teacher = load_teacher(teacher_file)
    a, b = (teacher(texture(0, size=(40, 48), seed=i)[None], LOSS_LAYERS) for i in (1, 2))
    short = texture_loss(*({k: covariance(x) for k, x in features.items()} for features in (a, b)), lifts=teacher.lifts)
    long = []
    for layer in LOSS_LAYERS:
        s, t = (covariance(teacher.lift(features)[layer]) for features in (a, b))
        long.append((s - t).square().sum() / t.square().sum())
    assert short.item() == pytest.approx(torch.stack(long).mean().item(), rel=1e-3)
    assert short > 0.01


def test_the_style_itself_has_no_loss(task: FastTask) -> None:
    assert texture_loss(task.target[1], task.target[1], lifts=task.teacher.lifts) == 0


def test_a_network_that_paints_flat_is_steady_and_restful(task: FastTask) -> None:
    assert set(task.losses(0)) == {"style", "texture", "unrest", "excess", "relu4_1", "relu3_1"}
    assert task.losses(1)["steadiness"] > 0
    torch.nn.init.zeros_(task.network.get_parameter("to_full.conv.weight"))
    terms = task.losses(1)
    assert terms["steadiness"] < 1e-3 and terms["unrest"] < 1e-6 and terms["excess"] == 0
    # Nothing of the content is left.
    assert terms["relu4_1"].item() == pytest.approx(1, abs=0.3)
    # One of three channels is 0.2 too bright.
    with torch.no_grad():
        task.network.get_parameter("to_full.bias").copy_(torch.tensor([0.7, 0.5, -0.5]))
    assert task.losses(0)["excess"].item() == pytest.approx(EXCESS_WEIGHT * 0.2 / 3, rel=1e-5)


def test_it_learns(task: FastTask) -> None:
    optimizer = torch.optim.Adam(task.network.parameters(), lr=5e-3)
    sums = []
    for _ in range(12):
        optimizer.zero_grad()
        total = torch.stack(list(task.losses(0).values())).sum()
        total.backward()
        optimizer.step()
        sums.append(total.item())
    assert sums[-1] < 0.7 * sums[0]


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(
    folders: tuple[Path, Path], teacher_file: Path, picture: Path, tmp_path: Path
) -> None:
    def stop(step: int, terms: object) -> None:
        if step == 3:
            raise KeyboardInterrupt

    def go_on(step: int, terms: object) -> None:
        pass

    Trainer(make_task(folders, teacher_file, picture), SETTINGS, tmp_path / "straight").run(go_on)
    with pytest.raises(KeyboardInterrupt):
        Trainer(make_task(folders, teacher_file, picture), SETTINGS, tmp_path / "broken").run(stop)
    again = Trainer(make_task(folders, teacher_file, picture), SETTINGS, tmp_path / "broken")
    assert again.step == 2
    again.run(go_on)
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        expected, found = (load_file(tmp_path / run / name) for run in ("straight", "broken"))
        assert all(torch.equal(expected[key], found[key]) for key in expected), name
    weights = tmp_path / "broken" / "weights.safetensors"
    load_into(FastNet(), weights)
    assert weights.stat().st_size < 1_000_000


def test_the_sheet_shows_style_contents_and_paintings(task: FastTask) -> None:
    sheet = task.sheet(task.network)
    assert sheet.shape == (3, 2 * 64, 6 * 64)
    assert torch.allclose(sheet[:, :64, 64:128], task.contents.batch(0, 5)[0], atol=1e-6)
