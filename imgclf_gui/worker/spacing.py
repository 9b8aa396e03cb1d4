"""Which training steps are observed, so that a run stays as fast as it is. No TensorFlow.

Learning changes fastest at its beginning, so steps 0, 1, 2, 4, 8, … come first; from then on the
observations that the time allows are spread evenly up to the last step.
"""

from __future__ import annotations

from math import ceil

SHARE = 0.08
"""Of a run's time that observing may take: the speed stays above 90 %, with room for noise."""
FREE_SECONDS = 1.0
"""What observing may take in any run, so that one of a few seconds gives curves, too; in runs of
ten seconds and more it is less than a tenth."""
MOST = 400
"""Observations in a run: more than a plot can show, and a file of a few megabytes."""


class Spacing:
    """Asked before each step whether to observe it, and told how long steps took.

    Steps are counted from 0; `total` is the number in the run, `first` the one it begins or goes
    on with.
    """

    def __init__(self, total: int, first: int = 0) -> None:
        self._total = total
        self._first = first
        self._last: int | None = None
        """The step observed last."""
        self._observed, self._observed_seconds = 0, 0.0
        self._ordinary, self._ordinary_seconds = 0, 0.0

    def until_next(self, step: int) -> int:
        """How many steps from `step` on are not observed, as far as is known: 0 if it is."""
        if self._last is None:
            return 0
        return max(0, self._last + self._gap(self._last) - step)

    def ordinary(self, steps: int, seconds: float) -> None:
        """`steps` that were not observed took `seconds`."""
        self._ordinary += steps
        self._ordinary_seconds += seconds

    def observed(self, step: int, seconds: float) -> None:
        """`step` was observed, which took `seconds` with all that belongs to it."""
        self._last = step
        self._observed += 1
        self._observed_seconds += seconds

    def _gap(self, last: int) -> int:
        """Steps from one observation to the next: few at first, then what the time allows."""
        left = self._total - 1 - last
        affordable = self._affordable(left)
        if affordable < 1:
            return left + 1  # none any more, unless ordinary steps turn out to be slower
        return max(1, min(last - self._first, ceil(left / affordable)))

    def _affordable(self, left: int) -> int:
        """How many more observations the `left` steps allow."""
        a_step = self._ordinary_seconds / self._ordinary if self._ordinary else 0.0
        allowed = max(FREE_SECONDS, SHARE * a_step * (self._total - self._first))
        spent = max(0.0, self._observed_seconds - self._observed * a_step)
        most = ceil(MOST * left / self._total)
        return min(most, int((allowed - spent) * self._observed / spent)) if spent else most
