"""Public checkpoints: what comes of them computes what they computed, and what does not fit is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.conformance.shots import frames, steps, style, texture
from tests.weights import public
from vidstyle.device import Compute
from vidstyle.errors import OutputError, UsageError, VidstyleError, WeightsError
from vidstyle.method_options import AdaINOptions, SANetOptions
from vidstyle.nets.classic import ClassicAdaIN, JohnsonNet
from vidstyle.nets.vgg import LAYERS, VGG19_WIDTHS, Vgg
from vidstyle.ops.statistics import moments
from vidstyle.stylizers.adain import AdaIN
from vidstyle.stylizers.sanet import SANet
from vidstyle.types import Style
from vidstyle.weights import store
from vidstyle.weights.importers import IMPORTERS, import_weights, read_checkpoint

Files = tuple[Path, ...]
Made = dict[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def made() -> Made:
    """The public networks, seeded."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(21)
        encoder, decoder = (part.requires_grad_(False) for part in (public.vgg_normalised(), public.decoder()))
        for part in (encoder, decoder):
            public.speak_up(part)
        return {
            "adain": (encoder, decoder),
            "sanet": (encoder, public.transformer_state(), decoder),
            "fast": (public.johnson_state(),),
        }


@pytest.fixture(scope="module")
def files(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    """Their files; one in the format of PyTorch before 1.6, as old files are."""
    folder = tmp_path_factory.mktemp("public")
    written = {}
    for name, parts in made.items():
        paths = [folder / file for file in IMPORTERS[name].files]
        for path, part in zip(paths, parts, strict=True):
            state = part if isinstance(part, dict) else part.state_dict()
            if path.name == "vgg_normalised.pth":
                state = public.vgg_normalised_state(part)
            torch.save(state, path, _use_new_zipfile_serialization=path.name != "vgg_normalised.pth")
        written[name] = tuple(paths)
    return written


@pytest.fixture(scope="module")
def classic(files: dict[str, Files], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The imported AdaIN."""
    path = tmp_path_factory.mktemp("imported") / "classic.safetensors"
    import_weights("adain", files["adain"], path)
    return path


def load(network: nn.Module, path: Path) -> nn.Module:
    store.load_into(network, path)
    return network.eval().requires_grad_(False)


def pictures(count: int, size: tuple[int, int] = (32, 40)) -> Tensor:
    return torch.stack([texture(i, size=size, seed=i) for i in range(count)])


def test_adain_encodes_and_decodes_as_the_public_network(made: Made, classic: Path) -> None:
    encoder, decoder = made["adain"]
    network = load(ClassicAdaIN(), classic)
    assert isinstance(network, ClassicAdaIN)
    expected = encoder[:31](pictures(1))
    (found,) = network.content(pictures(1))
    # Folding the first 1x1 convolution into the next one rounds differently.
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))
    held = [moments(expected)]
    painted = network.decoder([expected], held, torch.cat([*held[0]], 1))
    assert torch.allclose(painted, decoder(expected), atol=1e-5)


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_adain_paints_as_its_paper_says(made: Made, classic: Path, strength: float) -> None:
    """Decoder of ``(1 - alpha) f + alpha sum w_i AdaIN(f, s_i)``, Eq. 14 and 15 of Huang and Belongie."""
    encoder, decoder = made["adain"]
    image, styles = pictures(1), pictures(3)[1:]
    f = encoder[:31](image)
    normal = (f - f.mean((2, 3), keepdim=True)) / (f.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    mixed = torch.zeros_like(f)
    for weight, picture in zip((0.3, 0.7), styles, strict=True):
        s = encoder[:31](picture[None])
        std = (s.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
        mixed += weight * (normal * std + s.mean((2, 3), keepdim=True))
    expected = decoder(torch.lerp(f, mixed, strength)).clamp(0, 1)
    compute = Compute(torch.device("cpu"), own_weights={"adain": classic})
    stylizer = AdaIN(AdaINOptions(hold=1, strength=strength), Style(tuple(styles), (0.3, 0.7)), compute)
    shot = steps(frames(0, 1, size=(32, 40)))
    (painted,) = stylizer.stylize(shot)
    assert expected.std() > 0.01
    assert torch.allclose(painted, expected[0], atol=1e-4)


def test_adain_holds_statistics_and_takes_any_size(classic: Path) -> None:
    compute = Compute(torch.device("cpu"), own_weights={"adain": classic})
    stylizer = AdaIN(AdaINOptions(hold=2), style(), compute)
    shown = frames(0, 4, size=(17, 21))
    whole = list(stylizer.stylize(steps(shown)))
    assert whole[0].shape == (3, 17, 21)
    assert torch.equal(whole[3], list(stylizer.stylize(steps(shown[2:])))[1])
    assert not torch.equal(whole[3], next(stylizer.stylize(steps(shown[3:]))))


@pytest.fixture(scope="module")
def attentive(files: dict[str, Files], tmp_path_factory: pytest.TempPathFactory) -> Compute:
    """A run with the imported SANet."""
    path = tmp_path_factory.mktemp("imported") / "sanet.safetensors"
    import_weights("sanet", files["sanet"], path)
    return Compute(torch.device("cpu"), own_weights={"sanet": path})


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_sanet_paints_as_its_paper_says(made: Made, attentive: Compute, strength: float) -> None:
    """Decoder of ``(1 - alpha) F_ccc + alpha sum w_i F_csc(s_i)``, section 4.4 of Park and Lee."""
    encoder, state, decoder = made["sanet"]
    image, first, second = (pictures(3, size=(32, 48))[i : i + 1] for i in range(3))

    def see(picture: Tensor) -> tuple[Tensor, Tensor]:
        eighth = encoder[:31](picture)
        return eighth, encoder[31:44](eighth)

    itself, alone, beside = (public.attended(state, see(image), see(picture)) for picture in (image, first, second))
    expected = decoder(itself.lerp(0.3 * alone + 0.7 * beside, strength)).clamp(0, 1)
    assert (expected - decoder(alone).clamp(0, 1)).abs().max() > 0.01
    look = Style((first[0], second[0]), (0.3, 0.7))
    stylizer = SANet(SANetOptions(hold=1, strength=strength), look, attentive)
    (painted,) = stylizer.stylize(steps(frames(0, 1, size=(32, 48))))
    assert torch.allclose(painted, expected[0], atol=1e-4)


def test_sanet_holds_statistics_and_takes_any_size(attentive: Compute) -> None:
    stylizer = SANet(SANetOptions(hold=2, strength=0.5), style(), attentive)
    shown = frames(0, 4, size=(17, 21))
    whole = list(stylizer.stylize(steps(shown)))
    assert whole[0].shape == (3, 17, 21)
    assert torch.equal(whole[3], list(stylizer.stylize(steps(shown[2:])))[1])
    assert not torch.equal(whole[3], next(stylizer.stylize(steps(shown[3:]))))


def test_johnson_paints_as_the_public_network(made: Made, files: dict[str, Files], tmp_path: Path) -> None:
    path = tmp_path / "candy.safetensors"
    import_weights("fast", files["fast"], path)
    network = load(JohnsonNet(), path)
    assert isinstance(network, JohnsonNet)
    # 1,679,235 parameters, as the public network has.
    assert sum(p.numel() for p in network.parameters()) == 1_679_235
    images = pictures(2)
    features = network.encode(images)
    painted = network.decode(features, network.statistics(features))
    expected = public.johnson(made["fast"][0], 255 * images) / 255
    assert expected.std() > 0.05
    assert torch.allclose(painted, expected, atol=1e-4)


def test_vgg19_gives_torchvisions_features(tmp_path: Path, own_manifest: Callable[[str], None]) -> None:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(22)
        features = public.torchvision_features().requires_grad_(False)
    file = public.published(public.torchvision_state(features), tmp_path)
    own_manifest(f"https://nowhere.invalid/{file.name}")
    import_weights("vgg19", [file], tmp_path / "vgg19.safetensors")
    network = load(Vgg(VGG19_WIDTHS, ()), tmp_path / "vgg19.safetensors")
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = (pictures(1) - mean[:, None, None]) / std[:, None, None]
    found = network(pictures(1), LAYERS)
    places = (1, 3, 6, 8, 11, 13, 15, 17, 20, 22, 24, 26, 29)
    for i, part in enumerate(features[:30]):
        expected = part(expected)
        if i in places:
            layer = LAYERS[places.index(i)]
            assert torch.allclose(found[layer], expected, atol=1e-4 * float(expected.abs().max())), layer


@pytest.fixture
def own_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts ``vgg19`` in the manifest with a source, as the only entry."""

    def write(source: str) -> None:
        texts = {"file": "vgg19.safetensors", "source": source, "recipe": "vidstyle weights fetch vgg19"}
        texts |= dict.fromkeys(("summary", "licence", "attribution"), "x")
        lines = ["[vgg19]", *(f'{name} = "{value}"' for name, value in texts.items())]
        (tmp_path / "manifest.toml").write_text("\n".join(lines))
        monkeypatch.setattr(store, "FOLDER", tmp_path)

    return write


def test_another_vgg19_is_refused(tmp_path: Path, own_manifest: Callable[[str], None]) -> None:
    own_manifest("https://nowhere.invalid/vgg19-00000000.pth")
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    told = refused(lambda: import_weights("vgg19", [tmp_path / "other.pth"], tmp_path / "o.safetensors"))
    assert "expected 00000000...: damaged, or not vgg19-00000000.pth" in told


def refused(action: Callable[[], object], kind: type[VidstyleError] = WeightsError) -> str:
    with pytest.raises(kind) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"res3.conv2.conv2d.bias": None}, "lacks res3.conv2.conv2d.bias"),
        (
            {"conv1.conv2d.weight": torch.zeros(32, 1, 9, 9)},
            "conv1.conv2d.weight has the shape 32x1x9x9; expected 32x3x9x9",
        ),
        ({"in4.weight": torch.zeros(())}, "in4.weight has the shape of a single number; expected 64"),
        (
            {"res6.conv1.conv2d.weight": torch.zeros(1)},
            "has res6.conv1.conv2d.weight, which this kind of file does not",
        ),
    ],
    ids=["a layer less", "another shape", "no shape", "a layer more"],
)
def test_what_does_not_fit_is_named(change: dict[str, Tensor | None], told: str, tmp_path: Path) -> None:
    state = {name: t for name, t in (public.johnson_state() | change).items() if t is not None}
    torch.save(state, tmp_path / "candy.pth")
    assert told in refused(lambda: import_weights("fast", [tmp_path / "candy.pth"], tmp_path / "o.safetensors"))
    assert not (tmp_path / "o.safetensors").exists()


class Trap:
    """Loading this as pickles are loaded makes a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"mkdir {self.mark}",)


@pytest.mark.parametrize("new_format", [True, False])
def test_what_is_no_plain_checkpoint_is_refused_and_not_executed(tmp_path: Path, new_format: bool) -> None:
    mark, path = tmp_path / "executed", tmp_path / "candy.pth"
    for thing in ({"weight": Trap(mark)}, Trap(mark), nn.Linear(1, 1), torch.zeros(2), {"epoch": 3}, [1]):
        torch.save(thing, path, _use_new_zipfile_serialization=new_format)
        assert "not a checkpoint of " in refused(lambda: read_checkpoint(path))
    assert not mark.exists()
    torch.save({"weight": Trap(mark)}, path)
    torch.load(path, weights_only=False)
    assert mark.exists(), "the trap works, so its silence above means something"


def test_damaged_checkpoints_are_refused(files: dict[str, Files], tmp_path: Path) -> None:
    path = tmp_path / "candy.pth"
    whole = files["fast"][0].read_bytes()
    for data in (b"", b"PK\x03\x04", b"\x80\x02}q", b"<html>404</html>", whole[: len(whole) // 2], whole[:-30]):
        for file in (path, path.with_suffix(".safetensors")):
            file.write_bytes(data)
            assert "not a checkpoint of plain tensors" in refused(lambda file=file: read_checkpoint(file))  # type: ignore[misc]
    refused(lambda: read_checkpoint(tmp_path / "nowhere.pth"))
    refused(lambda: read_checkpoint(tmp_path))


def test_what_is_asked_for_must_make_sense(files: dict[str, Files], tmp_path: Path) -> None:
    output = tmp_path / "o.safetensors"
    assert "did you mean 'adain'?" in refused(lambda: import_weights("adian", files["adain"], output), UsageError)
    told = refused(lambda: import_weights("adain", files["adain"][:1], output), UsageError)
    assert "expected vgg_normalised.pth decoder.pth, got 1 files" in told
    for name in ("adain", "sanet"):
        assert "lacks 0.weight" in refused(lambda name=name: import_weights(name, files[name][::-1], output))  # type: ignore[misc]
    encoder, transformer, _ = files["sanet"]
    told = refused(lambda: import_weights("sanet", [encoder, *files["adain"]][:3], output))
    assert "vgg_normalised.pth: lacks merge_conv.weight" in told
    told = refused(lambda: import_weights("sanet", [encoder, transformer, transformer], output))
    assert "transformer_iter_500000.pth: lacks 1.weight" in told
    refused(lambda: import_weights("fast", files["fast"], tmp_path / "no folder" / "o"), OutputError)


def test_a_header_says_what_a_file_is_and_where_it_came_from(classic: Path, files: dict[str, Files]) -> None:
    header = store.read_header(classic)
    assert header[store.ARCHITECTURE] == "classic"
    assert all(path.name in header["source"] and store.sha256(path) in header["source"] for path in files["adain"])
    assert header[store.TENSORS_HASH] == store.tensors_sha256(store.load_tensors(classic))


def test_weights_of_another_method_are_refused(files: dict[str, Files], tmp_path: Path) -> None:
    path = tmp_path / "candy.safetensors"
    import_weights("fast", files["fast"], path)
    compute = Compute(torch.device("cpu"), own_weights={"adain": path})
    assert "architecture 'johnson'" in refused(lambda: AdaIN(AdaINOptions(), style(), compute))
