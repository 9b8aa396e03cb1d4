"""What a study's events come to, and what its table says, and does not say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.intervals import wilson_interval
from imgclf_gui.plan.study import NOTHING, StudyPlan, Variant
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.study_state import (
    Status,
    StudyState,
    fold,
    points,
    study_headline,
    study_table,
)
from tests.helpers.plans import a_plan

IMAGES = 1_000


def a_study(*titles: str, seeds: int = 3) -> StudyPlan:
    """A study of so many variants; what they do plays no part."""
    variants = [Variant(title=title) for title in (NOTHING, *titles)]
    plan = a_plan()
    data = plan.data.model_copy(update={"validation_images": IMAGES})
    return StudyPlan(
        plan=plan.model_copy(update={"data": data}),
        variants=tuple(variants),
        seeds=tuple(range(seeds)),
        train_images=24,
    )


def trained(variant: int, seed: int, correct: int, images: int = IMAGES) -> e.VariantTrained:
    """A training that has so many of a thousand right."""
    return e.VariantTrained(
        variant=variant, seed=seed, images=images, correct=correct, seconds=2, loss=0.5
    )


def results(*variants: tuple[int, ...]) -> StudyState:
    """The correct answers of each variant, seed by seed."""
    return fold(
        trained(variant, seed, correct)
        for variant, counts in enumerate(variants)
        for seed, correct in enumerate(counts)
    )


DIVERGED = e.VariantFailed(
    variant=1, seed=2, seconds=1, error=ErrorReport(code="run.not_finite", message="It diverged.")
)


LIFE: tuple[tuple[e.Event, Status], ...] = (
    (e.PreparingPixels(done=1, total=2), "preparing"),
    (e.StudyStarted(trainings=6, at=10), "running"),
    (e.StudyProgressed(variant=1, seed=0, done=1.5, trainings=6, seconds_left=3), "running"),
    (trained(0, 0, 5), "running"),
    (DIVERGED, "running"),
    (e.StudyFinished(seconds=3, stopped=True), "stopped"),
    (e.StudyStarted(trainings=6, done=2, at=20), "running"),
    (e.StudyFinished(seconds=3), "completed"),
)


@pytest.mark.parametrize("count", range(len(LIFE) + 1))
def test_the_life_of_a_study(count: int) -> None:
    state = fold(event for event, _ in LIFE[:count])
    status = LIFE[count - 1][1] if count else "waiting"
    assert state.status == status
    assert state.active == (status in ("waiting", "preparing", "running"))
    assert state.resumable == (status == "stopped")


def test_what_a_study_has_done_is_known() -> None:
    state = fold(event for event, _ in LIFE)
    assert (state.trainings, state.started_at, state.seconds) == (6, 10, 3)
    assert state.done == ((0, 0), (1, 2))
    assert state.progress is None
    running = fold(event for event, _ in LIFE[:4])
    assert running.progress is not None
    assert running.progress.done == 1.5


def test_a_study_that_failed_goes_on_and_forgets_why() -> None:
    report = ErrorReport(code="worker.killed", message="Killed.")
    state = fold([e.StudyStarted(trainings=6), e.JobFailed(error=report)])
    assert (state.status, state.error) == ("failed", report)
    state.apply(e.StudyStarted(trainings=6))
    assert (state.status, state.error) == ("running", None)


def test_a_study_that_nobody_has_in_hand_was_interrupted() -> None:
    state = fold([e.StudyStarted(trainings=6)])
    state.interrupt()
    assert (state.status, state.resumable) == ("interrupted", True)
    finished = fold([e.StudyStarted(trainings=6), e.StudyFinished(seconds=1)])
    finished.interrupt()
    assert finished.status == "completed"


def test_a_clear_difference_is_told_with_its_interval() -> None:
    state = results((800, 810, 790), (830, 841, 819))
    base, row = study_table(a_study("Rotation"), state)
    assert (base.verdict, base.difference, base.p_value) == ("compared with", None, None)
    assert base.accuracy == pytest.approx(0.8)
    # Mean 0.8, standard deviation 0.01: 0.8 ± 4.303 · 0.01 / √3.
    assert base.interval == pytest.approx((0.8 - 0.02484, 0.8 + 0.02484), abs=1e-5)
    # Differences 30, 31, 29: 30 ± 4.303 · 1 / √3.
    assert row.difference == pytest.approx(0.030)
    assert row.difference_interval == pytest.approx((0.02752, 0.03248), abs=1e-5)
    # t = 30 √3 with two degrees of freedom.
    assert row.p_value == pytest.approx(0.00037, abs=1e-5)
    assert row.verdict == "helps"
    assert row.sentence == "Rotation: helps by 3.0 points (2.8 to 3.2)."


def test_a_clear_loss_is_told() -> None:
    _, row = study_table(a_study("Hue"), results((800, 810, 790), (770, 779, 761)))
    assert row.verdict == "hurts"
    assert row.sentence == "Hue: hurts by 3.0 points (2.8 to 3.2)."


def test_no_difference_is_said_to_be_none() -> None:
    _, row = study_table(a_study("Shear"), results((800, 810, 790), (803, 808, 795)))
    assert row.verdict == "no difference"
    assert row.sentence == "Shear: no difference shown (−0.70 to 1.1 points)."


def test_among_many_comparisons_more_is_asked_for() -> None:
    base, variant = (800, 810, 790), (810, 822, 798)  # 10 ± 2: p = 0.013 by itself
    _, alone = study_table(a_study("Zoom"), results(base, variant))
    assert alone.verdict == "helps"
    others = [(801, 809, 790)] * 4
    rows = study_table(a_study(*"ABCDE"), results(base, variant, *others))
    assert rows[1].p_value == pytest.approx(5 * (alone.p_value or 0))
    assert rows[1].verdict == "no difference"
    assert "p = 0.07 among 5 comparisons" in rows[1].sentence


def test_comparisons_to_come_count_already() -> None:
    base, variant = (800, 810, 790), (810, 822, 798)
    rows = study_table(a_study(*"ABCDE"), results(base, variant))
    assert rows[1].verdict == "no difference"
    assert [row.verdict for row in rows[2:]] == ["none yet"] * 4


def test_identical_results_show_no_difference() -> None:
    base, row = study_table(a_study("Noise"), results((800,) * 3, (800,) * 3))
    assert base.interval == wilson_interval(800, IMAGES)
    assert (row.difference, row.difference_interval, row.p_value) == (0, None, None)
    assert row.sentence == "Noise: no difference shown (as many images right with every seed)."


def test_the_same_difference_for_every_seed_proves_nothing() -> None:
    _, row = study_table(a_study("Blur"), results((800, 805, 790), (801, 806, 791)))
    assert (row.verdict, row.p_value, row.difference_interval) == ("no difference", None, None)
    assert row.difference == pytest.approx(0.001)
    assert "1 of 1,000 images more right with every seed" in row.sentence


def test_one_seed_has_no_verdict_and_the_interval_of_its_images() -> None:
    base, row = study_table(a_study("Gamma"), results((800,), (850,)))
    assert base.interval == wilson_interval(800, IMAGES)
    assert row.interval == wilson_interval(850, IMAGES)
    assert row.difference == pytest.approx(0.05)
    assert (row.verdict, row.p_value, row.difference_interval) == ("none yet", None, None)
    assert "at least two seeds" in row.sentence


def test_only_seeds_that_both_have_are_compared() -> None:
    base, row = study_table(a_study("Crop"), results((800, 810, 700), (820, 831)))
    assert (base.seeds, row.seeds) == ((0, 1, 2), (0, 1))
    assert row.difference == pytest.approx(0.0205)


def test_nothing_trained_yet() -> None:
    plan = a_study("Crop")
    base, row = study_table(plan, StudyState())
    assert (base.accuracy, base.interval, row.difference) == (None, None, None)
    assert study_headline(plan, StudyState()).startswith("No verdict yet.")


def test_a_training_that_failed_takes_the_verdict_with_it() -> None:
    plan = a_study("MixUp", "Crop")
    state = results((800, 810, 790), (830, 841), (830, 841, 819))
    state.apply(DIVERGED)
    _, failed, sound = study_table(plan, state)
    assert failed.verdict == "none yet"
    assert failed.p_value is None
    assert failed.sentence == "MixUp: no verdict, it failed with seed 2 (It diverged.)."
    assert sound.verdict == "helps"


def test_without_its_base_nothing_is_compared() -> None:
    state = results((800, 810), (830, 841, 819))
    state.apply(DIVERGED.model_copy(update={"variant": 0}))
    _, row = study_table(a_study("Crop"), state)
    assert row.verdict == "none yet"
    assert "the training without augmentation failed with seed 2" in row.sentence


def test_the_headline_names_what_was_measured_and_what_that_does_not_say() -> None:
    plan = a_study("Crop", "Hue", "Blur", "Noise")
    base = (800, 810, 790)
    state = results(base, (850, 861, 839), (750, 759, 741), (801, 809, 790), (802, 808, 790))
    headline = study_headline(plan, state)
    assert headline.startswith(
        "Crop helps, Hue hurts. No difference shown for 2 others. Accuracy on the 1,000 "
        "validation images after 10 epochs on 24 of 48 training images, with 3 of 3 seeds."
    )
    assert "not for that of other images" in headline
    assert headline.endswith("A short training says little about a long one.")


def test_the_headline_says_so_when_there_is_nothing_to_show() -> None:
    state = results((800, 810, 790), (801, 809, 790))
    assert study_headline(a_study("Blur"), state).startswith("No difference shown. Accuracy")


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.012, "1.2"), (-0.003, "−0.30"), (0, "0.00"), (-0.00001, "0.00"), (0.00996, "1.0")],
)
def test_points(share: float, text: str) -> None:
    assert points(share) == text


def test_a_training_that_was_measured_on_nothing_is_no_event() -> None:
    with pytest.raises(ValidationError, match="images"):
        e.VariantTrained(variant=0, seed=0, images=0, correct=0, seconds=1, loss=1)
