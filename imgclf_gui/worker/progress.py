"""How far a job is: what a run's checkpoints say of it, and what is gathered between reports."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from imgclf_gui.protocol import events as e
from imgclf_gui.worker.control import Emit
from imgclf_gui.worker.data import Block
from imgclf_gui.worker.execution import Choice

REPORT_SECONDS = 0.25
"""Between two reports of how many copies are done."""


class Progress(BaseModel):
    """Where a run stands, besides its variables."""

    model_config = ConfigDict(extra="forbid")

    epoch: int = 0
    """Epochs completed; the one in hand has this index."""
    step: int = 0
    """Steps made in the epoch in hand."""
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    best_epoch: int = 0
    best_score: tuple[float, float] | None = None
    """Of the best epoch: see `EpochSummary.score`."""
    waited: int = 0
    """Epochs since the best one."""
    epochs: list[e.EpochSummary] = []
    execution: Choice | None = None
    threads: int = 0
    phase: int = 0
    """Phases completed; the one in hand has this index."""
    phase_began: int = 0
    """The epoch that it began with."""

    def begin_phase(self) -> None:
        """Another network learns, from the best weights so far; the best score stays."""
        self.phase, self.phase_began = self.phase + 1, self.epoch
        self.waited, self.execution = 0, None

    def begin_epoch(self) -> None:
        """Forget the figures of the epoch that has just ended."""
        self.epoch += 1
        self.step, self.loss_sum, self.correct, self.seen = 0, 0.0, 0, 0
        self.epoch_seconds = 0.0


@dataclass
class Since:
    """Sums since the last report."""

    step_seconds: float = 0.0
    """Of a step in the time before."""
    steps: int = 0
    images: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0

    def add(self, block: Block, loss_sum: float, correct: int, seconds: float) -> None:
        """Count the steps of `block`."""
        self.steps += block.steps
        self.images += block.steps * block.batch
        self.loss_sum += loss_sum
        self.correct += correct
        self.seconds += seconds
        self.step_seconds = self.seconds / self.steps

    def steps_within(self, seconds: float, most: int) -> int:
        """How many steps end in that time, at least 1."""
        if not self.step_seconds:
            return most
        return max(1, min(most, int(seconds / self.step_seconds)))


class CopyProgress:
    """Says how many of `total` copies are done, a few times a second."""

    def __init__(self, total: int, begin: float, emit: Emit) -> None:
        self.total = total
        self._begin = begin
        self._emit = emit
        self._reported_at = begin

    def report(self, done: int) -> None:
        """So many are."""
        now = time.perf_counter()
        if now - self._reported_at < REPORT_SECONDS and done < self.total:
            return
        self._reported_at = now
        speed = done / max(now - self._begin, 1e-9)
        self._emit(
            e.CopiesProgressed(
                done=done,
                total=self.total,
                images_per_second=speed,
                seconds_left=(self.total - done) / speed,
            )
        )
