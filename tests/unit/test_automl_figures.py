"""Metrics, checks and the journal of custom models, as pure functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgclf_gui.catalog import vertex_parts
from imgclf_gui.catalog.providers.vertex_automl import VertexAutoml
from imgclf_gui.core.automl import LabelledImage, Order
from imgclf_gui.core.automl_checks import findings
from imgclf_gui.core.automl_metrics import ImageOutcome, Metrics, measured
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol import automl_events as e
from imgclf_gui.protocol.automl_state import fold

LABELS = ("cat", "dog")


def outcome(image: str, label: str, cat: float) -> ImageOutcome:
    return ImageOutcome(image=image, label=label, scores=(cat, 1 - cat))


def four() -> Metrics:
    outcomes = [
        outcome("1", "cat", 0.9), outcome("2", "cat", 0.4), outcome("3", "dog", 0.6),
        outcome("4", "dog", 0.2),
    ]  # fmt: skip
    return measured(outcomes, LABELS, "test", {"train": 8, "validation": 2, "test": 4})


def test_precision_and_recall_at_a_threshold() -> None:
    metrics = four()
    point = metrics.at(0.5, "cat")  # said of 1 and 3
    assert (point.precision, point.recall, point.f1) == (0.5, 0.5, 0.5)
    point = metrics.at(0.7, "cat")  # said of 1
    assert (point.precision, point.recall) == (1, 0.5)
    point = metrics.at(0.95, "cat")  # said of none
    assert (point.precision, point.recall) == (1, 0)
    assert (metrics.at(0.5).precision, metrics.at(0.5).recall) == (0.5, 0.5)
    with pytest.raises(KeyError):
        metrics.at(0.5, "horse")


def test_average_precision_log_loss_and_confusion_are_as_by_hand() -> None:
    metrics = four()
    # By score: 1 (cat), 3 (dog), 2 (cat), 4 (dog).
    assert metrics.of("cat").average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    losses = -np.log([0.9, 0.4, 0.4, 0.8])
    assert metrics.overall.log_loss == pytest.approx(losses.mean())
    assert metrics.of("cat").log_loss == pytest.approx(losses.mean())
    assert metrics.confusion == ((1, 1), (1, 1))
    assert (metrics.overall.images, metrics.of("dog").images) == (4, 2)


def test_answers_of_equal_score_count_together() -> None:
    outcomes = [outcome(str(n), "cat" if n < 5 else "dog", 0.5) for n in range(10)]
    metrics = measured(outcomes, LABELS, "test", {"train": 0, "validation": 0, "test": 10})
    assert metrics.of("cat").average_precision == pytest.approx(0.5)


def test_images_of_a_label_by_what_they_are_to_it() -> None:
    metrics = four()

    def names(label: str, group: str) -> list[str]:
        return [each.image for each in metrics.images(label, group, 0.5)]  # type: ignore[arg-type]

    assert names("cat", "true-positive") == ["1"]
    assert names("cat", "false-positive") == ["3"]
    assert names("cat", "false-negative") == ["2"]
    assert names("", "true-positive") == ["1", "4"]
    assert names("", "false-negative") == ["2", "3"]


def test_metrics_of_nothing_are_no_error() -> None:
    metrics = measured([], LABELS, "test", {"train": 0, "validation": 0, "test": 0})
    assert metrics.overall.average_precision is None
    assert metrics.at(0.5).precision == 1


def test_googles_metrics_may_be_in_any_order_and_leave_out_what_is_zero() -> None:
    order = Order(
        provider="vertex-automl", model_kind="cloud", budget=8_000, name="n", tag="t",
        labels=("a", "b"), images={"train": 8, "validation": 1, "test": 5},
    )  # fmt: skip
    matrix = {
        "annotationSpecs": [
            {"id": "2", "displayName": "b"}, {"id": "1", "displayName": "a"},
        ],
        "rows": [[2, 1], [0, 2]],
    }  # fmt: skip
    points = [{"confidenceThreshold": 0.5, "precision": 0.75}, {"recall": 1.0}]
    overall = {"auPrc": 0.8, "confidenceMetrics": points, "confusionMatrix": matrix}
    metrics = vertex_parts.metrics(order, overall, [("2", {"auPrc": 0.7}), ("a", {})])
    assert metrics.confusion == ((2, 0), (1, 2))
    assert (metrics.of("a").images, metrics.of("b").images) == (2, 3)
    assert metrics.of("b").average_precision == 0.7
    assert metrics.overall.log_loss is None
    assert [(one.threshold, one.precision, one.recall) for one in metrics.overall.points] == [
        (0, 0, 1), (0.5, 0.75, 0),
    ]  # fmt: skip
    strange = vertex_parts.metrics(order, {"confusionMatrix": {"rows": [[1]]}}, [])
    assert strange.confusion is None
    assert strange.by_label == ()


def images(**counts: int) -> list[LabelledImage]:
    splits: tuple[Split, ...] = ("train", "validation", "test")
    return [
        LabelledImage(
            f"{label}/{n}.png", Path(f"{label}{n}.png"), f"{label}{n}", (label,), splits[n % 3], 9
        )
        for label, count in counts.items()
        for n in range(count)
    ]


def said(found: list[LabelledImage]) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in findings(found, VertexAutoml)]


def test_a_good_dataset_has_no_findings() -> None:
    assert said(images(cat=1_000, dog=1_000)) == []


def test_what_google_would_refuse_is_found_before() -> None:
    large = images(cat=1_000, dog=9)
    large[0] = LabelledImage("big.png", Path("b.png"), "big", ("cat",), "train", 31_000_000)
    large[1] = LabelledImage("again.png", Path("a.png"), "dog0", ("cat",), "test", 9)
    messages = said(large)
    assert [level for level, _ in messages] == ["problem"] * 4 + ["advice"]
    assert messages[0][1] == "Fewer than 10 images: dog (9)."
    assert messages[1][1].startswith("cat has 1,000 images, dog only 9")
    assert messages[2][1] == "Larger than 30.0 MB: big.png (31.0 MB)."
    assert messages[3][1].startswith("The same image is in more than one class: dog/0.png")
    assert messages[4][1].startswith("Fewer than the recommended 1,000 images: dog")


def test_one_class_or_an_empty_split_is_a_problem() -> None:
    only = [one for one in images(cat=60) if one.split != "test"]
    messages = [message for level, message in said(only) if level == "problem"]
    assert messages == ["The dataset has 1 class.", "No image is for test."]


ERROR = ErrorReport(code="automl.deploy", message="Failed.")


def test_a_deployment_costs_from_its_beginning_until_it_is_undone() -> None:
    begun: list[e.AutoMLEvent] = [
        e.StepDone(step="measure"),
        e.StepBeginning(step="deploy", key="k", an_hour=2.0, at=1_000),
    ]
    failed = [*begun, e.StepFailed(step="deploy", error=ERROR)]
    for events in (begun, failed):
        deployment = fold(events).deployment
        assert deployment is not None
        assert not deployment.sure
        assert deployment.cost(1_000 + 1_800) == pytest.approx(1.0)
    state = fold([*failed, e.StepDone(step="undeploy", names={"endpoint": ""})])
    assert state.deployment is None
    assert state.status == "trained"
    assert state.names == {}


def test_what_is_open_is_interrupted_where_nobody_holds_it() -> None:
    statuses = []
    for held in (True, False):
        state = fold([e.StepBeginning(step="upload", key="k")])
        state.held = held
        statuses.append(state.status)
    assert statuses == ["working", "interrupted"]
    assert fold([]).status == "waiting"


def test_a_step_that_is_begun_again_forgets_its_failure() -> None:
    events: list[e.AutoMLEvent] = [
        e.StepBeginning(step="train", key="t-1"),
        e.StepFailed(step="train", error=ERROR, stopped=True),
    ]
    assert (fold(events).status, fold(events).error) == ("stopped", ERROR)
    state = fold([*events, e.StepBeginning(step="train", key="t-2")])
    assert state.step("train").attempts == 2
    assert state.error is None
    assert state.next_step(("train", "measure")) == "train"
