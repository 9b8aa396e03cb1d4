"""`imgclf code`: a network as a Keras script, or as a notebook."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from imgclf_gui.cli.assign import assign
from imgclf_gui.cli.networks import add_network_options, chosen
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import plain
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.planning import sound_plan
from imgclf_gui.plan import Plan
from imgclf_gui.plan.code import notebook, script

NOTEBOOK = ".ipynb"


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    code = commands.add_parser(
        "code", parents=[shared], help="write a network and its training as a Keras script"
    )
    code.add_argument("project", type=Path, metavar="PROJECT")
    add_network_options(code)
    code.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="a script (.py) or a notebook (.ipynb); without it the script is printed",
    )
    code.set_defaults(act=_code)


def _code(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    file: Path | None = arguments.to
    if file is not None and not file.absolute().parent.is_dir():
        raise UserError(
            "use.to", f"There is no folder {file.absolute().parent}.", "Make it, or name another."
        )
    spec, notes = chosen(project, project.spec, arguments)
    for note in notes:
        print(f"Note: {plain(note)}", file=sys.stderr)
    plan, _ = sound_plan(project, assign(spec, arguments.assignments))
    text = _text(plan, project, file)
    if file is not None:
        write_text_atomic(file, text)
        output.say(f"The code is in {file}.")
    elif not output.json_lines:
        print(text, end="")
    parameters = plan.network.parameters
    where = str(file.absolute()) if file is not None else None
    output.result({"file": where, "parameters": parameters, "code": text, "notes": list(notes)})
    return 0


def _text(plan: Plan, project: Project, file: Path | None) -> str:
    """A notebook where the file's name says so, else a script."""
    write = notebook if file is not None and file.suffix.lower() == NOTEBOOK else script
    return write(plan, project.folder.absolute())
