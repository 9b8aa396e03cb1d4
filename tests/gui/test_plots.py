"""Curves: what is drawn of a run."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from imgclf_gui.core.summary import DeviceSummary
from imgclf_gui.gui.curves import MOST_POINTS, Curves, decimated
from imgclf_gui.gui.widgets.plots import MetricPlot, RunPlots, ShownRun
from imgclf_gui.gui.widgets.run_style import RunStyle
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState
from tests.helpers.timing import within

CPU = DeviceSummary(label="cpu", name="Processor")
STEPS_PER_EPOCH = 10


def started(state: RunState, step: int = 0) -> RunState:
    state.apply(
        e.RunStarted(
            device=CPU,
            epochs_total=5,
            steps_per_epoch=STEPS_PER_EPOCH,
            step=step,
            epochs=tuple(epoch for epoch in state.epochs if epoch.step <= step),
        )
    )
    return state


def step(number: int, loss: float = 1.0) -> e.StepsEnded:
    return e.StepsEnded(
        step=number,
        epoch=1 + (number - 1) // STEPS_PER_EPOCH,
        loss=loss,
        accuracy=0.5,
        learning_rate=0.01,
        images_per_second=1000,
        seconds_left=1,
    )


def epoch(number: int, validation: float | None = 0.7) -> e.EpochEnded:
    summary = e.EpochSummary(
        epoch=number,
        step=number * STEPS_PER_EPOCH,
        loss=1 / number,
        accuracy=0.6,
        validation_loss=None if validation is None else 1.2 / number,
        validation_accuracy=validation,
        learning_rate=0.01,
        seconds=1,
        images_per_second=1000,
    )
    return e.EpochEnded(summary=summary, best=True)


def run_of(events: list[e.Event], run_id: str = "001", name: str = "A run") -> ShownRun:
    state = started(RunState())
    for event in events:
        state.apply(event)
    return ShownRun(run_id, name, state, RunStyle(int(run_id) - 1))


@pytest.fixture
def plots(qtbot: QtBot) -> RunPlots:
    """Shown plots without a run."""
    made = RunPlots()
    qtbot.addWidget(made)
    made.resize(900, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def plot(plots: RunPlots, metric: str) -> MetricPlot:
    found = plots.findChild(MetricPlot, f"plot_{metric}")
    assert found is not None
    return found


def test_steps_and_epochs_are_drawn_over_epochs(plots: RunPlots) -> None:
    run = run_of([step(5, 2.0), step(10, 1.5), epoch(1), step(20), epoch(2)])
    plots.show_runs([run])
    plots.redraw()
    x, y = plot(plots, "loss").points("001", "steps")
    assert list(x) == [0.5, 1.0, 2.0] and list(y) == [2.0, 1.5, 1.0]
    x, y = plot(plots, "loss").points("001", "validation")
    assert list(x) == [1.0, 2.0] and list(y) == pytest.approx([1.2, 0.6])
    assert list(plot(plots, "accuracy").points("001", "validation")[1]) == pytest.approx([70, 70])
    assert list(plot(plots, "learning_rate").points("001", "steps")[1]) == [0.01] * 3


def test_what_is_new_is_drawn_soon(plots: RunPlots, qtbot: QtBot) -> None:
    run = run_of([step(5)])
    plots.show_runs([run])
    plots.redraw()
    run.state.apply(step(6))
    plots.touch("001")
    qtbot.waitUntil(lambda: len(plot(plots, "loss").points("001", "steps")[0]) == 2)


def test_a_run_without_validation_has_no_validation_curve(plots: RunPlots) -> None:
    plots.show_runs([run_of([epoch(1, validation=None)])])
    plots.redraw()
    assert len(plot(plots, "loss").points("001", "validation")[0]) == 0
    assert len(plot(plots, "loss").points("001", "training")[0]) == 1


def test_runs_are_overlaid_and_taken_away(plots: RunPlots) -> None:
    one, two = run_of([step(5)]), run_of([step(5), step(6)], "002")
    plots.show_runs([one, two])
    plots.redraw()
    assert len(plot(plots, "loss").points("002", "steps")[0]) == 2
    plots.show_runs([one])
    plots.redraw()
    assert len(plot(plots, "loss").points("002", "steps")[0]) == 0
    assert len(plot(plots, "loss").points("001", "steps")[0]) == 1


def test_a_resumed_run_loses_the_steps_that_are_done_again() -> None:
    run, curves = run_of([step(5), step(10), epoch(1), step(15, 9.0)]), Curves()
    curves.update(run.state)
    assert len(curves.steps("loss")[0]) == 3
    started(run.state, step=10)
    run.state.apply(step(16, 0.5))
    curves.update(run.state)
    assert list(curves.steps("loss")[1]) == [1.0, 1.0, 0.5]


def test_no_curve_has_more_points_than_can_be_seen() -> None:
    x = np.arange(10 * MOST_POINTS + 7, dtype=np.float64)
    few_x, few_y = decimated(x, 2 * x)
    assert MOST_POINTS // 2 < len(few_x) <= MOST_POINTS
    assert np.all(np.diff(few_x) > 0)
    assert few_y == pytest.approx(2 * few_x)
    assert few_x[0] < 11 and few_x[-1] > x[-1] - 11


def test_a_long_run_is_drawn_within_a_frame(plots: RunPlots) -> None:
    run = run_of([step(number) for number in range(1, 36_001)])
    plots.show_runs([run])
    plots.redraw()

    def one_more_step() -> None:
        run.state.apply(step(run.state.step + 1))
        plots.touch("001")
        plots.redraw()

    within(0.05, one_more_step)


def test_runs_differ_by_more_than_colour() -> None:
    styles = [RunStyle(index) for index in range(7)]
    assert len({style.mark for style in styles}) == 7
    assert len({style.colour.name() for style in styles}) == 7


def test_the_newest_figures_can_be_heard(plots: RunPlots) -> None:
    plots.show_runs([run_of([epoch(1)], name="My run")])
    plots.redraw()
    assert "My run, epoch 1" in plots.accessibleDescription()
    assert "validation accuracy 70.0 %" in plots.accessibleDescription()
