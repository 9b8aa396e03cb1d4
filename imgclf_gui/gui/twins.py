"""Twins: two runs that differ in one thing, or one watched alone. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.block_history import BlockHistory, Measure, Values
from imgclf_gui.gui.curves import Curves, Metric, Points, decimated
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.plan.lab import ablation_title
from imgclf_gui.plan.watch import watched_blocks
from imgclf_gui.protocol.run_state import RunState

MOST_POINTS = 300
"""Of a curve of learning: few enough that a dashed line is seen as one."""

MOST_WEIGHED = 100
"""Observations of a run that goes on, of which sentences are made."""


@dataclass(frozen=True)
class Twins:
    """The runs of one pair, the one with it first; only one while the other is being made.

    A run that is watched and has no twin stands alone.
    """

    key: str
    """`RunInfo.twin`; the run's id if it stands alone."""
    runs: tuple[RunView, ...]

    @property
    def what(self) -> str:
        """What one of them lacks, as people call it; empty while that one is being made."""
        return ablation_title(next((run.without for run in self.runs if run.without), ""))

    @property
    def title(self) -> str:
        """'ResNet-20, with and without shortcuts'."""
        name = self.runs[0].name
        return f"{name}, with and without {self.what}" if self.what else name

    @property
    def alone(self) -> bool:
        """Whether there is no twin, and none will come."""
        return not self.runs[0].twin

    @property
    def sides(self) -> tuple[str, ...]:
        """What tells the runs apart: 'with' and 'without'; the id of one that stands alone."""
        return (f"run {self.runs[0].id}",) if self.alone else ("with", "without")

    @property
    def active(self) -> bool:
        """Whether a worker has one of them in hand, or will have."""
        return any(run.state.active for run in self.runs)

    @property
    def fraction(self) -> float:
        """How much of both trainings is done, 0…1; what ended early counts as done."""
        done = sum(run.state.step if run.state.active else _steps(run) for run in self.runs)
        return min(1.0, done / max(1, sum(map(_steps, self.runs))))

    @property
    def seconds_left(self) -> float | None:
        """Of both trainings, estimated by the speed so far; None before there is one."""
        speeds = [run.state.last.images_per_second for run in self.runs if run.state.last]
        if not speeds or not speeds[-1]:
            return None
        left = 0.0
        for run in self.runs:
            if run.state.last and run.state.active:
                left += run.state.last.seconds_left
            elif run.state.active:
                left += run.plan.data.train_images * run.plan.training.epochs / speeds[-1]
        return left


def pairs_of(runs: Sequence[RunView]) -> list[Twins]:
    """The pairs, and the runs that are watched alone, newest first as `runs`.

    What is left of a pair whose run with it was deleted is none.
    """
    found: dict[str, list[RunView]] = {}
    for run in runs:
        if run.twin or run.plan.training.watch_blocks:
            found.setdefault(run.twin or run.id, []).append(run)
    pairs = [Twins(key, _in_order(twins)) for key, twins in found.items()]
    return [pair for pair in pairs if not pair.runs[0].without]


def weighed(state: RunState) -> RunState:
    """`state`, while the run goes on with some of its observations only, the first and the last.

    Sentences about hundreds of observations take too long to write them anew each second.
    """
    count = len(state.observations)
    if not state.active or count <= MOST_WEIGHED:
        return state
    kept = {round(i * (count - 1) / (MOST_WEIGHED - 1)) for i in range(MOST_WEIGHED)}
    return replace(state, observations=[state.observations[index] for index in sorted(kept)])


class Track:
    """What is drawn of one twin; `update` reads only what is new."""

    def __init__(self, run: RunView) -> None:
        self.run = run
        self.history = BlockHistory()
        self._titles = _titles(run)
        self._curves = Curves()
        self._seen: tuple[int, int] = (-1, -1)

    def update(self) -> tuple[bool, bool]:
        """Take in the run's new figures; whether there are any of learning, and of blocks."""
        state = self.run.state
        seen = (len(state.steps), len(state.epochs))
        learned = seen != self._seen
        if learned:
            self._seen = seen
            self._curves.update(state)
        return learned, self.history.update(state)

    def title(self, number: int) -> str:
        """What people call the block of that number, 1 for the first; empty if there is none."""
        return self._titles[number - 1] if 0 < number <= len(self._titles) else ""

    def learning(self, metric: Metric) -> Points:
        """The training figures over steps; accuracy in percent."""
        x, y = self._curves.steps(metric)
        return decimated(x * self._steps_per_epoch, _factor(metric) * y, MOST_POINTS)

    def validation(self, metric: Metric) -> Points:
        """The validation figures over steps, one for each epoch; accuracy in percent."""
        x, y = self._curves.epochs(f"validation_{metric}")
        return decimated(x * self._steps_per_epoch, _factor(metric) * y, MOST_POINTS)

    def at(self, step: int | None, measure: Measure) -> Values:
        """One value a block, as observed nearest to `step`; empty before the first observation."""
        index = None if step is None else self.history.nearest(step)
        return np.array([]) if index is None else self.history.at(index, measure)

    def observed_at(self, step: int | None) -> int | None:
        """The step of the observation that `at` shows."""
        index = None if step is None else self.history.nearest(step)
        return None if index is None else self.history.steps[index]

    @property
    def _steps_per_epoch(self) -> int:
        return max(1, self.run.state.steps_per_epoch)


def _in_order(runs: list[RunView]) -> tuple[RunView, ...]:
    """The one with it first; a copied folder does not make a third."""
    return tuple(sorted(runs, key=lambda run: (bool(run.without), run.id))[:2])


def _titles(run: RunView) -> list[str]:
    """Of the watched blocks; none where this installation lacks one of the network's."""
    try:
        return [block.title for block in watched_blocks(run.plan.network)]
    except UserError:
        return []


def _factor(metric: Metric) -> float:
    return 100.0 if metric == "accuracy" else 1.0


def _steps(run: RunView) -> int:
    return run.plan.steps_per_epoch * run.plan.training.epochs
