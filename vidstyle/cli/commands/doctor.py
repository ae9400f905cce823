"""``vidstyle doctor``: whether this machine has what vidstyle needs, found out by doing it."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from vidstyle.cli.text import one_line, say, say_json, table, titled
from vidstyle.errors import VidstyleError

NEEDED_ENCODERS = frozenset({"h264"})
"""What a plain run writes; the others are a matter of taste."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    detail: str
    state: str = "ok"
    """``ok``, ``note`` (a run may do without) or ``bad``."""


def add_arguments(parser: ArgumentParser) -> None:
    """Nothing but what all commands have."""


def run(arguments: Namespace) -> int:
    """Look at everything; exit 1 when something needed is missing."""
    checks = list(all_checks())
    healthy = all(check.state != "bad" for check in checks)
    if "json" in arguments:
        for check in checks:
            say_json(titled("check", asdict(check)))
        say_json(titled("doctor", {"healthy": healthy}))
    else:
        for line in table([(check.state, check.name, check.detail) for check in checks]):
            say(line)
    return 0 if healthy else 1


def all_checks() -> Iterator[Check]:
    """Every check, in the order shown."""
    yield from version_checks()
    yield from device_checks()
    yield from encoder_checks()
    yield from weight_checks()
    yield from folder_checks()


def version_checks() -> Iterator[Check]:
    """Versions of vidstyle and of what it stands on."""
    from importlib.metadata import PackageNotFoundError, version

    from vidstyle import __version__
    from vidstyle.video.about import ffmpeg_version

    yield Check("vidstyle", __version__)
    yield Check("python", f"{platform.python_version()} on {platform.platform()}")
    for package in ("torch", "torchvision", "av", "opencv-python", "numpy"):
        try:
            yield Check(package, version(package))
        except PackageNotFoundError:
            yield Check(package, "not installed", "note")
    yield Check("ffmpeg", ffmpeg_version())


def device_checks() -> Iterator[Check]:
    """Processors and accelerators."""
    import torch

    from vidstyle.device import choose_device

    yield Check("processors", f"{os.cpu_count()}, torch uses {torch.get_num_threads()} threads")
    for number in range(torch.cuda.device_count()):
        memory = torch.cuda.get_device_properties(number).total_memory
        yield Check(f"cuda:{number}", f"{torch.cuda.get_device_name(number)}, {memory / 2**30:.1f} GiB")
    yield Check("device", f"auto is {choose_device()}")


def encoder_checks() -> Iterator[Check]:
    """Whether each named encoding really encodes a frame."""
    from vidstyle.video.encoders import CODECS

    with tempfile.TemporaryDirectory(prefix="vidstyle-doctor-") as folder:
        for name in CODECS:
            try:
                _encode(name, Path(folder) / f"{name}.mkv")
            except VidstyleError as error:
                state = "bad" if name in NEEDED_ENCODERS else "note"
                yield Check(f"encoder {name}", one_line(error), state)
            else:
                yield Check(f"encoder {name}", "opens")


def _encode(codec: str, path: Path) -> None:
    import torch

    from vidstyle.encoding import EncodeSettings
    from vidstyle.types import ClipInfo, Frame
    from vidstyle.video.sinks import open_sink

    clip = ClipInfo(
        path=path.with_suffix(".png"),
        width=64,
        height=64,
        frame_rate=Fraction(25),
        time_base=Fraction(1, 25),
        frame_count_from_header=1,
        bit_depth=8,
        pixel_format="rgb24",
        codec="png",
        container="sequence",
        # Pictures have no sound to copy, so nothing of the input is opened.
        is_sequence=True,
    )
    with open_sink(path, clip, EncodeSettings(codec=codec)) as sink:
        sink.write(Frame(0, 0, clip.time_base, torch.full((3, 64, 64), 0.5)))


def weight_checks() -> Iterator[Check]:
    """Whether the trained weights are there and undamaged."""
    from vidstyle.cli.commands.weights import verified_weights

    for found in verified_weights():
        state = "bad" if found.problem else "ok" if found.path else "note"
        yield Check(f"weights {found.entry.name}", found.state, state)


def folder_checks() -> Iterator[Check]:
    """Whether files can be made in the folders that vidstyle writes to, and how much room there is."""
    import platformdirs

    yield _folder("current folder", Path.cwd(), missing="bad")
    yield _folder("cache folder", Path(platformdirs.user_cache_dir("vidstyle")), missing="note")


def _folder(name: str, folder: Path, *, missing: str) -> Check:
    # A folder that is not there yet will be made inside the nearest one that is.
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(name, f"{folder}: not writable ({error.strerror})", missing)
    return Check(name, f"{folder}: writable, {free / 1e9:.1f} GB free")
