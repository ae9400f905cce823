"""Where a run computes: device, precision, threads. torch is imported inside, so importing this is free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vidstyle.errors import DeviceError, UsageError, suggestion

if TYPE_CHECKING:
    import torch

KINDS = ("auto", "cpu", "cuda", "mps")
"""What a device may be called. ``auto`` never takes Metal: nobody has run there yet."""


def choose_device(name: str = "auto") -> torch.device:
    """The device that `name` asks for: ``auto`` (CUDA, else the CPU), ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.

    Raises `DeviceError` when the machine lacks it; only ``auto`` falls back.
    """
    import torch

    kind, _, number = name.partition(":")
    if kind not in KINDS or (number and (kind != "cuda" or not number.isdigit())):
        raise UsageError(f"--device: {name!r} is no device; {suggestion(name, (*KINDS, 'cuda:0'))}")
    if kind == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if kind == "cuda" and not torch.cuda.is_available():
        raise DeviceError("--device cuda: no CUDA device is available to torch; use --device cpu")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"--device {name}: this machine has {torch.cuda.device_count()} CUDA devices, counted from 0")
    if kind == "mps" and not _has_mps():
        raise DeviceError("--device mps: no Metal device is available to torch; use --device cpu")
    return torch.device(name)


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()


def repeatable(device: torch.device) -> AbstractContextManager[object]:
    """Within the block, networks on this device give the same bytes for the same input, in full single precision.

    By itself CUDA may sum in another order every time, and rounds the products of convolutions to ten bits (TF32).
    """
    import torch

    if device.type != "cuda":
        return nullcontext()
    exact: AbstractContextManager[object] = torch.backends.cudnn.flags(deterministic=True, allow_tf32=False)
    return exact


def set_threads(count: int) -> None:
    """Give torch `count` threads for one operation; 0 leaves torch's own choice."""
    import torch

    if count:
        torch.set_num_threads(count)


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the block torch works in the calling thread alone; no block may be left by a ``yield``.

    For many small operations on what lies in a processor's cache: to hand parts of each to another thread takes longer
    than the work. `blend` takes 37 ms for a 720p frame in one thread and 65 in two, which the thread that reads and
    tracks ahead misses besides (measured on two cores).
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


PRECISIONS = ("fp32", "bf16")

ENCODERS = ("slim", "vgg19")
"""Perceptual networks to choose from; also their names in the weights manifest. The first is the default."""


@dataclass(frozen=True, slots=True)
class Compute:
    """Where and how a stylizer computes, and which weights it was told to use."""

    device: torch.device
    precision: str = "fp32"
    """``fp32``, or ``bf16`` for networks' convolutions: 1.6 times as fast where the processor has it,
    and within 51 dB of fp32 (measured on two clips, AVX-512 BF16)."""
    seed: int = 0
    encoder: str = "slim"
    """The perceptual network of methods that use one: ``slim`` or ``vgg19``."""
    own_weights: Mapping[str, Path] = field(default_factory=dict)
    """Files that the user names instead of the shipped ones."""

    def autocast(self) -> AbstractContextManager[object]:
        """Within the block, networks compute in this precision."""
        import torch

        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def weights(self, name: str) -> Path:
        """The file of trained weights for `name`: the user's own, or the manifest's, verified."""
        from vidstyle.weights.store import resolve

        return self.own_weights[name] if name in self.own_weights else resolve(name)
