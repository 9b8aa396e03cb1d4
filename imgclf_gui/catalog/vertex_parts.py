"""What Vertex AI's AutoML is told and answers, as data: labels, requests, metrics, failures.

Nothing here opens a connection or imports a client; requests are in the clients' own form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from imgclf_gui.catalog.google_errors import redacted
from imgclf_gui.core.automl import STEP_TITLES, Order, RowProblem, Step
from imgclf_gui.core.automl_metrics import (
    ALL_LABELS,
    LabelMetrics,
    Metrics,
    ThresholdPoint,
)
from imgclf_gui.core.cloud import Progress
from imgclf_gui.core.errors import UserError

_SCHEMA = "gs://google-cloud-aiplatform/schema"
DATASET_SCHEMA = f"{_SCHEMA}/dataset/metadata/image_1.0.0.yaml"
IMPORT_SCHEMA = f"{_SCHEMA}/dataset/ioformat/image_classification_single_label_io_format_1.0.0.yaml"
TRAINING_SCHEMA = f"{_SCHEMA}/trainingjob/definition/automl_image_classification_1.0.0.yaml"

MODEL_TYPES: Mapping[str, str] = {
    "cloud": "CLOUD",
    "edge": "MOBILE_TF_VERSATILE_1",
    "edge-fast": "MOBILE_TF_LOW_LATENCY_1",
    "edge-accurate": "MOBILE_TF_HIGH_ACCURACY_1",
}
"""Vertex AI's own names of the kinds of models."""

TAG, KEY = "imgclf_tag", "imgclf_key"
"""Labels (in Google's sense) of all that is made there: the order, and the attempt at a step."""

CANCELLED = 1
"""Of google.rpc.Code."""

_FAILED: Mapping[Step, tuple[str, str]] = {
    "dataset": ("The dataset could not be made", "Try again."),
    "import": ("The import failed", "Mend what is named, and go on."),
    "train": ("The training failed", "Mend what is named, and train again; it was not billed."),
    "deploy": ("The model could not be deployed", "Try again; what was deployed is taken back."),
    "undeploy": ("The model could not be undeployed", "Try again at once, or use the console."),
    "export": ("The model could not be exported", "Try another format."),
}

_USE = "labels.aiplatform.googleapis.com/ml_use"


def marks(order: Order, key: str) -> dict[str, str]:
    """The labels of what an attempt makes; Google takes small letters, digits, - and _."""
    return {TAG: order.tag, KEY: key}


def marked(label: str, value: str) -> str:
    """The filter of a listing for what bears the label."""
    return f'labels.{label}="{value}"'


def shown_name(order: Order) -> str:
    """What is made there is called in the console."""
    return order.name[:100] or "ImgClf Studio"


def training_inputs(order: Order) -> dict[str, Any]:
    """`training_task_inputs`, for `json_format.ParseDict` into a Value."""
    return {
        "modelType": MODEL_TYPES[order.model_kind],
        "budgetMilliNodeHours": order.budget,
        "disableEarlyStopping": False,
        "multiLabel": False,
    }


def split_filters() -> dict[str, str]:
    """`filter_split`: the splits of the import file, not splits of Google's own."""
    return {
        "training_filter": f"{_USE}=training",
        "validation_filter": f"{_USE}=validation",
        "test_filter": f"{_USE}=test",
    }


def metrics(
    order: Order, overall: Mapping[str, Any], slices: Sequence[tuple[str, Mapping[str, Any]]]
) -> Metrics:
    """Of the JSON of an evaluation's metrics, and of its slices with what each is of.

    The form is that of classification_metrics_1.0.0.yaml; what is zero may be left out.
    """
    matrix = overall.get("confusionMatrix") or {}
    specs = [spec for spec in matrix.get("annotationSpecs", ()) if isinstance(spec, Mapping)]
    by_id = {str(spec.get("id")): str(spec.get("displayName")) for spec in specs}
    names = [str(spec.get("displayName")) for spec in specs]
    confusion = _confusion(order.labels, names, matrix.get("rows", ()))
    images: dict[str, int | None] = dict.fromkeys(order.labels)
    if confusion is not None:
        images |= {
            label: round(sum(row)) for label, row in zip(order.labels, confusion, strict=True)
        }
    found = {by_id.get(of, of): values for of, values in slices}
    by_label = [
        _figures(label, found[label], images[label]) for label in order.labels if label in found
    ]
    return Metrics(
        split="test",
        labels=order.labels,
        counts=order.images,
        overall=_figures(ALL_LABELS, overall, order.images.get("test")),
        by_label=tuple(by_label),
        confusion=confusion,
    )


def _figures(label: str, raw: Mapping[str, Any], images: int | None) -> LabelMetrics:
    points = [_point(each) for each in raw.get("confidenceMetrics", ())]
    return LabelMetrics(
        label=label,
        average_precision=_number(raw.get("auPrc")),
        log_loss=_number(raw.get("logLoss")),
        points=tuple(sorted(points, key=lambda point: point.threshold)),
        images=images,
    )


def _point(raw: Mapping[str, Any]) -> ThresholdPoint:
    return ThresholdPoint(
        threshold=_number(raw.get("confidenceThreshold")) or 0.0,
        precision=_number(raw.get("precision")) or 0.0,
        recall=_number(raw.get("recall")) or 0.0,
    )


def _number(raw: object) -> float | None:
    return float(raw) if isinstance(raw, int | float) else None


def _confusion(
    labels: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[tuple[float, ...], ...] | None:
    """In the order of `labels`; None where it is not a matrix of them."""
    places = {name: place for place, name in enumerate(names)}
    square = len(rows) == len(names) and all(len(row) == len(names) for row in rows)
    if not square or not set(labels) <= set(names):
        return None
    taken = [places[label] for label in labels]
    return tuple(tuple(_number(rows[row][column]) or 0.0 for column in taken) for row in taken)


def bucket_name_fault(name: str) -> str:
    """Why `name` cannot be a bucket's; '' if it can.

    https://cloud.google.com/storage/docs/buckets#naming
    """
    if not name:
        return "No bucket is named."
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", name):
        return ""
    return f"'{name:.100}' cannot be the name of a bucket."


def going_on(step: Step, *, waiting: bool = False) -> Progress:
    """That Google is at it."""
    words = "waits for its turn at Google" if waiting else "goes on at Google"
    return Progress(0, 0, 0, 0, None, f"{STEP_TITLES[step]}: {words}.")


def lost(step: Step) -> UserError:
    """That nothing is known of what was begun."""
    return UserError(
        "automl.lost",
        f"{STEP_TITLES[step]}: Google knows nothing of it any more.",
        "It was deleted there, or the account is another one. Begin this step again.",
    )


def failed(step: Step, code: int, said: str, problems: tuple[RowProblem, ...] = ()) -> UserError:
    """Why a step failed, by the code of google.rpc and what Google said, or that it was stopped."""
    what, hint = _FAILED[step]
    if code == CANCELLED:
        billed = " What it took until then is billed." if step == "train" else ""
        words = f"{STEP_TITLES[step]}: stopped.{billed}"
        return UserError("automl.stopped", words, "Begin it again.")
    named = "".join(f"\n{problem.sentence()}" for problem in problems)
    reason = redacted(said).rstrip(".") or f"code {code}"
    return UserError(f"automl.{step}", f"{what}: {reason}.{named}", hint, f"code {code}")
