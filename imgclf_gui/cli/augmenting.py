"""`imgclf augment` and `imgclf check-labels`: augmented images as files, and what a run says."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgclf_gui import catalog
from imgclf_gui.cli.numbers import whole
from imgclf_gui.cli.output import Output
from imgclf_gui.cli.session import Session
from imgclf_gui.cli.text import duration, interval, percent
from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_error
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import SPLITS, EntrySpec
from imgclf_gui.jobs.augmenting import check_labels, write_copies
from imgclf_gui.jobs.job_folder import LATEST
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.plan import data_plan, preset_augmentation
from imgclf_gui.plan.augmentation import resolve_augmentation
from imgclf_gui.protocol.commands import ImageForm
from imgclf_gui.protocol.events import ChangedLabel, CopiesWritten, LabelsChecked

GAP = 4
"""Pixels between an image and its copy."""


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands."""
    augment = commands.add_parser(
        "augment", parents=[shared], help="write augmented copies of the images as files"
    )
    augment.add_argument("project", type=Path, metavar="PROJECT")
    augment.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new or an empty one"
    )
    augment.add_argument(
        "--copies", type=whole(1, 1_000), default=1, metavar="N", help="of each image (default: 1)"
    )
    augment.add_argument("--split", choices=SPLITS, default="train", help="default: train")
    _add_shared(augment)
    augment.set_defaults(act=_augment)
    check = commands.add_parser(
        "check-labels",
        parents=[shared],
        help="ask a run whether augmented images still show their class",
    )
    check.add_argument("project", type=Path, metavar="PROJECT")
    check.add_argument(
        "--run", default=LATEST, metavar="RUN", help="its number or its name (default: latest)"
    )
    check.add_argument(
        "--draws", type=whole(1, 64), default=4, metavar="N", help="copies of each (default: 4)"
    )
    check.add_argument(
        "--images", type=whole(1, 100_000), default=500, metavar="N", help="at most (default: 500)"
    )
    check.add_argument("--split", choices=SPLITS, default="validation", help="default: validation")
    check.add_argument(
        "--to", type=Path, metavar="FOLDER", help="save the worst examples there, as PNG"
    )
    _add_shared(check)
    check.set_defaults(act=_check)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--preset",
        "--augment",
        dest="augment",
        metavar="PRESET",
        help="the augmentations, one of 'imgclf augmentations'; without it the project's own",
    )
    parser.add_argument(
        "--seed", type=whole(0, 2**31 - 1), default=0, metavar="N", help="default: 0"
    )


def _steps(project: Project, preset: str | None) -> tuple[EntrySpec, ...]:
    """The augmentations that are asked for, each with all of its settings.

    Raises:
        UserError: `catalog.unknown`, `plan.problem`, `use.augment` without any.
    """
    spec = preset_augmentation(preset) if preset is not None else project.spec.augmentation
    steps, problems = resolve_augmentation(spec)
    if problems:
        raise UserError(
            "plan.problem", f"{problems[0].path}: {problems[0].message}", problems[0].fix
        )
    if not steps:
        kinds = catalog.augmentation_preset_entries()
        presets = ", ".join(kind for kind in kinds if preset_augmentation(kind).steps)
        raise UserError(
            "use.augment",
            "There are no augmentations to carry out.",
            f"Name a list of them with --preset: {presets}.",
        )
    return steps


def _augment(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    steps = _steps(project, arguments.augment)
    form = ImageForm.of(data_plan(project.spec.data, dataset_summary(project)))
    with Session(output) as session:
        job = write_copies(
            session.jobs,
            project,
            steps,
            form,
            split=arguments.split,
            copies=arguments.copies,
            seed=arguments.seed,
            folder=arguments.to,
        )
        written = session.follow(job)
    if not isinstance(written, CopiesWritten):
        raise TypeError(written)
    stopped = " Stopped." if written.stopped else ""
    output.say(
        f"{written.copies:,} copies are in {arguments.to}, in {duration(written.seconds)}.{stopped}"
    )
    output.say(
        "Copies of one image are much alike: measure with other images than those they come from."
    )
    output.result(written.model_dump(mode="json", exclude={"job", "at", "type"}))
    return 1 if written.stopped else 0


def _check(arguments: argparse.Namespace, output: Output) -> int:
    project = Project.open(arguments.project)
    run = RunFolder.find(project, arguments.run)
    steps = _steps(project, arguments.augment)
    if arguments.to is not None:
        _refuse_occupied(arguments.to)
    with TemporaryDirectory(prefix="imgclf-") as scratch, Session(output) as session:
        job = check_labels(
            session.jobs,
            project,
            run,
            steps,
            split=arguments.split,
            most=arguments.images,
            draws=arguments.draws,
            seed=arguments.seed,
            output=Path(scratch) / "worst.npy",
        )
        checked = session.follow(job)
        if not isinstance(checked, LabelsChecked):
            raise TypeError(checked)
        _show(run, checked, output)
        if arguments.to is not None:
            pictures = np.load(checked.file, allow_pickle=False)
            save_examples(arguments.to, checked.worst, pictures)
            output.say(f"The {len(checked.worst)} worst examples are in {arguments.to}.")
    figures = checked.model_dump(mode="json", exclude={"job", "at", "type", "run", "file"})
    output.result({"run": run.id, "name": run.name, **figures})
    return 0


def _show(run: RunFolder, checked: LabelsChecked, output: Output) -> None:
    rows = [
        (
            row.label,
            f"{row.images:,}",
            f"{row.changed:,} of {row.copies:,}",
            percent(row.changed / row.copies),
            interval(*row.interval),
        )
        for row in checked.classes
    ]
    columns = ["Class", ">Images", ">Changed copies", ">Share", ">95 % interval"]
    output.table(f"Run {run.id} ({run.name})", columns, rows)
    output.say(check_words(checked))


def check_words(checked: LabelsChecked) -> str:
    """What a label check shows, in two sentences."""
    low_high = interval(*checked.interval)
    return (
        f"{percent(checked.changed)} of {checked.images * checked.draws:,} copies (95 % interval "
        f"{low_high}) are taken for another class than the image that they were made of. Of the "
        f"images {percent(checked.accuracy_before)} are right, of the copies "
        f"{percent(checked.accuracy_after)}."
    )


def _refuse_occupied(folder: Path) -> None:
    """Nothing that is there is overwritten."""
    try:
        occupied = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise write_error(folder, error) from error
    if occupied:
        raise UserError(
            "use.folder", f"The folder {folder} is not empty.", "Name a new or an empty folder."
        )


def save_examples(folder: Path, worst: Sequence[ChangedLabel], pictures: NDArray[np.uint8]) -> None:
    """Write each image with its copy on the right as 01-image-….png into `folder`.

    `pictures` is uint8 [worst, 2, height, width, channels]; `folder` is new or empty.

    Raises:
        UserError: `file.full`, `file.write`.
    """
    for number, (example, (image, copy)) in enumerate(zip(worst, pictures, strict=True), 1):
        gap = np.full((image.shape[0], GAP, image.shape[2]), 255, np.uint8)
        both = np.concatenate([image, gap, copy], 1)
        path = folder / f"{number:02}-image-{example.image}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                Image.fromarray(both[..., 0] if both.shape[2] == 1 else both).save(file, "PNG")
        except OSError as error:
            raise write_error(path, error) from error
