"""Finding trained weights and proving that they are what the manifest says. Only safetensors, never pickle.

A shipped file is compared with the manifest's hash. What is made on the user's machine, from a public file, has no
hash that could be known beforehand: its own header holds one of its tensors, written when it was made.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vidstyle.errors import OutputError, UsageError, WeightsError, suggestion

Network = TypeVar("Network", bound=nn.Module)

FOLDER = Path(__file__).parent
VARIABLE = "VIDSTYLE_WEIGHTS"
"""Environment variable: a folder that is searched before the shipped files."""
ARCHITECTURE = "architecture"
"""Key of a file's header: which of a method's networks its tensors are for; a file without it has the usual one's."""
TENSORS_HASH = "tensors_sha256"
"""Key of a file's header: see `tensors_sha256`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsEntry:
    """One file of the manifest."""

    name: str
    file: str
    summary: str
    licence: str
    attribution: str
    recipe: str
    """The command that made a shipped file, and where its card stands; or the one that makes the user's own."""
    sha256: str = ""
    """Empty for a file that is not shipped."""
    bytes: int = 0
    """0 for a file that is not shipped."""
    source: str = ""
    """Address of the public file that it is made from; that file's name ends in the start of its SHA-256."""

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with vidstyle."""
        return bool(self.sha256)


def manifest() -> dict[str, WeightsEntry]:
    """Every known weights file by name."""
    tables = tomllib.loads((FOLDER / "manifest.toml").read_text(encoding="utf-8"))
    return {name: WeightsEntry(name=name, **table) for name, table in tables.items()}


def find_entry(name: str) -> WeightsEntry:
    """The manifest's entry; `UsageError` with the nearest name when there is none."""
    entries = manifest()
    if name not in entries:
        raise UsageError(f"unknown weights {name!r}; {suggestion(name, entries)}")
    return entries[name]


def search_folders() -> tuple[Path, ...]:
    """Where weights may lie, in the order of the search."""
    chosen = os.environ.get(VARIABLE)
    return (*((Path(chosen),) if chosen else ()), FOLDER / "files", cache_folder())


def cache_folder() -> Path:
    """Where weights made on this machine go."""
    return Path(platformdirs.user_cache_dir("vidstyle")) / "weights"


def resolve(name: str) -> Path:
    """The path of verified weights.

    Raises `WeightsError` when the file is nowhere, or is not what it was when it was made.
    """
    entry = find_entry(name)
    for folder in search_folders():
        path = folder / entry.file
        if path.is_file():
            verify(path, entry)
            return path
    places = ", ".join(str(folder) for folder in search_folders())
    cure = "put it there or install vidstyle again" if entry.is_shipped else f"get it with: {entry.recipe}"
    raise WeightsError(f"weights {name!r}: no {entry.file} in {places}; {cure}")


def verify(path: Path, entry: WeightsEntry) -> None:
    """Compare a file with the manifest's SHA-256, or with its own; `WeightsError` when they differ."""
    if not entry.is_shipped:
        _verify_own(path, entry)
        return
    found = sha256(path)
    if found != entry.sha256:
        raise WeightsError(
            f"weights {path}: damaged or of another version: sha256 {found[:12]}..., expected {entry.sha256[:12]}...; "
            f"replace the file, or name your own with --weights {entry.name}=FILE"
        )


def _verify_own(path: Path, entry: WeightsEntry) -> None:
    expected = read_header(path).get(TENSORS_HASH)
    if expected is None:
        raise WeightsError(
            f"weights {path}: its header holds no hash, so nothing proves it whole; make it with: {entry.recipe}, "
            f"or name your own with --weights {entry.name}=FILE"
        )
    if tensors_sha256(load_tensors(path)) != expected:
        raise WeightsError(f"weights {path}: damaged: not the tensors that were written; make it with: {entry.recipe}")


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"weights {path}: cannot be read ({error.strerror})") from None


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """A SHA-256 of names, types, shapes and values, whatever their order.

    >>> one, two = torch.zeros(1), torch.ones(2)
    >>> tensors_sha256({"a": one, "b": two}) == tensors_sha256({"b": two, "a": one})
    True
    >>> tensors_sha256({"a": one, "b": two}) == tensors_sha256({"a": one, "b": two * 2})
    False
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Write safetensors that can prove themselves whole; the name only ever shows a complete file.

    `OutputError` where the file system refuses.
    """
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        save_file(whole, unfinished, metadata={**header, TENSORS_HASH: tensors_sha256(whole)})
        unfinished.replace(path)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path}: cannot be written ({error})") from None
    finally:
        unfinished.unlink(missing_ok=True)


def read_header(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself; `WeightsError` for anything else."""
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"weights {path}: cannot be read as safetensors ({error})") from None


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; `WeightsError` for anything else, which is not executed."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"weights {path}: cannot be read as safetensors ({error})") from None


def load_architecture(path: Path, networks: Mapping[str, Callable[[], Network]]) -> Network:
    """The network that a file is for, filled from it; `networks` by architecture, our own under the empty name.

    `WeightsError` when the file is for none of them.
    """
    architecture = read_header(path).get(ARCHITECTURE, "")
    if architecture not in networks:
        kinds = ", ".join(filter(None, networks)) or "none"
        raise WeightsError(f"weights {path}: for the architecture {architecture!r}; known here besides ours: {kinds}")
    network = networks[architecture]()
    load_into(network, path)
    return network


def load_into(network: nn.Module, path: Path) -> None:
    """Fill a network, in float32; every name and shape must fit."""
    tensors = {name: tensor.float() for name, tensor in load_tensors(path).items()}
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(f"weights {path}: not for {type(network).__name__} ({reason})") from None
