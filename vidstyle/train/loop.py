"""The training loop: seeded, resumable to the step, logged; what is trained is a `Task`."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vidstyle.errors import UsageError
from vidstyle.train.chart import losses_page
from vidstyle.train.optimizer import Optimizer
from vidstyle.train.settings import TrainOptions
from vidstyle.video.stills import write_picture

EMA_DECAY = 0.998
"""Of the averaged weights, which are the ones shipped; a horizon of 500 steps."""
GRADIENT_NORM = 2.0
"""Gradients are clipped to this norm: relative losses spike on flat style pictures."""
FLOOR_RATE = 0.01
"""The cosine ends at this share of the learning rate."""


class Task(Protocol):
    """A network and how to judge it."""

    network: nn.Module

    def losses(self, step: int) -> dict[str, Tensor]:
        """Weighted loss terms of one step; their sum is minimized. Depends on `step` and weights alone."""
        ...

    def sheet(self, network: nn.Module) -> Tensor:
        """A picture ``(3, H, W)`` that shows what `network` can do by now."""
        ...


def learning_rate(step: int, settings: TrainOptions) -> float:
    """Linear warm-up, then a cosine down to `FLOOR_RATE` (Loshchilov and Hutter 2017)."""
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    progress = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return settings.learning_rate * (FLOOR_RATE + (1 - FLOOR_RATE) * cosine)


class Trainer:
    """Runs a task in a folder that holds its checkpoint, log and sample sheets.

    A run that was stopped goes on from its last checkpoint as if it had never stopped.
    """

    def __init__(self, task: Task, settings: TrainOptions, folder: Path) -> None:
        self.task = task
        self.settings = settings
        self.folder = folder
        self.parameters = dict(task.network.named_parameters())
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.optimizer = Optimizer(self.parameters)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state of the run lies."""
        return self.folder / "checkpoint.safetensors"

    @property
    def log(self) -> Path:
        """Where the losses lie, a term a line."""
        return self.folder / "losses.csv"

    def run(self, report: Callable[[int, Mapping[str, float]], None], *, minutes: float = math.inf) -> int:
        """Train to the last step, or until `minutes` are over; returns the step reached."""
        deadline = time.monotonic() + 60 * minutes
        while self.step < self.settings.steps and time.monotonic() < deadline:
            terms = self._advance()
            if self.step % self.settings.log_every == 0:
                self._log(terms)
                report(self.step, terms)
            if self.step % self.settings.save_every == 0:
                self.save()
        self.save()
        return self.step

    def _advance(self) -> dict[str, float]:
        self.task.network.train()
        self.task.network.zero_grad(set_to_none=True)
        terms = self.task.losses(self.step)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters.values(), GRADIENT_NORM)
        self.optimizer.step(learning_rate(self.step, self.settings))
        self.step += 1
        self._average_weights()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _average_weights(self) -> None:
        # Young averages follow fast, so that the random start is forgotten.
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, p in self.parameters.items():
                self.average[name].lerp_(p, 1 - decay)

    def _log(self, terms: Mapping[str, float]) -> None:
        fresh = not self.log.exists()
        with self.log.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if fresh:
                writer.writerow(["step", "learning_rate", "term", "value"])
            rate = f"{learning_rate(self.step - 1, self.settings):.3e}"
            writer.writerows([self.step, rate, name, f"{value:.6f}"] for name, value in terms.items())

    def save(self) -> None:
        """Write the checkpoint and the averaged weights in half precision, atomically, a sample sheet, and plots."""
        tensors = {f"model.{n}": p.detach() for n, p in self.parameters.items()}
        tensors |= {f"average.{n}": t for n, t in self.average.items()}
        tensors |= self.optimizer.tensors()
        record = {"step": str(self.step), "settings": json.dumps(asdict(self.settings))}
        save_tensors(self.checkpoint, tensors, record)
        shipped = {name: tensor.half() for name, tensor in self.average.items()}
        save_tensors(self.folder / "weights.safetensors", shipped, record)
        with averaged(self.task.network, self.average):
            sheet = self.task.sheet(self.task.network)
        write_picture(self.folder / f"sheet_{self.step:06d}.png", sheet)
        if self.log.exists():
            (self.folder / "losses.html").write_text(losses_page(self.log), encoding="utf-8")

    def _resume(self) -> None:
        with safe_open(self.checkpoint, framework="pt") as file:
            record = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        self._check_settings(json.loads(record["settings"]))
        self.step = int(record["step"])
        with torch.no_grad():
            for name, p in self.parameters.items():
                p.copy_(tensors[f"model.{name}"])
                self.average[name].copy_(tensors[f"average.{name}"])
            self.optimizer.load(tensors)
        self._cut_log()

    def _cut_log(self) -> None:
        """Drop logged steps after the checkpoint: they will be trained, and logged, again."""
        if not self.log.exists():
            return
        head, *rows = self.log.read_text().splitlines()
        kept = [row for row in rows if int(row.partition(",")[0]) <= self.step]
        self.log.write_text("".join(f"{line}\n" for line in [head, *kept]))

    def _check_settings(self, before: dict[str, Any]) -> None:
        for name, value in asdict(self.settings).items():
            if before.get(name) != value:
                raise UsageError(
                    f"{self.folder}: its checkpoint was made with {name}={before.get(name)!r}, not {value!r}; "
                    "use the same settings to resume, or another folder to start anew"
                )


class averaged:  # noqa: N801 - reads as a statement
    """Within the block, a network computes with other weights."""

    def __init__(self, network: nn.Module, weights: Mapping[str, Tensor]) -> None:
        self.network = network
        self.weights = weights

    def __enter__(self) -> None:
        self.kept = {n: p.detach().clone() for n, p in self.network.named_parameters()}
        self._load(self.weights)

    def __exit__(self, *error: object) -> None:
        self._load(self.kept)

    def _load(self, weights: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, p in self.network.named_parameters():
                p.copy_(weights[name])


def save_tensors(path: Path, tensors: Mapping[str, Tensor], record: Mapping[str, str]) -> None:
    """Write safetensors so that the name only ever shows a complete file."""
    part = path.with_name(path.name + ".part")
    save_file({n: t.contiguous() for n, t in tensors.items()}, part, metadata=dict(record))
    part.replace(path)
