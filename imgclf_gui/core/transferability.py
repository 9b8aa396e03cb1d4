"""How well a network's features suit a dataset, told without training it.

Features are what a network makes of images: [N, d], a row an image. All that is here takes them as
they come, float32 or float64, and calculates in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from math import erfc, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Features = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]

ROUNDING = 1e-12
"""Squared singular values below this share of the largest are the rounding of float32."""
MOST_PRECISION = 1e6
"""The largest inverse variance of the noise that LogME assumes: features that determine labels
without any noise have an unbounded evidence."""
MOST_STEPS = 100
EXACT = 8
"""Pairs of values up to which all permutations are counted: 40,320."""

_RATIOS = np.logspace(-12, 12, 25)


def checked_features(features: Features) -> Values:
    """`features` [N ≥ 1, d ≥ 1] as float64.

    Raises:
        ValueError: another shape, nothing in it, or values that are not finite.
    """
    if features.ndim != 2 or not features.size:
        raise ValueError(f"features must be [images, values] and not empty, not {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("features hold values that are not finite")
    return features.astype(np.float64)


def checked_labels(labels: Labels, images: int) -> Labels:
    """`labels` [images], whole numbers from 0.

    Raises:
        ValueError: another shape or type, or negative ones.
    """
    if labels.shape != (images,):
        raise ValueError(f"{images} images need as many labels, not {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError("labels must be whole numbers from 0")
    return labels


@dataclass(frozen=True)
class Scaling:
    """Features brought to mean 0 and standard deviation 1, by those of the images it was made of.

    Channels of a network differ in their spread by orders of magnitude for reasons that have
    nothing to do with the classes; unscaled, a few of them would make up all distances.
    """

    mean: Values
    """[d]"""
    spread: Values
    """[d], infinite where a column does not vary: it becomes 0, whatever other images have."""

    @classmethod
    def of(cls, features: Values) -> Scaling:
        """By `features` [N, d]."""
        mean, spread = features.mean(axis=0), features.std(axis=0)
        return cls(mean, np.where(spread > 1e-7 * np.abs(mean), spread, np.inf))

    @property
    def varying(self) -> int:
        """Columns that vary, at least 1."""
        return max(1, int(np.isfinite(self.spread).sum()))

    def apply(self, features: Values) -> Values:
        """[M, d] to [M, d]."""
        if features.shape[1] != len(self.mean):
            raise ValueError(f"features have {features.shape[1]} values, not {len(self.mean)}")
        scaled: Values = (features - self.mean) / self.spread
        return scaled


def spectrum_of(values: Values) -> tuple[Values, Values]:
    """Squared singular values [r] and left singular vectors [N, r]; r is the rank.

    By the smaller Gram matrix, a third of the time of a singular value decomposition.
    """
    images, width = values.shape
    squares, vectors = np.linalg.eigh(values @ values.T if images <= width else values.T @ values)
    kept = squares > ROUNDING * max(float(squares[-1]), 1e-300)
    squares, vectors = squares[kept], vectors[:, kept]
    return squares, vectors if images <= width else values @ vectors / np.sqrt(squares)


def logme(features: Features, labels: Labels) -> float:
    """The log maximum evidence of linear models from `features` [N, d] to `labels` [N].

    You et al. 2021, "LogME" (arXiv:2102.11005): for each class, its indicator y (0 or 1) is taken
    for F w + noise, with w ~ N(0, 1/α) and noise ~ N(0, 1/β); the log evidence at the best α and β
    is divided by N, and averaged over the classes that occur. Larger is better; it may be positive,
    as the evidence is a density, and is at most 6 (`MOST_PRECISION`). It compares features of the
    same images, does not change with the scale of all features, and knows no intercept but a
    constant column. Where d exceeds the rank, it is the evidence itself; the authors' program
    leaves a term out there.

    Raises:
        ValueError: bad features or labels, or fewer than two classes.
    """
    values, members = _checked(features, labels)
    spectrum, directions = spectrum_of(values / max(float(np.abs(values).max()), 1e-300))
    spectrum = spectrum / max(float(spectrum.max(initial=0)), 1e-300)
    projected = (directions.T @ members) ** 2
    rest = np.maximum(members.sum(axis=0) - projected.sum(axis=0), 0)
    evidence = _Evidence(len(values), spectrum[:, None], projected, rest)
    return float(evidence.greatest().mean()) / len(values)


@dataclass(frozen=True)
class _Evidence:
    """The log evidence of each of C classes, as a function of the ratio α/β [C].

    In the basis of the features' r singular directions, where every step costs r · C.
    """

    images: int
    spectrum: Values
    """Squared singular values: [r, 1]."""
    projected: Values
    """Squared projections of the indicators on the directions: [r, C]."""
    rest: Values
    """Squared lengths of what no direction reaches: [C]."""

    def greatest(self) -> Values:
        """[C]. The fixed point of You et al. 2021 (arXiv:2110.10545).

        Started at the best of a coarse grid, as the evidence may have several maxima, and is flat
        where features and labels have nothing in common, so that the first steps would be many.
        """
        grid = np.stack([self.at(np.full(len(self.rest), ratio)) for ratio in _RATIOS])
        ratio = _RATIOS[grid.argmax(axis=0)]
        greatest: Values = grid.max(axis=0)
        for _ in range(MOST_STEPS):
            before, ratio = ratio, self._step(ratio)
            greatest = np.maximum(greatest, self.at(ratio))
            if np.abs(np.log(ratio / before)).max() < 1e-5:
                break
        return greatest

    def at(self, ratio: Values) -> Values:
        """[C], with the β that is best for this ratio: images / (‖y − F m‖² + ratio · ‖m‖²)."""
        gain = self.spectrum / ratio
        misfit: Values = (self.projected / (1 + gain)).sum(axis=0) + self.rest
        precision = self.images / np.maximum(misfit, self.images / MOST_PRECISION)
        doubled: Values = (
            self.images * np.log(precision / (2 * pi))
            - np.log1p(gain).sum(axis=0)
            - precision * misfit
        )
        return doubled / 2

    def _step(self, ratio: Values) -> Values:
        """α = γ / ‖m‖² and β = (N − γ) / ‖y − F m‖²: the next ratio [C]."""
        gain = self.spectrum / ratio
        left = 1 / (1 + gain)
        effective = (gain * left).sum(axis=0)
        weights = (self.projected * gain * left**2).sum(axis=0) / ratio
        residual = (self.projected * left**2).sum(axis=0) + self.rest
        alpha = effective / np.maximum(weights, 1e-300)
        beta = (self.images - effective) / np.maximum(residual, 1e-300)
        beta = np.clip(beta, 1e-300, MOST_PRECISION)
        following: Values = np.clip(alpha / beta, _RATIOS[0], _RATIOS[-1])
        return following


def h_score(features: Features, labels: Labels, shrinkage: float | None = None) -> float:
    """How much of the spread of `features` [N, d] the class means of `labels` [N] explain.

    Bao et al. 2019, "An information-theoretic approach to transferability": tr(S⁻¹ B), with the
    covariance S of the features and B of their class means. As Ibrahim et al. 2021
    (arXiv:2110.06893) mend it for few images: tr(S_a⁻¹ (1 − a) B), where S_a = (1 − a) S + a m I
    has the shrinkage a of Ledoit and Wolf 2004, and m is the mean variance. 0 to classes − 1;
    larger is better. `shrinkage` (0…1) replaces theirs; with 0, directions without spread are left
    out, and the score does not change with an invertible linear map of the features.

    Raises:
        ValueError: bad features or labels, or fewer than two classes.
    """
    values, members = _checked(features, labels)
    scaling = Scaling.of(values)
    centred = np.where(np.isfinite(scaling.spread), values - scaling.mean, 0)
    spectrum, directions = spectrum_of(centred)
    variances = spectrum / len(values)
    if shrinkage is None:
        shrinkage = _ledoit_wolf(centred, variances)
    between = ((directions.T @ members) ** 2 / members.sum(axis=0)).sum(axis=1)
    kept = (1 - shrinkage) * variances
    mean = float(variances.sum()) / values.shape[1]
    shares: Values = kept * between / (kept + shrinkage * mean)
    return float(shares.sum())


def _ledoit_wolf(centred: Values, variances: Values) -> float:
    """The shrinkage (0…1) of Ledoit and Wolf 2004, "A well-conditioned estimator".

    Of `centred` features [N, d] and the eigenvalues of their covariance that are not 0.
    """
    images, width = map(int, centred.shape)
    squares = float((variances**2).sum())
    total = float(variances.sum())
    apart = squares - total * total / width
    if apart <= 1e-12 * squares:  # All variances are the same already, or there is but one column.
        return 0.0
    fourth = float(((centred**2).sum(axis=1) ** 2).mean())
    return min(max((fourth - squares) / (images * apart), 0.0), 1.0)


def nearest_mean_accuracy(
    features: Features, labels: Labels, test_features: Features, test_labels: Labels
) -> float:
    """The share (0…1) of the tested images that are nearest to their own class's mean.

    Euclidean, on features [N, d] and [M, d] standardised by the former (`Scaling`): it is what a
    Gaussian classifier does whose classes share one diagonal covariance, the most that few images
    tell of it, and has nothing to choose. A tested label that no image of `labels` has is wrong.

    Raises:
        ValueError: bad features or labels.
    """
    values, tested = checked_features(features), checked_features(test_features)
    checked_labels(labels, len(values)), checked_labels(test_labels, len(tested))
    scaling = Scaling.of(values)
    known, asked = scaling.apply(values), scaling.apply(tested)
    present = np.unique(labels)
    means = np.stack([known[labels == label].mean(axis=0) for label in present])
    distances = (means**2).sum(axis=1) - 2 * asked @ means.T
    right: NDArray[np.bool_] = present[distances.argmin(axis=1)] == test_labels
    return float(right.mean())


def kendall_tau(x: Sequence[float], y: Sequence[float]) -> float:
    """How far two figures of the same things order them alike: −1…1, with ties (tau-b).

    Kendall 1945, "The treatment of ties in ranking problems". 0 if `x` or `y` is constant.

    Raises:
        ValueError: fewer than two pairs, different lengths, or values that are not finite.
    """
    first, second = _orders(x, y)
    pairs = sqrt(float((first**2).sum()) * float((second**2).sum()))
    return float((first * second).sum()) / pairs if pairs else 0.0


def kendall_p(x: Sequence[float], y: Sequence[float]) -> float:
    """The two-sided p-value (0…1) of `kendall_tau` for figures that know nothing of each other.

    Exact up to `EXACT` pairs, ties included, by all orders of `y`. Above, the normal approximation
    with the variance of Kendall 1970, "Rank correlation methods", chapter 4. 1 if one is constant.

    Raises:
        ValueError: as `kendall_tau`.
    """
    first, second = _orders(x, y)
    agreement = abs(float((first * second).sum())) / 2
    if not first.any() or not second.any():
        return 1.0
    if len(x) <= EXACT:
        order = np.array(list(permutations(range(len(x)))))
        found = sum(
            first[i, j] * second[order[:, i], order[:, j]]
            for i, j in combinations(range(len(x)), 2)
        )
        return float((np.abs(found) >= agreement).mean())
    return erfc(agreement / sqrt(2 * _agreement_variance(x, y)))


def _orders(x: Sequence[float], y: Sequence[float]) -> tuple[Values, Values]:
    """For each pair of things which is larger, by `x` and by `y`: −1, 0 or 1, [n, n]."""
    first, second = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        raise ValueError(f"two lists of the same length, at least 2, not {len(x)} and {len(y)}")
    if not np.isfinite([first, second]).all():
        raise ValueError("values that are not finite have no order")
    return np.sign(first[:, None] - first), np.sign(second[:, None] - second)


def _agreement_variance(x: Sequence[float], y: Sequence[float]) -> float:
    """Of pairs in the same order less those in the other; more than two things."""
    n = len(x)
    ties = [np.unique(values, return_counts=True)[1].astype(np.float64) for values in (x, y)]
    plain = [float((t * (t - 1) * (2 * t + 5)).sum()) for t in ties]
    twos = [float((t * (t - 1)).sum()) for t in ties]
    threes = [float((t * (t - 1) * (t - 2)).sum()) for t in ties]
    return (
        (n * (n - 1) * (2 * n + 5) - sum(plain)) / 18
        + twos[0] * twos[1] / (2 * n * (n - 1))
        + threes[0] * threes[1] / (9 * n * (n - 1) * (n - 2))
    )


def _checked(features: Features, labels: Labels) -> tuple[Values, Values]:
    """Features [N, d], and for each class that occurs who belongs to it: 0 or 1, [N, C ≥ 2]."""
    values = checked_features(features)
    present, places = np.unique(checked_labels(labels, len(values)), return_inverse=True)
    if len(present) < 2:
        raise ValueError("one class cannot be told from others: at least two are needed")
    return values, np.eye(len(present))[places]
