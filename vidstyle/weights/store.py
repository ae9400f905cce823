"""Finding trained weights and proving that they are what the manifest says. Only safetensors, never pickle."""

from __future__ import annotations

import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vidstyle.errors import UsageError, WeightsError, suggestion

FOLDER = Path(__file__).parent
VARIABLE = "VIDSTYLE_WEIGHTS"
"""Environment variable: a folder that is searched before the shipped files."""


@dataclass(frozen=True, slots=True)
class WeightsEntry:
    """One file of the manifest."""

    name: str
    file: str
    sha256: str
    bytes: int
    summary: str
    licence: str
    attribution: str
    recipe: str
    """The command that made it, and where its card stands."""


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
    cache = Path(platformdirs.user_cache_dir("vidstyle")) / "weights"
    return (*((Path(chosen),) if chosen else ()), FOLDER / "files", cache)


def resolve(name: str) -> Path:
    """The path of verified weights.

    Raises `WeightsError` when the file is nowhere, or is not byte for byte the manifest's.
    """
    entry = find_entry(name)
    for folder in search_folders():
        path = folder / entry.file
        if path.is_file():
            verify(path, entry)
            return path
    places = ", ".join(str(folder) for folder in search_folders())
    raise WeightsError(f"weights {name!r}: no {entry.file} in {places}; put it there or install vidstyle again")


def verify(path: Path, entry: WeightsEntry) -> None:
    """Compare a file's SHA-256 with the manifest's; `WeightsError` when they differ."""
    found = sha256(path)
    if found != entry.sha256:
        raise WeightsError(
            f"weights {path}: damaged or of another version: sha256 {found[:12]}..., expected {entry.sha256[:12]}...; "
            f"replace the file, or name your own with --weights {entry.name}=FILE"
        )


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"weights {path}: cannot be read ({error.strerror})") from None


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; `WeightsError` for anything else, which is not executed."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"weights {path}: cannot be read as safetensors ({error})") from None


def load_into(network: nn.Module, path: Path) -> None:
    """Fill a network, in float32; every name and shape must fit."""
    tensors = {name: tensor.float() for name, tensor in load_tensors(path).items()}
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise WeightsError(f"weights {path}: not for {type(network).__name__} ({reason})") from None
