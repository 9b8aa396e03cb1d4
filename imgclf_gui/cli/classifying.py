"""`imgclf classify`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgclf_gui.cli.measuring import add_views
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import percent
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.project import SPEC_FILE, Project
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan.builtin import find_built_in
from imgclf_gui.protocol.events import Classified, ClassifyFinished, Prediction
from imgclf_gui.protocol.prediction_table import TOP, table


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    classify = commands.add_parser(
        "classify",
        parents=[shared],
        help="classify images with a run, or with what is built in",
        usage="imgclf classify [options] PROJECT RUN IMAGE|FOLDER...\n"
        "       imgclf classify [options] --imagenet IMAGE|FOLDER...",
    )
    for positional in (
        classify.add_argument("project", metavar="PROJECT"),
        classify.add_argument("run", metavar="RUN", help="its number, its name, or 'latest'"),
        classify.add_argument(
            "images", nargs="+", metavar="IMAGE|FOLDER", help="a folder: all images below it"
        ),
    ):
        positional.required = False  # with --imagenet all that is named are images
    classify.add_argument(
        "--imagenet",
        action="store_true",
        help="without a project: name which of 1,000 kinds of things a photograph shows",
    )
    classify.add_argument(
        "--backbone", metavar="ID", help="with --imagenet: the built-in classifier to ask"
    )
    classify.add_argument("--csv", type=Path, metavar="FILE", help="write a table to this file")
    add_views(classify)
    classify.set_defaults(act=_classify)


@dataclass(frozen=True)
class _Asked:
    """A run, or the id of a built-in classifier; and the images."""

    model: RunFolder | str
    images: Sequence[Path]

    def result(self) -> dict[str, str]:
        """The model, in the result."""
        if isinstance(self.model, str):
            return {"backbone": self.model}
        return {"run": self.model.id}


def _classify(arguments: argparse.Namespace, output: Output) -> int:
    named = [arguments.project, arguments.run, *(arguments.images or ())]
    words = [word for word in named if word is not None]
    asked = _built_in(words, arguments) if arguments.imagenet else _run(words, arguments)
    for path in asked.images:
        if not path.exists():
            raise UserError("use.image", f"There is nothing at {path}.", "Check the path.")
    if arguments.csv is not None and not arguments.csv.absolute().parent.is_dir():
        folder = arguments.csv.absolute().parent
        raise UserError("use.csv", f"There is no folder {folder}.", "Make it, or name another.")
    predictions, finished = _follow(asked, arguments.views, output)
    if arguments.csv is not None:
        write_text_atomic(arguments.csv, table(predictions))
        output.say(f"{len(predictions):,} images are in {arguments.csv}.")
    else:
        _show(predictions, output)
    failed = sum(1 for prediction in predictions if prediction.error)
    output.result(
        {
            **asked.result(),
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


def _run(words: Sequence[str], arguments: argparse.Namespace) -> _Asked:
    if arguments.backbone is not None:
        raise UserError(
            "use.backbone",
            "--backbone names a built-in classifier, and a run is asked.",
            "Add --imagenet and leave out project and run; or leave out --backbone.",
        )
    if len(words) < 3:
        raise UserError(
            "use.classify",
            "A project, a run and at least one image are needed.",
            "Write 'imgclf classify PROJECT latest IMAGE'; or, without a project, "
            "'imgclf classify --imagenet IMAGE'.",
        )
    project, run, *images = words
    return _Asked(RunFolder.find(Project.open(Path(project)), run), [*map(Path, images)])


def _built_in(words: Sequence[str], arguments: argparse.Namespace) -> _Asked:
    if arguments.views:
        raise UserError(
            "use.views",
            "--views goes with a run: changed views are drawn as in its training.",
            "Leave out --views or --imagenet.",
        )
    model = find_built_in(arguments.backbone or "").id
    if not words:
        raise UserError("use.classify", "No image is named.", "Name image files or folders.")
    if (Path(words[0]) / SPEC_FILE).is_file():
        raise UserError(
            "use.imagenet",
            f"{words[0]} is a project, and --imagenet asks no run of a project.",
            "Name only images and folders; or leave out --imagenet.",
        )
    return _Asked(model, [*map(Path, words)])


def _follow(asked: _Asked, views: int, output: Output) -> tuple[list[Prediction], ClassifyFinished]:
    """Every prediction, and how the job ended."""
    predictions: list[Prediction] = []
    with Session(output) as session:
        job = session.jobs.classify(asked.model, asked.images, TOP, views)
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
