"""Custom models, their metrics and their answers as tables, and as objects for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from imgclf_gui.cli.output import Output
from imgclf_gui.cli.text import interval, percent, plain
from imgclf_gui.core.automl import STEP_TITLES
from imgclf_gui.core.automl_metrics import Metrics
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.automl import AutoMLFolder, Predicted
from imgclf_gui.protocol.automl_state import AutoMLState, Deployment

GUESSES_SHOWN = 3


def show_models(project: Project, models: Sequence[AutoMLFolder], output: Output) -> None:
    """A row a model, and a sentence for each that is deployed."""
    if not models:
        output.say("This project has no custom models yet: train one with 'automl train'.")
        return
    columns = [">Model", "Name", "Provider", "Status", "Step", ">Average precision"]
    output.table(project.spec.name, columns, [_row(model) for model in models])
    now = datetime.now().astimezone().timestamp()
    for model in models:
        deployment = None if model.error is not None else model.state().deployment
        if deployment is not None:
            output.say(f"Model {model.id} {deployment_words(deployment, now)}")


def deployment_words(deployment: Deployment, now: float) -> str:
    """'is deployed since 26 November 12:00 and has cost some $2.75 ($1.375 an hour).'"""
    since = datetime.fromtimestamp(deployment.since).astimezone()
    what = "is deployed" if deployment.sure else "may be deployed"
    return (
        f"{what} since {since.day} {since:%B %H:%M} and has cost some ${deployment.cost(now):.2f} "
        f"(${deployment.an_hour:.3f} an hour). Undeploy it when you are done."
    )


def _damage(model: AutoMLFolder) -> ErrorReport | None:
    """Why nothing can be done with a model's folder."""
    try:
        model.order()
    except UserError as error:
        return error.report
    return model.error


def _row(model: AutoMLFolder) -> tuple[object, ...]:
    damage = _damage(model)
    if damage is not None:
        return (model.id, "", "", f"damaged: {plain(damage.message)}", "", "")
    state = model.state()
    measured = state.measured
    known = measured is not None and measured.average_precision is not None
    return (
        model.id,
        model.name,
        model.info.provider,
        state.status,
        _last_step(state),
        f"{measured.average_precision:.3f}" if measured is not None and known else "",
    )


def _last_step(state: AutoMLState) -> str:
    begun = [(one.began_at or 0, step, one) for step, one in state.steps.items() if one.attempts]
    if not begun:
        return ""
    _, step, last = max(begun, key=lambda each: each[0])
    return f"{STEP_TITLES[step]}: {last.status}"


def summary(model: AutoMLFolder, now: float) -> dict[str, Any]:
    """What a program wants to know of a model; times are seconds since 1970, costs USD."""
    damage = _damage(model)
    if damage is not None:
        return {"model": model.id, "status": "damaged", "error": damage.message}
    order, state = model.order(), model.state()
    deployment = state.deployment
    return {
        "model": model.id,
        "name": model.name,
        "provider": order.provider,
        "kind": order.model_kind,
        "budget": order.budget,
        "status": state.status,
        "steps": {step: one.status for step, one in state.steps.items()},
        "error": state.error.model_dump(mode="json") if state.error else None,
        "names": dict(state.names),
        "average_precision": state.measured.average_precision if state.measured else None,
        "log_loss": state.measured.log_loss if state.measured else None,
        "deployed": None
        if deployment is None
        else {
            "since": deployment.since,
            "an_hour": deployment.an_hour,
            "cost": deployment.cost(now),
            "sure": deployment.sure,
        },
        "folder": str(model.folder.absolute()),
    }


def show_metrics(model: AutoMLFolder, metrics: Metrics, threshold: float, output: Output) -> None:
    """All labels, then each of them, at a confidence threshold."""
    title = f"Model {model.id} ({model.name}), {metrics.split} images, threshold {threshold:g}"
    rows = []
    for one in (metrics.overall, *metrics.by_label):
        point = metrics.at(threshold, one.label) if one.points else None
        rows.append(
            (
                one.label or "all",
                "" if one.images is None else f"{one.images:,}",
                "" if one.average_precision is None else f"{one.average_precision:.3f}",
                "" if point is None else percent(point.precision),
                "" if point is None else percent(point.recall),
                "" if one.log_loss is None else f"{one.log_loss:.3f}",
            )
        )
    columns = ["Label", ">Images", ">Average precision", ">Precision", ">Recall", ">Log loss"]
    output.table(title, columns, rows)
    correct, images = metrics.correct, metrics.overall.images
    if correct is not None and images is not None:
        low, high = wilson_interval(correct, images)
        output.say(
            f"Accuracy: {percent(correct / images)} (95 %: {interval(low, high)}), "
            f"{correct:,} of {images:,} {metrics.split} images."
        )


def show_answers(answers: Sequence[Predicted], output: Output) -> None:
    """A row a guess, the first ones of each image."""
    rows: list[tuple[object, ...]] = []
    for one in answers:
        if one.error is not None:
            rows.append((one.path.name, plain(one.error.message), ""))
        for guess in one.guesses[:GUESSES_SHOWN]:
            rows.append((one.path.name, guess.label, percent(guess.score)))
    output.table("", ["Image", "Label", ">Confidence"], rows)
