"""The lab: what it asks for, and what it shows of twins that were trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QListWidget,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import NetworkSpec, TrainingSpec
from imgclf_gui.gui.architecture.lab import LabView
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.twin_plans import TwinPlans
from imgclf_gui.gui.widgets.lab_heat import HeatPlot
from imgclf_gui.gui.widgets.lab_plots import BlockPlot, LearningPlot
from imgclf_gui.gui.widgets.lab_style import WITH, WITHOUT, TwinLegend
from imgclf_gui.jobs.planning import dataset_summary
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState
from tests.helpers.lab_runs import RESIDUAL, make_twins, make_watched, observation
from tests.helpers.lab_view import (
    block_plot,
    button,
    choice,
    choose,
    drawn,
    findings,
    live,
    shown,
    slider,
    text,
)


@pytest.fixture
def with_twins(studio: Studio, project_folder: Path, qtbot: QtBot) -> Studio:
    """The open project with one complete pair, of 20 observations in 96 steps."""
    project = Project.open(project_folder)
    project.save(project.spec.model_copy(update={"training": TrainingSpec(batch_size=1)}))
    make_twins(project, dataset_summary(project))
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    return studio


@pytest.fixture
def lab(with_twins: Studio, qtbot: QtBot) -> LabView:
    """The view on that pair, drawn."""
    view = shown(with_twins, qtbot)
    qtbot.waitUntil(lambda: len(block_plot(view, "gradient").points(1)[0]) > 0)
    return view


# Before there is anything to see


def test_without_a_project_it_says_what_it_is_for(studio: Studio, qtbot: QtBot) -> None:
    view = shown(studio, qtbot)
    empty = view.findChild(QWidget, "lab_empty")
    assert empty is not None and empty.isVisible()
    assert not button(view, "lab_run").isEnabled()
    assert "Open or make a project" in text(view, "lab_hint")
    assert "Open or make a project" in button(view, "lab_run").toolTip()
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        button(view, "lab_to_dataset").click()
    assert wanted.args == ["dataset"]


def test_without_images_it_asks_for_them(studio: Studio, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.project_changed):
        studio.new_project(tmp_path / "new")
    view = shown(studio, qtbot)
    assert not button(view, "lab_run").isEnabled()
    assert "Import images" in text(view, "lab_hint")


def test_a_network_with_nothing_to_take_out_says_so(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    assert choice(view, "lab_network").currentData() == "resnet-20", "linear has nothing"
    assert button(view, "lab_run").isEnabled()
    choose(view, "lab_network", "linear")
    assert not choice(view, "lab_without").isEnabled()
    assert not button(view, "lab_run").isEnabled()
    assert "Nothing can be taken out" in text(view, "lab_hint")


def test_the_idea_and_the_cost_stand_beside_the_choice(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    assert "shortcut adds a block's input" in text(view, "lab_idea")
    choose(view, "lab_without", "batch-normalization")
    assert "mean 0 and spread 1" in text(view, "lab_idea")
    epochs = view.findChild(QSpinBox, "lab_epochs")
    assert epochs is not None and epochs.value() == 3
    epochs.setValue(5)
    cost = text(view, "lab_cost")
    assert "5 epochs of 48 training images" in cost and "seed 0" in cost


def test_the_projects_own_network_is_offered_as_it_is_now(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    choose(view, "lab_network", "")
    assert not button(view, "lab_run").isEnabled()
    opened.edit("Network", opened.spec.model_copy(update={"network": RESIDUAL}))
    kinds = [choice(view, "lab_without").itemData(row) for row in range(2)]
    assert kinds == ["shortcuts", "batch-normalization"]
    assert button(view, "lab_run").isEnabled()


def test_edits_elsewhere_are_not_planned_until_it_is_seen(
    opened: Studio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = shown(opened, qtbot)
    choose(view, "lab_network", "")
    view.hide()
    asked: list[str] = []
    real = opened.plan_twins

    def counted(what: str, network: NetworkSpec, epochs: int) -> TwinPlans:
        asked.append(what)
        return real(what, network, epochs)

    monkeypatch.setattr(opened, "plan_twins", counted)
    opened.edit("Network", opened.spec.model_copy(update={"network": RESIDUAL}))
    assert asked == []
    view.show()
    qtbot.waitUntil(lambda: asked == ["shortcuts"])
    assert button(view, "lab_run").isEnabled()


def test_what_cannot_be_planned_is_told_at_the_button(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    training = opened.spec.training.model_copy(update={"warmup_epochs": 4.0})
    opened.edit("Warm-up", opened.spec.model_copy(update={"training": training}))
    assert "warm-up (4 epochs)" in text(view, "lab_problem")
    assert not button(view, "lab_run").isEnabled()


# A pair


def test_a_reopened_project_shows_its_twins(lab: LabView) -> None:
    assert text(lab, "lab_title") == "Small net, with and without shortcuts"
    assert text(lab, "lab_status").startswith("With: complete · epoch 2 of 2")
    assert not button(lab, "lab_stop").isVisible()
    gradients = drawn(lab, "gradient", 1)
    assert len(gradients) == 8
    assert gradients[0] == pytest.approx(1e-7) and gradients[-1] == pytest.approx(1)
    assert drawn(lab, "gradient", 0)[0] == pytest.approx(0.9**7)


def test_what_was_reopened_grows(
    lab: LabView, with_twins: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    with_twins.close_project()
    with qtbot.waitSignal(with_twins.project_changed):
        with_twins.open_project(project_folder)
    run = with_twins.run("002")
    with_twins.take_events([observation("002", run.plan, 300, 7, 0.5)])
    qtbot.waitUntil(lambda: slider(lab).maximum() == 20)


def test_a_pair_without_observations_yet_shows_none(
    lab: LabView, with_twins: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    folders = make_twins(project, dataset_summary(project), key="new")
    with_twins.runs[:0] = [RunView.of(folder, RunState()) for folder in reversed(folders)]
    with_twins.runs_changed.emit()
    assert text(lab, "lab_status") == "With: waiting.  Without: waiting."
    assert not slider(lab).isEnabled() and text(lab, "lab_moment_words") == ""
    qtbot.waitUntil(lambda: drawn(lab, "gradient", 0) == [])
    assert text(lab, "lab_block_with") == "With: nothing observed yet"
    assert "not both been observed yet" in findings(lab)
    assert button(lab, "lab_stop").isVisible()


def test_the_findings_say_what_the_figures_show(lab: LabView) -> None:
    assert "Vanishing gradients: without shortcuts" in findings(lab)
    assert "48 training and 6 validation images" in findings(lab)
    assert "seed 0" in findings(lab)


def test_the_slider_moves_both_twins(lab: LabView, qtbot: QtBot) -> None:
    choose(lab, "lab_measure_choice", "update")
    qtbot.waitUntil(lambda: drawn(lab, "update", 0)[:1] == [pytest.approx(0.096)])
    slider(lab).setFocus()
    QTest.keyClick(slider(lab), Qt.Key.Key_Home)
    assert not live(lab).isChecked()
    assert text(lab, "lab_moment_words") == "step 5 · epoch 1 of 2"
    for twin in (0, 1):
        qtbot.waitUntil(lambda twin=twin: drawn(lab, "update", twin)[0] == pytest.approx(0.005))  # type: ignore[misc]
    QTest.keyClick(slider(lab), Qt.Key.Key_Right)
    assert text(lab, "lab_moment_words").startswith("step 10 ")
    live(lab).click()
    assert text(lab, "lab_moment_words") == "step 96 · epoch 2 of 2"


def test_it_plays_to_the_end(lab: LabView, qtbot: QtBot) -> None:
    play = lab.findChild(QToolButton, "lab_play")
    assert play is not None
    play.click()
    assert slider(lab).value() == 0
    qtbot.waitUntil(lambda: not play.isChecked(), timeout=10_000)
    assert slider(lab).value() == slider(lab).maximum()


def test_a_block_is_named_with_its_figures(lab: LabView) -> None:
    number = lab.findChild(QSpinBox, "lab_block")
    assert number is not None and number.maximum() == 8
    number.setValue(2)
    assert text(lab, "lab_block_title") == "2 · Unit 1 · Convolution / 2 · Convolution"
    assert "gradient 1e-06" in text(lab, "lab_block_without")
    assert "dead 25 %" in text(lab, "lab_block_with")
    number.setValue(1)
    assert "dead – %" in text(lab, "lab_block_with"), "what is not known is not zero"


def test_pointing_at_a_plot_chooses_the_block(lab: LabView) -> None:
    number = lab.findChild(QSpinBox, "lab_block")
    assert number is not None
    block_plot(lab, "gradient").pointed.emit(4.8)
    assert number.value() == 5
    block_plot(lab, "gradient").pointed.emit(99.0)
    assert number.value() == 8


def test_pressing_a_curve_goes_to_that_step(lab: LabView) -> None:
    loss = lab.findChild(LearningPlot, "lab_plot_loss")
    assert loss is not None
    loss.pressed.emit(49.9)
    assert text(lab, "lab_moment_words").startswith("step 48 ")


def test_curves_of_learning_run_over_steps(lab: LabView, qtbot: QtBot) -> None:
    loss = lab.findChild(LearningPlot, "lab_plot_loss")
    assert loss is not None
    qtbot.waitUntil(lambda: len(loss.points(1)[0]) == 96)
    assert loss.points(0)[0][-1] == pytest.approx(96)
    assert list(loss.validation_points(0)[0]) == pytest.approx([48, 96])


def test_where_there_is_room_all_plots_are_seen(lab: LabView, qtbot: QtBot) -> None:
    plots = lab.findChildren(BlockPlot)
    assert [plot.isVisible() for plot in plots].count(True) == 1
    lab.resize(1580, 900)
    qtbot.waitUntil(lambda: all(plot.isVisible() for plot in plots))
    assert not choice(lab, "lab_measure_choice").isVisible()
    qtbot.waitUntil(lambda: len(drawn(lab, "dead", 1)) == 8)
    lab.resize(880, 500)
    qtbot.waitUntil(lambda: [plot.isVisible() for plot in plots].count(True) == 1)


def test_a_whole_training_is_seen_as_colours(lab: LabView, qtbot: QtBot) -> None:
    box = lab.findChild(QCheckBox, "lab_over_time")
    heat = lab.findChild(HeatPlot, "lab_heat_without")
    assert box is not None and heat is not None and not heat.isVisible()
    box.click()
    qtbot.waitUntil(lambda: heat.isVisible() and len(heat.picture) > 0)
    assert heat.picture.shape[1] == 8
    assert heat.picture[0] == pytest.approx(np.arange(-7, 1)), "logarithms, from the input on"
    assert heat.accessibleName() == "without shortcuts"
    choose(lab, "lab_measure_choice", "dead")
    qtbot.waitUntil(lambda: heat.picture[0, -1] == 25)
    heat.pressed.emit(48.0, 6.4)
    assert text(lab, "lab_moment_words").startswith("step 48 ")
    assert text(lab, "lab_block_title").startswith("6 · ")
    box.click()
    assert not heat.isVisible() and block_plot(lab, "dead").isVisible()


def test_an_earlier_pair_is_chosen_from_the_list(
    with_twins: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    with_twins.close_project()
    project = Project.open(project_folder)
    make_twins(project, dataset_summary(project), observations=3, key="later")
    with qtbot.waitSignal(with_twins.project_changed):
        with_twins.open_project(project_folder)
    view = shown(with_twins, qtbot)
    pairs = view.findChild(QListWidget, "lab_pairs")
    assert pairs is not None and pairs.count() == 2
    assert pairs.currentItem().text() == "003, 004 · without shortcuts · Small net"
    assert slider(view).maximum() == 2
    pairs.setFocus()
    QTest.keyClick(pairs, Qt.Key.Key_Down)
    assert slider(view).maximum() == 19
    with_twins.close_project()
    empty = view.findChild(QWidget, "lab_empty")
    assert empty is not None and empty.isVisible() and pairs.count() == 0


def test_every_control_can_be_heard_and_reached(lab: LabView) -> None:
    for kind in (QComboBox, QSlider, QSpinBox, QListWidget, QPlainTextEdit, QToolButton):
        for control in lab.findChildren(kind):
            if not control.objectName().startswith("lab_"):
                continue
            assert control.accessibleName(), control.objectName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()
    legend = lab.findChild(TwinLegend, "lab_legend")
    assert legend is not None and "without (run 002) (dashed line" in (legend.accessibleName())


def test_twins_differ_by_more_than_colour() -> None:
    assert WITH.colour != WITHOUT.colour
    assert WITH.line != WITHOUT.line
    assert WITH.mark != WITHOUT.mark


# While they are trained


def test_a_run_that_failed_says_why(lab: LabView, with_twins: Studio, qtbot: QtBot) -> None:
    error = ErrorReport(code="worker.killed", message="Memory ran out.", hint="Use less.")
    with_twins.take_events([e.JobFailed(job="002", error=error)])
    qtbot.waitUntil(lambda: "Memory ran out." in text(lab, "lab_error"))


def test_the_newest_figures_are_followed(lab: LabView, with_twins: Studio, qtbot: QtBot) -> None:
    run = with_twins.run("001")
    run.state.status = "running"
    with_twins.take_events([observation("001", run.plan, 200, 3, 0.5)])
    qtbot.waitUntil(lambda: text(lab, "lab_moment_words").startswith("step 200 "))
    assert text(lab, "lab_block_with").startswith("With (step 200)")
    assert text(lab, "lab_block_without").startswith("Without (step 96)"), "the nearest it has"
    legend = lab.findChild(TwinLegend)
    assert legend is not None and "(run 002, blocks at step 96)" in legend.accessibleName()
    slider(lab).setFocus()
    QTest.keyClick(slider(lab), Qt.Key.Key_Left)
    with_twins.take_events([observation("001", run.plan, 210, 3, 0.5)])
    qtbot.waitUntil(lambda: slider(lab).maximum() == 21)
    assert text(lab, "lab_moment_words").startswith("step 96 "), "who looks back is left there"


def test_afterwards_both_are_seen_at_a_step_they_reached(
    lab: LabView, with_twins: Studio, qtbot: QtBot
) -> None:
    run = with_twins.run("001")
    with_twins.take_events([observation("001", run.plan, 200, 3, 0.5)])
    qtbot.waitUntil(lambda: slider(lab).maximum() == 20)
    assert text(lab, "lab_moment_words").startswith("step 96 ")


def test_without_the_second_twin_the_first_is_shown(
    lab: LabView, with_twins: Studio, qtbot: QtBot
) -> None:
    del with_twins.runs[0]
    with_twins.runs_changed.emit()
    assert text(lab, "lab_title") == "Small net"
    qtbot.waitUntil(lambda: drawn(lab, "gradient", 1) == [])
    assert text(lab, "lab_block_without") == ""
    assert "Vanishing" not in findings(lab)


def test_a_run_that_was_watched_alone_is_shown_as_such(
    studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    project = Project.open(project_folder)
    make_watched(project, dataset_summary(project))
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    view = shown(studio, qtbot)
    qtbot.waitUntil(lambda: len(block_plot(view, "gradient").points(0)[0]) > 0)
    assert text(view, "lab_title") == "Watched net"
    assert text(view, "lab_status").startswith("Run 001: complete")
    assert text(view, "lab_block_with").startswith("Run 001 (step")
    assert findings(view).startswith("This run is watched alone.")
