"""Public checkpoints turned into our safetensors, so that people can bring what they have.

A checkpoint is a ``.pth`` file of plain tensors, read with ``weights_only=True``: anything else in it is refused, not
executed. What an importer knows of a file is data, a list of `Piece`: the name of a layer there and here, and its
shape. The first thing that does not fit is named in one line.

A new kind is a function from state dicts to our tensors, and a line in `IMPORTERS`. What a header calls the
architecture is what a method looks its network up by.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from vidstyle.errors import UsageError, WeightsError, suggestion
from vidstyle.weights.store import ARCHITECTURE, cache_folder, find_entry, manifest, sha256, write_tensors

State: TypeAlias = Mapping[str, Tensor]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""What torchvision's networks subtract from RGB in ``[0, 1]``."""
IMAGENET_STD = (0.229, 0.224, 0.225)
"""What they divide by then."""


class Conv(NamedTuple):
    """A convolution of VGG-19 and its number in two public files."""

    layer: str
    torchvision: int
    normalised: int
    """In ``vgg_normalised.pth``, which numbers paddings as well."""
    inputs: int
    outputs: int


VGG19 = (
    Conv("relu1_1", 0, 2, 3, 64),
    Conv("relu1_2", 2, 5, 64, 64),
    Conv("relu2_1", 5, 9, 64, 128),
    Conv("relu2_2", 7, 12, 128, 128),
    Conv("relu3_1", 10, 16, 128, 256),
    Conv("relu3_2", 12, 19, 256, 256),
    Conv("relu3_3", 14, 22, 256, 256),
    Conv("relu3_4", 16, 25, 256, 256),
    Conv("relu4_1", 19, 29, 256, 512),
    Conv("relu4_2", 21, 32, 512, 512),
    Conv("relu4_3", 23, 35, 512, 512),
    Conv("relu4_4", 25, 38, 512, 512),
    Conv("relu5_1", 28, 42, 512, 512),
)
"""VGG-19 to relu5_1 (Simonyan and Zisserman 2015)."""
TO_RELU4_1 = VGG19[:9]
"""What AdaIN uses of it."""


class Piece(NamedTuple):
    """A layer with weight and bias: its name there, its name here, and the shape of its weight."""

    source: str
    target: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A public file as read."""

    path: Path
    state: State

    def take(self, pieces: Sequence[Piece], *, unused: str) -> dict[str, Tensor]:
        """The pieces under our names, in float32.

        `WeightsError` names the first tensor that is missing, of another shape, or neither a piece nor `unused`
        (a pattern for whole names): a network with more layers is another network.
        """
        taken = {}
        for source, target, shape in _tensors_of(pieces):
            taken[target] = self._tensor(source, shape)
        expected = {source for source, _, _ in _tensors_of(pieces)}
        for name in self.state:
            if name not in expected and not re.fullmatch(unused, name):
                raise WeightsError(f"{self.path}: has {name}, which this kind of file does not have")
        return taken

    def _tensor(self, name: str, shape: tuple[int, ...]) -> Tensor:
        if name not in self.state:
            raise WeightsError(f"{self.path}: lacks {name}, which this kind of file has")
        found = tuple(self.state[name].shape)
        if found != shape:
            raise WeightsError(f"{self.path}: {name} has the shape {_shape(found)}; expected {_shape(shape)}")
        return self.state[name].float()


def _tensors_of(pieces: Sequence[Piece]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    for source, target, shape in pieces:
        yield f"{source}.weight", f"{target}.weight", shape
        yield f"{source}.bias", f"{target}.bias", shape[:1]


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "of a single number"


def read_checkpoint(path: Path) -> Checkpoint:
    """The tensors of a ``.pth`` file by name; `WeightsError` for anything else, which is not executed."""
    try:
        # Opened here, because by a name some versions of torch choose another reader, with other errors.
        with path.open("rb") as file:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError):
        # torch says it in a page with advice to load it anyway.
        raise WeightsError(f"{path}: not a checkpoint of plain tensors, so it was not loaded") from None
    if not isinstance(state, dict) or not all(isinstance(t, Tensor) for t in state.values()):
        raise WeightsError(f"{path}: not a checkpoint of named tensors alone; expected a network's state_dict")
    return Checkpoint(path, {str(name): tensor for name, tensor in state.items()})


def adain(files: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """Huang and Belongie's network as naoto0804/pytorch-AdaIN keeps it, for `ClassicAdaIN`."""
    encoder, decoder = files
    # The file goes on to relu5_4; nothing beyond relu4_1 is used.
    tensors = _normalised(encoder, TO_RELU4_1, prefix="encoder", unused=r"(3[2-9]|4\d|5[01])\.(weight|bias)")
    return tensors | _mirrored(decoder)


def sanet(files: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """Park and Lee's network as GlebSBrykin/SANET keeps it, for `ClassicSanet`."""
    encoder, transformer, decoder = files
    tensors = _normalised(encoder, VGG19, prefix="encoder.convs", unused=r"(4[5-9]|5[01])\.(weight|bias)")
    pieces = [Piece("merge_conv", "merge", (512, 512, 3, 3))]
    places = {"sanet4_1": "at_eighth", "sanet5_1": "at_sixteenth"}
    parts = {"f": "query", "g": "key", "h": "value", "out_conv": "out"}
    pieces += [
        Piece(f"{there}.{part}", f"{here}.{name}", (512, 512, 1, 1))
        for there, here in places.items()
        for part, name in parts.items()
    ]
    tensors |= transformer.take(pieces, unused="")
    for attention in places.values():
        _fold_values(tensors, attention)
    return tensors | _mirrored(decoder)


def _normalised(file: Checkpoint, convs: Sequence[Conv], *, prefix: str, unused: str) -> dict[str, Tensor]:
    """Layers of ``vgg_normalised.pth``, the 1x1 convolution before them folded into the first."""
    pieces = [Piece(str(c.normalised), f"{prefix}.{c.layer}", (c.outputs, c.inputs, 3, 3)) for c in convs]
    tensors = file.take([Piece("0", "input", (3, 3, 1, 1)), *pieces], unused=unused)
    mixing = tensors.pop("input.weight")[:, :, 0, 0]
    fold_input(tensors, f"{prefix}.relu1_1", mixing=mixing, shift=tensors.pop("input.bias"))
    return tensors


def _mirrored(file: Checkpoint) -> dict[str, Tensor]:
    """The decoder from relu4_1 that AdaIN and SANet share."""
    widths = (512, 256, 256, 256, 256, 128, 128, 64, 64, 3)
    places = (1, 5, 8, 11, 14, 18, 21, 25, 28)
    pieces = [
        Piece(str(place), f"decoder.convs.{i}", (widths[i + 1], widths[i], 3, 3)) for i, place in enumerate(places)
    ]
    return file.take(pieces, unused="")


def _fold_values(tensors: dict[str, Tensor], attention: str) -> None:
    """Make the map of values one with the map of answers, and leave out the keys' bias.

    Weights of places sum to 1, so what is mapped before they are averaged can be mapped afterwards; and a bias of
    keys adds the same to every score of a query, which a softmax does not see.
    """
    del tensors[f"{attention}.key.bias"]
    value, shift = (tensors.pop(f"{attention}.value.{kind}").double() for kind in ("weight", "bias"))
    out = tensors[f"{attention}.out.weight"].double()[:, :, 0, 0]
    tensors[f"{attention}.out.weight"] = (out @ value[:, :, 0, 0]).float()[..., None, None]
    tensors[f"{attention}.out.bias"] = (tensors[f"{attention}.out.bias"].double() + out @ shift).float()


def johnson(files: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """The transform net of pytorch/examples' fast_neural_style, for `JohnsonNet`."""
    (file,) = files
    shapes = {"conv1": (32, 3, 9, 9), "conv2": (64, 32, 3, 3), "conv3": (128, 64, 3, 3)}
    shapes |= {f"res{block}.conv{i}": (128, 128, 3, 3) for block in range(1, 6) for i in (1, 2)}
    shapes |= {"deconv1": (64, 128, 3, 3), "deconv2": (32, 64, 3, 3), "deconv3": (3, 32, 9, 9)}
    # A convolution's norm: conv3's is in3, res2.conv1's is res2.in1, and deconv1's is in4.
    norms = {name: re.sub(r"conv(?=\d$)", "in", name) for name in shapes if not name.startswith("deconv")}
    norms |= {"deconv1": "in4", "deconv2": "in5"}
    # The last convolution has no norm, so it stands for itself.
    pieces = [Piece(f"{n}.conv2d", f"{n}.conv" if n in norms else n, shape) for n, shape in shapes.items()]
    pieces += [Piece(norm, f"{name}.norm", shapes[name][:1]) for name, norm in norms.items()]
    # Files of PyTorch before 0.4 carry running statistics that instance normalization never used.
    tensors = file.take(pieces, unused=r".*in\d\.(running_mean|running_var|num_batches_tracked)")
    # It takes and gives 0 to 255.
    fold_input(tensors, "conv1.conv", mixing=255 * torch.eye(3), shift=torch.zeros(3))
    for kind in ("weight", "bias"):
        tensors[f"deconv3.{kind}"] = tensors[f"deconv3.{kind}"] / 255
    return tensors


def vgg19(files: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """torchvision's VGG-19 (IMAGENET1K_V1) to relu5_1, for `Vgg` in VGG-19's own widths."""
    (file,) = files
    pieces = [Piece(f"features.{c.torchvision}", f"convs.{c.layer}", (c.outputs, c.inputs, 3, 3)) for c in VGG19]
    tensors = file.take(pieces, unused=r"(features\.3[024]|classifier\.[036])\.(weight|bias)")
    std = torch.tensor(IMAGENET_STD)
    fold_input(tensors, "convs.relu1_1", mixing=torch.diag(1 / std), shift=-torch.tensor(IMAGENET_MEAN) / std)
    return tensors


def raft(files: Sequence[Checkpoint]) -> dict[str, Tensor]:
    """torchvision's RAFT, small or large, under torchvision's own names: `vidstyle.flow.raft` builds its network."""
    (file,) = files
    return dict(file.state)


def fold_input(tensors: dict[str, Tensor], layer: str, *, mixing: Tensor, shift: Tensor) -> None:
    """Make a convolution of ``mixing @ rgb + shift`` one of rgb. Exact where borders are reflected, not zero.

    >>> tensors = {"a.weight": torch.ones(1, 3, 1, 1), "a.bias": torch.zeros(1)}
    >>> fold_input(tensors, "a", mixing=torch.diag(torch.tensor([1.0, 2.0, 3.0])), shift=torch.ones(3))
    >>> tensors["a.weight"].flatten().tolist(), tensors["a.bias"].tolist()
    ([1.0, 2.0, 3.0], [3.0])
    """
    weight = tensors[f"{layer}.weight"].double()
    tensors[f"{layer}.bias"] = (tensors[f"{layer}.bias"].double() + weight.sum((2, 3)) @ shift.double()).float()
    tensors[f"{layer}.weight"] = torch.einsum("oihw,ij->ojhw", weight, mixing.double()).float()


@dataclass(frozen=True, slots=True)
class Importer:
    """A kind of public checkpoint."""

    name: str
    """Of the weights that come of it, as the manifest and ``--weights`` have it."""
    files: tuple[str, ...]
    """The files it takes, in order, by the names they are published under."""
    architecture: str
    """Of the network that the tensors are for, as written into the header."""
    convert: Callable[[Sequence[Checkpoint]], dict[str, Tensor]]


IMPORTERS = {
    importer.name: importer
    for importer in (
        Importer("adain", ("vgg_normalised.pth", "decoder.pth"), "classic", adain),
        Importer(
            "sanet", ("vgg_normalised.pth", "transformer_iter_500000.pth", "decoder_iter_500000.pth"), "classic", sanet
        ),
        Importer("fast", ("candy.pth",), "johnson", johnson),
        Importer("vgg19", ("vgg19-dcbb9e9d.pth",), "vgg19", vgg19),
        Importer("raft-small", ("raft_small_C_T_V2-01064c6d.pth",), "raft-small", raft),
        Importer("raft-large", ("raft_large_C_T_SKHT_V2-ff5fadd5.pth",), "raft-large", raft),
    )
}
"""Every kind of public checkpoint that can be brought."""


def import_weights(name: str, files: Sequence[Path], output: Path) -> None:
    """Convert the files of a public checkpoint and write them to `output` as the weights `name`.

    `UsageError` for a name that cannot be imported or another count of files; `WeightsError` for files that are
    not what they should be; `OutputError` where `output` cannot be written.
    """
    if name not in IMPORTERS:
        raise UsageError(f"weights import: {name!r} cannot be imported; {suggestion(name, IMPORTERS)}")
    importer = IMPORTERS[name]
    if len(files) != len(importer.files):
        raise UsageError(f"weights import {name}: expected {' '.join(importer.files)}, got {len(files)} files")
    hashes = [sha256(path) for path in files]
    require_published(name, str(files[0]), hashes[0])
    tensors = importer.convert([read_checkpoint(path) for path in files])
    source = ", ".join(f"{path.name} sha256 {digest}" for path, digest in zip(files, hashes, strict=True))
    write_tensors(output, tensors, {ARCHITECTURE: importer.architecture, "source": source})


def require_published(name: str, where: str, digest: str) -> None:
    """`WeightsError` unless a file's hash is that of what the manifest names as the source of `name`, if it names one.

    `where` is the file as the user knows it.
    """
    entry = manifest().get(name)
    if entry is None or not entry.source:
        return
    published = entry.source.rpartition("/")[2]
    start = Path(published).stem.rpartition("-")[2]
    if not digest.startswith(start):
        raise WeightsError(f"{where}: sha256 {digest[:12]}..., expected {start}...: damaged, or not {published}")


def default_output(name: str) -> Path:
    """Where imported weights are found without being named: the cache; `UsageError` for weights that are shipped."""
    entry = find_entry(name)
    if entry.is_shipped:
        raise UsageError(f"weights {name}: vidstyle ships its own; name a file for yours with -o FILE.safetensors")
    return cache_folder() / entry.file
