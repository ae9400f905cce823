"""``vidstyle train``: train a network of one's own."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vidstyle.cli.parser import add_option_flag, number
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.errors import UsageError
from vidstyle.options import build_options, describe
from vidstyle.train.settings import TrainOptions

if TYPE_CHECKING:
    from vidstyle.train.loop import Trainer

Report = Callable[[int, Mapping[str, float]], None]


def add_arguments(parser: ArgumentParser) -> None:
    """Add folders, and the flags that grow from `TrainOptions`."""
    parser.add_argument("network", choices=("adain",), metavar="adain", help="what to train")
    group = parser.add_argument_group("files")
    group.add_argument("--content", type=Path, metavar="DIR", help="a folder of photos")
    group.add_argument("--style", type=Path, metavar="DIR", help="a folder of artworks")
    group.add_argument("--teacher", type=Path, metavar="FILE", help="weights of the network that judges")
    group.add_argument("-o", "--output", type=Path, metavar="RUN", help="folder of the run; one that exists is resumed")
    group = parser.add_argument_group("run")
    group.add_argument("--minutes", type=number, metavar="M", help="stop after so long; the same command goes on")
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    group = parser.add_argument_group("recipe")
    for info in describe(TrainOptions):
        add_option_flag(group, info, flag=f"--{info.name.replace('_', '-')}", dest=f"recipe.{info.name}")


def run(arguments: Namespace) -> int:
    """Train to the end, or until the minutes are over."""
    trainer = _trainer(arguments)
    if trainer.step and "quiet" not in arguments:
        complain(f"resuming {arguments.output} at step {trainer.step}")
    step = trainer.run(_report(arguments, trainer.settings.steps), minutes=getattr(arguments, "minutes", math.inf))
    weights = arguments.output / "weights.safetensors"
    if "json" in arguments:
        say_json(titled("trained", {"step": step, "steps": trainer.settings.steps, "weights": str(weights)}))
    elif "quiet" not in arguments:
        complain(f"trained to step {step} of {trainer.settings.steps}: {weights}")
        complain(f"use it with: vidstyle INPUT --style IMAGE --weights {arguments.network}={weights}")
    return 0


def _trainer(arguments: Namespace) -> Trainer:
    from vidstyle.device import choose_device
    from vidstyle.train.adain import AdaINTask
    from vidstyle.train.loop import Trainer

    given = vars(arguments)
    for name in ("content", "style", "teacher", "output"):
        if name not in given:
            raise UsageError(f"train {arguments.network}: --{name} is missing; vidstyle train --help tells more")
    recipe = {dest.removeprefix("recipe."): value for dest, value in given.items() if dest.startswith("recipe.")}
    settings = build_options(TrainOptions, recipe, "command line")
    device = choose_device(given.get("device", "auto"))
    task = AdaINTask(arguments.content, arguments.style, teacher=arguments.teacher, settings=settings, device=device)
    return Trainer(task, settings, arguments.output)


def _report(arguments: Namespace, steps: int) -> Report:
    quiet = "quiet" in arguments

    def as_line(step: int, terms: Mapping[str, float]) -> None:
        if not quiet:
            complain(f"step {step}/{steps} " + " ".join(f"{name} {value:.4f}" for name, value in terms.items()))

    def as_json(step: int, terms: Mapping[str, float]) -> None:
        if not quiet:
            say_json(titled("losses", {"step": step, "terms": dict(terms)}))

    return as_json if "json" in arguments else as_line
