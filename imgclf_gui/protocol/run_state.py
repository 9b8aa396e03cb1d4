"""RunState = fold(events): what is shown, saved, resumed and compared of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import Split
from imgclf_gui.protocol import events as e

Status = Literal[
    "waiting", "preparing", "running", "paused", "completed", "stopped", "stopped_early", "failed",
    "interrupted",
]  # fmt: skip

ACTIVE: frozenset[Status] = frozenset({"waiting", "preparing", "running", "paused"})


@dataclass
class RunState:
    """Everything known of one run. `apply` is its only change."""

    status: Status = "waiting"
    device: str = ""
    epochs_total: int = 0
    steps_per_epoch: int = 0
    step: int = 0
    epochs: list[e.EpochSummary] = field(default_factory=list)
    steps: list[e.StepsEnded] = field(default_factory=list)
    observations: list[e.BlocksObserved] = field(default_factory=list)
    """Of a run that watches its blocks, in the order of the steps."""
    best_epoch: int = 0
    execution: e.ExecutionChosen | None = None
    preparing: e.PreparingPixels | None = None
    checkpoint_step: int | None = None
    started_at: float | None = None
    seconds: float | None = None
    evaluations: dict[Split, e.Evaluated] = field(default_factory=dict)
    evaluations_with_views: dict[Split, e.Evaluated] = field(default_factory=dict)
    """The newest of each split that averaged over changed views."""
    error: ErrorReport | None = None
    log: list[e.Logged] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Whether a worker has it in hand."""
        return self.status in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it ended before its time; without a checkpoint it goes on from its beginning."""
        return self.status in ("stopped", "failed", "interrupted")

    @property
    def best(self) -> e.EpochSummary | None:
        """The epoch whose weights are kept."""
        return next((epoch for epoch in self.epochs if epoch.epoch == self.best_epoch), None)

    @property
    def last(self) -> e.StepsEnded | None:
        """The newest figures."""
        return self.steps[-1] if self.steps else None

    def apply(self, event: e.Event) -> None:  # noqa: PLR0912 one case an event
        """Take in one event; those that do not concern a run change nothing."""
        match event:
            case e.PreparingPixels():
                self._prepare(event)
            case e.RunStarted():
                self._start(event)
            case e.ExecutionChosen():
                self.execution = event
                if self.status == "preparing":  # of a later phase
                    self.status = "running"
            case e.StepsEnded():
                self.steps.append(event)
                self.step = event.step
            case e.BlocksObserved():
                self._observe(event)
            case e.EpochEnded():
                self._end_epoch(event)
            case e.CheckpointSaved():
                self.checkpoint_step = event.step
            case e.RunPaused():
                self.status = "paused"
            case e.RunContinued():
                self.status = "running"
            case e.RunFinished():
                self.status, self.seconds = event.outcome, event.seconds
                self.best_epoch = event.best_epoch or self.best_epoch
            case e.Evaluated():
                kept = self.evaluations_with_views if event.views else self.evaluations
                kept[event.split] = event
            case e.JobFailed():
                self._fail(event)
            case e.Logged():
                self.log.append(event)
            case _:
                pass

    def interrupt(self) -> None:
        """Say that no worker has the run in hand any more, whatever its last event said."""
        if self.active:
            self.status = "interrupted"

    def _prepare(self, event: e.PreparingPixels) -> None:
        self.preparing = event
        if self.active:  # an evaluation after the run may have to decode again, too
            self.status = "preparing"

    def _start(self, event: e.RunStarted) -> None:
        self.status, self.error, self.preparing = "running", None, None
        self.device = event.device.label
        self.epochs_total, self.steps_per_epoch = event.epochs_total, event.steps_per_epoch
        self.step = event.step
        earlier = [it for it in self.epochs if event.epochs and it.epoch < event.epochs[0].epoch]
        self.epochs = [*earlier, *event.epochs]
        if self.best is None:  # it was after the checkpoint that the run goes on from
            self.best_epoch = _best_epoch(self.epochs)
        self.evaluations.clear()  # they measured a model that may now be replaced
        self.evaluations_with_views.clear()
        self.steps = [steps for steps in self.steps if steps.step <= event.step]
        self.observations = [seen for seen in self.observations if seen.step <= event.step]
        self.started_at = self.started_at or event.at

    def _observe(self, event: e.BlocksObserved) -> None:
        """Of a file changed by hand, only what is about the same blocks can be compared."""
        if not self.observations or len(event.blocks) == len(self.observations[0].blocks):
            self.observations.append(event)

    def _end_epoch(self, event: e.EpochEnded) -> None:
        self.epochs.append(event.summary)
        self.step = event.summary.step
        if event.best:
            self.best_epoch = event.summary.epoch

    def _fail(self, event: e.JobFailed) -> None:
        if self.active:
            self.status = "failed"
        self.error = event.error


def _best_epoch(epochs: Iterable[e.EpochSummary]) -> int:
    """The number of the epoch with the best score, the first of equal ones; 0 if there is none."""
    found = max(epochs, key=lambda epoch: epoch.score, default=None)
    return found.epoch if found else 0


def fold(events: Iterable[e.Event]) -> RunState:
    """The state that `events` lead to."""
    state = RunState()
    for event in events:
        state.apply(event)
    return state
