"""The lab's plots: what they make of observations, and how fast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import (
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import TrainingSpec
from imgclf_gui.gui.block_history import LEAST, BlockHistory
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.lab_heat import over_time
from imgclf_gui.gui.widgets.lab_plots import BlockPlot, log_ticks
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState
from tests.helpers.lab_runs import RESIDUAL, make_twins
from tests.helpers.lab_view import (
    drawn,
    shown,
    slider,
)
from tests.helpers.timing import within


def test_a_resumed_run_loses_what_is_done_again() -> None:
    state, history = RunState(), BlockHistory()
    blocks = (e.BlockStatistics(mean=0.5, spread=None),)
    for step in (1, 5, 9):
        state.apply(e.BlocksObserved(step=step, epoch=1, blocks=blocks))
    assert history.update(state) and history.steps == [1, 5, 9]
    assert not history.update(state)
    state.observations = [seen for seen in state.observations if seen.step <= 5]
    assert history.update(state) and history.steps == [1, 5]
    assert history.at(0, "mean")[0] == 0.5 and np.isnan(history.at(0, "spread")[0])
    assert [history.nearest(step) for step in (0, 3, 4, 99)] == [0, 0, 1, 1]


def test_zero_stands_at_the_bottom_of_a_logarithmic_axis(qtbot: QtBot) -> None:
    plot = BlockPlot("gradient")
    qtbot.addWidget(plot)
    plot.draw(0, np.array([0.0, np.nan, 1.0]))
    y = plot.points(0)[1]
    assert y[0] == LEAST and np.isnan(y[1])


@pytest.mark.parametrize(("low", "high"), [(-7.0, 0.0), (-12.0, 3.0), (-2.1, -1.9), (0.0, 0.0)])
def test_logarithmic_axes_have_a_few_plain_ticks(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 12
    assert all(float(words) == pytest.approx(10**place) for place, words in ticks)


def test_many_observations_of_many_blocks_are_drawn_quickly(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    network = RESIDUAL.model_copy(
        update={"blocks": (*RESIDUAL.blocks[:1], *RESIDUAL.blocks[1:2] * 58, *RESIDUAL.blocks[-2:])}
    )
    project.save(project.spec.model_copy(update={"training": TrainingSpec(batch_size=1)}))
    make_twins(project, dataset_summary(project), observations=96, network=network)
    with qtbot.waitSignal(studio.project_changed, timeout=20_000):
        studio.open_project(project_folder)
    for run in studio.runs:
        seen = run.state.observations[-1]
        for step in range(97, 401):
            run.state.apply(seen.model_copy(update={"step": step}))
    view = shown(studio, qtbot, (1580, 900))
    qtbot.waitUntil(lambda: len(drawn(view, "dead", 1)) == 60, timeout=20_000)
    slider(view).setValue(10)
    plots = view.findChild(QWidget, "lab_plots")
    within(0.25, plots.redraw)  # type: ignore[union-attr]


def test_what_was_not_observed_stays_empty_over_time() -> None:
    state, history = RunState(), BlockHistory()
    for step in (10, 20):
        blocks = (e.BlockStatistics(mean=float(step), spread=None),)
        state.apply(e.BlocksObserved(step=step, epoch=1, blocks=blocks))
    history.update(state)
    picture = over_time(history, "mean", (0.0, 40.0))[:, 0]
    assert np.isnan(picture[:75]).all() and np.isnan(picture[-149:]).all()
    seen = picture[np.isfinite(picture)]
    assert seen[0] == 10 and seen[-1] == 20 and len(set(seen)) == 2
    assert over_time(BlockHistory(), "mean", (0.0, 1.0)).size == 0
