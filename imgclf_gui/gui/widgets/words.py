"""Figures and states as a person reads them: three digits, units, plain words."""

from __future__ import annotations

from datetime import datetime

from imgclf_gui.core.entry import Shape
from imgclf_gui.core.figures import three_digits
from imgclf_gui.core.spec import Split
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.plan.builtin import class_names
from imgclf_gui.protocol.events import Evaluated, ExecutionChosen
from imgclf_gui.protocol.run_state import RunState, Status

STATUS_WORDS: dict[Status, str] = {
    "waiting": "waiting",
    "preparing": "preparing images",
    "running": "training",
    "paused": "paused",
    "completed": "complete",
    "stopped": "stopped",
    "stopped_early": "stopped early",
    "failed": "failed",
    "interrupted": "interrupted",
}
SPLIT_WORDS: dict[Split, str] = {
    "train": "Training",
    "validation": "Validation",
    "test": "Test",
}


def large(number: float) -> str:
    """'940', '61.7 k', '2.36 M'."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            scaled = number / (1e3 if unit == "k" else size)
            return f"{three_digits(scaled)} {unit}"
    return f"{number:,.0f}"


def shape_words(shape: Shape) -> str:
    """'28×28×1' or '300 values'."""
    return "×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]:,} values"


def percent(fraction: float | None) -> str:
    """'91.2 %'; a dash where there is none."""
    return "–" if fraction is None else f"{100 * fraction:.1f} %"


def interval_words(result: Evaluated) -> str:
    """'91.2 % (90.0–92.3 %)': accuracy and its 95 % interval."""
    low, high = result.interval
    return f"{percent(result.accuracy)} ({100 * low:.1f}–{100 * high:.1f} %)"


def run_title(run_id: str, name: str) -> str:
    """'002 · CNN': several runs may have one name."""
    return f"{run_id} · {shortened(name, 200)}"


def classifier_title(run: RunView) -> str:
    """'002 · CNN – validation 91.2 %': a run whose model is asked."""
    best = run.state.best
    accuracy = best.validation_accuracy if best else None
    words = f" – validation {percent(accuracy)}" if accuracy is not None else ""
    return f"{run_title(run.id, shortened(run.name, 60))}{words}"


def built_in_title(backbone: Backbone) -> str:
    """'ImageNet, 1,000 kinds of things (EfficientNet-Lite0)': what is asked without a run."""
    return f"{_source(backbone)}, {_kinds(backbone)} ({backbone.title})"


def built_in_words(backbone: Backbone) -> str:
    """Where the answers of a built-in classifier come from, in one sentence."""
    return (
        f"{backbone.title} learned from {_source(backbone)}, photographs of {_kinds(backbone)}: "
        "it can only answer with one of these, and knows no classes of your own."
    )


def _source(backbone: Backbone) -> str:
    return backbone.learned_from.partition(":")[0]


def _kinds(backbone: Backbone) -> str:
    return f"{len(class_names(backbone.id)):,} kinds of things"


def when(seconds: float) -> str:
    """A moment in this machine's time."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def execution_words(chosen: ExecutionChosen | None) -> str:
    """How training steps are executed, and why."""
    if chosen is None:
        return ""
    how = {
        "measured": "fastest of those measured",
        "remembered": "fastest when last measured",
        "kept": "kept from before",
    }[chosen.how]
    compiled = "compiled with XLA" if chosen.jit_compile else "without XLA"
    steps = chosen.steps_per_execution
    return f"{compiled}, {steps} step{'s' if steps > 1 else ''} at a time ({how})"


def progress_words(state: RunState) -> str:
    """Where a run stands, with its speed and the time left, in one line."""
    if state.status == "preparing" and state.preparing:
        ready = state.preparing
        what = "Computing features" if ready.what == "features" else "Preparing images"
        parts = [f"{what}: {ready.done:,} of {ready.total:,}"]
        if ready.images_per_second and ready.seconds_left is not None:
            parts.append(f"{ready.images_per_second:,.0f} images/s")
            parts.append(f"{duration(ready.seconds_left)} left")
        return " · ".join(parts)
    parts = [STATUS_WORDS[state.status].capitalize()]
    if state.epochs_total:
        done = len(state.epochs)
        now = min(done + 1, state.epochs_total) if state.active else done
        parts.append(f"epoch {now} of {state.epochs_total}")
    last = state.last
    if last and state.status == "running":
        parts.append(f"{last.images_per_second:,.0f} images/s")
        parts.append(f"{duration(last.seconds_left)} left")
    if state.seconds is not None and not state.active:
        parts.append(f"took {duration(state.seconds)}")
    return " · ".join(parts)
