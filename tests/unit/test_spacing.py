"""Which steps are observed: early ones, then as many as the time allows, spread to the end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from imgclf_gui.worker.spacing import FREE_SECONDS, MOST, SHARE, Spacing


def play(
    total: int, a_step: float, cost: float, *, first: int = 0, group: int = 1
) -> tuple[list[int], float]:
    """The observed steps of a run, and the seconds that observing took.

    A step takes `a_step` seconds, `cost` more if it is observed; `group` are made in one call.
    """
    spacing = Spacing(total, first)
    observed, step = [], first
    while step < total:
        quiet = spacing.until_next(step)
        if quiet:
            count = min(quiet, group, total - step)
            spacing.ordinary(count, count * a_step)
            step += count
        else:
            spacing.observed(step, a_step + cost)
            observed.append(step)
            step += 1
    return observed, cost * len(observed)


@pytest.mark.parametrize("group", [1, 8, 32])
@pytest.mark.parametrize(
    ("total", "a_step", "cost"),
    [(5_000, 0.1, 0.1), (5_000, 0.01, 0.1), (100_000, 0.001, 0.02), (300, 2.0, 3.0)],
)
def test_observing_takes_no_more_than_its_share(
    total: int, a_step: float, cost: float, group: int
) -> None:
    observed, extra = play(total, a_step, cost, group=group)
    assert extra <= SHARE * total * a_step + cost
    assert len(observed) > 5
    assert observed[-1] > 0.9 * total


def test_the_first_steps_are_observed_whatever_comes() -> None:
    observed, _ = play(20_000, 0.05, 0.05, group=32)
    assert observed[:8] == [0, 1, 2, 4, 8, 16, 32, 64]
    gaps = [later - earlier for earlier, later in pairwise(observed)]
    assert max(gaps) <= 2 * min(gaps[9:])


def test_a_short_run_may_take_a_second() -> None:
    observed, extra = play(60, 0.01, 0.01)
    assert len(observed) > 50
    observed, extra = play(60, 0.01, 0.25)
    assert 3 <= len(observed) <= 4
    assert extra <= FREE_SECONDS


def test_a_costly_look_is_made_once_and_then_when_it_is_affordable() -> None:
    observed, extra = play(100, 1.0, 6.0)
    assert observed[0] == 0
    assert extra <= SHARE * 100
    assert len(play(20, 1.0, 60.0)[0]) == 1


@pytest.mark.parametrize("total", [1_000, 100_000, 2_000_000])
def test_a_long_run_is_not_observed_without_end(total: int) -> None:
    observed, _ = play(total, 0.01, 0.0001, group=1_000)
    assert MOST * 0.5 < len(observed) < MOST * 1.1


def test_a_run_that_goes_on_is_observed_at_once_and_then_like_the_rest() -> None:
    whole, _ = play(10_000, 0.1, 0.1)
    rest, _ = play(10_000, 0.1, 0.1, first=7_500)
    assert rest[:5] == [7_500, 7_501, 7_502, 7_504, 7_508]
    late = [step for step in whole if step >= 7_500]
    assert len(rest) == pytest.approx(len(late), abs=10)
