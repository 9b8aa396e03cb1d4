"""Whether augmented images still show their class, as far as a trained run can tell."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_atomic
from imgclf_gui.core.intervals import clustered_interval
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec
from imgclf_gui.protocol.commands import CheckLabels
from imgclf_gui.protocol.events import ChangedLabel, CheckedClass, LabelsChecked, Logged
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Labels, Pixels, drawn_images
from imgclf_gui.worker.evaluate import warn_of_changes
from imgclf_gui.worker.metrics import softmax
from imgclf_gui.worker.predict import BATCH, Predictor, Predictors
from imgclf_gui.worker.progress import CopyProgress
from imgclf_gui.worker.recipes import examples, prepare_pixels
from imgclf_gui.worker.views import Views, load, without_mixing

MOST_CLASSES = 2_000
"""A message does not name more than a line of the protocol can surely hold: the most changed."""
FEW = 3
"""Of the worst examples at least so many may be of one class, where there are so many."""


@dataclass(frozen=True)
class _Sample:
    """The images that the run is asked about."""

    pixels: Pixels
    labels: Labels
    ids: NDArray[np.int64]


@dataclass(frozen=True)
class _Answers:
    """What the run takes images and their copies for. All are [images] or [images, draws]."""

    before: NDArray[np.int64]
    certainty: NDArray[np.float64]
    """Probability of `before`, for the image as it is."""
    after: NDArray[np.int64]
    left: NDArray[np.float64]
    """Probability of `before`, for the copies."""

    @property
    def changed(self) -> NDArray[np.bool_]:
        """[images, draws]."""
        changed: NDArray[np.bool_] = self.after != self.before[:, None]
        return changed


def check_labels(
    command: CheckLabels, predictors: Predictors, emit: Emit, control: Control
) -> None:
    """Ask about images of the split and copies of them: CopiesProgressed…, LabelsChecked.

    Raises:
        UserError: the run has no model, there is nothing to ask about, or the job was stopped.
    """
    steps = _checked_steps(command.steps, emit)
    control.busy_with = "loading the run"
    predictor = predictors.of(Path(command.run))
    control.busy_with = ""
    sample = _sample(command, predictor, emit, control)
    views = Views(steps, predictor.plan.network.input_shape, command.seed)
    progress = CopyProgress(len(sample.labels) * command.draws, time.perf_counter(), emit)
    draws = command.draws
    answers = _asked(predictor, views, sample, draws, progress=progress, control=control)
    worst = list(_worst(answers, sample.labels, command.worst))
    _write_pictures(Path(command.output), sample, views, worst)
    labels = predictor.plan.data.labels
    shares = answers.changed.mean(1)
    emit(
        LabelsChecked(
            run=command.run,
            split=command.split,
            images=len(sample.labels),
            draws=command.draws,
            changed=float(shares.mean()),
            interval=clustered_interval(shares.tolist(), command.draws),
            accuracy_before=float((answers.before == sample.labels).mean()),
            accuracy_after=float((answers.after == sample.labels[:, None]).mean()),
            classes=_classes(sample.labels, answers.changed, labels),
            worst=tuple(_example(answers, sample, labels, *place) for place in worst),
            file=command.output,
        )
    )


def _checked_steps(steps: Sequence[EntrySpec], emit: Emit) -> tuple[EntrySpec, ...]:
    kept = without_mixing(steps)
    left_out = [load(step).title for step in steps if step not in kept]
    if left_out:
        text = f"Left out of the check, since it mixes classes: {', '.join(left_out)}."
        emit(Logged(text=text))
    if not kept:
        raise UserError(
            "check.nothing",
            "There is no augmentation whose images could be checked.",
            "Add or switch on one that changes each image by itself.",
        )
    return kept


def _sample(command: CheckLabels, predictor: Predictor, emit: Emit, control: Control) -> _Sample:
    """Of each class of the split the same share; the seed draws which."""
    project = Project.open(Path(command.project))
    cache = prepare_pixels(project, predictor.plan, emit, lambda: control.stopped)
    if cache is None:
        raise _stopped()
    found = examples(cache, command.split)
    if not len(found):
        raise UserError(
            "check.empty",
            f"The dataset has no {command.split} images.",
            "Check with another split.",
        )
    warn_of_changes(cache, predictor.plan, emit)
    places = drawn_images(found.labels, command.most, command.seed)
    return _Sample(
        found.pixels[places], found.labels[places], cache.image_ids(command.split)[places]
    )


def _asked(
    predictor: Predictor,
    views: Views,
    sample: _Sample,
    draws: int,
    *,
    progress: CopyProgress,
    control: Control,
) -> _Answers:
    parts = []
    # The first call builds the graph, which can take longer than a stop waits.
    control.busy_with = "preparing the augmentations"
    for start in range(0, len(sample.labels), BATCH):
        pixels = sample.pixels[start : start + BATCH]
        now = softmax(predictor.logits(pixels))
        before = now.argmax(1)
        rows = np.arange(len(pixels))
        after, left = [], []
        for draw in range(draws):
            if control.stopped:
                raise _stopped()
            then = softmax(predictor.logits(views.view(pixels, draw)))
            control.busy_with = ""
            after.append(then.argmax(1))
            left.append(then[rows, before])
            progress.report(start * draws + len(after) * len(pixels))
        parts.append((before, now[rows, before], np.stack(after, 1), np.stack(left, 1)))
    return _Answers(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _classes(
    labels: Labels, changed: NDArray[np.bool_], names: Sequence[str]
) -> tuple[CheckedClass, ...]:
    """Each class of the sample, in the order of the run's classes."""
    checked = [
        CheckedClass(
            label=names[label],
            copies=mine.size,
            changed=int(mine.sum()),
            interval=clustered_interval(mine.mean(1).tolist(), mine.shape[1]),
            images=len(mine),
        )
        for label in np.unique(labels)
        for mine in [changed[labels == label]]
    ]
    if len(checked) > MOST_CLASSES:
        checked = sorted(checked, key=lambda row: -row.changed / row.copies)[:MOST_CLASSES]
    return tuple(checked)


def _worst(answers: _Answers, labels: Labels, count: int) -> Iterator[tuple[int, int]]:
    """Image and draw of changed copies that the run is the least willing to take for the same.

    One of an image, and not too many of one class.
    """
    falls = np.where(answers.changed, answers.certainty[:, None] - answers.left, -np.inf)
    draws = falls.argmax(1)
    falls = falls.max(1)
    most = max(FEW, -(-count // len(np.unique(labels))))
    taken = Counter[int]()
    for image in np.argsort(-falls, kind="stable"):
        label = int(labels[image])
        if taken.total() == count or falls[image] == -np.inf:
            return
        if taken[label] < most:
            taken[label] += 1
            yield int(image), int(draws[image])


def _example(
    answers: _Answers, sample: _Sample, names: Sequence[str], image: int, draw: int
) -> ChangedLabel:
    return ChangedLabel(
        image=int(sample.ids[image]),
        label=names[sample.labels[image]],
        before=names[answers.before[image]],
        after=names[answers.after[image, draw]],
        probability_before=float(answers.certainty[image]),
        probability_after=float(answers.left[image, draw]),
    )


def _write_pictures(
    path: Path, sample: _Sample, views: Views, worst: Sequence[tuple[int, int]]
) -> None:
    pictures = np.empty((len(worst), 2, *sample.pixels.shape[1:]), np.uint8)
    for pair, (image, draw) in zip(pictures, worst, strict=True):
        pair[0] = sample.pixels[image]
        pair[1] = views.view(sample.pixels[image : image + 1], draw)[0]
    write_atomic(path, lambda stream: np.save(stream, pictures, allow_pickle=False), lasting=False)


def _stopped() -> UserError:
    return UserError("check.stopped", "The label check was stopped.", "Start it again.")
