"""``python -m vidstyle``, and what the ``vidstyle`` command runs."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names may hold bytes that the terminal's encoding has no characters for.
            stream.reconfigure(errors="backslashreplace")
    from vidstyle.cli import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
