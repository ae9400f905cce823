"""``vidstyle train``: train a network of one's own."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.parser import add_option_flag, number
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.errors import UsageError
from vidstyle.options import OptionInfo, build_options, describe
from vidstyle.train.settings import AdaINTraining, EncoderTraining, FastTraining, SANetTraining, TrainOptions

if TYPE_CHECKING:
    from vidstyle.train.loop import Trainer

Report = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network that can be trained."""

    target: str
    """``module:Class`` of its task, built by ``Class(content, style, teacher=, settings=, device=)``; with
    ``encoder=`` besides where one is needed."""
    settings: type[TrainOptions]
    weights: str
    """Name in the weights manifest that a trained file stands for."""
    needs_encoder: bool = False
    """Whether it stands on the slim encoder."""
    look: str = "--style IMAGE"
    """The flags that a run with such a file needs beside ``--weights``."""


NETWORKS: dict[str, NetworkSpec] = {
    "adain": NetworkSpec("vidstyle.train.adain:AdaINTask", AdaINTraining, "adain"),
    "encoder": NetworkSpec("vidstyle.train.encoder:EncoderTask", EncoderTraining, "slim"),
    "sanet": NetworkSpec(
        "vidstyle.train.sanet:SANetTask",
        SANetTraining,
        "sanet",
        needs_encoder=True,
        look="--style IMAGE --method sanet",
    ),
    "fast": NetworkSpec("vidstyle.train.fast:FastTask", FastTraining, "fast", look="--method fast"),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add folders, and the flags that grow from the settings of every network."""
    parser.add_argument("network", choices=tuple(NETWORKS), help="what to train")
    group = parser.add_argument_group("files")
    group.add_argument("--content", type=Path, metavar="DIR", help="a folder of photos")
    group.add_argument("--style", type=Path, metavar="DIR|IMG", help="a folder of artworks; for fast, one picture")
    group.add_argument("--teacher", type=Path, metavar="FILE", help="weights of the network that judges")
    group.add_argument("--encoder", type=Path, metavar="FILE", help="for sanet: the slim encoder (default: as shipped)")
    group.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from, in place of random ones")
    group.add_argument("-o", "--output", type=Path, metavar="RUN", help="folder of the run; one that exists is resumed")
    group = parser.add_argument_group("run")
    group.add_argument("--minutes", type=number, metavar="M", help="stop after so long; the same command goes on")
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    for title, infos in _recipes():
        group = parser.add_argument_group(title)
        for info in infos:
            add_option_flag(group, info, flag=f"--{info.name.replace('_', '-')}", dest=f"recipe.{info.name}")


def _recipes() -> list[tuple[str, list[OptionInfo]]]:
    """Titles and options: what all networks share, then what only some have, each option once."""
    found = [("recipe", list(describe(TrainOptions)))]
    known = {info.name for info in found[0][1]}
    for name, spec in NETWORKS.items():
        own = [info for info in describe(spec.settings) if info.name not in known]
        known |= {info.name for info in own}
        if own:
            found.append((f"recipe of {name}", own))
    return found


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
        spec = NETWORKS[arguments.network]
        complain(f"use it with: vidstyle INPUT {spec.look} --weights {spec.weights}={weights}")
    return 0


def _trainer(arguments: Namespace) -> Trainer:
    from vidstyle.device import choose_device
    from vidstyle.train.loop import Trainer
    from vidstyle.weights.store import load_into, resolve

    given = vars(arguments)
    for name in ("content", "style", "teacher", "output"):
        if name not in given:
            raise UsageError(f"train {arguments.network}: --{name} is missing; vidstyle train --help tells more")
    spec = NETWORKS[arguments.network]
    settings = _settings(spec, given)
    device = choose_device(given.get("device", "auto"))
    module, _, name = spec.target.partition(":")
    make = getattr(import_module(module), name)
    files = {"teacher": arguments.teacher}
    if spec.needs_encoder:
        files["encoder"] = given.get("encoder") or resolve("slim")
    task = make(arguments.content, arguments.style, **files, settings=settings, device=device)
    if "start" in given:
        load_into(task.network, arguments.start)
    return Trainer(task, settings, arguments.output)


def _settings(spec: NetworkSpec, given: Mapping[str, Any]) -> TrainOptions:
    recipe = {dest.removeprefix("recipe."): value for dest, value in given.items() if dest.startswith("recipe.")}
    return build_options(spec.settings, recipe, "command line")


def _report(arguments: Namespace, steps: int) -> Report:
    quiet = "quiet" in arguments

    def as_line(step: int, terms: Mapping[str, float]) -> None:
        if not quiet:
            complain(f"step {step}/{steps} " + " ".join(f"{name} {value:.4f}" for name, value in terms.items()))

    def as_json(step: int, terms: Mapping[str, float]) -> None:
        if not quiet:
            say_json(titled("losses", {"step": step, "terms": dict(terms)}))

    return as_json if "json" in arguments else as_line
