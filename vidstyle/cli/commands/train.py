"""``vidstyle train``: train a network of one's own."""

from __future__ import annotations

import math
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidstyle.cli.parser import add_option_flag, describe_option, describe_range, number
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.errors import UsageError
from vidstyle.options import OptionInfo, build_options, describe
from vidstyle.train.settings import AdaINTraining, EncoderTraining, FastTraining, SANetTraining, TrainOptions

if TYPE_CHECKING:
    from vidstyle.train.loop import Trainer

RECIPE = "recipe."
"""What a setting's place in the parsed arguments begins with."""

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
    "encoder": NetworkSpec(
        "vidstyle.train.encoder:EncoderTask", EncoderTraining, "slim", look="--style IMAGE --method gatys"
    ),
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
    text = "what to train; vidstyle train NETWORK --help has its own recipe"
    parser.add_argument("network", choices=tuple(NETWORKS), action=_Choose, help=text)
    group = parser.add_argument_group("files")
    group.add_argument("--content", type=Path, metavar="DIR", help="a folder of photos")
    group.add_argument("--style", type=Path, metavar="DIR|IMG", help="a folder of artworks; for fast, one picture")
    group.add_argument("--teacher", type=Path, metavar="FILE", help="weights of the network that judges")
    group.add_argument("--encoder", type=Path, metavar="FILE", help="for sanet: the slim encoder (default: as shipped)")
    group.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from, in place of random ones")
    group.add_argument("-o", "--output", type=Path, metavar="RUN", help="folder of the run; one that exists is resumed")
    group = parser.add_argument_group("run")
    text = "stop after M minutes; rerun the same command to resume"
    group.add_argument("--minutes", type=number, metavar="M", help=text)
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    group = parser.add_argument_group("recipe")
    for infos in _recipe().values():
        info = next(iter(infos.values()))
        action = add_option_flag(group, info, flag=f"--{info.name.replace('_', '-')}", dest=f"{RECIPE}{info.name}")
        action.help = _help(infos)


class _Choose(Action):
    """Takes the network; a help that comes after it tells of that network alone."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, *_: Any, **__: Any) -> None:
        """Keep the network, and leave of the recipe's flags those that it has."""
        setattr(namespace, self.dest, values)
        recipe = _recipe()
        for action in parser._actions:
            if action.dest.startswith(RECIPE):
                info = recipe[action.dest.removeprefix(RECIPE)].get(values)
                action.help = SUPPRESS if info is None else describe_option(info).replace("%", "%%")


def _recipe() -> dict[str, dict[str, OptionInfo]]:
    """Every option of a recipe by its name, and then by the networks that have it: they differ by its default only."""
    found: dict[str, dict[str, OptionInfo]] = {}
    for name, spec in NETWORKS.items():
        for info in describe(spec.settings):
            found.setdefault(info.name, {})[name] = info
    return found


def _help(infos: Mapping[str, OptionInfo]) -> str:
    """An option's help with the default of each network that has it, or one where all agree."""
    info = next(iter(infos.values()))
    networks: dict[Any, list[str]] = {}
    for name, each in infos.items():
        networks.setdefault(each.default, []).append(name)
    words = ", ".join(f"{default} for {' and '.join(names)}" for default, names in networks.items())
    if len(networks[info.default]) == len(NETWORKS):
        words = str(info.default)
    return f"{info.help} ({describe_range(info)}default {words})".replace("%", "%%")


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
    recipe = {dest.removeprefix(RECIPE): value for dest, value in given.items() if dest.startswith(RECIPE)}
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
