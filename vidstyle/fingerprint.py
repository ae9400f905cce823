"""All that decides the pixels of a run, as one hash: frames of equal fingerprints may stand side by side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vidstyle.catalog import Stage
from vidstyle.device import Compute
from vidstyle.errors import InputError
from vidstyle.registry import find_method
from vidstyle.types import ClipInfo

if TYPE_CHECKING:
    from vidstyle.job import Job

NOT_OF_PIXELS = ("output", "frames", "existing", "strict", "threads", "device", "flow_cache", "flow_cache_limit")
"""Settings of a job that leave every pixel as it is, but for device and threads, which are taken as they are found."""


def fingerprint_of(
    job: Job, info: ClipInfo, compute: Compute, *, indices: tuple[int, ...] | None, vectors: Iterable[Path]
) -> str:
    """The hash of a job's settings, of the files it names, and of the weights it needs.

    `indices` are the frames to render, where that is not the whole clip; `vectors` the files that motion is read from.
    `InputError` where a picture, and `WeightsError` where a file of weights cannot be read.
    """
    from vidstyle.video.sinks import picture_names
    from vidstyle.video.sources import input_files

    record = job.as_record()
    for name in NOT_OF_PIXELS:
        del record[name]
    if picture_names(job.output, info, job.encoding) is None:
        # A movie of other frames is another movie; pictures of other frames are more of the same.
        record["indices"] = indices
    # `auto` is another device on another machine, and no two kinds of them round alike.
    record["device"] = compute.device.type
    record["threads"] = _threads() if find_method(Stage.STYLIZER, job.look.stylizer.method).counts_threads else None
    record["pictures"] = [_file_hash(p.path) for p in job.look.pictures]
    record["weights"] = [_file_hash(compute.weights(name)) for name in _weights(job, compute)]
    # Every file of a sequence: a later one may have been made again.
    record["input"] = [_state_of(path) for path in input_files(job.input)]
    beside = [clip for clip in (job.mask, job.content_labels, *job.style_labels) if clip is not None]
    record["beside"] = [_state_of(path) for clip in beside for path in input_files(clip)]
    record["cut list"] = _state_of(Path(job.cuts))
    record["vectors"] = [_state_of(path) for path in vectors]
    text = json.dumps(record, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _weights(job: Job, compute: Compute) -> list[str]:
    """The names of all weights that the run needs."""
    look = job.look
    stylizer = find_method(Stage.STYLIZER, look.stylizer.method)
    flow = find_method(Stage.FLOW, look.flow.method)
    painting = stylizer.weights_with(job.encoder, look.stylizer.options, compute.own_weights)
    return [*painting, *(flow.weights if job.flow_from is None else ())]


def _state_of(path: Path) -> tuple[str, int, int] | None:
    """A file's place, size and time of change; None where there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path.resolve()), status.st_size, status.st_mtime_ns


def _file_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
