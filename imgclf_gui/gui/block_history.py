"""What was observed of a run's blocks, as arrays for plotting. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.protocol.events import BlocksObserved
from imgclf_gui.protocol.run_state import RunState

Measure = Literal["gradient", "update", "mean", "spread", "dead"]
Values = NDArray[np.float64]
"""NaN where there is none."""


@dataclass(frozen=True)
class MeasureWords:
    """How a measure is called and drawn."""

    title: str
    short: str
    help: str
    logarithmic: bool = False
    factor: float = 1.0


MEASURES: dict[Measure, MeasureWords] = {
    "gradient": MeasureWords(
        "Gradient norm",
        "gradient",
        "How strongly the loss pulls at the block's weights. A block whose gradient is a "
        "thousandth of the others' hardly learns.",
        logarithmic=True,
    ),
    "update": MeasureWords(
        "Update ratio",
        "update",
        "How much of the block's weights one step changes. About a thousandth is usual.",
        logarithmic=True,
    ),
    "mean": MeasureWords(
        "Activation mean",
        "mean",
        "Mean of the values before the block's activation. It drifts where nothing holds it.",
    ),
    "spread": MeasureWords(
        "Activation spread",
        "spread",
        "Standard deviation of the values before the block's activation. Near zero, all images "
        "look alike from here on.",
        logarithmic=True,
    ),
    "dead": MeasureWords(
        "Dead units (%)",
        "dead %",
        "Units that the activation makes zero for every image of the batch: they neither answer "
        "nor learn.",
        factor=100.0,
    ),
}
"""In the order in which they are offered."""

_KEYS: tuple[Measure, ...] = tuple(MEASURES)
LEAST = 1e-12
"""What stands for zero on a logarithmic axis."""


class BlockHistory:
    """Follows one run: `update` reads only what is new."""

    def __init__(self) -> None:
        self._source: Sequence[BlocksObserved] = ()
        self.steps: list[int] = []
        """Of each observation, ascending."""
        self._rows: list[Values] = []

    @property
    def blocks(self) -> int:
        """How many blocks are observed; 0 before the first observation."""
        return len(self._rows[0]) if self._rows else 0

    def update(self, state: RunState) -> bool:
        """Take in what `state` has gained, or lost by a resume; whether that is anything."""
        source = state.observations
        restarted = source is not self._source or len(source) < len(self.steps)
        if restarted:
            self._source, self.steps, self._rows = source, [], []
        new = source[len(self.steps) :]
        for observed in new:
            self.steps.append(observed.step)
            self._rows.append(_row(observed))
        return restarted or bool(new)

    def nearest(self, step: int) -> int | None:
        """The index of the observation nearest to `step`, the earlier of two; None without any."""
        if not self.steps:
            return None
        after = min(bisect_left(self.steps, step), len(self.steps) - 1)
        before = max(0, after - 1)
        return min((before, after), key=lambda index: abs(self.steps[index] - step))

    def at(self, index: int, measure: Measure) -> Values:
        """One value a block, from the input on, in the units of `MEASURES`."""
        return self._rows[index][:, _KEYS.index(measure)] * MEASURES[measure].factor

    def all(self, measure: Measure) -> Values:
        """(observations, blocks), in the units of `MEASURES`."""
        if not self._rows:
            return np.empty((0, 0))
        column = _KEYS.index(measure)
        return np.stack([row[:, column] for row in self._rows]) * MEASURES[measure].factor


def _row(observed: BlocksObserved) -> Values:
    """(blocks, measures)."""
    table = [[getattr(block, key) for key in _KEYS] for block in observed.blocks]
    return np.array(table, dtype=np.float64).reshape(-1, len(_KEYS))  # None becomes NaN
