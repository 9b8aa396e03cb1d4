"""Where a custom model stands, in words."""

from __future__ import annotations

import time

from imgclf_gui.core.automl import MAKING, STEP_TITLES, Budget, Step
from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.widgets.words import when
from imgclf_gui.protocol.automl_state import Deployment, StepState

DOING: dict[Step, str] = {
    "upload": "uploading images",
    "dataset": "making the dataset",
    "import": "importing images",
    "train": "training",
    "measure": "measuring",
    "deploy": "deploying",
    "undeploy": "undeploying",
    "export": "exporting",
}


def shown_steps(model: ShownModel) -> tuple[Step, ...]:
    """The steps of its provider, up to its deployment where it can be deployed."""
    if model.provider is None:
        return tuple(step for step in MAKING if step in model.state.steps)
    deploys = model.kind is not None and model.kind.deploys
    steps = model.provider.steps
    return (*(step for step in steps if step in MAKING), *(("deploy",) if deploys else ()))


def state_words(model: ShownModel) -> str:
    """'training, 35 %', 'trained', 'deployed, $1.38/h', 'interrupted while training'."""
    state, running = model.state, model.running
    if model.stopping or (model.hand is not None and model.hand.cancelling):
        return "stopping…"
    if running is not None and state.held:
        return f"{DOING[running[0]]}{_share(running[1])}"
    if state.deployment is not None:
        return deployed_words(state.deployment)
    if running is not None:
        return f"interrupted while {DOING[running[0]]}"
    return _resting_words(model)


def _resting_words(model: ShownModel) -> str:
    """Where nothing goes on and nothing is deployed."""
    match model.state.status:
        case "trained":
            return "trained and measured"
        case "failed" | "stopped" as status:
            step = next((s for s in MAKING if model.state.step(s).status == status), None)
            return f"{status} while {DOING[step]}" if step else status
        case "working" if model.state.held:
            return "between two steps"
        case "waiting":
            return "ordered, not begun"
        case _:
            return "trained, not measured" if model.state.trained else "interrupted"


def deployed_words(deployment: Deployment) -> str:
    """'deployed, $1.38/h'."""
    may = "deployed" if deployment.sure else "perhaps deployed"
    return f"{may}, ${deployment.an_hour:,.2f}/h"


def cost_words(deployment: Deployment) -> str:
    """What a deployed model costs, since when, and what it has cost."""
    may = "This model is deployed" if deployment.sure else "This model may be deployed"
    cost = deployment.cost(time.time())
    return (
        f"{may} since {when(deployment.since)}: it costs ${deployment.an_hour:,.3f} an hour, "
        f"${cost:,.2f} so far, whether it is asked or not."
    )


def progress_words(state: StepState, step: Step) -> str:
    """What goes on, in one line: 'Train: epoch 3 of 30 · 4 min left'."""
    progress = state.progress
    title = STEP_TITLES[step]
    words = progress.words.removeprefix(f"{title}: ") if progress is not None else ""
    parts = [f"{title}: {words}" if words else title]
    if progress is not None and progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def fraction(state: StepState) -> float | None:
    """How far a step is, 0…1; None while nobody knows."""
    progress = state.progress
    if progress is None or not progress.total:
        return None
    return min(1.0, progress.done / progress.total)


def _share(state: StepState) -> str:
    share = fraction(state)
    return "" if share is None else f", {100 * share:.0f} %"


def accuracy_words(correct: tuple[int, int] | None) -> str:
    """'91.2 % (90.0–92.3 %)': the share that is right, and its 95 % interval."""
    if correct is None:
        return "–"
    low, high = wilson_interval(*correct)
    return f"{100 * correct[0] / correct[1]:.1f} % ({100 * low:.1f}–{100 * high:.1f} %)"


def figure(number: float | None) -> str:
    """'0.912', '–'."""
    return "–" if number is None else f"{number:.3f}"


def unit_words(number: int, unit: str) -> str:
    """'minutes', of one 'minute'."""
    return unit.removesuffix("s") if number == 1 else unit


def budget_words(budget: Budget, an_hour: float) -> str:
    """The bounds of a budget, in its unit, in hours and in money."""
    low, high = (bound / budget.units_an_hour for bound in (budget.least, budget.most))
    words = f"{budget.least:,} to {budget.most:,} {budget.unit}"
    if budget.units_an_hour != 60:
        words += f" ({low:,.3g} to {high:,.4g} hours)"
    if an_hour:
        words += f": ${low * an_hour:,.2f} to ${high * an_hour:,.2f}"
    return words
