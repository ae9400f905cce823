"""From words to a command and its arguments."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import TypeAlias

from vidstyle.cli.commands import COMMANDS, STYLIZE, CommandSpec, find_command
from vidstyle.cli.parser import Parser
from vidstyle.cli.text import table

Run: TypeAlias = Callable[[Namespace], int]

SWITCHES = frozenset({"-q", "--quiet", "-v", "-vv", "--verbose", "--json"})
"""What may stand before a command's name. Other flags there belong to `stylize`, the default."""


def parse(words: Sequence[str]) -> tuple[Run, Namespace]:
    """The command to run and its arguments; `UsageError` for words that make no sense."""
    spec, rest = choose_command(words)
    command = spec.load()
    return command.run, make_parser(spec, overview=not words or spec.name not in words).parse(rest)


def choose_command(words: Sequence[str]) -> tuple[CommandSpec, list[str]]:
    """The command that the first word names, and the words without it; without a name it is `stylize`.

    >>> choose_command(["probe", "a.mp4"])[0].name, choose_command(["--style", "probe", "a.mp4"])[0].name
    ('probe', 'stylize')
    """
    for place, word in enumerate(words):
        if word in SWITCHES:
            continue
        spec = find_command(word)
        if spec is not None:
            return spec, [*words[:place], *words[place + 1 :]]
        break
    return STYLIZE, list(words)


def make_parser(spec: CommandSpec, *, overview: bool = False) -> Parser:
    """The parser of a command; with `overview`, its help ends with all commands."""
    name = "vidstyle" if overview else f"vidstyle {spec.name}"
    parser = Parser(
        prog=name,
        usage=f"{name} {spec.usage}".rstrip(),
        description=spec.summary,
        epilog=_overview() if overview else None,
    )
    spec.load().add_arguments(parser)
    add_voice_flags(parser)
    return parser


def add_voice_flags(parser: ArgumentParser) -> None:
    """Add the flags about what a command says, which all commands have."""
    group = parser.add_argument_group("what it says")
    group.add_argument("-q", "--quiet", action="store_true", help="only errors: no progress, no warnings, no last line")
    group.add_argument("-v", "--verbose", action="count", help="log to the standard error; -vv logs every frame")
    group.add_argument("--json", action="store_true", help="one JSON object a line; the last one is the summary")
    group.add_argument("--log-file", metavar="FILE", help="append the log to a file")


def _overview() -> str:
    lines = table([(spec.name, spec.summary) for spec in COMMANDS], indent="  ")
    hint = "vidstyle COMMAND --help tells more. A file that bears a command's name is written ./name"
    return "\n".join(["Commands:", *lines, "", hint])
