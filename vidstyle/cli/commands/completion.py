"""``vidstyle completion``: completion scripts for shells, as in ``source <(vidstyle completion bash)``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from vidstyle.cli.text import say

SHELLS = ("bash", "zsh", "fish", "tcsh")
FILES = frozenset(
    {"INPUT", "CONTENT", "STYLED", "STYLE", "FILE", "IMG", "IMG[:WEIGHT]", "IMG[:WEIGHT][@TIME]", "MAP", "MAPS"}
    | {"OUT", "SHEET", "CUBE", "PAGE", "NAME|FILE", "auto|none|FILE", "DIR|IMG"}
)
FOLDERS = frozenset({"DIR", "RUN"})
"""Placeholders of what takes a path."""
WORDS = frozenset(
    {"COMMAND", "GB", "K", "K=V", "M", "N", "NAME", "NAME=FILE", "RANGE", "RATE", "WxH", "X", "X,X,..."}
    | {"none", "|".join(SHELLS), "list|verify|fetch|import"}
)
"""Those of what takes something else; every placeholder of a parser stands in one of the three."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS), help="the shell")


def run(arguments: Namespace) -> int:
    """Print the script."""
    import shtab

    script = shtab.complete(whole_parser(), shell=arguments.shell)
    # Where no command's name fits, the word is an input: let bash complete a file's name.
    say(script.replace("complete -o bashdefault -F", "complete -o bashdefault -o default -F"))
    return 0


def whole_parser() -> ArgumentParser:
    """All commands as one parser, for shell completion; never used to parse."""
    from vidstyle.cli.arguments import add_voice_flags, make_parser
    from vidstyle.cli.commands import COMMANDS, STYLIZE

    root = make_parser(STYLIZE, overview=True)
    for action in [action for action in root._actions if not action.option_strings]:
        # A command's name stands where an input would.
        root._remove_action(action)
    _mark_paths(root)
    places = root.add_subparsers(dest="command", metavar="COMMAND", help="what to do")
    for spec in COMMANDS:
        part = places.add_parser(spec.name, help=spec.summary)
        spec.load().add_arguments(part)
        add_voice_flags(part)
        _mark_paths(part)
    return root


def _mark_paths(parser: ArgumentParser) -> None:
    import shtab

    for action in parser._actions:
        if action.metavar in FILES | FOLDERS:
            kind = shtab.FILE if action.metavar in FILES else shtab.DIRECTORY
            action.complete = kind  # type: ignore[attr-defined]
