"""Does it help? The study in the window. The worker is an actor, but for the last test."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.augmentation.studies import Studies
from imgclf_gui.gui.augmentation.study import StudyView
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.gui.widgets.status_line import StatusLine
from imgclf_gui.gui.widgets.study_table import SECOND_ROLE, StudyTable
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.study_state import StudyRow
from tests.helpers.augmenting_parts import FLIP, LONG, ROTATION, augment
from tests.helpers.lab_view import button, choice, text

SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""


def shown(studio: Studio, qtbot: QtBot) -> StudyView:
    view = StudyView(studio)
    qtbot.addWidget(view)
    view.resize(580, 440)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture
def view(opened: Studio, qtbot: QtBot) -> StudyView:
    """The view of a project with two augmentations and no study."""
    augment(opened, FLIP, ROTATION)
    return shown(opened, qtbot)


def part(view: QWidget, name: str) -> QWidget:
    found = view.findChild(QWidget, name)
    assert found is not None, name
    return found


def put(view: QWidget, name: str, value: int) -> None:
    box = view.findChild(QSpinBox, name)
    assert box is not None, name
    box.setValue(value)


def table(view: StudyView) -> StudyTable:
    found = view.findChild(StudyTable)
    assert found is not None
    return found


def cells(view: StudyView) -> list[list[str]]:
    """Both lines of each cell, as 'first | second'."""
    model = table(view).variants
    return [
        [
            f"{model.index(row, column).data()} | {model.index(row, column).data(SECOND_ROLE)}"
            for column in range(model.columnCount())
        ]
        for row in range(model.rowCount())
    ]


def studies(studio: Studio) -> Studies:
    return studio.augmenting.studies


# Before one is started


def test_it_says_what_a_study_is_and_how_long_it_takes(
    view: StudyView, opened: Studio, qtbot: QtBot
) -> None:
    assert part(view, "study_empty").isVisible()
    assert text(view, "study_plan").startswith(
        "4 variants × 3 seeds: 12 trainings of 10 epochs on 48 images; how long is not known yet."
    )
    put(view, "study_seeds", 2)
    put(view, "study_epochs", 1)
    put(view, "study_images", 30)
    opened.train("first")
    qtbot.waitUntil(lambda: bool(opened.classifiers), timeout=SLOW)
    qtbot.waitUntil(lambda: "about 5 s." in text(view, "study_plan"))
    assert text(view, "study_plan").startswith(
        "4 variants × 2 seeds: 8 trainings of 1 epoch on 30 images; about 5 s."
    )


def test_what_is_in_the_way_is_said_at_the_button(view: StudyView, opened: Studio) -> None:
    augment(opened)
    assert not button(view, "study_start").isEnabled()
    assert "there is nothing to compare" in text(view, "study_problem")
    assert "there is nothing to compare" in button(view, "study_start").toolTip()
    augment(opened, FLIP)
    assert button(view, "study_start").isEnabled()
    assert not part(view, "study_problem").isVisible()


# One that runs


def test_a_study_runs_to_its_table(view: StudyView, opened: Studio, qtbot: QtBot) -> None:
    view.setFocus()
    button(view, "study_start").setFocus()
    QTest.keyClick(button(view, "study_start"), Qt.Key.Key_Space)
    assert not button(view, "study_start").isEnabled()
    qtbot.waitUntil(lambda: "Complete: 12 trainings" in text(view, "study_words"), timeout=SLOW)
    model = table(view).variants
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    assert [row[0].split(" · ")[0] for row in cells(view)] == [
        "No augmentation | the others are compared with it",
        "Flip horizontally 50 % | ▲ helps",
        "Rotation ±30° | ▲ helps",
        "All together | ▲ helps",
    ]
    assert "p = " in cells(view)[1][0]
    assert cells(view)[0][1].startswith("33.3 % | ")
    assert cells(view)[0][2] == " | "
    assert cells(view)[3][2].startswith(" | +") and " to " in cells(view)[3][2]
    assert "Flip horizontally" in text(view, "study_headline")
    assert "6 validation images" in text(view, "study_headline")
    sentence = str(model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole))
    assert "helps by" in sentence and "95 %" in sentence
    assert opened.job is None
    assert button(view, "study_start").isEnabled()
    every_control_can_be_heard_and_reached(view)


def every_control_can_be_heard_and_reached(view: StudyView) -> None:
    for kind in (QComboBox, QSpinBox, StudyTable):
        controls = [one for one in view.findChildren(kind) if one.objectName()[:5] == "study"]
        assert controls
        for control in controls:
            assert control.accessibleName(), control.objectName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()


def test_it_can_be_stopped_and_gone_on_with(view: StudyView, opened: Studio, qtbot: QtBot) -> None:
    put(view, "study_epochs", LONG)
    button(view, "study_start").click()
    qtbot.waitUntil(lambda: "Training 3 of 12" in text(view, "study_words"), timeout=SLOW)
    assert text(view, "study_words") == "Training 3 of 12 · Rotation ±30°, seed 0 · 9 s left"
    bar = view.findChild(QProgressBar, "study_progress")
    assert bar is not None and bar.isVisible() and bar.value() == round(1000 * 2.5 / 12)
    assert cells(view)[1][:2] == [
        "Flip horizontally 50 % | no verdict yet",
        "50.0 % | 1 of 3 seeds",
    ]
    assert cells(view)[2][1] == "– | 0 of 3 seeds", "what is not trained yet has no figures"
    assert "Stop" in button(view, "study_stop").text()
    button(view, "study_stop").click()
    qtbot.waitUntil(lambda: text(view, "study_words") == "Stopped after 2 of 12 trainings.")
    assert not bar.isVisible() and not button(view, "study_stop").isVisible()
    button(view, "study_resume").click()
    qtbot.waitUntil(lambda: "Complete: 12 trainings" in text(view, "study_words"), timeout=SLOW)
    assert not button(view, "study_resume").isVisible()


def test_the_status_line_shows_a_study_beside_a_training(
    view: StudyView, opened: Studio, qtbot: QtBot
) -> None:
    line = StatusLine(opened)
    qtbot.addWidget(line)
    line.show()
    put(view, "study_epochs", LONG)
    button(view, "study_start").click()
    alone = "Study 001: training 3 of 12 · 9 s left"
    qtbot.waitUntil(lambda: text(line, "status_job") == alone, timeout=SLOW)
    beside = line.findChild(QLabel, "status_beside")
    assert beside is not None and not beside.isVisible()
    assert button(line, "status_cancel").text() == "Stop"
    opened.train("long")
    qtbot.waitUntil(lambda: "long" in text(line, "status_job"), timeout=SLOW)
    assert beside.isVisible() and beside.text() == "Study 001: training 3 of 12"
    assert beside.toolTip() == alone
    opened.stop_job()
    qtbot.waitUntil(lambda: text(line, "status_job") == alone, timeout=SLOW)
    opened.stop_job()
    qtbot.waitUntil(lambda: text(line, "status_job") == "", timeout=SLOW)
    assert studies(opened).studies[0].state.status == "stopped"


def test_a_study_that_fails_says_why(view: StudyView, opened: Studio, qtbot: QtBot) -> None:
    put(view, "study_epochs", LONG)
    button(view, "study_start").click()
    qtbot.waitUntil(lambda: "Training 3 of 12" in text(view, "study_words"), timeout=SLOW)
    error = ErrorReport(code="worker.killed", message="Memory ran out.", hint="Use less.")
    with qtbot.waitSignal(opened.failed):
        opened.take_events([e.JobFailed(job="study:001", error=error)])
    assert text(view, "study_error") == "Memory ran out. Use less."
    assert text(view, "study_words") == "Ended with an error after 2 of 12 trainings."
    assert button(view, "study_resume").isVisible()


# Those of before


def test_older_studies_are_kept_and_chosen_from_the_list(
    view: StudyView, opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    for count in (1, 2):
        put(view, "study_seeds", count)
        button(view, "study_start").click()
        qtbot.waitUntil(
            lambda count=count: f"Complete: {4 * count} trainings" in text(view, "study_words"),  # type: ignore[misc]
            timeout=SLOW,
        )
    opened.close_project()
    assert part(view, "study_empty").isVisible()
    with qtbot.waitSignal(studies(opened).listed):
        opened.open_project(project_folder)
    qtbot.waitUntil(lambda: len(studies(opened).studies) == 2)
    listed = choice(view, "study_list")
    assert [listed.itemText(row)[:3] for row in range(listed.count())] == ["002", "001"]
    assert text(view, "study_words").startswith("Complete: 8 trainings")
    listed.setCurrentIndex(1)
    listed.activated.emit(1)
    assert text(view, "study_words").startswith("Complete: 4 trainings")
    assert cells(view)[1][0] == "Flip horizontally 50 % | no verdict yet"


def test_a_damaged_study_is_told_of_and_left_out(
    opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    (project_folder / "studies" / "001").mkdir(parents=True)
    with qtbot.waitSignal(opened.failed) as said:
        opened.open_project(project_folder)
    assert said.args is not None and said.args[0].code == "study.damaged"
    assert studies(opened).studies == []


# The table alone


def row(mean: float | None, ends: tuple[float, float] | None) -> StudyRow:
    return StudyRow("Rotation", "no difference", "Rotation: no difference.", difference=mean,
                    difference_interval=ends)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_differences_are_drawn_on_the_side_of_zero_where_they_lie(
    appearance: Appearance, qtbot: QtBot, theme: str
) -> None:
    appearance.choose("dark" if theme == "dark" else "light")
    view = StudyTable()
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.variants.show_rows([row(None, None), row(0.04, (0.02, 0.06)), row(-0.04, None)], 3)
    view.show()
    assert view.variants.scale == pytest.approx(0.06)
    assert inked(view, 1) == (False, True)
    assert inked(view, 2) == (True, False)
    assert inked(view, 0) == (False, False)
    appearance.choose("light")


def inked(view: StudyTable, place: int) -> tuple[bool, bool]:
    """Whether something is drawn left and right of zero, above the figures of a row."""
    rect = view.visualRect(view.variants.index(place, 2))
    image = view.viewport().grab(rect).toImage()
    level = range(6, image.height() // 2 - 4)
    middle = image.width() // 2
    ground = image.pixelColor(2, image.height() // 2)

    def any_other(columns: range) -> bool:
        return any(image.pixelColor(x, y) != ground for x in columns for y in level)

    return any_other(range(4, middle - 3)), any_other(range(middle + 4, image.width() - 4))


def test_a_study_is_carried_out_for_real(project_folder: Path, qtbot: QtBot) -> None:
    studio = Studio(Settings())
    try:
        with qtbot.waitSignal(studio.project_changed):
            studio.open_project(project_folder)
        augment(studio, FLIP)
        view = shown(studio, qtbot)
        put(view, "study_epochs", 1)
        put(view, "study_seeds", 2)
        put(view, "study_images", 40)
        button(view, "study_start").click()
        qtbot.waitUntil(lambda: "Complete: 4" in text(view, "study_words"), timeout=240_000)
        found = table(view).variants.rows
        assert [len(one.seeds) for one in found] == [2, 2]
        assert all(one.accuracy is not None for one in found)
        assert "on 40 of 48 training images" in text(view, "study_headline")
    finally:
        studio.close()
