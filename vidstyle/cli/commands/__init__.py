"""The commands, by name; each is a module with ``add_arguments(parser)`` and ``run(arguments) -> exit code``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what only this command takes."""
        ...

    def run(self, arguments: Namespace) -> int:
        """Do it; returns the exit code."""
        ...


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command as the overview shows it."""

    name: str
    usage: str
    summary: str

    def load(self) -> Command:
        """The command's module."""
        return cast(Command, import_module(f"{__name__}.{self.name}"))


STYLIZE = CommandSpec(
    "stylize", "INPUT --style IMG[:WEIGHT][@TIME] [-o OUTPUT] [options]", "Repaint a clip in the manner of a picture."
)
COMMANDS: tuple[CommandSpec, ...] = (
    STYLIZE,
    CommandSpec("preview", "INPUT --style IMG [--style IMG ...] [-o SHEET]", "Paint a few frames on a contact sheet."),
    CommandSpec("measure", "CONTENT STYLED [--report PAGE] [options]", "Judge a styled clip beside its content."),
    CommandSpec("lut", "CONTENT --style IMG [-o LOOK.cube]", "Write a look's color as a table that players apply."),
    CommandSpec("labels", "CONTENT --labels MAP [-o MAPS] [options]", "Make label maps of scribbles, for every frame."),
    CommandSpec("texture", "STYLE -o OUT --size WxH [options]", "Grow a swatch to any size."),
    CommandSpec("probe", "INPUT [INPUT ...]", "Show what a clip is."),
    CommandSpec("methods", "[NAME]", "List methods, or one method's options."),
    CommandSpec("presets", "[NAME]", "List saved looks, or show one."),
    CommandSpec("weights", "list|verify|fetch|import [NAME [FILE ...]]", "List, verify, download or import weights."),
    CommandSpec("train", "NETWORK --content DIR --style DIR --teacher FILE -o RUN", "Train a network."),
    CommandSpec("doctor", "", "Check what vidstyle needs on this machine."),
    CommandSpec("completion", "bash|zsh|fish|tcsh", "Print a shell's completion script."),
)


def find_command(name: str) -> CommandSpec | None:
    """The command of that name."""
    return next((spec for spec in COMMANDS if spec.name == name), None)
