"""`imgclf`: reads the command line, runs one command, and says how it ended.

Exit codes: 0 done, 1 the work failed (or was stopped), 2 wrong use.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

import imgclf_gui
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import plain
from imgclf_gui.core.errors import ErrorReport, UserError

DONE, FAILED, WRONG_USE = 0, 1, 2

GROUPS = (
    "projects",
    "training",
    "planning",
    "comparing",
    "code",
    "lab",
    "study",
    "measuring",
    "classifying",
    "sorting",
    "cloud",
    "augmenting",
    "transferability",
    "catalogue",
    "backbones",
    "demo",
    "doctor",
)
"""Modules of this package with an `add(commands)` that adds theirs."""

COMMANDS = (
    "new", "import", "train", "plan", "compare", "code", "lab", "study", "runs", "evaluate",
    "classify", "sort", "cloud", "augment", "check-labels", "transferability", "networks",
    "augmentations", "backbones", "devices", "demo", "doctor",
)  # fmt: skip
"""What `python -m imgclf_gui` takes for a command rather than for a project to open."""

WRONG_USE_CODES = (
    "project.", "plan.", "preset.", "network.", "set.", "catalog.", "device.unknown", "run.missing",
    "run.ambiguous", "run.complete", "study.missing", "study.ambiguous", "study.complete", "lab.",
    "use.", "views.", "copies.", "check.nothing", "transfer.none",
    "backbone.application", "backbone.catalogue",
    "cloud.consent", "cloud.feature", "cloud.json", "cloud.request", "cloud.account",
    "model.missing", "model.ambiguous", "automl.kind", "automl.budget", "automl.account",
    "automl.bucket", "automl.nothing", "automl.step", "automl.untrained",
)  # fmt: skip
"""Errors that the person can avoid by calling the command differently."""


def main(words: Sequence[str]) -> int:
    """Run the command in `words`; the exit code."""
    _tolerate_any_name(sys.stdout)
    _tolerate_any_name(sys.stderr)
    parser = build_parser()
    try:
        arguments = parser.parse_args(words)
    except SystemExit as ended:  # argparse has said why
        return int(ended.code or 0)
    if not hasattr(arguments, "act"):
        parser.print_help()
        return WRONG_USE
    return _run(arguments)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(prog="imgclf", description=imgclf_gui.__doc__)
    parser.add_argument("--version", action="version", version=f"imgclf {imgclf_gui.__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--json",
        action="store_true",
        help="print one event a line, and the result object as the last line",
    )
    shared.add_argument("--debug", action="store_true", help="show where an error arose")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for group in GROUPS:
        import_module(f"imgclf_gui.cli.{group}").add(commands, shared)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    output = Output(json_lines=arguments.json)
    try:
        with output:
            code: int = arguments.act(arguments, output)
        sys.stdout.flush()
    except UserError as error:
        output.failed(error.report)
        return _complain(error.report, arguments.debug)
    except KeyboardInterrupt:
        print("Ended.", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # who read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 the one door: whatever failed becomes a sentence
        report = ErrorReport(
            code="unexpected",
            message=f"The command failed unexpectedly: {error or type(error).__name__}.",
            hint="Run it again with --debug, and report what it prints.",
        )
        output.failed(report)
        return _complain(report, arguments.debug)
    return code


def _complain(report: ErrorReport, debug: bool) -> int:
    print(f"imgclf: {plain(report.message)}", file=sys.stderr)
    if report.hint:
        print(plain(report.hint), file=sys.stderr)
    if debug:
        traceback.print_exc()
        print(report.details, file=sys.stderr)
    return WRONG_USE if report.code.startswith(WRONG_USE_CODES) else FAILED


def _tolerate_any_name(stream: TextIO) -> None:
    """A terminal that cannot show a letter must not end the command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
