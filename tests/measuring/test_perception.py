"""Distances from style and content against their definitions, spelled out on an untrained network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests import clips
from tests.conftest import save_random
from vidstyle.device import Compute
from vidstyle.measuring.perception import Perception, comparison_size
from vidstyle.nets.vgg import Vgg
from vidstyle.ops.statistics import EPSILON

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


@pytest.fixture(scope="module")
def network() -> Vgg:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        made = Vgg((4, 4, 6, 6, 6), (5, 6, 7, 8, 8))
        # Untrained features are so small that the constant in the deviations would rule.
        for layer in made.convs.values():
            layer.weight.data.mul_(3)
        return made.eval().requires_grad_(False)


def moments_of(network: Vgg, image: torch.Tensor, layer: str) -> tuple[torch.Tensor, torch.Tensor]:
    lifted = network.lift(network(image[None], [layer]))[layer]
    return lifted.mean((2, 3)), (lifted.var((2, 3), correction=0) + EPSILON).sqrt()


def test_distances_are_as_defined(network: Vgg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidstyle.measuring.perception.load_encoder", lambda compute: network)
    size = (256, 288)
    style, content, painted = (clips.texture(size, seed=seed, cell=16) for seed in (1, 2, 3))
    perception = Perception(style, Compute(torch.device("cpu")))
    seen, seen_content = perception.see(painted, size), perception.see(content, size)
    terms = []
    for layer in LAYERS:
        (mean, deviation), (mean_s, deviation_s) = (moments_of(network, image, layer) for image in (painted, style))
        apart = (mean - mean_s).square().sum() + (deviation - deviation_s).square().sum()
        terms.append(float(apart / (mean_s.square().sum() + deviation_s.square().sum())))
    assert perception.style_distance(seen) == pytest.approx(sum(terms) / 4, rel=1e-3)
    assert perception.style_distance(perception.see(style, size)) == pytest.approx(0, abs=1e-9)
    deep = [network.lift(network(image[None], ["relu4_1"]))["relu4_1"] for image in (painted, content)]
    parts = [
        (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), correction=0, keepdim=True) + EPSILON).sqrt() for x in deep
    ]
    expected = float((parts[0] - parts[1]).square().sum() / parts[1].square().sum())
    assert perception.content_distance(seen, seen_content) == pytest.approx(expected, rel=1e-3)


def test_the_shipped_widths_are_read(tmp_path: Path) -> None:
    path = save_random(Vgg(), tmp_path / "slim.safetensors")
    image = clips.texture()
    perception = Perception(image, Compute(torch.device("cpu"), own_weights={"slim": path}))
    assert perception.style_distance(perception.see(image, comparison_size(image))) == 0


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (256, 448)), ((64, 96), (256, 384)), ((1, 1), (256, 256)), ((4, 4000), (16, 2048))],
)
def test_size_of_the_comparison(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert comparison_size(torch.zeros(3, *size)) == expected
