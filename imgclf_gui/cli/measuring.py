"""`imgclf evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imgclf_gui.cli.numbers import whole
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import interval, percent
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import SPLITS
from imgclf_gui.jobs.report import evaluation
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol.events import Evaluated


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    evaluate = commands.add_parser(
        "evaluate", parents=[shared], help="measure a run's best model on a split"
    )
    evaluate.add_argument("project", type=Path, metavar="PROJECT")
    evaluate.add_argument("run", metavar="RUN", help="its number, its name, or 'latest'")
    evaluate.add_argument("--split", choices=SPLITS, default="test")
    add_views(evaluate)
    evaluate.set_defaults(act=_evaluate)


def add_views(parser: argparse.ArgumentParser) -> None:
    """Add --views."""
    parser.add_argument(
        "--views",
        type=whole(0, 64),
        default=0,
        metavar="N",
        help="average over each image and N views of it, changed as the run's training images were",
    )


def _evaluate(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    run = RunFolder.find(project, arguments.run)
    with Session(output) as session:
        measured = session.follow(
            session.jobs.evaluate(project, run, arguments.split, arguments.views)
        )
    if not isinstance(measured, Evaluated):
        raise TypeError(measured)
    _show(run, measured, output)
    output.result({"run": run.id, "name": run.name, **evaluation(measured)})
    return 0


def _show(run: RunFolder, measured: Evaluated, output: Output) -> None:
    rows = [
        (row.label, f"{row.images:,}", *map(_share, (row.precision, row.recall, row.f1)))
        for row in measured.classes
    ]
    output.table(
        f"Run {run.id} ({run.name})", ["Class", ">Images", ">Precision", ">Recall", ">F1"], rows
    )
    views = f" over {measured.views} changed views and the image" if measured.views else ""
    output.say(
        f"Accuracy on {measured.split}{views}: {percent(measured.accuracy)} "
        f"(95 % interval {interval(*measured.interval)}), {measured.images:,} images, "
        f"loss {measured.loss:.3g}."
    )


def _share(figure: float | None) -> str:
    return "–" if figure is None else percent(figure)
