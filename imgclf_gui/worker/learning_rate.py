"""The learning rate of each step. No TensorFlow."""

from __future__ import annotations

from collections.abc import Callable

from imgclf_gui import catalog
from imgclf_gui.core.spec import TrainingSpec


def learning_rate(training: TrainingSpec, steps_per_epoch: int) -> Callable[[int], float]:
    """The learning rate of each step (0 is the first): a straight climb, then the schedule."""
    schedule = catalog.load(training.schedule, catalog.schedule_entries())
    total = training.epochs * steps_per_epoch
    warmup = round(training.warmup_epochs * steps_per_epoch)

    def rate(step: int) -> float:
        if step < warmup:
            return training.learning_rate * (step + 1) / warmup
        progress = (step - warmup) / max(1, total - warmup)
        return training.learning_rate * schedule.factor(progress)

    return rate
