"""What the actor plays of label checks, copies and studies, and figures that tests count on.

It waits to be stopped where it is asked for LONG copies of each image, or epochs of a study.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep
from imgclf_gui.plan.study import StudyPlan
from imgclf_gui.protocol import commands
from imgclf_gui.protocol import events as e

if TYPE_CHECKING:
    from imgclf_gui.gui.studio import Studio

LONG = 13
IMAGES = 60
"""Validation images of a study; as many images are checked."""

FLIP = AugmentationStep(kind="flip-horizontal")
ROTATION = AugmentationStep(kind="rotation", degrees=30.0)


class Player(Protocol):
    """The actor."""

    def say(self, event: e.Event) -> None:
        """Send one event."""

    def wait_for_stop(self, job: str) -> None:
        """Until the job is stopped, or the input ends."""


def augment(studio: Studio, *steps: AugmentationStep) -> None:
    """Make `steps` the project's list."""
    spec = AugmentationSpec(steps=steps)
    studio.edit("Augment", studio.spec.model_copy(update={"augmentation": spec}))


def check_labels(command: commands.CheckLabels, actor: Player) -> None:
    """Two of three classes change, by what `labels_checked` says."""
    total = IMAGES * command.draws
    actor.say(e.CopiesProgressed(job=command.job, done=6, total=total, images_per_second=50))
    if command.draws == LONG:
        actor.wait_for_stop(command.job)
        error = ErrorReport(code="check.stopped", message="The label check was stopped.")
        actor.say(e.JobFailed(job=command.job, error=error))
        return
    pictures = np.zeros((3, 2, 8, 8, 1), np.uint8)
    pictures[:, 1] = 200
    np.save(command.output, pictures)
    actor.say(labels_checked(command))


def labels_checked(command: commands.CheckLabels) -> e.LabelsChecked:
    """Of the copies of 'rings' half change, of 'bars' a tenth, of 'blobs' none."""
    each = IMAGES // 3
    copies = each * command.draws
    classes = tuple(
        e.CheckedClass(label=label, copies=copies, changed=changed, interval=ends, images=each)
        for label, changed, ends in (
            ("bars", copies // 10, (0.02, 0.3)),
            ("blobs", 0, (0.0, 0.1)),
            ("rings", copies // 2, (0.35, 0.65)),
        )
    )
    return e.LabelsChecked(
        job=command.job,
        run=command.run,
        split=command.split,
        images=IMAGES,
        draws=command.draws,
        changed=0.2,
        interval=(0.125, 0.275),
        accuracy_before=0.9,
        accuracy_after=0.865,
        classes=classes,
        worst=(
            _changed("rings", "rings", "bars"),
            _changed("rings", "rings", "blobs"),
            _changed("bars", "rings", "blobs"),
        ),
        file=command.output,
    )


def _changed(label: str, before: str, after: str) -> e.ChangedLabel:
    return e.ChangedLabel(
        image=1, label=label, before=before, after=after,
        probability_before=0.98, probability_after=0.04,
    )  # fmt: skip


def write_copies(command: commands.WriteCopies, actor: Player) -> None:
    """Write one file, and say that it was all."""
    folder = Path(command.folder)
    folder.mkdir(parents=True)
    (folder / "one.png").write_bytes(b"")
    total = 48 * command.copies
    actor.say(
        e.CopiesProgressed(
            job=command.job, done=12, total=total, images_per_second=100, seconds_left=5
        )
    )
    stops = command.copies == LONG
    if stops:
        actor.wait_for_stop(command.job)
    written = 12 if stops else total
    actor.say(
        e.CopiesWritten(
            job=command.job, folder=command.folder, copies=written, seconds=2, stopped=stops
        )
    )


def study(command: commands.StartStudy, actor: Player) -> None:
    """Train every variant, as `trained` says.

    A LONG one waits after its second training, once; when it goes on, it does not.
    """
    plan = StudyPlan.model_validate_json((Path(command.study) / "plan.json").read_bytes())
    left = [training for training in plan.order() if training not in command.done]
    done = plan.trainings - len(left)
    actor.say(e.StudyStarted(job=command.job, trainings=plan.trainings, done=done))
    for number, (variant, seed) in enumerate(left, start=done):
        actor.say(
            e.StudyProgressed(
                job=command.job, variant=variant, seed=seed, done=number + 0.5,
                trainings=plan.trainings, seconds_left=9,
            )
        )  # fmt: skip
        if number == 2 and not command.done and plan.epochs == LONG:
            actor.wait_for_stop(command.job)
            actor.say(e.StudyFinished(job=command.job, seconds=1, stopped=True))
            return
        actor.say(trained(command.job, variant, seed))
    actor.say(e.StudyFinished(job=command.job, seconds=3))


def trained(job: str, variant: int, seed: int) -> e.VariantTrained:
    """Seeds scatter by some images; each variant has about twelve more right than the last."""
    correct = 18 + 12 * variant + 2 * seed + (variant if seed == 1 else 0)
    return e.VariantTrained(
        job=job, variant=variant, seed=seed, images=IMAGES, correct=correct, seconds=1, loss=0.5
    )
