"""The label check in the window. The worker is an actor, but for the last test."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QProgressBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.label_check import LabelCheckView
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.label_classes import ShareTable
from imgclf_gui.gui.widgets.label_pairs import PairsView
from imgclf_gui.protocol import events as e
from tests.helpers.augmenting_parts import FLIP, LONG, ROTATION, augment
from tests.helpers.lab_view import button, choice, text

SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""


def shown(studio: Studio, qtbot: QtBot) -> LabelCheckView:
    view = LabelCheckView(studio)
    qtbot.addWidget(view)
    view.resize(580, 440)
    with qtbot.waitExposed(view):
        view.show()
    return view


def part(view: QWidget, name: str) -> QWidget:
    found = view.findChild(QWidget, name)
    assert found is not None, name
    return found


def number(view: QWidget, name: str) -> QSpinBox:
    found = view.findChild(QSpinBox, name)
    assert found is not None, name
    return found


@pytest.fixture
def trained(opened: Studio, qtbot: QtBot) -> Studio:
    """The open project with one complete run and two augmentations."""
    opened.train("first")
    qtbot.waitUntil(lambda: bool(opened.classifiers), timeout=SLOW)
    augment(opened, FLIP, ROTATION)
    return opened


@pytest.fixture
def view(trained: Studio, qtbot: QtBot) -> LabelCheckView:
    """The view, before anything was checked."""
    return shown(trained, qtbot)


@pytest.fixture
def checked(view: LabelCheckView, trained: Studio, qtbot: QtBot) -> LabelCheckView:
    """The view with the outcome of a check."""
    QTest.mouseClick(button(view, "label_start"), Qt.MouseButton.LeftButton)
    checks = trained.augmenting.checks
    qtbot.waitUntil(lambda: checks.checked is not None and not checks.active, timeout=SLOW)
    return view


def table(view: LabelCheckView) -> ShareTable:
    found = view.findChild(ShareTable)
    assert found is not None
    return found


def pairs(view: LabelCheckView) -> list[str]:
    found = view.findChild(PairsView)
    assert found is not None
    model = found.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


# Before a check


def test_without_a_model_it_says_what_to_do_first(opened: Studio, qtbot: QtBot) -> None:
    view = shown(opened, qtbot)
    assert part(view, "label_check_without_runs").isVisible()
    with qtbot.waitSignal(opened.page_wanted) as wanted:
        button(view, "label_check_to_training").click()
    assert wanted.args == ["training"]


def test_without_augmentations_it_says_to_add_one(view: LabelCheckView, trained: Studio) -> None:
    augment(trained)
    assert part(view, "label_check_without_steps").isVisible()
    augment(trained, FLIP.model_copy(update={"enabled": False}))
    assert not button(view, "label_start").isEnabled()
    assert "No augmentation is switched on" in text(view, "label_words")


def test_what_blends_images_cannot_be_checked(view: LabelCheckView, trained: Studio) -> None:
    augment(trained, AugmentationStep(kind="mix-up"))
    assert not button(view, "label_start").isEnabled()
    assert "blends images" in text(view, "label_words")
    augment(trained, AugmentationStep(kind="mix-up"), FLIP)
    assert button(view, "label_start").isEnabled()
    assert "What blends images is left out" in text(view, "label_words")


def test_it_says_beforehand_what_it_will_ask(view: LabelCheckView) -> None:
    assert part(view, "label_check_purpose").isVisible()
    assert text(view, "label_words") == "Asks about all 6 validation images and 24 copies."
    number(view, "label_images").setValue(5)
    number(view, "label_copies").setValue(2)
    assert text(view, "label_words") == "Asks about 5 of 6 validation images and 10 copies."
    splits = choice(view, "label_split")
    splits.setCurrentIndex(splits.findData("train"))
    assert "5 of 48 training images" in text(view, "label_words")


def test_a_list_with_a_mistake_says_which(view: LabelCheckView, trained: Studio) -> None:
    augment(trained, AugmentationStep(kind="rotation", degrees=900.0))
    assert not button(view, "label_start").isEnabled()
    assert "900" in text(view, "label_words")


def test_the_best_model_is_asked_unless_another_is_chosen(
    view: LabelCheckView, trained: Studio, qtbot: QtBot
) -> None:
    runs = choice(view, "label_run")
    assert runs.currentText() == "001 · first"
    trained.train("second")
    qtbot.waitUntil(lambda: runs.count() == 2, timeout=SLOW)
    assert runs.currentText() == f"{trained.classifiers[0].id} · {trained.classifiers[0].name}"


# The outcome


def test_the_outcome_is_one_honest_sentence(checked: LabelCheckView) -> None:
    assert not part(checked, "label_check_purpose").isVisible()
    assert text(checked, "label_sentence") == (
        "With this list, 20.0 % of 240 augmented copies of 60 validation images are taken for "
        "another class than their image (95 %: 12.5–27.5 %). Accuracy: 90.0 % on the images as "
        "they are, 86.5 % on the copies, 3.5 points less. Model: 001 · first."
    )
    assert "Look at the pictures" in text(checked, "label_lesson")
    the_classes_stand_in_a_table_the_most_changed_first(checked)
    every_control_can_be_heard_and_reached(checked)


def the_classes_stand_in_a_table_the_most_changed_first(checked: LabelCheckView) -> None:
    model = table(checked).shares
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, checked)
    rows = [[model.index(row, column).data() for column in range(3)] for row in range(4)]
    assert rows == [
        ["All classes", "240", "20.0 % (12.5–27.5)"],
        ["rings", "80", "50.0 % (35.0–65.0)"],
        ["bars", "80", "10.0 % (2.0–30.0)"],
        ["blobs", "80", "0.0 % (0.0–10.0)"],
    ]


def test_a_class_filters_the_examples(checked: LabelCheckView) -> None:
    assert pairs(checked) == ["rings → bars", "rings → blobs", "rings → blobs"]
    table(checked).setFocus()
    QTest.keyClick(table(checked), Qt.Key.Key_Down)
    assert pairs(checked) == ["rings → bars", "rings → blobs"]
    assert "of rings" in text(checked, "label_pairs_title")
    table(checked).selectRow(3)
    assert pairs(checked) == []
    assert text(checked, "label_pairs_title") == (
        "None of the examples shows a changed prediction of blobs."
    )
    table(checked).selectRow(0)
    assert len(pairs(checked)) == 3


def test_an_example_shows_both_pictures_and_says_what_became_of_it(
    checked: LabelCheckView, trained: Studio
) -> None:
    found = checked.findChild(PairsView)
    assert found is not None
    image, copy = found.pairs.picture(0, 0), found.pairs.picture(0, 1)
    assert image is not None and copy is not None
    assert image.toImage().pixelColor(0, 0).value() == 0
    assert copy.toImage().pixelColor(0, 0).value() == 200
    words = found.model().index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == (
        "The image, which is of bars, is taken for rings (98.0 %); its copy for blobs, and for "
        "rings with 4.0 % only."
    )
    kept = trained.augmenting.checks.checked
    assert kept is not None
    found.show_examples(kept.result.worst, Path("missing.npy"))
    assert found.filter_class("") == 3, "pictures that are gone leave the words"
    assert found.pairs.picture(0, 0) is None
    assert not found.grab().isNull()


def test_it_says_when_the_list_has_changed_since(checked: LabelCheckView, trained: Studio) -> None:
    assert not part(checked, "label_stale").isVisible()
    augment(trained, FLIP)
    assert part(checked, "label_stale").isVisible()
    assert "changed since this check" in text(checked, "label_stale")
    trained.undo()
    assert not part(checked, "label_stale").isVisible()


def test_the_outcome_stays_with_its_project(
    checked: LabelCheckView, trained: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    trained.close_project()
    assert trained.augmenting.checks.checked is None
    assert part(checked, "label_check_without_runs").isVisible()
    with qtbot.waitSignal(trained.project_changed):
        trained.open_project(project_folder)
    qtbot.waitUntil(lambda: trained.augmenting.checks.checked is not None)
    assert text(checked, "label_sentence").startswith("With this list, 20.0 %")
    assert not part(checked, "label_stale").isVisible(), "the list is as it was"


# While it works


def test_progress_is_told_and_can_be_cancelled(
    checked: LabelCheckView, trained: Studio, qtbot: QtBot
) -> None:
    failures: list[ErrorReport] = []
    trained.failed.connect(failures.append)
    number(checked, "label_copies").setValue(LONG)
    button(checked, "label_start").click()
    qtbot.waitUntil(lambda: "6 of 780" in text(checked, "label_words"), timeout=SLOW)
    bar = checked.findChild(QProgressBar, "label_progress")
    assert bar is not None and bar.isVisible() and bar.value() > 0
    assert not button(checked, "label_start").isEnabled()
    assert trained.job is not None and trained.job.kind == "check"
    assert trained.job.title == "Checking labels with 001 · first: 6 of 780"
    button(checked, "label_cancel").setFocus()
    QTest.keyClick(button(checked, "label_cancel"), Qt.Key.Key_Space)
    qtbot.waitUntil(button(checked, "label_start").isEnabled)
    assert "cancelled" in text(checked, "label_words")
    assert not part(checked, "label_error").isVisible()
    assert failures == [], "what a person asked for is no error"
    assert len(pairs(checked)) == 3, "the outcome of before is shown again"


def test_a_check_that_fails_says_why_in_place(
    view: LabelCheckView, trained: Studio, qtbot: QtBot
) -> None:
    number(view, "label_copies").setValue(LONG)
    button(view, "label_start").click()
    qtbot.waitUntil(lambda: "6 of" in text(view, "label_words"), timeout=SLOW)
    error = ErrorReport(code="worker.killed", message="Memory ran out.", hint="Use less.")
    with qtbot.waitSignal(trained.failed):
        trained.take_events([e.JobFailed(job=trained.augmenting.checks.job, error=error)])
    assert text(view, "label_error") == "Memory ran out. Use less."
    assert button(view, "label_start").isEnabled()


def every_control_can_be_heard_and_reached(checked: LabelCheckView) -> None:
    for kind in (QComboBox, QSpinBox, ShareTable, PairsView):
        controls = [one for one in checked.findChildren(kind) if one.objectName()[:5] == "label"]
        assert controls
        for control in controls:
            assert control.accessibleName(), control.objectName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()


def test_labels_are_checked_for_real(project_folder: Path, qtbot: QtBot) -> None:
    studio = Studio(Settings())
    try:
        with qtbot.waitSignal(studio.project_changed):
            studio.open_project(project_folder)
        training = studio.spec.training.model_copy(update={"epochs": 1, "batch_size": 8})
        studio.edit("Short", studio.spec.model_copy(update={"training": training}))
        studio.train("for real")
        augment(studio, AugmentationStep(kind="rotation", degrees=180.0))
        view = shown(studio, qtbot)
        qtbot.waitUntil(lambda: bool(studio.classifiers), timeout=240_000)
        splits = choice(view, "label_split")
        splits.setCurrentIndex(splits.findData("train"))
        button(view, "label_start").click()
        qtbot.waitUntil(lambda: studio.augmenting.checks.checked is not None, timeout=240_000)
        found = studio.augmenting.checks.checked
        assert found is not None
        result = found.result
        assert (result.images, result.draws, len(result.classes)) == (48, 4, 3)
        assert "192 augmented copies of 48 training images" in text(view, "label_sentence")
        grid = view.findChild(PairsView)
        assert grid is not None and len(result.worst) == len(pairs(view))
        assert all(grid.pairs.picture(row, 1) is not None for row in range(len(result.worst)))
    finally:
        studio.close()
