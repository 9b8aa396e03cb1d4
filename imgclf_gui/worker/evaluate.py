"""Measures a run's best model on a split."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.pixels import PixelCache
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import Split
from imgclf_gui.plan import Plan
from imgclf_gui.protocol.commands import EvaluateRun
from imgclf_gui.protocol.events import Logged
from imgclf_gui.worker.control import Control, Emit
from imgclf_gui.worker.data import Examples
from imgclf_gui.worker.features import FeatureCache
from imgclf_gui.worker.metrics import report, softmax
from imgclf_gui.worker.predict import Predictor, Predictors
from imgclf_gui.worker.recipes import examples, prepare_pixels
from imgclf_gui.worker.views import test_time_steps

BATCH = 256


def evaluate(command: EvaluateRun, predictors: Predictors, emit: Emit, control: Control) -> None:
    """Measure, and write predictions-<split>.jsonl into the run's folder: Evaluated.

    With views the file is predictions-<split>-views.jsonl.

    Raises:
        UserError: the run has no model, or nothing to make views by; the split has no images; or
            the job was stopped.
    """
    run = Path(command.run)
    predictor = predictors.of(run)
    if command.views:
        test_time_steps(predictor.plan)  # whether there are any shows before images are decoded
    project = Project.open(Path(command.project))
    cache = prepare_pixels(project, predictor.plan, emit, lambda: control.stopped)
    if cache is None:
        raise _stopped()
    measured = examples(cache, command.split)
    if not len(measured):
        raise UserError(
            "evaluate.empty",
            f"The dataset has no {command.split} images.",
            "Evaluate another split, or raise the share of this one and train again.",
        )
    warn_of_changes(cache, predictor.plan, emit)
    logits = _of_features(predictor, cache, command, emit, control)
    if logits is None:
        logits = _all_logits(predictor, measured, command.views, control)
    name = f"predictions-{command.split}{'-views' if command.views else ''}.jsonl"
    labels = predictor.plan.data.labels
    write_text_atomic(run / name, _lines(cache, command.split, measured.labels, logits, labels))
    emit(
        report(
            logits,
            measured.labels,
            labels,
            split=command.split,
            predictions=name,
            fingerprint=cache.fingerprint,
            views=command.views,
        )
    )


def warn_of_changes(cache: PixelCache, plan: Plan, emit: Emit) -> None:
    """Say so if a run of `plan` is not asked about the dataset that it was planned with."""
    if cache.fingerprint != plan.data.fingerprint:
        text = (
            "The dataset has changed since this run was planned: some of the images that it is "
            "measured on may be ones that it was trained on."
        )
        emit(Logged(level="warning", text=text))


def _of_features(
    predictor: Predictor, cache: PixelCache, command: EvaluateRun, emit: Emit, control: Control
) -> NDArray[np.float32] | None:
    """Logits by way of the features of a frozen front, which are kept; None if it has none."""
    cut = predictor.cut
    if cut is None or command.views:
        return None
    needed = cut.image_bytes * len(cache.labels(command.split))
    if FeatureCache.objection(cache.folder, needed):
        return None
    features = FeatureCache(cut.front, cache, emit, lambda: control.stopped).plain(command.split)
    if features is None:
        raise _stopped()
    parts = [
        cut.head(features[start : start + BATCH], training=False)
        for start in range(0, len(features), BATCH)
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _all_logits(
    predictor: Predictor, measured: Examples, views: int, control: Control
) -> NDArray[np.float32]:
    parts = []
    for pixels, _ in measured.batches(max(1, BATCH // (1 + views))):
        if control.stopped:
            raise _stopped()
        parts.append(predictor.logits(pixels, views))
    return np.concatenate(parts)


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
