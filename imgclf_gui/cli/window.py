"""What stands before the window: the arguments of `imgclf-gui`, and whether there is a display."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import imgclf_gui
from imgclf_gui.cli.system import display_problem


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The arguments of `imgclf-gui`.

    Raises:
        SystemExit: wrong use (2), --help or --version (0); said already.
    """
    parser = argparse.ArgumentParser(
        prog="imgclf-gui",
        description=imgclf_gui.__doc__,
        epilog="Without a window: imgclf --help",
    )
    parser.add_argument("--version", action="version", version=imgclf_gui.__version__)
    parser.add_argument("project", type=Path, nargs="?", metavar="PROJECT", help="to open")
    parser.add_argument("--demo", action="store_true", help="open a sample that ships inside")
    return parser.parse_args(words)


def without_display(arguments: argparse.Namespace) -> int | None:
    """The exit code where no window can open, after saying why; None where one can.

    The demonstration then runs here, without a window.
    """
    problem = display_problem()
    if problem is None:
        return None
    from imgclf_gui.cli.main import FAILED, main

    if arguments.demo:
        print(f"{problem} The demonstration runs here instead.", flush=True)
        return main(["demo"])
    print(f"{problem} The command 'imgclf' does everything without a window.", flush=True)
    return FAILED
