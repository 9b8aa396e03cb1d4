"""What the Vertex server of tests learns: images named by a file in a bucket, and their classes.

The model is the plainest: an image has the class whose average image is nearest. So metrics and
predictions are real, fit each other, and are the same each time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Json = dict[str, Any]
Read = Callable[[str], bytes]
"""An object of a bucket by its `gs://…`; raises FileNotFoundError."""

USES = {"training": "training", "train": "training", "validation": "validation", "test": "test"}
THRESHOLDS = [step / 20 for step in range(20)] + [0.96, 0.97, 0.98, 0.99]
"""As the schema of Google's classification metrics names them."""
SHARPNESS = 12.0
"""How quickly confidence falls with the distance from a class's average."""


@dataclass(frozen=True)
class Item:
    """One image of a dataset."""

    uri: str
    label: str
    use: str
    """"training", "validation" or "test"."""
    pixels: NDArray[np.float64]


class RowError(ValueError):
    """Why a row cannot be used."""


def import_rows(uri: str, read: Read) -> tuple[list[Item], list[str]]:
    """The images that a JSONL or CSV names, and a sentence for each row that fails.

    Google documents the form of partial failures, but not their sentences.
    """
    text = read(uri).decode("utf-8")
    rows = _jsonl_rows if uri.endswith(".jsonl") else _csv_rows
    items, problems = [], []
    for number, row in enumerate(io.StringIO(text, newline=""), start=1):
        if not row.strip():
            continue
        try:
            items.append(_item(*rows(row), read))
        except RowError as error:
            problems.append(f"Error: {error} for: {uri} line {number}")
    return items, problems


def _jsonl_rows(row: str) -> tuple[str, str, str]:
    """URI, label and use, '' where it is not said."""
    try:
        found = json.loads(row)
        label = found["classificationAnnotation"]["displayName"]
        resources = found.get("dataItemResourceLabels", {})
        return found["imageGcsUri"], label, resources.get("aiplatform.googleapis.com/ml_use", "")
    except (ValueError, KeyError, TypeError) as error:
        raise RowError("Could not parse the line as an image classification JSON") from error


def _csv_rows(row: str) -> tuple[str, str, str]:
    fields = next(csv.reader([row]))
    use = "" if fields[0].startswith("gs://") else fields.pop(0)
    if len(fields) != 2:
        raise RowError(f"Expected one label but found {len(fields) - 1}")
    return fields[0], fields[1], use.lower().replace("unassigned", "")


def _item(uri: str, label: str, use: str, read: Read) -> Item:
    if use and use not in USES:
        raise RowError(f"Unknown ml_use {use!r}")
    try:
        pixels = small(read(uri))
    except FileNotFoundError as error:
        raise RowError(f"The image {uri} does not exist") from error
    except OSError as error:
        raise RowError(f"The image {uri} could not be decoded") from error
    return Item(uri, label, USES.get(use) or _drawn_use(uri), pixels)


def _drawn_use(uri: str) -> str:
    """80 % training, 10 % validation, 10 % test, by the name."""
    draw = hashlib.sha256(uri.encode()).digest()[0] / 256
    return "training" if draw < 0.8 else "validation" if draw < 0.9 else "test"


def small(content: bytes) -> NDArray[np.float64]:
    """8×8 RGB in a row, 0…1; raises OSError where that is no image."""
    with Image.open(io.BytesIO(content)) as image:
        pixels = image.convert("RGB").resize((8, 8), Image.Resampling.BOX)
    return np.asarray(pixels, np.float64).ravel() / 255


@dataclass(frozen=True)
class Trained:
    """The average image of each class, of the training images."""

    items: Sequence[Item]

    @cached_property
    def labels(self) -> list[str]:
        """In the order of the alphabet."""
        return sorted({item.label for item in self.items})

    @cached_property
    def averages(self) -> NDArray[np.float64]:
        """(labels, 192)."""
        means = []
        for label in self.labels:
            mine = [item for item in self.items if item.label == label]
            taken = [item.pixels for item in mine if item.use == "training"]
            means.append(np.mean(taken or [item.pixels for item in mine], axis=0))
        return np.array(means)

    def scores(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """(labels,) that add up to 1."""
        far = SHARPNESS * np.sqrt(((self.averages - pixels) ** 2).mean(1))
        likely = np.exp(far.min() - far)
        return np.asarray(likely / likely.sum())

    @cached_property
    def tested(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores and truth, (test images, labels) each."""
        test = [item for item in self.items if item.use == "test"] or list(self.items)
        scores = np.array([self.scores(item.pixels) for item in test])
        truth = np.array([[item.label == label for label in self.labels] for item in test])
        return scores, truth

    def metrics(self, ids: Sequence[str]) -> Json:
        """Of the test images, as classification_metrics_1.0.0.yaml; `ids`: a label's each."""
        scores, truth = self.tested
        confusion = np.zeros((len(self.labels), len(self.labels)), int)
        np.add.at(confusion, (truth.argmax(1), scores.argmax(1)), 1)
        specs = [
            {"id": one, "displayName": label} for one, label in zip(ids, self.labels, strict=True)
        ]
        return curves(scores, truth) | {
            "confusionMatrix": {"annotationSpecs": specs, "rows": confusion.tolist()}
        }

    def label_metrics(self, label: str) -> Json:
        """Of the test images, one label against all others."""
        place = self.labels.index(label)
        scores, truth = self.tested
        return curves(scores[:, [place]], truth[:, [place]])

    def counts(self) -> Counter[str]:
        """Images of each label."""
        return Counter(item.label for item in self.items)


def curves(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Json:
    """auPrc, logLoss and confidenceMetrics, micro-averaged; both inputs (images, labels)."""
    points = [_point(scores, truth, threshold) for threshold in THRESHOLDS]
    recall = np.array([1.0, *(point.get("recall", 0.0) for point in points), 0.0])
    precision = np.array([0.0, *(point.get("precision", 0.0) for point in points), 1.0])
    loss = -np.log(np.clip(np.where(truth, scores, 1 - scores), 1e-15, 1)).mean()
    area = float(np.sum((recall[:-1] - recall[1:]) * (precision[:-1] + precision[1:]) / 2))
    return {"auPrc": area, "logLoss": float(loss), "confidenceMetrics": points}


def _point(scores: NDArray[np.float64], truth: NDArray[np.bool_], threshold: float) -> Json:
    """Google leaves out what is zero, so the first point has no threshold."""
    said = scores >= threshold
    first = said & (scores == scores.max(1, keepdims=True))
    point: Json = {"confidenceThreshold": threshold}
    for suffix, chosen in (("", said), ("At1", first)):
        right = int((chosen & truth).sum())
        recall = right / max(1, int(truth.sum()))
        precision = right / int(chosen.sum()) if chosen.any() else 1.0
        total = recall + precision
        point |= {f"recall{suffix}": recall, f"precision{suffix}": precision}
        point[f"f1Score{suffix}"] = 2 * recall * precision / total if total else 0.0
    return {name: value for name, value in point.items() if value}
