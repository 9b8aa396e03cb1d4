"""Training: options, buttons, runs, results. The worker is an actor, but for the last test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.pages.training import TrainingPage
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.confusion import ConfusionView
from imgclf_gui.gui.widgets.images_dialog import ImagesDialog
from imgclf_gui.gui.widgets.per_class import PerClassTable
from imgclf_gui.gui.widgets.plots import MetricPlot
from imgclf_gui.gui.widgets.run_table import COLUMNS, RunTable
from imgclf_gui.plan import preset_augmentation
from imgclf_gui.protocol import events as e


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> TrainingPage:
    """The shown page of a project without runs."""
    made = TrainingPage(opened)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def button(page: QWidget, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None, name
    return found


def text(page: QWidget, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def table(page: TrainingPage) -> RunTable:
    found = page.findChild(RunTable, "run_table")
    assert found is not None
    return found


def cell(page: TrainingPage, row: int, title: str) -> str:
    column = [column.title for column in COLUMNS].index(title)
    return str(table(page).model().index(row, column).data())


def write(page: TrainingPage, name: str, typed: str) -> None:
    box = page.findChild(QAbstractSpinBox, name)
    assert box is not None
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, typed)


def train(page: TrainingPage, studio: Studio, qtbot: QtBot, name: str = "") -> None:
    """Name the run, press Train, and wait for it to appear."""
    edit = page.findChild(QLineEdit, "run_name_edit")
    assert edit is not None
    edit.setText(name)
    with qtbot.waitSignal(studio.runs_changed):
        QTest.mouseClick(button(page, "train_button"), Qt.MouseButton.LeftButton)


def trained(page: TrainingPage, studio: Studio, qtbot: QtBot, name: str = "") -> None:
    train(page, studio, qtbot, name)
    qtbot.waitUntil(lambda: "test" in studio.runs[0].state.evaluations, timeout=10_000)


def failed(studio: Studio) -> None:
    """Let the newest run fail."""
    error = ErrorReport(code="worker.killed", message="Memory ran out.", hint="Use less.")
    studio.take_events([e.JobFailed(job=studio.runs[0].id, error=error)])


def test_an_empty_page_says_what_to_do_first(studio: Studio, qtbot: QtBot) -> None:
    page = TrainingPage(studio)
    qtbot.addWidget(page)
    page.show()
    assert not button(page, "train_button").isEnabled()
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        button(page, "to_dataset").click()
    assert wanted.args == ["dataset"]


def test_with_images_it_says_to_press_train(page: TrainingPage) -> None:
    stack = page.findChildren(QStackedWidget)[-1]
    assert stack.currentWidget() is not None
    assert page.findChild(QWidget, "training_without_runs").isVisible()  # type: ignore[union-attr]
    assert button(page, "train_button").isEnabled()


def test_an_option_is_an_edit_that_can_be_undone(page: TrainingPage, opened: Studio) -> None:
    write(page, "training.epochs", "33")
    assert opened.spec.training.epochs == 33
    assert opened.undo_name == "Change epochs"
    opened.undo()
    box = page.findChild(QAbstractSpinBox, "training.epochs")
    assert box is not None and box.text() == "10"
    assert opened.undo_name is None, "typing is one step"


def test_a_wrong_value_keeps_the_run_from_starting(page: TrainingPage, opened: Studio) -> None:
    write(page, "training.epochs", "0")
    assert not button(page, "train_button").isEnabled()
    assert "from 1 to 10,000" in text(page, "training.epochs.complaint")
    write(page, "training.epochs", "2")
    assert button(page, "train_button").isEnabled()


def test_a_problem_of_the_plan_stands_at_its_field(page: TrainingPage, opened: Studio) -> None:
    write(page, "training.warmup_epochs", "20")
    assert not button(page, "train_button").isEnabled()
    assert "Use a shorter warm-up" in text(page, "training.warmup_epochs.complaint")


def test_a_warning_lets_the_run_start(page: TrainingPage) -> None:
    write(page, "training.batch_size", "4096")
    assert "one step an epoch" in text(page, "training.batch_size.complaint")
    assert button(page, "train_button").isEnabled()


def test_what_happens_to_the_images_is_said_before_the_run_and_of_it(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    assert text(page, "training_augmentation") == ""
    light = preset_augmentation("light")
    opened.edit("Light", opened.spec.model_copy(update={"augmentation": light}))
    changes = f"{len(light.steps)} random changes"
    assert text(page, "training_augmentation") == f"Augmentation: Light, {changes}."
    own = light.model_copy(update={"steps": light.steps[:1]})
    opened.edit("Own", opened.spec.model_copy(update={"augmentation": own}))
    assert text(page, "training_augmentation") == "Augmentation: own list, 1 random change."
    trained(page, opened, qtbot)
    assert "1 augmentation" in text(page, "run_details")


def test_a_run_appears_with_its_curves_and_results(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    QAbstractItemModelTester(
        table(page).runs, QAbstractItemModelTester.FailureReportingMode.Fatal, page
    )
    trained(page, opened, qtbot, "My run")
    assert text(page, "run_name") == "My run"
    assert text(page, "run_status").startswith("Complete · epoch 2 of 2")
    assert cell(page, 0, "Status") == "complete"
    assert cell(page, 0, "Test (95 % interval)") == "90.0 % (60.0–98.0 %)"
    assert text(page, "results_accuracy") == "90.0 % (60.0–98.0 %)"
    assert "10 images of the test split" in text(page, "results_count")
    plot = page.findChild(MetricPlot, "plot_loss")
    assert plot is not None
    qtbot.waitUntil(lambda: len(plot.points(opened.runs[0].id, "training")[0]) == 2)
    log = page.findChild(QPlainTextEdit, "run_log")
    assert log is not None and "Epoch 2: loss 0.50" in log.toPlainText()


def test_results_of_another_split_are_chosen(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    trained(page, opened, qtbot)
    split = page.findChild(QComboBox, "results_split")
    assert split is not None
    split.setCurrentIndex(split.findData("train"))
    assert text(page, "results_accuracy") == ""
    assert "has not been measured on the training split" in text(page, "results_count")
    button(page, "evaluate_button").click()
    qtbot.waitUntil(lambda: text(page, "results_accuracy") != "")


def test_a_run_is_paused_continued_and_stopped(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    train(page, opened, qtbot, "long")
    pause = button(page, "pause_button")
    qtbot.waitUntil(pause.isVisible)
    pause.click()
    qtbot.waitUntil(lambda: pause.text() == "Continue")
    assert text(page, "run_status").startswith("Paused")
    pause.click()
    qtbot.waitUntil(lambda: pause.text() == "Pause")
    button(page, "stop_button").click()
    qtbot.waitUntil(lambda: opened.runs[0].state.status == "stopped")
    assert button(page, "resume_button").isVisible()
    assert not button(page, "stop_button").isVisible()


def test_a_failed_run_says_why_and_can_be_resumed(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    train(page, opened, qtbot, "killed")
    qtbot.waitUntil(lambda: opened.runs[0].state.status == "failed", timeout=10_000)
    error = page.findChild(QLabel, "run_error")
    assert error is not None and error.isVisible() and error.text()
    button(page, "resume_button").click()
    qtbot.waitUntil(lambda: opened.runs[0].state.status == "completed", timeout=10_000)
    assert not error.isVisible()


def test_ticked_runs_are_overlaid(page: TrainingPage, opened: Studio, qtbot: QtBot) -> None:
    trained(page, opened, qtbot, "one")
    trained(page, opened, qtbot, "two")
    first, second = opened.runs[1].id, opened.runs[0].id
    plot = page.findChild(MetricPlot, "plot_loss")
    assert plot is not None
    qtbot.waitUntil(lambda: len(plot.points(second, "training")[0]) == 2)
    assert len(plot.points(first, "training")[0]) == 0, "only the newest is chosen"
    model = table(page).runs
    place = model.index(model.row_of(first) or 0, 0)
    model.setData(place, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: len(plot.points(first, "training")[0]) == 2)


def test_the_table_is_sorted_and_keeps_what_is_chosen(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    for name in ("beta", "alpha"):
        trained(page, opened, qtbot, name)
    chosen = table(page).chosen_id
    table(page).sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [cell(page, row, "Run") for row in (0, 1)] == ["002 · alpha", "001 · beta"]
    assert table(page).chosen_id == chosen
    table(page).selectRow(1)
    assert text(page, "run_name") == "beta"


def test_names_from_outside_are_plain_text(
    page: TrainingPage, opened: Studio, qtbot: QtBot
) -> None:
    train(page, opened, qtbot, "<img src=x>")
    label = page.findChild(QLabel, "run_name")
    assert label is not None
    assert label.textFormat() == Qt.TextFormat.PlainText
    tip = table(page).model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<" not in tip


def test_a_reopened_project_shows_its_runs(
    page: TrainingPage, opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    trained(page, opened, qtbot, "before")
    shown = text(page, "results_accuracy")
    opened.close_project()
    assert table(page).model().rowCount() == 0
    with qtbot.waitSignal(opened.project_changed):
        opened.open_project(project_folder)
    qtbot.waitUntil(lambda: text(page, "run_name") == "before")
    assert text(page, "results_accuracy") == shown


@pytest.fixture
def real(qtbot: QtBot, project_folder: Path) -> Iterator[Studio]:
    """A studio with a real worker."""
    made = Studio(Settings())
    with qtbot.waitSignal(made.project_changed):
        made.open_project(project_folder)
    yield made
    made.close()


def test_a_small_dataset_is_trained_for_real(real: Studio, qtbot: QtBot) -> None:
    page = TrainingPage(real)
    qtbot.addWidget(page)
    page.resize(1100, 700)
    page.show()
    write(page, "training.epochs", "3")
    write(page, "training.batch_size", "8")
    train(page, real, qtbot, "for real")
    qtbot.waitUntil(lambda: "test" in real.runs[0].state.evaluations, timeout=120_000)
    state = real.runs[0].state
    assert state.status == "completed", state.error
    assert len(state.epochs) == 3
    tabs = page.findChild(QTabWidget, "run_tabs")
    matrix = page.findChild(ConfusionView, "confusion")
    classes = page.findChild(PerClassTable, "per_class")
    assert tabs is not None and matrix is not None and classes is not None
    tabs.setCurrentIndex(1)
    assert text(page, "results_accuracy").count("%") == 2
    assert classes.model().rowCount() == 3
    confusion = state.evaluations["test"].confusion
    row, column = next((i, j) for i in range(3) for j in range(3) if confusion[i][j])
    matrix.setCurrentIndex(matrix.model().index(row, column))
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    dialog = page.findChild(ImagesDialog, "images_dialog")
    assert dialog is not None
    images = dialog.findChild(QListView, "cell_images")
    assert images is not None
    assert images.model().rowCount() == confusion[row][column]
    dialog.close()
