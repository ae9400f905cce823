"""The stylizer of one style, with untrained networks: what holds whatever they have learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.conformance.shots import frames, steps
from tests.conftest import save_random
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.method_options import FastOptions
from vidstyle.nets.classic import JohnsonNet
from vidstyle.nets.transform import FastNet
from vidstyle.stylizers.fast import Fast
from vidstyle.types import Frame, Image, Reach, Step, Style
from vidstyle.weights.store import ARCHITECTURE, write_tensors

NO_STYLE = Style((), ())


def saved(make: Callable[[], nn.Module], path: Path, architecture: str) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(13)
        network = make()
    header = {ARCHITECTURE: architecture} if architecture else {}
    write_tensors(path, {name: tensor.detach() for name, tensor in network.state_dict().items()}, header)
    return path


@pytest.fixture(scope="module", params=["ours", "johnson"])
def compute(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compute:
    """A CPU with an untrained network of either kind."""
    path = tmp_path_factory.mktemp("weights") / "fast.safetensors"
    ours = request.param == "ours"
    saved(FastNet if ours else JohnsonNet, path, "" if ours else request.param)
    return Compute(torch.device("cpu"), own_weights={"fast": path})


def paint(compute: Compute, shot: list[Step], *, hold: int = 24) -> list[Image]:
    return list(Fast(FastOptions(hold=hold), NO_STYLE, compute).stylize(shot))


@pytest.mark.parametrize("size", [(33, 17), (1, 1)])
def test_odd_sizes_come_back_as_they_were(compute: Compute, size: tuple[int, int]) -> None:
    painted = paint(compute, steps(frames(0, 2, size=size)))
    assert [image.shape for image in painted] == [(3, *size)] * 2
    assert all(image.min() >= 0 and image.max() <= 1 for image in painted)


def test_without_holding_every_frame_stands_alone(compute: Compute) -> None:
    shown = frames(0, 3)
    assert torch.equal(paint(compute, steps(shown), hold=1)[2], paint(compute, steps(shown[2:]))[0])


def test_bf16_is_close_to_fp32_and_ends_with_the_frame(compute: Compute) -> None:
    shot = steps(frames(0, 2))
    exact = paint(compute, shot)
    coarse = Fast(FastOptions(), NO_STYLE, replace(compute, precision="bf16"))
    for image, expected in zip(coarse.stylize(shot), exact, strict=True):
        assert image.dtype == torch.float32
        assert not torch.is_autocast_enabled("cpu")
        # Untrained, Johnson's many norms carry rounding far: 30 dB.
        assert 0 < (image - expected).square().mean() < 10**-3


@pytest.mark.parametrize("hold", [1, 3])
def test_a_run_that_starts_reach_early_gives_the_same_bytes(compute: Compute, hold: int) -> None:
    shown = frames(0, 8)
    whole = paint(compute, steps(shown), hold=hold)
    stylizer = Fast(FastOptions(hold=hold), NO_STYLE, compute)
    assert stylizer.reach == Reach(before=hold - 1)
    late = list(stylizer.stylize(steps(shown[6 - stylizer.reach.before :])))[stylizer.reach.before :]
    assert all(torch.equal(a, b) for a, b in zip(whole[6:], late, strict=True))
    if hold > 1:
        assert not torch.equal(whole[6], paint(compute, steps(shown[6:]), hold=hold)[0])


def test_held_statistics_keep_a_wall_when_someone_walks_in(compute: Compute) -> None:
    """A change in one corner moves the opposite corner less when statistics are held."""
    plain = frames(0, 5, size=(16, 280))
    image = plain[4].image.clone()
    image[:, :, 240:] = 0
    last = Frame(plain[4].index, plain[4].pts, plain[4].time_base, image)
    change = {}
    for hold in (1, 5):
        before = paint(compute, steps(plain), hold=hold)[4][..., :60]
        after = paint(compute, steps([*plain[:4], last]), hold=hold)[4][..., :60]
        change[hold] = float((before - after).abs().mean())
    # A fifth of the window changed; that nothing flows through linearly is the rest.
    assert 0 < change[5] < 0.5 * change[1]


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    for architecture, told in (
        ("", "not for FastNet"),
        ("classic", "architecture 'classic'; known here besides ours: johnson"),
    ):
        path = saved(lambda: nn.Linear(2, 2), tmp_path / "other.safetensors", architecture)
        with pytest.raises(WeightsError, match=told) as caught:
            Fast(FastOptions(), NO_STYLE, Compute(torch.device("cpu"), own_weights={"fast": path}))
        assert "\n" not in str(caught.value)
    damaged = save_random(FastNet(), tmp_path / "cut.safetensors")
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(WeightsError, match="cannot be read as safetensors"):
        Fast(FastOptions(), NO_STYLE, Compute(torch.device("cpu"), own_weights={"fast": damaged}))
