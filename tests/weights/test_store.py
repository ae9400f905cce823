"""Weights are what they claim to be, or an error of one line; nothing in a file is ever executed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vidstyle.catalog import METHODS
from vidstyle.device import Compute
from vidstyle.errors import UsageError, WeightsError
from vidstyle.weights import store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_file({"weight": torch.ones(2, 3), "bias": torch.zeros(2)}, path)
    return path


@pytest.fixture
def listed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts ``tiny`` in the manifest with a hash, as the only entry."""

    def write(sha256: str) -> None:
        fields = dict.fromkeys(("summary", "licence", "attribution", "recipe"), "x")
        lines = ["[tiny]", 'file = "tiny.safetensors"', f'sha256 = "{sha256}"', "bytes = 1"]
        lines += [f'{name} = "{value}"' for name, value in fields.items()]
        (tiny.parent / "manifest.toml").write_text("\n".join(lines))
        monkeypatch.setattr(store, "FOLDER", tiny.parent)

    return write


def test_weights_of_the_users_folder_are_found_and_verified(
    tiny: Path, listed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(store.sha256(tiny))
    monkeypatch.setenv(store.VARIABLE, str(tiny.parent))
    assert store.resolve("tiny") == tiny


def test_missing_weights_say_where_they_were_looked_for(tiny: Path, listed: Callable[[str], None]) -> None:
    listed(store.sha256(tiny))
    with pytest.raises(WeightsError, match=r"no tiny\.safetensors in .*files") as caught:
        store.resolve("tiny")
    assert caught.value.exit_code == 6 and "\n" not in str(caught.value)


def test_a_changed_byte_is_noticed(tiny: Path, listed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    listed(store.sha256(tiny))
    data = bytearray(tiny.read_bytes())
    data[-1] ^= 1
    tiny.write_bytes(data)
    monkeypatch.setenv(store.VARIABLE, str(tiny.parent))
    with pytest.raises(WeightsError, match="damaged or of another version"):
        store.resolve("tiny")


def test_an_unknown_name_gets_a_suggestion(listed: Callable[[str], None]) -> None:
    listed("0" * 64)
    with pytest.raises(UsageError, match="did you mean 'tiny'"):
        store.resolve("tinny")


def test_the_users_own_file_goes_before_the_manifest(tiny: Path) -> None:
    assert Compute(torch.device("cpu"), own_weights={"tiny": tiny}).weights("tiny") == tiny


def test_weights_fill_a_network_in_float32(tiny: Path) -> None:
    save_file({"weight": torch.ones(2, 3).half(), "bias": torch.full((2,), 2.0).half()}, tiny)
    network = torch.nn.Linear(3, 2)
    store.load_into(network, tiny)
    assert network.weight.dtype == torch.float32
    assert network(torch.ones(1, 3)).tolist() == [[5.0, 5.0]]


@pytest.mark.parametrize("kept", [0, 4, 20, -1])
def test_a_cut_file_is_refused(tiny: Path, kept: int) -> None:
    tiny.write_bytes(tiny.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="cannot be read as safetensors"):
        store.load_tensors(tiny)


@pytest.mark.parametrize("missing", ["nothing.safetensors", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(WeightsError):
        store.load_tensors(tmp_path / missing)


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"mkdir {self.mark}",)


def test_a_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    mark, trap = tmp_path / "executed", tmp_path / "trap.safetensors"
    for write in (lambda: trap.write_bytes(pickle.dumps(Trap(mark))), lambda: torch.save({"w": Trap(mark)}, trap)):
        write()
        with pytest.raises(WeightsError, match="cannot be read as safetensors"):
            store.load_tensors(trap)
        assert not mark.exists()
    pickle.loads(pickle.dumps(Trap(mark)))
    assert mark.exists(), "the trap works, so its silence above means something"


@pytest.mark.parametrize(
    "tensors",
    [
        {"weight": torch.ones(2, 3)},
        {"weight": torch.ones(2, 3), "bias": torch.zeros(2), "extra": torch.zeros(1)},
        {"weight": torch.ones(3, 2), "bias": torch.zeros(2)},
    ],
    ids=["too few", "too many", "another shape"],
)
def test_weights_of_another_network_are_refused(tiny: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, tiny)
    with pytest.raises(WeightsError, match="not for Linear") as caught:
        store.load_into(torch.nn.Linear(3, 2), tiny)
    assert "\n" not in str(caught.value)


def test_shipped_weights_are_in_place_and_small() -> None:
    for name, entry in store.manifest().items():
        if not entry.is_shipped:
            assert all((entry.summary, entry.licence, entry.attribution, entry.recipe)), name
            continue
        path = store.FOLDER / "files" / entry.file
        store.verify(path, entry)
        assert path.stat().st_size == entry.bytes < 10_000_000, name
        assert all((entry.summary, entry.licence, entry.attribution, entry.recipe)), name


def test_every_method_finds_its_weights_in_the_manifest() -> None:
    assert {name for spec in METHODS for name in spec.weights} <= set(store.manifest())
