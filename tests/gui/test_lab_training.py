"""The lab: from the press of a button to what the figures show."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.gui.architecture.lab import LabView
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.twins import Twins, pairs_of
from imgclf_gui.plan import preset_network
from tests.helpers.lab_runs import RESIDUAL, WHAT
from tests.helpers.lab_view import (
    button,
    drawn,
    findings,
    shown,
    text,
)


def run_twins(view: LabView, studio: Studio, qtbot: QtBot) -> Twins:
    """Press the button, and wait for both runs to appear."""
    QTest.mouseClick(button(view, "lab_run"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(studio.runs) == 2)
    return pairs_of(studio.runs)[0]


def test_both_are_trained_one_after_the_other(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    twins = run_twins(view, opened, qtbot)
    whole, reduced = twins.runs
    assert (whole.without, reduced.without) == ("", "shortcuts")
    assert whole.name == "ResNet-20" and reduced.name == "ResNet-20 without shortcuts"
    assert text(view, "lab_title") == "ResNet-20, with and without shortcuts"
    assert whole.plan.training == reduced.plan.training
    assert whole.plan.training.watch_blocks and whole.plan.training.epochs == 3
    assert opened.spec.training.watch_blocks is False, "the project's own settings stay"
    qtbot.waitUntil(lambda: "test" in reduced.state.evaluations, timeout=10_000)
    assert whole.state.status == reduced.state.status == "completed"
    qtbot.waitUntil(lambda: "complete" in text(view, "lab_status"))
    assert button(view, "lab_run").isEnabled()


def test_stop_ends_both(opened: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgclf_gui.jobs.twins.network_name", lambda spec: "long")
    view = shown(opened, qtbot)
    twins = run_twins(view, opened, qtbot)
    whole, reduced = twins.runs
    qtbot.waitUntil(lambda: whole.state.status == "running")
    assert opened.active_run is whole, "the one that waits is not what runs"
    assert opened.job is not None and "long: epoch 1" in opened.job.title
    assert not button(view, "lab_run").isEnabled()
    assert "A run is being trained" in text(view, "lab_hint")
    qtbot.waitUntil(lambda: "With: training" in text(view, "lab_status"))
    stop = button(view, "lab_stop")
    assert stop.isVisible()
    stop.click()
    qtbot.waitUntil(lambda: whole.state.status == "stopped")
    assert reduced.state.status == "stopped"
    qtbot.waitUntil(lambda: not stop.isVisible())
    qtbot.waitUntil(button(view, "lab_run").isEnabled)


def test_the_status_lines_stop_ends_both(
    opened: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgclf_gui.jobs.twins.network_name", lambda spec: "long")
    opened.train_twins(WHAT, RESIDUAL, 1)
    qtbot.waitUntil(lambda: len(opened.runs) == 2 and opened.runs[1].state.status == "running")
    opened.stop_job()
    qtbot.waitUntil(lambda: [run.state.status for run in opened.runs] == ["stopped"] * 2)


def test_twins_that_cannot_be_planned_are_refused_in_words(opened: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.failed) as said:
        opened.train_twins("shortcuts", preset_network("linear"), 1)
    assert said.args is not None and "no 'shortcuts'" in said.args[0].message
    assert opened.runs == []


def test_twins_are_trained_for_real(project_folder: Path, qtbot: QtBot) -> None:
    studio = Studio(Settings())
    try:
        with qtbot.waitSignal(studio.project_changed):
            studio.open_project(project_folder)
        training = studio.spec.training.model_copy(update={"batch_size": 8})
        update = {"training": training, "network": RESIDUAL}
        studio.edit("Small", studio.spec.model_copy(update=update))
        view = shown(studio, qtbot)
        epochs = view.findChild(QSpinBox, "lab_epochs")
        assert epochs is not None
        epochs.setValue(1)
        twins = run_twins(view, studio, qtbot)
        last = twins.runs[1]
        qtbot.waitUntil(lambda: "test" in last.state.evaluations, timeout=200_000)
        assert all(run.state.status == "completed" for run in twins.runs)
        assert all(run.state.observations for run in twins.runs)
        qtbot.waitUntil(lambda: len(drawn(view, "gradient", 1)) == 8)
        assert all(value > 0 for value in drawn(view, "gradient", 0))
        qtbot.waitUntil(lambda: "one batch of up to 8" in findings(view))
        qtbot.waitUntil(lambda: "after epoch 1 the training loss" in findings(view))
    finally:
        studio.close()
