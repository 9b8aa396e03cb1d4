"""Figures of a classifier, from its logits. No TensorFlow."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol import codec
from imgclf_gui.protocol import events as e


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities of each row; each sums to 1."""
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)).astype(np.float64))
    probabilities: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def report(
    logits: NDArray[np.float32],
    labels: NDArray[np.int32],
    names: tuple[str, ...],
    *,
    split: Split,
    predictions: str,
    fingerprint: str,
    views: int = 0,
) -> e.Evaluated:
    """The figures of logits [N, classes] for images of classes `labels` [N]."""
    confusion = confusion_matrix(labels, logits.argmax(axis=1), len(names))
    images, correct = len(labels), int(confusion.trace())
    return e.Evaluated(
        split=split,
        images=images,
        accuracy=correct / images,
        interval=wilson_interval(correct, images),
        loss=_mean_loss(logits, labels),
        classes=tuple(_class_report(confusion, place, name) for place, name in enumerate(names)),
        confusion=_reportable(confusion),
        predictions=predictions,
        fingerprint=fingerprint,
        views=views,
    )


def confusion_matrix(
    labels: NDArray[np.int32], predicted: NDArray[np.integer[Any]], classes: int
) -> NDArray[np.int64]:
    """[classes, classes]: row i, column j counts images of class i taken for class j."""
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _reportable(confusion: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    """Its rows; none if they would take more than half of the room that a line has."""
    rows = confusion.tolist()
    large = len(json.dumps(rows, separators=(",", ":"))) > codec.MAX_LINE_BYTES // 2
    return () if large else tuple(map(tuple, rows))


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
