"""The outcome of a run in one value: what was trained, how well it does, and how long it took."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

import imgclf_gui
from imgclf_gui.core.spec import Split
from imgclf_gui.jobs.run_folder import RunFolder
from imgclf_gui.protocol.events import Evaluated
from imgclf_gui.protocol.run_state import RunState


def report(run: RunFolder, state: RunState, versions: dict[str, str]) -> dict[str, Any]:
    """`report.json` of `run`; accuracies are fractions, times are seconds.

    Raises:
        UserError: `run.damaged`.
    """
    return {
        "run": run.info.model_dump(mode="json"),
        "status": state.status,
        "error": state.error.model_dump(mode="json") if state.error else None,
        "data": run.spec().data.model_dump(mode="json"),
        "training": run.spec().training.model_dump(mode="json"),
        "augmentation": [step.model_dump(mode="json") for step in run.plan().augmentation],
        "plan": _plan(run),
        "epochs": len(state.epochs),
        "best_epoch": state.best.model_dump(mode="json") if state.best else None,
        "evaluations": _evaluations(state.evaluations),
        "evaluations_with_views": _evaluations(state.evaluations_with_views),
        "execution": state.execution.model_dump(mode="json") if state.execution else None,
        "device": state.device or run.info.device,
        "seconds": state.seconds,
        "versions": {
            "imgclf-studio": imgclf_gui.__version__,
            "python": platform.python_version(),
            **versions,
        },
    }


def evaluation(event: Evaluated) -> dict[str, Any]:
    """What a reader needs of an evaluation."""
    return event.model_dump(mode="json", exclude={"job", "at", "type"})


def _evaluations(events: Mapping[Split, Evaluated]) -> dict[str, Any]:
    return {split: evaluation(event) for split, event in events.items()}


def _plan(run: RunFolder) -> dict[str, Any]:
    plan = run.plan()
    return {
        "input_shape": list(plan.network.input_shape),
        "labels": list(plan.data.labels),
        "images": {
            "train": plan.data.train_images,
            "validation": plan.data.validation_images,
            "test": plan.data.test_images,
        },
        "parameters": plan.network.parameters,
        "trainable_parameters": plan.network.trainable_parameters,
        "multiply_adds": plan.network.multiply_adds,
        "memory_bytes": plan.memory_bytes,
        "steps_per_epoch": plan.steps_per_epoch,
    }
