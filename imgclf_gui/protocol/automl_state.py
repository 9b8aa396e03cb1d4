"""AutoMLState = fold(events) of a custom model, and what is to be done next for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from imgclf_gui.core.automl import MAKING, Operation, Step
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.protocol import automl_events as e

StepStatus = Literal["waiting", "beginning", "running", "done", "failed", "stopped"]
Status = Literal["waiting", "working", "interrupted", "trained", "failed", "stopped"]
"""Of the model; 'interrupted': a step was begun, and nobody follows it at the moment."""


@dataclass
class StepState:
    """What is known of one step."""

    status: StepStatus = "waiting"
    attempts: int = 0
    key: str = ""
    """Of the last attempt."""
    operation: str = ""
    """What the provider calls it; '' if that is not known."""
    detail: str = ""
    began_at: float | None = None
    """The last attempt; seconds since 1970."""
    ended_at: float | None = None
    progress: e.StepProgressed | None = None
    stopping: bool = False
    """Whether the person wants it to end."""
    refused: tuple[e.RowRefused, ...] = ()
    refused_rows: int = 0
    error: ErrorReport | None = None

    @property
    def open(self) -> bool:
        """Whether it may be going on at the provider."""
        return self.status in ("beginning", "running")


@dataclass
class Deployment:
    """A model that is deployed, or may be: a deployment that was begun costs until it is undone."""

    since: float
    """Seconds since 1970."""
    an_hour: float
    """USD."""
    sure: bool = False
    """Whether it is; before the provider has said so, and after an error, it may be."""

    def cost(self, now: float) -> float:
        """What it has cost until `now` (seconds since 1970), in USD."""
        return max(0.0, now - self.since) / 3600 * self.an_hour


@dataclass
class AutoMLState:
    """Everything known of one custom model. `apply` is its only change."""

    steps: dict[Step, StepState] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    deployment: Deployment | None = None
    measured: e.ModelMeasured | None = None
    agreed: list[e.Agreed] = field(default_factory=list)
    held: bool = True
    """Whether a living process has it in hand."""

    def step(self, step: Step) -> StepState:
        """What is known of `step`."""
        return self.steps.setdefault(step, StepState())

    @property
    def status(self) -> Status:
        """Where the making of the model stands."""
        made = [self.step(step) for step in MAKING]
        if self.step("measure").status == "done":
            return "trained"
        for state in made:
            if state.status in ("failed", "stopped"):
                return "failed" if state.status == "failed" else "stopped"
        begun = any(state.open or state.status == "done" for state in made)
        if not begun:
            return "waiting"
        return "working" if self.held else "interrupted"

    @property
    def trained(self) -> bool:
        """Whether there is a model."""
        return self.step("train").status == "done"

    @property
    def error(self) -> ErrorReport | None:
        """Why the last failed step failed."""
        failed = [state for state in self.steps.values() if state.error is not None]
        return max(failed, key=lambda state: state.ended_at or 0).error if failed else None

    def next_step(self, steps: Sequence[Step]) -> Step | None:
        """The first of `steps` (a provider's) that making the model still needs."""
        wanted = [step for step in MAKING if step in steps]
        return next((step for step in wanted if self.step(step).status != "done"), None)

    def operation(self, step: Step) -> Operation | None:
        """What was begun of `step` and may be going on; None if nothing is."""
        state = self.step(step)
        if not state.open:
            return None
        return Operation(step, state.key, state.detail, state.operation)

    def apply(self, event: e.AutoMLEvent) -> None:
        """Take in one event."""
        match event:
            case e.Agreed():
                self.agreed.append(event)
            case e.StepBeginning():
                attempts = self.step(event.step).attempts + 1
                self.steps[event.step] = StepState(
                    "beginning", attempts, event.key, detail=event.detail, began_at=event.at
                )
                if event.step == "deploy" and self.deployment is None:
                    self.deployment = Deployment(event.at, event.an_hour)
            case e.StepBegun():
                state = self.step(event.step)
                state.status, state.operation, state.error = "running", event.operation, None
            case e.StepProgressed():
                self.step(event.step).progress = event
            case e.StopAsked():
                self.step(event.step).stopping = True
            case e.StepDone():
                self._done(event)
            case e.StepFailed():
                state = self.step(event.step)
                state.status = "stopped" if event.stopped else "failed"
                state.error, state.ended_at = event.error, event.at
            case e.StepCutOff():
                state = self.step(event.step)
                state.error, state.ended_at = event.error, event.at
            case e.ModelMeasured():
                self.measured = event

    def _done(self, event: e.StepDone) -> None:
        state = self.step(event.step)
        state.status, state.ended_at, state.error = "done", event.at, None
        state.refused, state.refused_rows = event.refused, event.refused_rows
        self.names.update(event.names)
        if event.step == "deploy" and self.deployment is not None:
            self.deployment.sure = True
        elif event.step == "undeploy":
            self.deployment = None
            self.steps["deploy"] = StepState(attempts=self.step("deploy").attempts)
            self.names = {key: name for key, name in self.names.items() if name}


def fold(events: Iterable[e.AutoMLEvent]) -> AutoMLState:
    """The state that `events` lead to."""
    state = AutoMLState()
    for event in events:
        state.apply(event)
    return state
