"""The fold of events: what is shown of a run at every moment of its life."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState, fold

CPU = DeviceSummary(label="cpu", name="A processor")
FAILURE = e.JobFailed(job="1", error=ErrorReport(code="worker.killed", message="It was killed."))
SAVED = e.CheckpointSaved(job="1", step=10)


def _summary(epoch: int, loss: float, validation_loss: float | None = None) -> e.EpochSummary:
    return e.EpochSummary(
        epoch=epoch,
        step=10 * epoch,
        loss=loss,
        accuracy=1 - loss,
        validation_loss=validation_loss,
        validation_accuracy=None if validation_loss is None else 1 - validation_loss,
        learning_rate=1e-3,
        seconds=1,
        images_per_second=1000,
    )


def _epoch(epoch: int, loss: float, *, best: bool) -> e.EpochEnded:
    return e.EpochEnded(job="1", summary=_summary(epoch, loss, loss), best=best)


def _steps(step: int) -> e.StepsEnded:
    return e.StepsEnded(
        job="1",
        step=step,
        epoch=1 + step // 10,
        loss=0.5,
        accuracy=0.5,
        learning_rate=1e-3,
        images_per_second=1000,
        seconds_left=1,
    )


def _started(step: int = 0, epochs: Sequence[e.EpochSummary] = ()) -> e.RunStarted:
    return e.RunStarted(
        job="1",
        at=100,
        device=CPU,
        epochs_total=3,
        steps_per_epoch=10,
        step=step,
        epochs=tuple(epochs),
    )


def _finished(outcome: str = "completed", best_epoch: int = 2) -> e.RunFinished:
    return e.RunFinished.model_validate(
        {"job": "1", "outcome": outcome, "best_epoch": best_epoch, "seconds": 9}
    )


def _evaluated(split: str, views: int = 0) -> e.Evaluated:
    return e.Evaluated.model_validate(
        {
            "job": f"1:evaluate-{split}",
            "split": split,
            "images": 4,
            "accuracy": 0.75,
            "interval": (0.3, 0.95),
            "loss": 0.5,
            "classes": (),
            "confusion": ((2, 0), (1, 1)),
            "predictions": f"predictions-{split}.csv",
            "fingerprint": "f",
            "views": views,
        }
    )


def test_nothing_heard_yet_is_waiting() -> None:
    state = RunState()
    assert (state.status, state.active, state.resumable) == ("waiting", True, False)
    assert (state.best, state.last) == (None, None)


def test_a_whole_run() -> None:
    chosen = e.ExecutionChosen(
        job="1", jit_compile=True, steps_per_execution=8, how="measured", trials=()
    )
    state = RunState()
    seen = []
    for event in (
        e.PreparingPixels(job="1", done=5, total=10),
        _started(),
        chosen,
        _steps(5),
        _epoch(1, 0.6, best=True),
        SAVED,
        e.RunPaused(job="1", step=12),
        e.RunContinued(job="1"),
        _epoch(2, 0.4, best=True),
        _epoch(3, 0.5, best=False),
        e.Logged(job="1", text="done"),
        _finished(),
        _evaluated("validation"),
        _evaluated("test"),
    ):
        state.apply(event)
        seen.append(state.status)
    assert seen == [
        "preparing",
        *["running"] * 5,
        "paused",
        *["running"] * 4,
        *["completed"] * 3,
    ]
    assert (state.device, state.epochs_total, state.steps_per_epoch) == ("cpu", 3, 10)
    assert [epoch.epoch for epoch in state.epochs] == [1, 2, 3]
    assert state.best == _summary(2, 0.4, 0.4)
    assert state.last is not None
    assert state.last.step == 5
    assert state.execution == chosen
    assert (state.started_at, state.seconds) == (100, 9)
    assert set(state.evaluations) == {"validation", "test"}
    assert [line.text for line in state.log] == ["done"]
    assert (state.active, state.resumable, state.error) == (False, False, None)


def test_an_evaluation_with_views_does_not_replace_the_plain_one() -> None:
    events = [_evaluated("test"), _evaluated("test", 4), _evaluated("test", 8)]
    state = fold([_started(), _finished(), *events])
    assert state.evaluations == {"test": events[0]}
    assert state.evaluations_with_views == {"test": events[2]}
    state.apply(_started(step=10))
    assert (state.evaluations, state.evaluations_with_views) == ({}, {})


@pytest.mark.parametrize("outcome", ["completed", "stopped", "stopped_early"])
def test_how_a_run_ended(outcome: str) -> None:
    state = fold([_started(), SAVED, _finished(outcome)])
    assert state.status == outcome
    assert state.resumable == (outcome == "stopped")


def test_a_failure_is_kept_with_its_reason_and_can_be_resumed() -> None:
    assert fold([_started(), FAILURE]).resumable, "from its beginning"
    state = fold([_started(), SAVED, FAILURE])
    assert (state.status, state.error, state.resumable) == ("failed", FAILURE.error, True)


def test_a_run_that_nobody_has_in_hand_is_interrupted() -> None:
    state = fold([_started(), SAVED])
    state.interrupt()
    assert (state.status, state.resumable) == ("interrupted", True)


def test_a_finished_run_cannot_be_interrupted() -> None:
    state = fold([_started(), _finished()])
    state.interrupt()
    assert state.status == "completed"


def test_a_resumed_run_forgets_what_came_after_its_checkpoint() -> None:
    first = _summary(1, 0.6, 0.6)
    state = fold(
        [
            _started(),
            _steps(8),
            e.EpochEnded(job="1", summary=first, best=True),
            SAVED,
            _steps(15),
            _epoch(2, 0.4, best=True),
            FAILURE,
            _started(step=10, epochs=[first]),
        ]
    )
    assert (state.status, state.error) == ("running", None)
    assert [steps.step for steps in state.steps] == [8]
    assert state.epochs == [first]
    assert state.best == first
    assert state.step == 10
    state.apply(_epoch(2, 0.4, best=True))
    assert state.best_epoch == 2


def _observed(step: int) -> e.BlocksObserved:
    seen = e.BlockStatistics(mean=0.1, spread=1.0, dead=0.5, gradient=None, update=1e-3)
    return e.BlocksObserved(job="1", step=step, epoch=1, blocks=(seen,))


def test_a_resumed_run_forgets_observations_after_its_checkpoint() -> None:
    seen = [_observed(step) for step in (1, 2, 10, 11)]
    state = fold([_started(), *seen, FAILURE])
    assert state.observations == seen
    state.apply(_started(step=10))
    assert state.observations == seen[:3]
    state.apply(_observed(11))
    assert [it.step for it in state.observations] == [1, 2, 10, 11]


def test_observations_of_other_blocks_than_the_first_are_left_out() -> None:
    other = _observed(2).model_copy(update={"blocks": ()})
    state = fold([_started(), _observed(1), other, _observed(3)])
    assert [it.step for it in state.observations] == [1, 3]


def test_the_best_of_a_resumed_run_without_validation_is_the_best_in_training() -> None:
    epochs = [_summary(1, 0.3), _summary(2, 0.2), _summary(3, 0.25)]
    assert fold([_started(step=30, epochs=epochs)]).best == epochs[1]


def test_the_best_of_a_resumed_run_is_the_most_accurate_whatever_its_loss() -> None:
    less, more = _summary(1, 0.3, 0.3), _summary(2, 0.3, 0.4)
    more = more.model_copy(update={"validation_accuracy": 0.9})
    assert fold([_started(step=20, epochs=[less, more])]).best == more


def test_a_long_run_that_goes_on_keeps_the_epochs_that_its_worker_does_not_repeat() -> None:
    epochs = [_summary(number, 0.5, 0.5) for number in (1, 2, 3)]
    ended = [e.EpochEnded(job="1", summary=epoch, best=False) for epoch in epochs]
    state = fold([_started(), *ended, FAILURE, _started(step=20, epochs=[epochs[1]])])
    assert state.epochs == epochs[:2]


def test_a_resumed_run_is_measured_anew() -> None:
    state = fold([_started(), _finished("stopped"), _evaluated("test"), _started(step=10)])
    assert state.evaluations == {}


def test_a_resumed_run_that_is_stopped_in_the_queue_keeps_its_best() -> None:
    state = fold(
        [_started(), _epoch(1, 0.6, best=True), _finished("stopped", 1), _finished("stopped", 0)]
    )
    assert state.best_epoch == 1


def test_an_evaluation_leaves_a_finished_run_finished() -> None:
    decoding = e.PreparingPixels(job="1:evaluate-test", done=1, total=4)
    state = fold([_started(), _finished(), decoding])
    assert state.status == "completed"
    state.apply(FAILURE)
    assert (state.status, state.error) == ("completed", FAILURE.error)


def test_events_that_do_not_concern_a_run_change_nothing() -> None:
    before = fold([_started()])
    after = fold([_started(), e.Heartbeat(), e.WorkerReady(pid=1, python="3.11.7")])
    assert after == before
