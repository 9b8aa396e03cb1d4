"""Measures a run's best model on a split."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import EvaluateRun
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Examples
from imgclf_gui.worker.predict import Predictor, Predictors, softmax
from imgclf_gui.worker.run import examples, prepare_pixels

BATCH = 256
CONFIDENCE_95 = 1.959964


def evaluate(command: EvaluateRun, predictors: Predictors, emit: Emit, control: Control) -> None:
    """Measure, and write predictions-<split>.jsonl into the run's folder: Evaluated.

    Raises:
        UserError: the run has no model, the split no images, or the job was stopped.
    """
    run = Path(command.run)
    predictor = predictors.of(run)
    cache = prepare_pixels(Path(command.project), predictor.plan, emit, lambda: control.stopped)
    if cache is None:
        raise _stopped()
    measured = examples(cache, command.split)
    if not len(measured):
        raise UserError(
            "evaluate.empty",
            f"The dataset has no {command.split} images.",
            "Evaluate another split, or raise the share of this one and train again.",
        )
    logits = _all_logits(predictor, measured, control)
    name = f"predictions-{command.split}.jsonl"
    labels = predictor.plan.data.labels
    write_text_atomic(run / name, _lines(cache, command.split, measured.labels, logits, labels))
    emit(
        report(logits, measured.labels, labels).model_copy(
            update={
                "split": command.split,
                "predictions": name,
                "fingerprint": predictor.plan.data.fingerprint,
            }
        )
    )


def report(
    logits: NDArray[np.float32], labels: NDArray[np.int32], names: tuple[str, ...]
) -> e.Evaluated:
    """The figures of logits [N, classes] for images of classes `labels` [N]."""
    confusion = confusion_matrix(labels, logits.argmax(axis=1), len(names))
    images, correct = len(labels), int(confusion.trace())
    return e.Evaluated(
        split="test",
        images=images,
        accuracy=correct / images,
        interval=wilson_interval(correct, images),
        loss=_mean_loss(logits, labels),
        classes=tuple(_class_report(confusion, place, name) for place, name in enumerate(names)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        predictions="",
        fingerprint="",
    )


def wilson_interval(correct: int, images: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): 0…1; `images` is at least 1."""
    z, share = CONFIDENCE_95, correct / images
    shrink = 1 + z * z / images
    middle = (share + z * z / (2 * images)) / shrink
    half = z * sqrt(share * (1 - share) / images + z * z / (4 * images * images)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def confusion_matrix(
    labels: NDArray[np.int32], predicted: NDArray[np.integer[Any]], classes: int
) -> NDArray[np.int64]:
    """[classes, classes]: row i, column j counts images of class i taken for class j."""
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _all_logits(predictor: Predictor, measured: Examples, control: Control) -> NDArray[np.float32]:
    parts = []
    for pixels, _ in measured.batches(BATCH):
        if control.stopped:
            raise _stopped()
        parts.append(predictor.logits(pixels))
    return np.concatenate(parts)


def _mean_loss(logits: NDArray[np.float32], labels: NDArray[np.int32]) -> float:
    """Mean cross-entropy."""
    shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
    rest = np.log(np.exp(shifted).sum(axis=1))
    return float((rest - shifted[np.arange(len(labels)), labels]).mean())


def _class_report(confusion: NDArray[np.int64], place: int, name: str) -> e.ClassReport:
    right = int(confusion[place, place])
    images, taken = int(confusion[place].sum()), int(confusion[:, place].sum())
    return e.ClassReport(
        label=name,
        images=images,
        precision=right / taken if taken else None,
        recall=right / images if images else None,
        f1=2 * right / (images + taken) if images + taken else None,
    )


def _lines(
    cache: PixelCache,
    split: Split,
    labels: NDArray[np.int32],
    logits: NDArray[np.float32],
    names: tuple[str, ...],
) -> str:
    """One JSON object an image: its id in the dataset, its class, what it was taken for."""
    probabilities = softmax(logits)
    predicted = probabilities.argmax(axis=1)
    rows = zip(cache.image_ids(split), labels, predicted, probabilities, strict=True)
    return "".join(
        json.dumps(
            {
                "image": int(image),
                "label": names[label],
                "predicted": names[taken],
                "probability": float(row[taken]),
            }
        )
        + "\n"
        for image, label, taken, row in rows
    )


def _stopped() -> UserError:
    return UserError("evaluate.stopped", "The evaluation was stopped.", "Start it again.")
