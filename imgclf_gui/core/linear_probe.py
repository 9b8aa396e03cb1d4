"""The linear probe: how well a linear classifier tells classes apart by a network's features."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from imgclf_gui.core.transferability import (
    Features,
    Labels,
    Scaling,
    Values,
    checked_features,
    checked_labels,
    spectrum_of,
)

STRENGTHS = (0.1, 0.01, 0.001, 0.0001, 0.00001)
"""What `fit_best` tries."""
USUAL_STRENGTH = 0.01
"""Where nothing can be held out to choose one."""
TOLERANCE = 1e-6
"""A fit ends where no partial derivative of the loss is larger,"""
COMPARED = 1e-5
"""one among several strengths where none is larger than this."""
MOST_STEPS = 500

_Loss = Callable[[Values], tuple[float, Values]]
"""From parameters to the loss and its gradient."""


@dataclass(frozen=True)
class LinearProbe:
    """Multinomial logistic regression on standardised features, with an L2 penalty.

    The loss is the mean cross-entropy plus `strength` / 2 · ‖weights‖², for features that are
    standardised and divided by √d, so that a strength means the same for features of any width; the
    bias is free. It is strictly convex but for a constant in the bias: one optimum, no random
    numbers.

    Features of other images count as far as the range that was seen: what is 0 in nearly all of a
    few images has a spread near 0, and would else outvote all others where it is not 0.
    """

    scaling: Scaling
    least: Values
    """[d], of the features that it was fitted to;"""
    most: Values
    """[d], as well."""
    weights: Values
    """[d, classes that occurred]"""
    bias: Values
    """[classes that occurred]"""
    present: NDArray[np.intp]
    """Which these classes are, ascending."""
    classes: int
    strength: float

    @classmethod
    def fit(cls, features: Features, labels: Labels, classes: int, strength: float) -> LinearProbe:
        """Of `features` [N, d] and `labels` [N], 0…classes − 1, at least two of which occur.

        A class that does not occur gets the probability 0.

        Raises:
            ValueError: bad features or labels, one class only, or a strength that is not positive.
        """
        task = _Task.of(features, labels, classes)
        return task.probe(task.fitted(strength), strength)

    @classmethod
    def fit_best(
        cls,
        features: Features,
        labels: Labels,
        classes: int,
        seed: int,
        strengths: Sequence[float] = STRENGTHS,
    ) -> LinearProbe:
        """As `fit`, with the one of `strengths` whose cross-entropy is least on images held out.

        A fifth of each class, at least one image, drawn by `seed`; a class of one image holds none
        out. The strongest is tried first, until one is worse than that before; the probe is then
        fitted to all images. If no class has two images, the strength is `USUAL_STRENGTH`.

        Raises:
            ValueError: as `fit`.
        """
        checked_labels(labels, len(checked_features(features)))
        held = held_out(labels, seed)
        if not held.any():
            return cls.fit(features, labels, classes, USUAL_STRENGTH)
        task = _Task.of(features[~held], labels[~held], classes)
        best, least, found = None, inf, None
        for strength in sorted(strengths, reverse=True):
            found = task.fitted(strength, found, COMPARED)
            probe = task.probe(found, strength)
            loss = probe.cross_entropy(features[held], labels[held])
            if best and loss >= least:
                break
            best, least = probe, loss
        if not best:
            raise ValueError("there is no strength to choose from")
        task = _Task.of(features, labels, classes)
        return task.probe(task.fitted(best.strength, task.place(best)), best.strength)

    def probabilities(self, features: Features) -> Values:
        """Of each class for `features` [M, d]: [M, classes], 0…1, rows of sum 1."""
        values = checked_features(features)
        if values.shape[1] == len(self.least):  # else scaling says what is wrong
            values = values.clip(self.least, self.most)
        scaled = _scaled(self.scaling, values)
        given = np.zeros((len(scaled), self.classes))
        given[:, self.present] = _softmax(scaled @ self.weights + self.bias)[0]
        return given

    def answers(self, features: Features) -> NDArray[np.intp]:
        """The likeliest class for each of `features` [M, d]: [M]."""
        answers: NDArray[np.intp] = self.probabilities(features).argmax(axis=1)
        return answers

    def cross_entropy(self, features: Features, labels: Labels) -> float:
        """The mean of -log the probability, at least 1e-12, of `labels` [M], 0…classes − 1."""
        given = self.probabilities(features)
        right = given[np.arange(len(given)), labels]
        return -float(np.log(np.maximum(right, 1e-12)).mean())


def held_out(labels: Labels, seed: int) -> NDArray[np.bool_]:
    """Which of `labels` [N] validate: a fifth of each class, at least one, but not its only one."""
    random = np.random.default_rng(seed)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) > 1:
            held[members[: max(1, len(members) // 5)]] = True
    return held


@dataclass(frozen=True)
class _Task:
    """What a probe is fitted to, made once for several strengths.

    The inputs are turned into the basis of their r singular directions, where nothing is lost, as
    the penalty draws weights to 0 in all others. There the Hessian is nearly diagonal, and a fit
    takes a quarter of the steps, which repays the decomposition if strengths are compared.
    """

    scaling: Scaling
    least: Values
    most: Values
    """Of each feature: [d]."""
    inputs: Values
    """Coordinates in the basis, and a column of ones: [N, r + 1]."""
    basis: Values
    """[d, r]"""
    targets: Values
    """[N, C]"""
    present: NDArray[np.intp]
    classes: int

    @classmethod
    def of(cls, features: Features, labels: Labels, classes: int) -> _Task:
        values = checked_features(features)
        present, places = np.unique(checked_labels(labels, len(values)), return_inverse=True)
        if len(present) < 2:
            raise ValueError("one class cannot be told from others: at least two are needed")
        if present[-1] >= classes:
            raise ValueError(f"label {present[-1]} is none of {classes} classes")
        scaling = Scaling.of(values)
        scaled = _scaled(scaling, values)
        squares, directions = spectrum_of(scaled)
        lengths = np.sqrt(squares)
        inputs = np.hstack([directions * lengths, np.ones((len(values), 1))])
        basis = scaled.T @ (directions / lengths)
        targets, known = np.eye(len(present))[places], present.astype(np.intp)
        ends = values.min(axis=0), values.max(axis=0)
        return cls(scaling, *ends, inputs, basis, targets, known, classes)

    def probe(self, found: Values, strength: float) -> LinearProbe:
        """From parameters [r + 1, C]."""
        return LinearProbe(
            scaling=self.scaling,
            least=self.least,
            most=self.most,
            weights=self.basis @ found[:-1],
            bias=found[-1],
            present=self.present,
            classes=self.classes,
            strength=strength,
        )

    def place(self, probe: LinearProbe) -> Values:
        """The parameters [r + 1, C] of a probe for the same classes."""
        return np.vstack([self.basis.T @ probe.weights, probe.bias])

    def fitted(
        self, strength: float, start: Values | None = None, tolerance: float = TOLERANCE
    ) -> Values:
        """The best parameters [r + 1, C], sought from `start` or from the classes' frequencies."""
        if not 0 < strength < inf:
            raise ValueError(f"the strength must be positive, not {strength}")
        size = self.inputs.shape[1], self.targets.shape[1]
        if start is None:
            start = np.zeros(size)
            start[-1] = np.log(self.targets.mean(axis=0))
        # As if every probability were one of C: with p (1 - p) of about 1 / C.
        curvature = (self.inputs**2).mean(axis=0)[:, None] / size[1]
        curvature[:-1] += strength
        return _minimised(lambda place: self.loss(place, strength), start, 1 / curvature, tolerance)

    def loss(self, place: Values, strength: float) -> tuple[float, Values]:
        """The penalised mean cross-entropy at `place` and its gradient there, both [r + 1, C]."""
        given, logarithms = _softmax(self.inputs @ place)
        penalty = strength * place
        penalty[-1] = 0
        mean = -float(np.vdot(self.targets, logarithms)) / len(given)
        slope = self.inputs.T @ ((given - self.targets) / len(given))
        return mean + float(np.vdot(penalty, place)) / 2, slope + penalty


def _scaled(scaling: Scaling, values: Values) -> Values:
    """[N, d] standardised, with a mean squared length of 1."""
    scaled: Values = scaling.apply(values) / sqrt(scaling.varying)
    return scaled


def _softmax(scores: Values) -> tuple[Values, Values]:
    """Probabilities and their logarithms, both [N, C]."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    sums = powers.sum(axis=1, keepdims=True)
    return powers / sums, shifted - np.log(sums)


def _minimised(loss: _Loss, place: Values, metric: Values, tolerance: float) -> Values:
    """Where the convex `loss` is least: L-BFGS (Liu and Nocedal 1989), begun with the inverse of a
    diagonal Hessian, each step halved until it goes down by enough (Armijo 1966)."""
    value, slope = loss(place)
    history: deque[tuple[Values, Values]] = deque(maxlen=10)
    for _ in range(MOST_STEPS):
        if np.abs(slope).max() <= tolerance:
            break
        step = -_newton_like(slope, history, metric)
        descent, share = float(np.vdot(step, slope)), 1.0
        while (there := loss(place + share * step))[0] > value + 1e-4 * share * descent:
            share /= 2
            if share < 1e-9:  # Nothing but rounding is left.
                return place
        change = share * step, there[1] - slope
        if np.vdot(*change) > 0:
            history.append(change)
        place, (value, slope) = place + change[0], there
    return place


def _newton_like(slope: Values, history: deque[tuple[Values, Values]], metric: Values) -> Values:
    """`slope` times the inverse of the Hessian that steps and changes of the slope suggest."""
    direction, shares = slope.copy(), []
    for step, change in reversed(history):
        shares.append(np.vdot(step, direction) / np.vdot(step, change))
        direction -= shares[-1] * change
    direction *= metric
    if history:
        step, change = history[-1]
        direction *= np.vdot(step, change) / np.vdot(change, metric * change)
    for (step, change), share in zip(history, reversed(shares), strict=True):
        direction += (share - np.vdot(change, direction) / np.vdot(step, change)) * step
    return direction
