"""What twins of the lab show, in sentences with their figures: only what can be seen in them.

One twin has an idea (shortcuts, batch normalisation), the other is the same network without it,
with the same seed and data. Each threshold below says why it stands where it does. What is seen
holds for these two runs; another seed can give other figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.protocol.events import BlocksObserved, EpochSummary
from imgclf_gui.protocol.run_state import RunState

VANISHING = 100.0
"""A gradient that changes this much from block to block vanishes or explodes: blocks of different
shape in a sound network differ by ten."""
DRIFT_SEEN = 0.1
"""Of a block's first spread; what moves less stands still."""
DRIFT_LESS = 2.0
"""Drift is told of where one twin's is at least halved."""
DEAD_SEEN = 0.1
"""Share of units: a few are silent on any one batch."""
LATEST = 5
"""Observations at the end that the share of dead units is the median of: one batch is chance."""
UPDATES = (1e-4, 1e-1)
"""A step that changes less of a kernel hardly teaches it, one that changes more shakes it; about
1e-3 is usual."""
UPDATES_SEEN = 0.25
"""Share of blocks outside of `UPDATES`: single ones at the ends of a network are usual."""

Key = Literal["mean", "spread", "dead", "gradient", "update"]
Values = NDArray[np.float64]
"""NaN where there is no figure."""


@dataclass(frozen=True)
class Twin:
    """One of the two: its run so far, and how many images validate it."""

    state: RunState
    validation_images: int = 0


def findings(what: str, whole: Twin, reduced: Twin, until: int | None = None) -> tuple[str, ...]:
    """What is seen of `whole`, the twin with `what` ('shortcuts'), and of `reduced`, without it.

    Compared is what was seen up to the last step that both were observed in, and after the last
    epoch that both have ended; with `until` nothing after that step. There is always a sentence:
    if nothing is seen, one that says so.
    """
    pronoun = "them" if what.endswith("s") else "it"
    common = min(_last_step(whole.state), _last_step(reduced.state))
    end = math.inf if until is None else until
    pair = (
        _Side(whole, min(common, end), end, f"with {what}", f"with {pronoun}"),
        _Side(reduced, min(common, end), end, f"without {what}", f"without {pronoun}"),
    )
    if not all(side.observations for side in pair):
        return (*_broken_off(pair), "The twins have not both been observed yet.")
    seen = [*_along_depth(pair), *_drift(pair), *_dead(pair), *_updates(pair)]
    nothing = (
        "Gradients, activations, dead units and updates show nothing unusual, and no clear "
        f"difference, up to step {pair[0].observations[-1].step:,}."
    )
    return (*_broken_off(pair), *(seen or [nothing]), *_learning(pair))


class _Side:
    """One twin: its observations up to step `common`, its epochs up to step `end`."""

    def __init__(self, twin: Twin, common: float, end: float, label: str, again: str) -> None:
        self.twin = twin
        self.label = label
        """'without shortcuts'."""
        self.again = again
        """The same where it is clear what is meant: 'without them'."""
        self.observations = [seen for seen in twin.state.observations if seen.step <= common]
        self.epochs = [epoch for epoch in twin.state.epochs if epoch.step <= end]

    def values(self, key: Key) -> Values:
        """(observations, blocks)."""
        return np.array([_row(observed, key) for observed in self.observations], np.float64)

    def typical(self, key: Key) -> Values:
        """Of each block: the median over its observations."""
        return _median(self.values(key))


Pair = tuple[_Side, _Side]


def _broken_off(pair: Pair) -> Iterator[str]:
    """A run whose loss was no number any more."""
    for side in pair:
        error = side.twin.state.error
        if error is not None and error.code == "run.not_finite":
            yield f"{_begun(side.label)} the run broke off. {error.message}"


# Gradients


@dataclass(frozen=True)
class _Change:
    """The largest factor between the gradients of two blocks, the later one divided by the earlier
    if they fall on their way to the input, else the other way round. Blocks count from 1."""

    factor: float = 1.0
    late: int = 0
    early: int = 0
    at_late: float = 0.0
    at_early: float = 0.0


def _along_depth(pair: Pair) -> Iterator[str]:
    """Gradients that vanish or explode on their way from the last block to the first."""
    for name, verb, falls in (("Vanishing", "falls", True), ("Exploding", "grows", False)):
        changes = [_change(side.typical("gradient"), falls=falls) for side in pair]
        if max(change.factor for change in changes) < VANISHING:
            continue
        worse = int(changes[1].factor >= changes[0].factor)
        change, other = changes[worse], changes[1 - worse]
        both = " in both twins" if other.factor >= VANISHING else ""
        yield (
            f"{name} gradients{both}: {pair[worse].label} the gradient norm {verb} from "
            f"{_figure(change.at_late)} at block {change.late} to {_figure(change.at_early)} at "
            f"block {change.early}, {_by(change)}; {pair[1 - worse].again} {_by(other)} "
            "(medians of the observed steps)."
        )


def _change(gradients: Values, *, falls: bool) -> _Change:
    """The largest fall (or growth) of `gradients` (blocks,) between a block and one before it."""
    found = _Change()
    extreme, late = (-np.inf if falls else np.inf), 0
    for index in reversed(range(len(gradients))):
        value = float(gradients[index])
        if not np.isfinite(value):
            continue
        if late:
            top, bottom = (extreme, value) if falls else (value, extreme)
            factor = top / bottom if bottom else (np.inf if top else 1.0)
            if factor > found.factor:
                found = _Change(factor, late, index + 1, extreme, value)
        if value > extreme if falls else value < extreme:
            extreme, late = value, index + 1
    return found


def _by(change: _Change) -> str:
    if np.isfinite(change.factor):
        return f"by {_factor(change.factor)}"
    return "from nothing" if change.at_early else "to nothing"


# Activations


def _drift(pair: Pair) -> Iterator[str]:
    """How far mean and spread of the blocks' values move from where they were at first."""
    drifts = [_drift_of(side) for side in pair]
    if not all(np.isfinite(drifts)) or max(drifts) < DRIFT_SEEN:
        return
    more = int(drifts[1] >= drifts[0])
    far, less_far = drifts[more], drifts[1 - more]
    if far < DRIFT_LESS * less_far:
        return
    words = f"{_factor(far / less_far)} as far as" if less_far else "and do not move"
    yield (
        f"Activation drift: {pair[more].label} the mean and spread of a block's values move by "
        f"{_figure(far)} of their first spread, {words} {pair[1 - more].again} "
        f"({_figure(less_far)}; median of blocks and steps)."
    )


def _drift_of(side: _Side) -> float:
    """Median over blocks and steps of |mean - first mean| / first spread + |ln(spread / first)|.

    NaN with less than two observations.
    """
    mean, spread = side.values("mean"), side.values("spread")
    spread[spread <= 0] = np.nan
    moved = np.abs(mean[1:] - mean[0]) / spread[0] + np.abs(np.log(spread[1:] / spread[0]))
    return float(_median(_median(moved)[:, None])[0]) if len(moved) else np.nan


def _dead(pair: Pair) -> Iterator[str]:
    """Units that no image of a batch reaches."""
    shares = [_median(side.values("dead")[-LATEST:]) for side in pair]
    means = [float(share[np.isfinite(share)].mean()) if _any(share) else 0.0 for share in shares]
    worse = int(means[1] >= means[0])
    if means[worse] < DEAD_SEEN:
        return
    worst = int(np.nanargmax(shares[worse]))
    yield (
        f"Dead units: {pair[worse].label} {_percent(means[worse])} of the units are silent for "
        f"every image of a batch ({_percent(float(shares[worse][worst]))} in block {worst + 1}), "
        f"{pair[1 - worse].again} {_percent(means[1 - worse])}."
    )


# Learning


def _updates(pair: Pair) -> Iterator[str]:
    """Blocks that a step changes by too little, or by too much."""
    few, many = UPDATES
    for words, limit, outside in (
        (f"less than {few:g} of their size a step, so that they hardly learn", few, np.less),
        (f"more than {many:g} of their size a step, too much to settle", many, np.greater),
    ):
        ratios = [side.typical("update") for side in pair]
        ratios = [ratio[np.isfinite(ratio)] for ratio in ratios]
        counts = [int(outside(ratio, limit).sum()) for ratio in ratios]
        shares = [count / max(1, len(ratio)) for count, ratio in zip(counts, ratios, strict=True)]
        worse = int(shares[1] >= shares[0])
        if shares[worse] >= UPDATES_SEEN:
            yield (
                f"Updates: {pair[worse].label} {counts[worse]} of {len(ratios[worse])} blocks "
                f"change by {words}; {pair[1 - worse].again} "
                f"{counts[1 - worse]} of {len(ratios[1 - worse])}."
            )


def _learning(pair: Pair) -> Iterator[str]:
    """Loss and accuracy after the last epoch that both have ended."""
    number = min(side.epochs[-1].epoch if side.epochs else 0 for side in pair)
    found = [epoch for side in pair for epoch in side.epochs if epoch.epoch == number]
    if len(found) != 2:
        return
    whole, reduced = found
    yield (
        f"Learning: after epoch {number} the training loss is {whole.loss:.3g} {pair[0].label} "
        f"and {reduced.loss:.3g} {pair[1].again}."
    )
    yield from _accuracy(pair, (whole, reduced))


def _accuracy(pair: Pair, epochs: tuple[EpochSummary, EpochSummary]) -> Iterator[str]:
    shares = [epoch.validation_accuracy for epoch in epochs]
    images = [side.twin.validation_images for side in pair]
    if None in shares or not all(images):
        return
    (a, b), (n, m) = [share or 0.0 for share in shares], images
    intervals = wilson_interval(a * n, n), wilson_interval(b * m, m)
    (low_a, high_a), (low_b, high_b) = intervals
    if max(low_a, low_b) <= min(high_a, high_b):
        verdict = "the 95 % intervals overlap, no difference is shown"
    else:
        verdict = f"it is higher {(pair[0] if a > b else pair[1]).label}"
    said = [
        f"{_percent(share)} ({_percent(low)} – {_percent(high)})"
        for share, (low, high) in zip((a, b), intervals, strict=True)
    ]
    yield (
        f"Validation accuracy there is {said[0]} {pair[0].label} and {said[1]} {pair[1].again}: "
        f"{verdict}."
    )


# Figures


def _last_step(state: RunState) -> int:
    return state.observations[-1].step if state.observations else 0


def _row(observed: BlocksObserved, key: Key) -> list[float]:
    figures = (getattr(block, key) for block in observed.blocks)
    return [np.nan if figure is None else figure for figure in figures]


def _median(values: Values) -> Values:
    """Of each column of (rows, columns); NaN for one without a figure."""
    found = np.full(values.shape[1], np.nan)
    seen = np.isfinite(values).any(axis=0)
    finite = np.where(np.isfinite(values), values, np.nan)[:, seen]
    if seen.any():
        found[seen] = np.nanmedian(finite, axis=0)
    return found


def _any(values: Values) -> bool:
    return bool(np.isfinite(values).any())


def _figure(value: float) -> str:
    return f"{value:.2g}" if value < 99.5 else f"{value:,.0f}"


def _factor(value: float) -> str:
    if value >= 1e6:
        return "more than 1,000,000×"
    return f"{value:.2g}×" if value < 10 else f"{value:,.0f}×"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _begun(text: str) -> str:
    return text[0].upper() + text[1:]
