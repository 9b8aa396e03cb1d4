"""The figures of a run as arrays for plotting. No Qt."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.protocol.events import EpochSummary, StepsEnded
from imgclf_gui.protocol.run_state import RunState

Metric = Literal["loss", "accuracy", "learning_rate", "images_per_second"]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""x in epochs since the run began, and y."""

MOST_POINTS = 2_000
"""Of one curve; more cost time and cannot be seen."""
_METRICS: tuple[Metric, ...] = ("loss", "accuracy", "learning_rate", "images_per_second")


class Curves:
    """Follows one run: `update` reads only what is new."""

    def __init__(self) -> None:
        self._source: Sequence[StepsEnded] = ()
        self._x = array("d")
        self._y: dict[Metric, array[float]] = {}
        self._epochs: list[EpochSummary] = []
        self._steps_per_epoch = 1
        self._restart(())

    def update(self, state: RunState) -> None:
        """Take in what `state` has gained; a resumed run may also have lost its last steps."""
        if state.steps is not self._source or len(state.steps) < len(self._x):
            self._restart(state.steps)
        self._steps_per_epoch = max(1, state.steps_per_epoch)
        for steps in state.steps[len(self._x) :]:
            self._x.append(steps.step)
            for metric in _METRICS:
                self._y[metric].append(getattr(steps, metric))
        self._epochs = list(state.epochs)

    def steps(self, metric: Metric) -> Points:
        """The training figures while an epoch ran."""
        x = np.array(self._x, dtype=np.float64) / self._steps_per_epoch
        return decimated(x, np.array(self._y[metric], dtype=np.float64))

    def epochs(self, metric: str) -> Points:
        """One figure for each complete epoch that has it; `metric` is a field of EpochSummary."""
        pairs = [
            (epoch.step / self._steps_per_epoch, value)
            for epoch in self._epochs
            if (value := getattr(epoch, metric)) is not None
        ]
        points = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return decimated(points[:, 0], points[:, 1])

    def _restart(self, source: Sequence[StepsEnded]) -> None:
        self._source = source
        self._x = array("d")
        self._y = {metric: array("d") for metric in _METRICS}


def decimated(x: NDArray[np.float64], y: NDArray[np.float64], most: int = MOST_POINTS) -> Points:
    """At most `most` points: means over equal stretches, in the order of `x`."""
    stretch = -(-len(x) // most)
    if stretch <= 1:
        return x, y
    starts = np.arange(0, len(x), stretch)
    counts = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts
