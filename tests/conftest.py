"""What every test gets: a home of its own, restored random state, and small random networks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from safetensors.torch import save_file

from vidstyle.device import Compute
from vidstyle.nets.painter import Painter
from vidstyle.nets.vgg import Vgg

settings.register_profile("vidstyle", deadline=None, derandomize=True)
settings.load_profile("vidstyle")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No preset, weight or setting of the person who runs the tests reaches them."""
    home = tmp_path_factory.getbasetemp() / "home"
    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))
    for variable in [name for name in os.environ if name.startswith("VIDSTYLE_")]:
        monkeypatch.delenv(variable)


@pytest.fixture(autouse=True)
def interrupts_as_in_a_terminal() -> Iterator[None]:
    """Started in the background, a shell's child ignores SIGINT, and so would the commands under test."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def own_random_state() -> Iterator[None]:
    """A test's seed does not reach the next test."""
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """CUDA tests are skipped without a device, unless ``VIDSTYLE_REQUIRE_CUDA=1`` says that there must be one."""
    required = os.environ.get("VIDSTYLE_REQUIRE_CUDA") == "1"
    if item.get_closest_marker("cuda") and not torch.cuda.is_available() and not required:
        pytest.skip("no CUDA device")


def save_random(network: torch.nn.Module, path: Path) -> Path:
    """Weights of a network as the store reads them."""
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)
    return path


def save_untrained(make: Callable[[], torch.nn.Module], path: Path, *, seed: int = 11) -> Path:
    """Weights as `make` draws them: seeded, so equal in every run; nothing about beauty can be tested with them."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = make()
    return save_random(network, path)


@pytest.fixture(scope="session")
def painter_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained painter."""
    return save_untrained(Painter, tmp_path_factory.mktemp("weights") / "adain.safetensors")


@pytest.fixture(scope="session")
def slim_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained slim encoder."""
    return save_untrained(Vgg, tmp_path_factory.mktemp("weights") / "slim.safetensors")


@pytest.fixture
def compute(painter_file: Path) -> Compute:
    """A CPU in full precision, with the untrained painter."""
    return Compute(torch.device("cpu"), own_weights={"adain": painter_file})
