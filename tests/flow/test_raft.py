"""RAFT on random weights: what is tested is all that stands between torchvision's network and an image."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from tests.conformance.shots import texture
from tests.conftest import save_random
from vidstyle.device import Compute
from vidstyle.errors import WeightsError
from vidstyle.flow.raft import load_raft, make_network, raft_small
from vidstyle.method_options import RaftOptions
from vidstyle.types import Flow
from vidstyle.weights.importers import import_weights
from vidstyle.weights.store import load_tensors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        try:
            network = make_network("raft-small")
        except WeightsError:
            pytest.skip("torchvision is not installed, or does not fit torch")
    return save_random(network, tmp_path_factory.mktemp("raft") / "raft-small.safetensors")


def search(weights: Path, size: tuple[int, int], *, precision: str = "fp32", max_size: int = 1024) -> Flow:
    compute = Compute(CPU, precision=precision, own_weights={"raft-small": weights})
    flow = raft_small(RaftOptions(updates=3, max_size=max_size), compute)
    return flow(texture(1, size=size), texture(0, size=size))


@pytest.mark.parametrize("size", [(136, 144), (130, 141), (60, 190)])
def test_gives_what_the_network_gives_for_the_framed_picture(weights: Path, size: tuple[int, int]) -> None:
    framed = {(136, 144): (0, 0, 0, 0), (130, 141): (1, 2, 3, 3), (60, 190): (1, 1, 34, 34)}[size]
    network = load_raft("raft-small", Compute(CPU, own_weights={"raft-small": weights})).eval()
    pair = [F.pad(texture(i, size=size)[None], framed, mode="replicate") * 2 - 1 for i in (1, 0)]
    with torch.no_grad():
        whole = network(*pair, num_flow_updates=3)[-1][0]
    left, _, top, _ = framed
    expected = whole[:, top : top + size[0], left : left + size[1]]
    found = search(weights, size)
    assert torch.equal(found, expected) and found.abs().max() > 0.01


def test_larger_frames_are_searched_reduced(weights: Path) -> None:
    whole, reduced = (search(weights, (144, 288), max_size=longest) for longest in (288, 144))
    assert whole.shape == reduced.shape == (2, 144, 288)
    assert not torch.equal(whole, reduced)


def test_half_precision_differs_a_little(weights: Path) -> None:
    full, half = (search(weights, (128, 128), precision=precision) for precision in ("fp32", "bf16"))
    assert half.dtype == torch.float32
    assert 0 < (full - half).abs().mean() < 0.05 * full.abs().mean()


def test_weights_are_refused_that_are_for_another_network(weights: Path) -> None:
    with pytest.raises(WeightsError, match="not for RAFT"):
        load_raft("raft-large", Compute(CPU, own_weights={"raft-large": weights}))


def test_a_published_file_becomes_weights(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = load_tensors(weights)
    torch.save(tensors, tmp_path / "published.pth")
    monkeypatch.setattr("vidstyle.weights.importers.require_published", lambda name, where, digest: None)
    import_weights("raft-small", [tmp_path / "published.pth"], tmp_path / "mine.safetensors")
    assert torch.equal(search(tmp_path / "mine.safetensors", (128, 128)), search(weights, (128, 128)))


def test_missing_weights_are_named_with_their_cure() -> None:
    with pytest.raises(WeightsError, match="get it with: vidstyle weights fetch raft-small"):
        raft_small(RaftOptions(), Compute(CPU))


def test_a_missing_package_is_named_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    path = save_random(torch.nn.Linear(1, 1), tmp_path / "any.safetensors")
    with pytest.raises(WeightsError, match=r"torchvision cannot be used .*pip install 'vidstyle\[raft\]'"):
        raft_small(RaftOptions(), Compute(CPU, own_weights={"raft-small": path}))
