"""A parser whose errors are `UsageError`, and the kinds of values that flags take."""

from __future__ import annotations

import argparse
from argparse import SUPPRESS, ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, NoReturn, Protocol, TypeVar

from vidstyle.cli.text import say
from vidstyle.errors import UsageError
from vidstyle.options import OptionInfo

T = TypeVar("T")

INPUT_HELP = "a video, a picture, a folder, a glob, or f.####.png"


class Group(Protocol):
    """What flags are added to: a parser or one of its groups."""

    def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
        """Add one flag or positional."""
        ...


class Parser(argparse.ArgumentParser):
    """argparse with whole flag names only, absent flags absent, and one-line errors."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, argument_default=SUPPRESS, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UsageError(message.removeprefix("argument "))

    def format_help(self) -> str:
        """The help text; only now is what makes it pretty imported."""
        from rich_argparse import RawDescriptionRichHelpFormatter

        class HelpFormatter(RawDescriptionRichHelpFormatter):
            group_name_formatter = str.capitalize

        self.formatter_class = HelpFormatter
        return super().format_help()

    def print_help(self, file: Any = None) -> None:
        """Write the help as everything else is written, so that a reader who leaves is noticed here."""
        say(self.format_help().rstrip("\n"))

    def parse(self, words: list[str]) -> argparse.Namespace:
        """Parse all words; unknown flags are errors that name the nearest known one."""
        arguments, left = self.parse_known_args(words)
        if left:
            raise UsageError(self._unknown(left[0]))
        return arguments

    def _unknown(self, word: str) -> str:
        if not word.startswith("-") or word == "-":
            return f"unexpected argument {word!r}; {self.prog} --help shows what goes where"
        flag = word.partition("=")[0]
        near = get_close_matches(flag, list(self._option_string_actions), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"{self.prog} --help lists them"
        return f"unknown option {flag!r}; {hint}"


def checked(function: Callable[[str], T]) -> Callable[[str], T]:
    """A flag's type from a function that raises `UsageError`, which argparse would swallow."""

    def convert(text: str) -> T:
        try:
            return function(text)
        except UsageError as error:
            raise ArgumentTypeError(str(error)) from None

    return convert


def whole(at_least: int) -> Callable[[str], int]:
    """The type of a flag that takes whole numbers from `at_least`."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ArgumentTypeError(f"expected a whole number, got {text!r}") from None
        if value < at_least:
            raise ArgumentTypeError(f"expected {at_least} or more, got {value}")
        return value

    return convert


def number(text: str) -> float:
    """The type of a flag that takes a number."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"expected a number, got {text!r}") from None


def rate(text: str) -> Fraction:
    """The type of a flag that takes an exact frame rate."""
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError(f"expected frames per second, such as 25 or 30000/1001, got {text!r}") from None
    if not 0 < value <= 1000:
        raise ArgumentTypeError(f"expected frames per second above 0, up to 1000, got {text!r}")
    return value


def pair(text: str) -> tuple[str, str]:
    """The type of a flag that takes ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def add_option_flag(group: Group, info: OptionInfo, *, flag: str, dest: str) -> argparse.Action:
    """Add the flag that one option of an option set stands for."""
    # argparse takes % for a placeholder.
    text = describe_option(info).replace("%", "%%")
    if info.kind is bool:
        return group.add_argument(flag, dest=dest, action=BooleanOptionalAction, help=text)
    choices = {"choices": info.choices} if info.choices else {"metavar": _METAVARS[info.kind]}
    return group.add_argument(flag, dest=dest, type=option_type(info), help=text, **choices)


_METAVARS: dict[type, str] = {int: "N", float: "X", str: "TEXT"}
_WORDS: dict[type, str] = {int: "a whole number", float: "a number"}


def option_type(info: OptionInfo) -> Callable[[str], Any]:
    """The type of an option's flag: its kind, within its bounds."""

    def convert(text: str) -> Any:
        try:
            value = info.kind(text)
        except ValueError:
            raise ArgumentTypeError(f"expected {_WORDS[info.kind]}, got {text!r}") from None
        try:
            return info.check(value)
        except UsageError as error:
            raise ArgumentTypeError(str(error).removeprefix(f"{info.name}: ")) from None

    return convert


def describe_option(info: OptionInfo) -> str:
    """An option's help with its default, bounds and unit."""
    return f"{info.help} ({describe_range(info)}default {info.default})"


def describe_range(info: OptionInfo) -> str:
    """The bounds and unit of an option, followed by a semicolon; empty where it has neither."""
    words = " ".join(part for part in (info.bounds(), info.unit) if part)
    return f"{words}; " if words else ""
