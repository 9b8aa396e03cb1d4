"""Intervals and tests against known tables, and where they are at their limits."""

from __future__ import annotations

from math import inf
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgclf_gui.core.intervals import (
    clustered_interval,
    holm,
    t_interval,
    t_quantile,
    t_test,
    t_within,
    wilson_interval,
)

TABLE = {
    # Degrees of freedom: t for 90 %, 95 %, 99 % and 99.9 %, two-sided (Fisher and Yates 1938).
    1: (6.314, 12.706, 63.657, 636.619),
    2: (2.920, 4.303, 9.925, 31.599),
    3: (2.353, 3.182, 5.841, 12.924),
    4: (2.132, 2.776, 4.604, 8.610),
    5: (2.015, 2.571, 4.032, 6.869),
    9: (1.833, 2.262, 3.250, 4.781),
    10: (1.812, 2.228, 3.169, 4.587),
    30: (1.697, 2.042, 2.750, 3.646),
    120: (1.658, 1.980, 2.617, 3.373),
}


@pytest.mark.parametrize("freedom", TABLE)
def test_quantiles_are_those_of_the_table(freedom: int) -> None:
    found = [t_quantile(share, freedom) for share in (0.9, 0.95, 0.99, 0.999)]
    assert found == pytest.approx(TABLE[freedom], abs=0.0006)


@given(st.floats(0.001, 0.999), st.integers(1, 200))
def test_quantile_and_distribution_are_inverse(share: float, freedom: int) -> None:
    assert t_within(t_quantile(share, freedom), freedom) == pytest.approx(share, abs=1e-12)


def test_distribution_at_its_ends() -> None:
    for freedom in (1, 2, 3, 10):
        assert t_within(0, freedom) == 0
        assert t_within(inf, freedom) == 1
        assert t_within(1e300, freedom) == pytest.approx(1)


def test_interval_of_a_mean() -> None:
    # Mean 2, standard error 1 / √3, t = 4.303.
    low, high = t_interval([1, 2, 3])
    assert (low, high) == pytest.approx((2 - 4.3027 / 3**0.5, 2 + 4.3027 / 3**0.5), abs=1e-4)


def test_paired_test_of_the_sleep_data() -> None:
    # Student 1908, the hours of sleep gained: t = 4.0621 with 9 degrees, p = 0.002833.
    gained = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    assert t_test(gained) == pytest.approx(0.002833, abs=5e-7)
    assert t_test([-hours for hours in gained]) == pytest.approx(0.002833, abs=5e-7)


def test_differences_that_do_not_scatter() -> None:
    assert t_test([0, 0, 0]) == 1
    assert t_interval([0, 0, 0]) == (0, 0)
    with pytest.raises(ValueError, match="scatter"):
        t_test([2, 2, 2])


def test_a_tiny_p_value_is_not_zero() -> None:
    assert 0 < t_test([1e9 + number for number in range(12)]) < 1e-11


def test_holm_corrects_step_by_step() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01, 0.04, 0.03], 5) == pytest.approx([0.05, 0.12, 0.12])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_lowers_nothing(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, corrected, strict=True))
    assert [c for _, c in sorted(zip(p_values, corrected, strict=True))] == sorted(corrected)


def test_wilson_interval_of_a_table() -> None:
    # Newcombe 1998, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_answers_about_a_few_units_count_as_much_as_they_differ() -> None:
    of_units, of_answers = wilson_interval(4, 10), wilson_interval(16, 40)
    all_or_nothing = clustered_interval([1.0] * 4 + [0.0] * 6, 4)
    assert all_or_nothing == pytest.approx(of_units)
    assert clustered_interval([0.5, 0.25, 0.5, 0.25, 0.5] * 2, 4) == pytest.approx(of_answers)
    low, high = clustered_interval([1.0, 0.75, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.0], 4)
    assert of_units[0] < low < of_answers[0]
    assert of_answers[1] < high < of_units[1]
    assert clustered_interval([0.0] * 20, 4) == wilson_interval(0, 20)
    assert clustered_interval([0.5], 4) == wilson_interval(0.5, 1)


def test_the_interval_of_clustered_answers_holds_the_true_share() -> None:
    random = Random(0)
    samples, held = 400, 0
    for _ in range(samples):
        leanings = [random.betavariate(0.4, 1.6) for _ in range(40)]  # a fifth in the mean
        shares = [fmean(random.random() < leaning for _ in range(4)) for leaning in leanings]
        low, high = clustered_interval(shares, 4)
        held += low <= 0.2 <= high
    assert 0.92 < held / samples < 0.98
