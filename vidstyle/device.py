"""Where a run computes: device, precision, threads. torch is imported inside, so importing this is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vidstyle.errors import DeviceError, UsageError, suggestion

if TYPE_CHECKING:
    import torch

KINDS = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str = "auto") -> torch.device:
    """The device that `name` asks for: ``auto`` (CUDA, then MPS, then CPU), ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.

    Raises `DeviceError` when the machine lacks it; only ``auto`` falls back.
    """
    import torch

    kind, _, number = name.partition(":")
    if kind not in KINDS or (number and (kind != "cuda" or not number.isdigit())):
        raise UsageError(f"--device: {name!r} is no device; {suggestion(name, (*KINDS, 'cuda:0'))}")
    if kind == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
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


def set_threads(count: int) -> None:
    """Give torch `count` threads for one operation; 0 leaves torch's own choice."""
    import torch

    if count:
        torch.set_num_threads(count)
