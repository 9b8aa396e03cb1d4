"""`imgclf cloud …`: what goes to services, or would."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import plain
from imgclf_gui.core.cloud import Cancel, Consent, Quote
from imgclf_gui.core.errors import UserError
from imgclf_gui.jobs.cloud import consent

MODULES = ("cloud_vision", "cloud_automl", "cloud_account")
"""Modules of this package with an `add(commands, shared)` that adds sub-commands."""


def add(commands: Any, shared: Any) -> None:
    """Add the command, and those below it."""
    cloud = commands.add_parser("cloud", help="ask Cloud Vision, train with AutoML; the account")
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


def asked_consent(quote: Quote, output: Output, *, yes: bool) -> Consent | None:
    """The person's yes: given before, with --yes, or asked for now; None where none is needed.

    Raises:
        UserError: `cloud.consent` for a no, or where nobody can be asked.
    """
    if not quote.host:
        return None
    if yes:
        return consent(quote)
    if output.json_lines or not sys.stdin.isatty():
        raise UserError(
            "cloud.consent",
            f"Nothing was sent to {quote.host}: nobody agreed to it.",
            "Look at it with --dry-run, then add --yes.",
        )
    print("Send? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("cloud.consent", "Nothing was sent.")
    return consent(quote)


@contextmanager
def progress_line(output: Output) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says what is being done."""
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    if output.json_lines or not console.is_terminal:
        yield lambda words: None
        return
    with console.status("") as status:
        yield lambda words: status.update(plain(words))
