"""Writing copies from the window. The worker is an actor, but for the last test."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QProgressBar, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.copies import CopiesView, folder_problem
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.studio import Studio
from imgclf_gui.protocol import events as e
from tests.helpers.augmenting_parts import FLIP, LONG, augment
from tests.helpers.lab_view import button, choice, text

SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""


def shown(studio: Studio, qtbot: QtBot) -> CopiesView:
    view = CopiesView(studio)
    qtbot.addWidget(view)
    view.resize(580, 440)
    with qtbot.waitExposed(view):
        view.show()
    return view


@pytest.fixture
def view(opened: Studio, qtbot: QtBot) -> CopiesView:
    """The view of a project with one augmentation."""
    augment(opened, FLIP)
    return shown(opened, qtbot)


def part(view: QWidget, name: str) -> QWidget:
    found = view.findChild(QWidget, name)
    assert found is not None, name
    return found


def folder(view: CopiesView) -> QLineEdit:
    found = view.findChild(QLineEdit, "copies_folder")
    assert found is not None
    return found


def put(view: CopiesView, name: str, value: int) -> None:
    box = view.findChild(QSpinBox, name)
    assert box is not None, name
    box.setValue(value)


def test_without_images_it_asks_for_them(studio: Studio, qtbot: QtBot) -> None:
    view = shown(studio, qtbot)
    assert part(view, "copies_without_images").isVisible()
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        button(view, "copies_to_dataset").click()
    assert wanted.args == ["dataset"]


def test_it_says_beforehand_what_will_be_written(view: CopiesView, tmp_path: Path) -> None:
    assert "1 × 48 training images: 48 PNG files of 12×12 pixels" in text(view, "copies_plan")
    assert not button(view, "copies_start").isEnabled()
    assert button(view, "copies_start").toolTip() == "Choose a folder first"
    put(view, "copies_number", 10)
    splits = choice(view, "copies_split")
    splits.setCurrentIndex(splits.findData("test"))
    assert "10 × 6 test images: 60 PNG files" in text(view, "copies_plan")
    assert "at most about" in text(view, "copies_plan")
    folder(view).setText(str(tmp_path / "new"))
    assert button(view, "copies_start").isEnabled()


def test_what_cannot_be_written_is_refused_in_words(
    view: CopiesView, opened: Studio, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("kept")
    folder(view).setText(str(tmp_path / "full"))
    assert "is not empty: nothing there is overwritten" in text(view, "copies_problem")
    assert not button(view, "copies_start").isEnabled()
    folder(view).setText(str(tmp_path / "new"))
    augment(opened, FLIP, AugmentationStep(kind="mix-up"))
    assert "blends images" in text(view, "copies_problem")
    assert not button(view, "copies_start").isEnabled()
    augment(opened)
    assert "No augmentation is switched on" in text(view, "copies_problem")


def test_folders_are_judged_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert folder_problem(str(tmp_path / "new")) == ""
    (tmp_path / "empty").mkdir()
    assert folder_problem(str(tmp_path / "empty")) == ""
    assert "There is no folder" in folder_problem(str(tmp_path / "missing" / "new"))
    assert "cannot be used" in folder_problem(str(tmp_path / "file"))
    assert "from the root" in folder_problem("some/where")


def test_a_folder_is_chosen_with_the_systems_dialog(
    view: CopiesView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    button(view, "copies_choose").click()
    assert folder(view).text() == str(tmp_path)


def test_copies_are_written_and_their_folder_opened(
    view: CopiesView, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_urls: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened_urls.append)
    assert not button(view, "copies_open").isVisible()
    folder(view).setText(str(tmp_path / "new"))
    button(view, "copies_start").setFocus()
    QTest.keyClick(button(view, "copies_start"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "48 copies are in" in text(view, "copies_words"), timeout=SLOW)
    assert "written in 2 s" in text(view, "copies_words")
    button(view, "copies_open").click()
    assert opened_urls == [QUrl.fromLocalFile(str(tmp_path / "new"))]
    assert text(view, "copies_problem") == "", "that the folder is full now is no mistake"
    assert not button(view, "copies_start").isEnabled(), "not a second time into the same"
    assert "is not empty" in button(view, "copies_start").toolTip()
    for kind in (QComboBox, QSpinBox, QLineEdit):
        for control in view.findChildren(kind):
            if control.objectName().startswith("copies"):
                assert control.accessibleName(), control.objectName()


def test_progress_is_told_and_can_be_cancelled(
    view: CopiesView, opened: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    put(view, "copies_number", LONG)
    folder(view).setText(str(tmp_path / "new"))
    button(view, "copies_start").click()
    qtbot.waitUntil(lambda: "12 of 624" in text(view, "copies_words"), timeout=SLOW)
    assert "100 images/s · 5 s left" in text(view, "copies_words")
    bar = view.findChild(QProgressBar, "copies_progress")
    assert bar is not None and bar.isVisible()
    assert not button(view, "copies_start").isEnabled()
    assert opened.job is not None and opened.job.title == "Writing copies into new: 12 of 624"
    button(view, "copies_cancel").click()
    qtbot.waitUntil(lambda: text(view, "copies_words").startswith("Cancelled: 12 copies are in"))
    assert not bar.isVisible()


def test_a_failure_is_told_in_place(
    view: CopiesView, opened: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    put(view, "copies_number", LONG)
    folder(view).setText(str(tmp_path / "new"))
    button(view, "copies_start").click()
    qtbot.waitUntil(lambda: "12 of 624" in text(view, "copies_words"), timeout=SLOW)
    error = ErrorReport(code="file.full", message="The disk is full.", hint="Make room.")
    with qtbot.waitSignal(opened.failed):
        opened.take_events([e.JobFailed(job=opened.augmenting.copies.job, error=error)])
    assert text(view, "copies_words") == "The disk is full. Make room."


def test_copies_are_written_for_real(project_folder: Path, tmp_path: Path, qtbot: QtBot) -> None:
    studio = Studio(Settings())
    try:
        with qtbot.waitSignal(studio.project_changed):
            studio.open_project(project_folder)
        augment(studio, FLIP)
        view = shown(studio, qtbot)
        put(view, "copies_number", 2)
        folder(view).setText(str(tmp_path / "new"))
        button(view, "copies_start").click()
        qtbot.waitUntil(lambda: "96 copies are in" in text(view, "copies_words"), timeout=240_000)
        with (tmp_path / "new" / "manifest.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == 96
        assert {row["label"] for row in rows} == {"bars", "blobs", "rings"}
        assert all((tmp_path / "new" / row["file"]).is_file() for row in rows)
    finally:
        studio.close()
