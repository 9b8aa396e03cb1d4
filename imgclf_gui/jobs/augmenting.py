"""What workers do with augmentations besides training: show, measure, check, write copies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec, Split
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.jobs.supervisor import Jobs
from imgclf_gui.protocol import commands
from imgclf_gui.protocol.commands import ImageForm, path_text


def preview(
    jobs: Jobs,
    project: Project,
    *,
    images: Sequence[int],
    form: ImageForm,
    variants: Sequence[Sequence[EntrySpec]],
    draws: int,
    seed: int,
    output: Path,
) -> str:
    """Draw what each list of augmentations makes of `images` (ids) → AugmentationPreviewed.

    `output` is a .npy file to write. Works during a training.

    Raises:
        UserError: the worker cannot be started.
    """
    command = commands.PreviewAugmentation(
        job=jobs.new_job("preview"),
        project=path_text(project.folder),
        images=tuple(images),
        form=form,
        variants=tuple(tuple(steps) for steps in variants),
        draws=draws,
        seed=seed,
        output=path_text(output),
    )
    return jobs.submit("predict", command)


def measure_images(jobs: Jobs, project: Project) -> str:
    """Measure how the classes of the training images differ → ImagesMeasured.

    Raises:
        UserError: the worker cannot be started.
    """
    command = commands.MeasureImages(job=jobs.new_job("measure"), project=path_text(project.folder))
    return jobs.submit("import", command)


def check_labels(
    jobs: Jobs,
    project: Project,
    run: RunFolder,
    steps: Sequence[EntrySpec],
    *,
    split: Split = "validation",
    most: int = 500,
    draws: int = 4,
    worst: int = 12,
    seed: int = 0,
    output: Path,
) -> str:
    """Ask `run` about images and their augmented copies → LabelsChecked.

    At most `most` images of `split`, `draws` copies of each; the `worst` examples go into
    `output`, a .npy file. Works during a training.

    Raises:
        UserError: the worker cannot be started.
    """
    command = commands.CheckLabels(
        job=jobs.new_job("check"),
        project=path_text(project.folder),
        run=path_text(run.folder),
        steps=tuple(steps),
        split=split,
        most=most,
        draws=draws,
        worst=worst,
        seed=seed,
        output=path_text(output),
    )
    return jobs.submit("predict", command)


def write_copies(
    jobs: Jobs,
    project: Project,
    steps: Sequence[EntrySpec],
    form: ImageForm,
    *,
    split: Split = "train",
    copies: int = 1,
    seed: int = 0,
    folder: Path,
) -> str:
    """Write `copies` augmented copies of each image → CopiesProgressed…, CopiesWritten.

    `folder` is new or empty.

    Raises:
        UserError: the worker cannot be started.
    """
    command = commands.WriteCopies(
        job=jobs.new_job("copies"),
        project=path_text(project.folder),
        steps=tuple(steps),
        form=form,
        split=split,
        copies=copies,
        seed=seed,
        folder=path_text(folder),
    )
    return jobs.submit("background", command)
