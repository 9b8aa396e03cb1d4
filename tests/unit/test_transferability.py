"""Figures of features against their definitions, written out, and at their limits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import inf, log, nan, pi
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgclf_gui.core.linear_probe import STRENGTHS, USUAL_STRENGTH, LinearProbe, held_out
from imgclf_gui.core.transferability import (
    h_score,
    kendall_p,
    kendall_tau,
    logme,
    nearest_mean_accuracy,
)

Values = NDArray[np.float64]
Labels = NDArray[np.intp]


def _blobs(
    images: int, width: int, classes: int, apart: float, seed: int = 0
) -> tuple[Values, Labels]:
    """Classes of the same spread 1 whose means differ by about `apart` in each column."""
    random = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    means = apart * random.normal(size=(classes, width))
    return means[labels] + random.normal(size=(images, width)), labels


def _log_evidence(features: Values, y: Values, alpha: Values, beta: Values) -> Values:
    """The log density of y = F w + noise for w ~ N(0, 1/α) and noise ~ N(0, 1/β): [k]."""
    # By eigenvectors, since for extreme α and β no solver can invert the covariance.
    spread, directions = np.linalg.eigh(features @ features.T)
    variances = 1 / beta[:, None] + np.maximum(spread, 0) / alpha[:, None]
    fit = ((y @ directions) ** 2 / variances).sum(-1)
    evidence: Values = -0.5 * (len(y) * log(2 * pi) + np.log(variances).sum(-1) + fit)
    return evidence


def _greatest_evidence(features: Values, y: Values) -> float:
    """By ever finer grids over log α and log β, with β at most 10⁶."""
    centre, half, best = np.array([0.0, 1.5]), np.array([9.0, 4.5]), -inf
    for _ in range(9):
        axes = [np.linspace(c - h, c + h, 31) for c, h in zip(centre, half, strict=True)]
        alpha, beta = (axis.ravel() for axis in np.meshgrid(axes[0], np.minimum(axes[1], 6)))
        evidence = _log_evidence(features, y, 10**alpha, 10**beta)
        place = int(evidence.argmax())
        centre, half, best = np.array([alpha[place], beta[place]]), half / 4, evidence[place]
    return float(best)


@pytest.mark.parametrize(
    ("images", "width", "apart"), [(14, 3, 1.0), (14, 3, 0.0), (12, 12, 0.5), (8, 20, 0.5)]
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_logme_is_the_greatest_evidence(images: int, width: int, apart: float, seed: int) -> None:
    features, labels = _blobs(images, width, 2, apart, seed)
    sought = [
        _greatest_evidence(features, (labels == label).astype(float)) / images for label in (0, 1)
    ]
    assert logme(features, labels) == pytest.approx(np.mean(sought), abs=1e-4)


def test_logme_of_features_without_meaning_is_that_of_noise() -> None:
    # All that helps is the precision β: N / ‖y‖², that is 2 for half the images.
    labels = np.arange(40) % 2
    expected = 0.5 * (log(2 / (2 * pi)) - 1)
    assert logme(np.zeros((40, 3)), labels) == pytest.approx(expected)


def test_logme_tells_better_features_from_worse() -> None:
    scores = [logme(*_blobs(200, 30, 4, apart)) for apart in (0, 0.1, 0.3, 1, 3)]
    assert scores == sorted(scores)
    assert scores[-1] - scores[0] > 0.5


def test_logme_does_not_change_with_scale_order_and_useless_directions() -> None:
    features, labels = _blobs(60, 20, 3, 0.5)
    score = logme(features, labels)
    order = np.random.default_rng(1).permutation(60)
    assert logme(features * 1e20, labels) == pytest.approx(score, abs=1e-9)
    assert logme(features * 1e-20, labels) == pytest.approx(score, abs=1e-9)
    assert logme(features[order], labels[order]) == pytest.approx(score, abs=1e-9)
    assert logme(features, labels * 7 + 2) == pytest.approx(score, abs=1e-9)
    wider = np.hstack([features, np.zeros((60, 80))])
    assert logme(wider, labels) == pytest.approx(score, abs=1e-9)
    # Twice the same columns are the same columns, √2 larger.
    assert logme(np.hstack([features, features]), labels) == pytest.approx(score, abs=1e-9)
    assert logme(features.astype(np.float32), labels) == pytest.approx(score, abs=1e-5)


def test_logme_of_features_that_say_the_label_is_bounded() -> None:
    labels = np.arange(30) % 3
    assert 5 < logme(np.eye(3)[labels], labels) < 6


def _h_score_written_out(features: Values, labels: Labels, shrinkage: float | None) -> float:
    """Ibrahim et al. 2021 with the sums of Ledoit and Wolf 2004 over single images."""
    images, width = features.shape
    centred = features - features.mean(axis=0)
    covariance = centred.T @ centred / images
    means = np.stack([centred[labels == label].mean(axis=0) for label in labels])
    mean = np.trace(covariance) / width
    target = mean * np.eye(width)
    if shrinkage is None:
        apart = ((covariance - target) ** 2).sum()
        error = sum(((np.outer(x, x) - covariance) ** 2).sum() for x in centred) / images**2
        shrinkage = min(error, apart) / apart
    shrunk = (1 - shrinkage) * covariance + shrinkage * target
    between = means.T @ means / images
    return float(np.trace(np.linalg.pinv(shrunk) @ ((1 - shrinkage) * between)))


@pytest.mark.parametrize(("images", "width"), [(60, 5), (30, 30), (20, 50)])
@pytest.mark.parametrize("shrinkage", [None, 0.3])
def test_h_score_is_what_its_formula_says(images: int, width: int, shrinkage: float | None) -> None:
    features, labels = _blobs(images, width, 3, 1)
    features *= np.linspace(0.1, 3, width)
    expected = _h_score_written_out(features, labels, shrinkage)
    assert h_score(features, labels, shrinkage) == pytest.approx(expected, rel=1e-9)


def test_h_score_does_not_change_with_an_invertible_map() -> None:
    mixing = np.random.default_rng(5).normal(size=(6, 6)) + 2 * np.eye(6)
    few, labels = _blobs(60, 6, 3, 0.5)
    plain = h_score(few, labels, 0)
    assert h_score(few @ mixing + 7, labels, 0) == pytest.approx(plain, rel=1e-9)
    many, labels = _blobs(20_000, 6, 3, 0.5)  # So many that hardly anything is shrunk.
    assert h_score(many @ mixing, labels) == pytest.approx(h_score(many, labels), rel=0.01)


def test_h_score_lies_between_chance_and_classes_less_one() -> None:
    scores = [h_score(*_blobs(300, 20, 4, apart)) for apart in (0, 0.3, 1, 3, 30)]
    assert scores == sorted(scores)
    assert 0 <= scores[0] < 0.3
    assert 2.7 < scores[-1] <= 3
    # More columns than images: without shrinkage any labels would be explained in full.
    assert h_score(*_blobs(40, 400, 4, 0), 0) == pytest.approx(3)
    assert h_score(*_blobs(40, 400, 4, 0)) < 1


def test_scores_of_constant_features_are_finite() -> None:
    labels = np.arange(10) % 2
    constant = np.full((10, 3), 0.1)
    assert h_score(constant, labels) == 0
    assert np.isfinite(logme(constant, labels))
    assert nearest_mean_accuracy(constant, labels, constant, labels) == 0.5
    assert h_score(np.arange(10.0)[:, None], labels) > 0


def test_nearest_means_are_sought_in_standardised_columns() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    features = np.stack([labels + 0.1 * random.normal(size=200), 1e6 * random.normal(size=200)], 1)
    assert nearest_mean_accuracy(features[:100], labels[:100], features[100:], labels[100:]) > 0.9
    unknown = np.where(labels == 1, 5, 0)
    share = nearest_mean_accuracy(features[:100], labels[:100], features[100:], unknown[100:])
    assert share == pytest.approx(0.5, abs=0.05)


def _bad(features: Any, labels: Any) -> Any:
    return pytest.param(np.array(features), np.array(labels))


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        _bad([[1.0], [nan]], [0, 1]),
        _bad([[1.0], [inf]], [0, 1]),
        _bad(np.zeros((0, 3)), np.zeros(0, int)),
        _bad(np.zeros((3, 0)), [0, 1, 0]),
        _bad([1.0, 2.0], [0, 1]),
        _bad([[1.0], [2.0]], [0, 1, 1]),
        _bad([[1.0], [2.0]], [0.0, 1.0]),
        _bad([[1.0], [2.0]], [-1, 1]),
    ],
)
def test_what_cannot_be_measured_is_refused(features: Values, labels: Labels) -> None:
    with pytest.raises(ValueError, match=r"features|labels"):
        logme(features, labels)
    with pytest.raises(ValueError, match=r"features|labels"):
        h_score(features, labels)
    with pytest.raises(ValueError, match=r"features|labels"):
        nearest_mean_accuracy(features, labels, features, labels)
    with pytest.raises(ValueError, match=r"features|labels"):
        LinearProbe.fit_best(features, labels, 2, 0)


def test_one_class_alone_is_refused() -> None:
    features, labels = np.ones((4, 2)), np.zeros(4, int)
    for measured in (logme, h_score):
        with pytest.raises(ValueError, match="at least two"):
            measured(features, labels)
    with pytest.raises(ValueError, match="at least two"):
        LinearProbe.fit_best(features, labels, 3, 0)


def _gradient(probe: LinearProbe, features: Values, labels: Labels) -> Values:
    """Of the mean cross-entropy with its penalty, in the columns themselves; the bias last."""
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    scaled /= np.sqrt((spread > 0).sum())
    wrong = probe.probabilities(features) - np.eye(probe.classes)[labels]
    slopes = scaled.T @ wrong / len(features) + probe.strength * probe.weights
    return np.vstack([slopes, wrong.mean(axis=0)])


@pytest.mark.parametrize(("images", "width", "classes"), [(90, 8, 3), (40, 120, 4), (50, 5, 2)])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_fitted_probe_is_at_its_optimum(
    images: int, width: int, classes: int, strength: float
) -> None:
    features, labels = _blobs(images, width, classes, 0.5)
    features[:, 1] = features[:, 0] * 2
    features[:, 2] = 3
    probe = LinearProbe.fit(features, labels, classes, strength)
    assert np.abs(_gradient(probe, features, labels)).max() < 5e-6
    again = LinearProbe.fit(features, labels, classes, strength)
    assert np.array_equal(probe.weights, again.weights)


def test_a_probe_does_not_change_with_the_scale_of_columns() -> None:
    features, labels = _blobs(60, 10, 3, 0.5)
    scales = 10.0 ** np.arange(-5, 5)
    given = LinearProbe.fit(features, labels, 3, 0.01).probabilities(features)
    probe = LinearProbe.fit(features * scales + 3 * scales, labels, 3, 0.01)
    assert probe.probabilities(features * scales + 3 * scales) == pytest.approx(given, abs=1e-4)


def test_a_feature_that_was_nearly_always_0_does_not_outvote_the_others() -> None:
    features, labels = _blobs(20, 5, 2, 4)
    rare = np.zeros((20, 1))
    rare[0] = 1e-3  # by chance an image of the first class
    probe = LinearProbe.fit(np.hstack([features, rare]), labels, 2, 0.001)
    plain = probe.answers(np.hstack([features, np.zeros((20, 1))]))
    assert (plain == labels).all()
    assert (probe.answers(np.hstack([features, np.ones((20, 1))])) == labels).all()


def test_a_probe_separates_what_is_separate_and_doubts_the_rest() -> None:
    features, labels = _blobs(200, 10, 4, 4)
    probe = LinearProbe.fit_best(features[:100], labels[:100], 4, 0)
    assert (probe.answers(features[100:]) == labels[100:]).mean() == 1
    assert probe.strength < max(STRENGTHS)
    noise, labels = _blobs(400, 20, 2, 0)
    probe = LinearProbe.fit_best(noise[:200], labels[:200], 2, 0)
    assert probe.strength == max(STRENGTHS)
    assert np.abs(probe.probabilities(noise[200:]) - 0.5).max() < 0.35
    assert 0.4 < (probe.answers(noise[200:]) == labels[200:]).mean() < 0.6


def test_the_best_probe_is_the_fit_of_its_strength_to_all_images() -> None:
    features, labels = _blobs(100, 30, 3, 0.3)
    best = LinearProbe.fit_best(features, labels, 3, 4)
    plain = LinearProbe.fit(features, labels, 3, best.strength)
    assert best.probabilities(features) == pytest.approx(plain.probabilities(features), abs=1e-3)
    assert np.array_equal(LinearProbe.fit_best(features, labels, 3, 4).weights, best.weights)


def test_classes_without_images_are_never_answered() -> None:
    features, labels = _blobs(40, 5, 2, 2)
    given = LinearProbe.fit(features, labels * 2 + 1, 5, 0.01).probabilities(features)
    assert given.shape == (40, 5)
    assert not given[:, [0, 2, 4]].any()
    assert given.sum(axis=1) == pytest.approx(1)


def test_a_probe_of_few_or_constant_images() -> None:
    lone = LinearProbe.fit_best(np.eye(3), np.arange(3), 3, 0)
    assert lone.strength == USUAL_STRENGTH
    assert lone.answers(np.eye(3)).tolist() == [0, 1, 2]
    # Features that tell nothing leave the frequencies of the classes.
    blank = LinearProbe.fit(np.ones((4, 2)), np.array([0, 0, 0, 1]), 2, 0.1)
    assert blank.probabilities(np.ones((1, 2)))[0] == pytest.approx([0.75, 0.25], abs=1e-5)


def test_a_probe_refuses_what_it_cannot_use() -> None:
    features, labels = _blobs(20, 3, 2, 1)
    for strength in (0, -1, inf, nan):
        with pytest.raises(ValueError, match="strength"):
            LinearProbe.fit(features, labels, 2, strength)
    with pytest.raises(ValueError, match="strength"):
        LinearProbe.fit_best(features, labels, 2, 0, ())
    with pytest.raises(ValueError, match="none of 2 classes"):
        LinearProbe.fit(features, labels + 1, 2, 0.1)
    with pytest.raises(ValueError, match="4 values, not 3"):
        LinearProbe.fit(features, labels, 2, 0.1).probabilities(np.zeros((2, 4)))


def test_a_fifth_of_each_class_is_held_out() -> None:
    labels = np.repeat([0, 1, 2, 3], [50, 10, 2, 1])
    held = held_out(labels, 3)
    assert np.bincount(labels[held], minlength=4).tolist() == [10, 2, 1, 0]
    assert np.array_equal(held, held_out(labels, 3))
    assert not np.array_equal(held, held_out(labels, 4))


@pytest.mark.parametrize(
    ("x", "y", "tau"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1),
        # 5 pairs alike and 1 not.
        ([1, 2, 3, 4], [1, 2, 4, 3], 4 / 6),
        # Of 6 pairs 5 have an order in x, 5 in y; 4 alike.
        ([1, 1, 2, 3], [1, 2, 2, 3], 4 / 5),
        # 3 pairs alike, of 4 with an order in x and 6 in y; 1 not.
        ([1, 1, 2, 2], [1, 3, 2, 4], 2 / 24**0.5),
        ([5, 5, 5], [1, 2, 3], 0),
    ],
)
def test_kendall_by_hand(x: Sequence[float], y: Sequence[float], tau: float) -> None:
    assert kendall_tau(x, y) == pytest.approx(tau)
    assert kendall_tau(y, x) == pytest.approx(tau)
    assert kendall_tau(x, [-value for value in y]) == pytest.approx(-tau)


def test_kendall_p_by_hand() -> None:
    # 2 of 4! orders are as extreme; 8 of them with one neighbour exchanged or better.
    assert kendall_p([1, 2, 3, 4], [1, 2, 3, 4]) == pytest.approx(2 / 24)
    assert kendall_p([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(8 / 24)
    assert kendall_p([1, 2], [2, 1]) == 1
    assert kendall_p([5, 5, 5], [1, 2, 3]) == 1
    # S = 45 of n = 10, with the variance 125: z = 4.025.
    assert kendall_p(range(10), range(10)) == pytest.approx(5.7e-5, rel=0.01)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=5))
def test_kendall_p_is_the_share_of_orders(pairs: list[tuple[int, int]]) -> None:
    x, y = (list(values) for values in zip(*pairs, strict=True))
    found = [abs(kendall_tau(x, order)) for order in permutations(y)]
    share = np.mean(np.array(found) >= abs(kendall_tau(x, y)) - 1e-12)
    assert kendall_p(x, y) == pytest.approx(share)


def test_kendall_p_above_eight_goes_on_from_below_and_holds_with_ties() -> None:
    random = np.random.default_rng(0)
    small = np.array([kendall_p(random.integers(0, 4, 12).tolist(), range(12)) for _ in range(600)])
    assert (small <= 0.05).mean() == pytest.approx(0.05, abs=0.025)
    assert (small <= 0.5).mean() == pytest.approx(0.5, abs=0.07)


def test_kendall_refuses_what_has_no_order() -> None:
    for x, y in (([1], [1]), ([1, 2], [1]), ([1, nan], [1, 2]), ([], [])):
        for measured in (kendall_tau, kendall_p):
            with pytest.raises(ValueError, match=r"order|length"):
                measured(x, y)
