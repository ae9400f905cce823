"""A public file fetched from a server on this machine: checked, converted, and found by the next run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Command
from tests.weights import public
from vidstyle.nets.vgg import VGG19_WIDTHS, Vgg
from vidstyle.weights import store
from vidstyle.weights.importers import VGG19


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server has: a file of the right shapes under its hash's name, and the same under another."""
    folder = tmp_path_factory.mktemp("served")
    state = {}
    for conv in VGG19:
        state[f"features.{conv.torchvision}.weight"] = torch.full((conv.outputs, conv.inputs, 3, 3), 0.01)
        state[f"features.{conv.torchvision}.bias"] = torch.zeros(conv.outputs)
    good = public.published(state, folder)
    (folder / "vgg19-0123abcd.pth").hardlink_to(good)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


def list_source(source: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes ``vgg19`` of that source the manifest's only entry."""
    texts = {"file": "vgg19.safetensors", "source": source, "recipe": "vidstyle weights fetch vgg19"}
    texts |= dict.fromkeys(("summary", "licence", "attribution"), "x")
    lines = ["[vgg19]", *(f'{name} = "{value}"' for name, value in texts.items())]
    (folder / "manifest.toml").write_text("\n".join(lines))
    monkeypatch.setattr(store, "FOLDER", folder)


def test_fetched_weights_are_converted_and_found(
    vidstyle: Command,
    folder: Path,
    address: str,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (name,) = (p.name for p in folder.iterdir() if "0123abcd" not in p.name)
    list_source(f"{address}/{name}", monkeypatch, tmp_path)
    assert "not here; vidstyle weights fetch vgg19" in vidstyle("weights", "list").out
    assert vidstyle("weights", "verify").code == 0
    with pytest.raises(store.WeightsError, match=r"no vgg19\.safetensors in .*; get it with: vidstyle weights fetch"):
        store.resolve("vgg19")
    said = vidstyle("weights", "fetch", "vgg19")
    use = "use it with: vidstyle INPUT --style IMAGE --method gatys --encoder vgg19"
    assert (said.code, said.err.splitlines()[-2:]) == (0, [f"wrote {own_cache / 'vgg19.safetensors'}", use])
    assert [path.name for path in own_cache.iterdir()] == ["vgg19.safetensors"]
    network = Vgg(VGG19_WIDTHS, ())
    store.load_into(network, store.resolve("vgg19"))
    assert network.convs["relu3_1"].weight.mean().item() == pytest.approx(0.01)
    assert str(own_cache) in vidstyle("weights", "list").out
    assert vidstyle("weights", "verify").code == 0
    assert "exists already" in vidstyle("weights", "fetch", "vgg19").err
    is_damage_noticed(own_cache / "vgg19.safetensors", vidstyle)


def is_damage_noticed(path: Path, vidstyle: Command) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    said = vidstyle("weights", "verify")
    assert said.code == 6 and "damaged: not the tensors that were written" in said.err
    store.write_tensors(path, {}, {})
    assert vidstyle("weights", "verify").code == 0, "a hash of nothing is a hash"
    store.save_file({}, path)
    said = vidstyle("weights", "verify")
    assert said.code == 6 and "its header holds no hash" in said.err


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("vgg19-0123abcd.pth", "expected 0123abcd...: damaged, or not vgg19-0123abcd.pth"),
        ("gone-0123abcd.pth", "File not found; download it by other means, then vidstyle weights import vgg19 FILE"),
    ],
)
def test_what_cannot_be_fetched_leaves_nothing(
    vidstyle: Command,
    address: str,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    told: str,
) -> None:
    list_source(f"{address}/{file}", monkeypatch, tmp_path)
    said = vidstyle("weights", "fetch", "vgg19", "-q")
    assert said.code == 6 and told in said.err and len(said.err.splitlines()) == 1
    assert list(own_cache.iterdir()) == []


def test_a_server_that_is_not_there(
    vidstyle: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    list_source("http://127.0.0.1:9/vgg19-0123abcd.pth", monkeypatch, tmp_path)
    said = vidstyle("weights", "fetch", "vgg19", "-q")
    assert said.code == 6 and "refused" in said.err and len(said.err.splitlines()) == 1
