"""The one way in: `imgclf` (headless), `imgclf-gui` (window), and the worker process.

Each imports only what it needs: the worker no Qt, the window no TensorFlow, the command line
neither.
"""

from __future__ import annotations

import multiprocessing
import sys

WORKER = "--worker"


def command_line() -> int:
    """`imgclf`: a command without a window; the exit code."""
    if sys.argv[1:2] == [WORKER]:
        return _worker()
    from imgclf_gui.cli.main import main

    return main(sys.argv[1:])


def window() -> int:
    """`imgclf-gui [PROJECT] [--demo]`: the window; the exit code."""
    if sys.argv[1:2] == [WORKER]:
        return _worker()
    from imgclf_gui.cli import window

    arguments = window.parse(sys.argv[1:])
    code = window.without_display(arguments)
    if code is not None:
        return code
    from imgclf_gui.gui.app import main

    return main(sys.argv[1:])


def main() -> int:
    """`python -m imgclf_gui`: the command where one is named, else the window."""
    from imgclf_gui.cli.main import COMMANDS

    named = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    return command_line() if named in COMMANDS else window()


def _worker() -> int:
    from imgclf_gui.worker.main import main as work

    return work()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(_worker() if sys.argv[1:2] == [WORKER] else main())
