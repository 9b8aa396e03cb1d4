"""`imgclf new` and `imgclf import`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from imgclf_gui.cli.assign import assign
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import plain
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.protocol.events import ImportFinished

SOURCE_HELP = (
    "a folder (one folder a class, or train/validation/test above that), a zip or tar of one, "
    "a CSV (path,label[,split]), or a folder of IDX files"
)
SHOWN_SKIPPED = 20


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands."""
    new = commands.add_parser("new", parents=[shared], help="make a project from images")
    new.add_argument("project", type=Path, metavar="PROJECT", help="a new or empty folder")
    new.add_argument("--from", dest="source", type=Path, metavar="SOURCE", help=SOURCE_HELP)
    new.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a setting of the project, as data.validation_percent=20",
    )
    new.set_defaults(act=_new)
    more = commands.add_parser("import", parents=[shared], help="add images to a project")
    more.add_argument("project", type=Path, metavar="PROJECT")
    more.add_argument("source", type=Path, metavar="SOURCE", help=SOURCE_HELP)
    more.set_defaults(act=_import)


def import_source(project: Project, source: Path, output: Output) -> ImportFinished:
    """Import `source` with its progress shown, and nobody else writing meanwhile.

    Raises:
        UserError: `use.source`, `project.locked`, and those of the import.
    """
    if not source.exists():
        raise UserError("use.source", f"There is nothing at {source}.", "Check the path.")
    project.lock()
    try:
        with Session(output) as session:
            finished = session.follow(session.jobs.import_images(project, source))
    finally:
        project.unlock()
    if not isinstance(finished, ImportFinished):
        raise TypeError(finished)
    return finished


def _new(arguments: argparse.Namespace, output: Output) -> int:
    folder: Path = arguments.project
    source: Path | None = arguments.source
    if source is not None and not source.exists():
        raise UserError("use.source", f"There is nothing at {source}.", "Check the path.")
    existed = folder.exists()
    project = Project.create(folder)
    try:
        project.save(assign(project.spec, arguments.assignments))
        finished = import_source(project, source, output) if source is not None else None
    except UserError:
        _take_back(project, existed)
        raise
    return _say_dataset(project, finished, output)


def _import(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    finished = import_source(project, arguments.source, output)
    return _say_dataset(project, finished, output)


def _take_back(project: Project, existed: bool) -> None:
    """A project that never got an image is not left behind, so that the command can be repeated."""
    if project.dataset_path.exists() and dataset_summary(project).count():
        return
    shutil.rmtree(project.folder, ignore_errors=True)
    if existed:
        project.folder.mkdir(exist_ok=True)


def _say_dataset(project: Project, finished: ImportFinished | None, output: Output) -> int:
    summary = dataset_summary(project)
    splits = {split: sum(counts) for split, counts in summary.counts.items()}
    if finished is not None:
        _say_skipped(finished, output)
    if summary.labels:
        rows = [
            (label, *(summary.counts[split][index] for split in summary.counts))
            for index, label in enumerate(summary.labels)
        ]
        columns = ["Class", *(f">{split.capitalize()}" for split in summary.counts)]
        output.table(f"{project.spec.name}: {summary.count():,} images", columns, rows)
    output.say(f"The project is in {project.folder}.")
    output.result(
        {
            "project": str(project.folder.absolute()),
            "classes": list(summary.labels),
            "images": summary.count(),
            "splits": splits,
            "imported": finished.imported if finished else 0,
            "duplicates": finished.duplicates if finished else 0,
            "skipped": finished.skipped_total if finished else 0,
        }
    )
    return 1 if finished is not None and finished.stopped else 0


def _say_skipped(finished: ImportFinished, output: Output) -> None:
    for skipped in finished.skipped[:SHOWN_SKIPPED]:
        output.say(f"Skipped {plain(skipped.name)}: {plain(skipped.reason)}")
    if finished.skipped_total > SHOWN_SKIPPED:
        output.say(f"… and {finished.skipped_total - SHOWN_SKIPPED:,} more.")
