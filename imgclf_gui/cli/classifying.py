"""`imgclf classify`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgclf_gui.cli.measuring import add_views
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import percent
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol.events import Classified, ClassifyFinished, Prediction
from imgclf_gui.protocol.prediction_table import TOP, table


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    classify = commands.add_parser("classify", parents=[shared], help="classify images with a run")
    classify.add_argument("project", type=Path, metavar="PROJECT")
    classify.add_argument("run", metavar="RUN", help="its number, its name, or 'latest'")
    classify.add_argument(
        "images", type=Path, nargs="+", metavar="IMAGE|FOLDER", help="a folder: all images below it"
    )
    classify.add_argument("--csv", type=Path, metavar="FILE", help="write a table to this file")
    add_views(classify)
    classify.set_defaults(act=_classify)


def _classify(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    run = RunFolder.find(project, arguments.run)
    for path in arguments.images:
        if not path.exists():
            raise UserError("use.image", f"There is nothing at {path}.", "Check the path.")
    if arguments.csv is not None and not arguments.csv.absolute().parent.is_dir():
        folder = arguments.csv.absolute().parent
        raise UserError("use.csv", f"There is no folder {folder}.", "Make it, or name another.")
    predictions, finished = _follow(run, arguments.images, arguments.views, output)
    if arguments.csv is not None:
        write_text_atomic(arguments.csv, table(predictions))
        output.say(f"{len(predictions):,} images are in {arguments.csv}.")
    else:
        _show(predictions, output)
    failed = sum(1 for prediction in predictions if prediction.error)
    output.result(
        {
            "run": run.id,
            "views": arguments.views,
            "images": len(predictions),
            "failed": failed,
            "seconds": finished.seconds,
            "csv": str(arguments.csv.absolute()) if arguments.csv else None,
            "predictions": [prediction.model_dump(mode="json") for prediction in predictions],
        }
    )
    if finished.stopped or not predictions:
        output.say("Stopped." if finished.stopped else "There were no images to classify.")
        return 1
    return 1 if failed == len(predictions) else 0


def _follow(
    run: RunFolder, images: Sequence[Path], views: int, output: Output
) -> tuple[list[Prediction], ClassifyFinished]:
    """Every prediction, and how the job ended."""
    predictions: list[Prediction] = []
    with Session(output) as session:
        job = session.jobs.classify(run, images, TOP, views)
        for event in session.events(job):
            if isinstance(event, Classified):
                predictions += event.predictions
    if not isinstance(event, ClassifyFinished):
        raise TypeError(event)
    return predictions, event


def _show(predictions: Sequence[Prediction], output: Output) -> None:
    rows = []
    for prediction in predictions:
        label, share, others = prediction.error, "", ""
        if not prediction.error:
            ranked = list(zip(prediction.labels, prediction.probabilities, strict=True))
            label, share = ranked[0][0], percent(ranked[0][1])
            others = ", ".join(f"{other} {percent(part)}" for other, part in ranked[1:3])
        rows.append((prediction.image, label, share, others))
    output.table("", ["Image", "Class", ">Probability", "Then"], rows)
