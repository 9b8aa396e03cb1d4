"""`imgclf cloud …`: what goes to services, or would."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

from imgclf_gui.core.cloud import Cancel

MODULES = ("cloud_vision", "cloud_account")
"""Modules of this package with an `add(commands, shared)` that adds sub-commands."""


def add(commands: Any, shared: Any) -> None:
    """Add the command, and those below it."""
    cloud = commands.add_parser("cloud", help="ask Cloud Vision, or rehearse it; its account")
    below = cloud.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in MODULES:
        import_module(f"imgclf_gui.cli.{module}").add(below, shared)


@contextmanager
def cancelled_by_interrupt() -> Iterator[Cancel]:
    """A Cancel that Ctrl+C utters; the second Ctrl+C ends the command at once."""
    cancel = Cancel()

    def interrupted(number: int, frame: FrameType | None) -> None:
        # Not here: what the signal interrupts may hold the locks that cancelling takes.
        threading.Thread(target=cancel.cancel).start()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
