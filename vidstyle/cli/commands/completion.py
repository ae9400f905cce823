"""``vidstyle completion``: completion scripts for shells, as in ``source <(vidstyle completion bash)``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from vidstyle.cli.text import say

SHELLS = ("bash", "zsh", "fish", "tcsh")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS), help="the shell")


def run(arguments: Namespace) -> int:
    """Print the script."""
    import shtab

    from vidstyle.cli.arguments import completion_parser

    say(shtab.complete(completion_parser(), shell=arguments.shell))
    return 0
