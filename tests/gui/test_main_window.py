"""The window around the pages: tabs, menus, drops, messages, closing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.operations import projects
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.stages import STAGES
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where new projects are made."""
    folder = tmp_path / "ImgClf projects"
    monkeypatch.setattr(projects, "projects_folder", lambda: folder)
    return folder


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, how = QPointF(200, 200), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), how, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(where, how, data, buttons, keys))


def action(window: MainWindow, name: str) -> QAction:
    found = window.findChild(QAction, f"action_{name}")
    assert found is not None, name
    return found


def text_of(window: MainWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def test_the_tabs_stand_in_the_order_of_the_work(window: MainWindow) -> None:
    tabs = window.findChild(QTabWidget, "pages")
    assert tabs is not None
    assert [tabs.tabText(place) for place in range(tabs.count())] == [
        "Dataset",
        "Augmentation",
        "Architecture",
        "Training",
        "Cloud models",
        "Classify",
    ]


def test_name_a_photograph_leads_to_the_built_in_classifier(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    button = window.findChild(QPushButton, "empty_classify")
    assert button is not None and button.isVisible()
    assert button.text() == "Name a photograph"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.current_page == "classify"
    model = window.findChild(QComboBox, "classify_run")
    assert model is not None
    assert model.currentText().startswith("ImageNet, 1,000 kinds of things")
    area = window.findChild(QWidget, "drop_area")
    assert area is not None and area.isVisible()
    photograph = Path(__file__).parents[1] / "pictures" / "chelsea.jpg"
    with qtbot.waitSignal(window.studio.classify_finished, timeout=10_000):
        drop(window, photograph)
    assert text_of(window, "answer_name") == "chelsea.jpg"
    assert window.studio.project is None


def test_a_folder_of_loose_images_is_named_and_offered_to_be_sorted(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in range(3):
        picture = Path(__file__).parents[1] / "pictures" / "coffee.jpg"
        shutil.copy(picture, tmp_path / f"{number}.jpg")
    with qtbot.waitSignal(window.studio.classify_finished, timeout=10_000):
        drop(window, tmp_path)
    assert window.current_page == "classify"
    offer = window.findChild(QPushButton, "classify_offer_sort")
    assert offer is not None and offer.isVisible()
    QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert window.current_page == "dataset"
    assert not offer.isVisible()
    assert text_of(window, "sorting_title").startswith("Sort the images of ")
    qtbot.waitUntil(lambda: window.studio.sorting.sorting is not None, timeout=10_000)


def test_each_page_has_a_letter_of_its_own_in_the_view_menu(window: MainWindow) -> None:
    actions = [window.findChild(QAction, f"action_page_{stage.key}") for stage in STAGES]
    letters = [one.text().partition("&")[2][0].lower() for one in actions if one is not None]
    assert len(set(letters)) == len(STAGES)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)
def test_each_page_shows_with_and_without_a_project(
    stage: object, window: MainWindow, opened: Studio, qtbot: QtBot
) -> None:
    key = getattr(stage, "key")  # noqa: B009 parametrize hands over an object
    number = [one.key for one in STAGES].index(key) + 1
    QTest.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == key
    assert window.page(key).objectName() == f"{key}_page"
    assert window.page(key).isVisible()
    opened.close_project()
    assert window.page(key).isVisible()


def test_pages_are_made_when_they_are_first_shown(window: MainWindow) -> None:
    from PySide6.QtWidgets import QWidget

    assert window.findChild(QWidget, "training_page") is None
    window.show_page("training")
    assert window.findChild(QWidget, "training_page") is not None


def test_dropping_a_project_opens_it(
    window: MainWindow, studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.project_changed):
        drop(window, project_folder)
    assert "Shapes" in window.windowTitle()
    assert text_of(window, "status_project") == "Shapes"
    assert studio.settings.recent_projects == (str(project_folder),)


def test_dropping_class_folders_without_a_project_makes_one(
    window: MainWindow,
    studio: Studio,
    shapes: Path,
    documents: Path,
    qtbot: QtBot,
) -> None:
    with qtbot.waitSignal(studio.dataset_changed):
        drop(window, shapes)
        assert str(documents / "shapes") in text_of(window, "message_text")
    assert studio.project is not None
    assert studio.project.folder == documents / "shapes"
    assert studio.resolution.plan is None
    qtbot.waitUntil(lambda: "images imported" in text_of(window, "message_text"))
    assert window.current_page == "dataset"


def test_dropping_images_classifies_them_with_the_newest_model(
    window: MainWindow, opened: Studio, shapes: Path, qtbot: QtBot
) -> None:
    opened.train("first")
    qtbot.waitUntil(lambda: opened.classifier is not None)
    with qtbot.waitSignal(opened.classify_finished):
        drop(window, shapes / "bars" / "000.png", shapes / "rings" / "001.png")
    assert window.current_page == "classify"


def test_dropping_images_without_a_project_asks_what_is_built_in(
    window: MainWindow, studio: Studio, shapes: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.classify_finished):
        drop(window, shapes / "bars" / "000.png")
    assert window.current_page == "classify"
    assert "by EfficientNet-Lite0" in text_of(window, "message_text")


def test_dropping_images_without_any_model_says_what_to_do(
    window: MainWindow, opened: Studio, shapes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgclf_gui.gui.project_runs.built_in_classifiers", dict)
    drop(window, shapes / "bars" / "000.png")
    assert "press Train first" in text_of(window, "message_text")


def test_dropping_something_else_says_what_works(
    window: MainWindow, opened: Studio, tmp_path: Path
) -> None:
    odd = tmp_path / "<b>notes.txt"
    odd.write_text("hello")
    drop(window, odd)
    assert text_of(window, "message_text").startswith("<b>notes.txt was dropped")
    label = window.findChild(QLabel, "message_text")
    assert label is not None
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_an_error_stays_is_copied_and_closed(window: MainWindow, qtbot: QtBot) -> None:
    report = ErrorReport(code="a.b", message="It broke.", hint="Mend it.", details="line 1")
    window.studio.failed.emit(report)
    window.studio.said.emit("Something good happened.")
    assert text_of(window, "message_text") == "It broke. Mend it."
    copy = window.findChild(QPushButton, "message_copy")
    assert copy is not None
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "a.b: It broke." in copied
    assert "line 1" in copied
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not copy.isVisible()


def test_a_very_long_message_is_cut(window: MainWindow) -> None:
    window.studio.failed.emit(ErrorReport(code="x", message="y" * 5_000_000))
    assert len(text_of(window, "message_text")) <= 400


def test_undo_and_redo_are_named_in_the_menu(window: MainWindow, opened: Studio) -> None:
    assert not action(window, "undo").isEnabled()
    spec = opened.spec.model_copy(update={"name": "Other"})
    opened.edit("Rename", spec)
    assert action(window, "undo").text() == "&Undo Rename"
    action(window, "undo").trigger()
    assert opened.spec.name == "Shapes"
    assert action(window, "redo").isEnabled()


def test_the_status_line_shows_what_runs_and_stops_it(
    window: MainWindow, opened: Studio, qtbot: QtBot
) -> None:
    opened.train("long")
    qtbot.waitUntil(lambda: "Training long" in text_of(window, "status_job"))
    progress = window.findChild(QProgressBar, "status_progress")
    assert progress is not None
    assert progress.isVisible()
    cancel = window.findChild(QPushButton, "status_cancel")
    assert cancel is not None
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.job is None)
    assert not progress.isVisible()


def test_train_pause_and_go_on_from_the_menu(
    window: MainWindow, opened: Studio, qtbot: QtBot
) -> None:
    assert not action(window, "pause").isEnabled()
    opened.train("long")
    qtbot.waitUntil(lambda: action(window, "pause").isEnabled())
    action(window, "pause").trigger()
    qtbot.waitUntil(lambda: action(window, "pause").text() == "&Go on")
    action(window, "pause").trigger()
    qtbot.waitUntil(lambda: action(window, "pause").text() == "&Pause")
    action(window, "stop").trigger()
    qtbot.waitUntil(lambda: opened.active_run is None)


def answer(window: MainWindow, button: str) -> None:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    if not boxes:
        QTimer.singleShot(20, window, lambda: answer(window, button))
        return
    found = [one for one in boxes[0].buttons() if one.text().replace("&", "") == button]
    found[0].click()


def test_closing_during_training_asks_and_saves(
    window: MainWindow, opened: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    opened.train("long")
    qtbot.waitUntil(lambda: bool(opened.runs) and opened.runs[0].state.status == "running")
    QTimer.singleShot(0, window, lambda: answer(window, "Cancel"))
    refused = QCloseEvent()
    QApplication.sendEvent(window, refused)
    assert not refused.isAccepted()
    assert window.isVisible()
    QTimer.singleShot(0, window, lambda: answer(window, "Stop and close"))
    assert window.close()
    reopened = Studio(Settings())
    try:
        with qtbot.waitSignal(reopened.project_changed):
            reopened.open_project(project_folder)
        assert reopened.runs[0].state.resumable
    finally:
        reopened.close()


def test_the_window_remembers_its_place(
    window: MainWindow, opened: Studio, appearance: Appearance, qtbot: QtBot
) -> None:
    window.resize(770, 540)
    window.show_page("training")
    assert window.close()
    studio = Studio()
    again = MainWindow(studio, appearance)
    qtbot.addWidget(again)
    assert studio.settings.recent_projects
    assert again.current_page == "training"
    assert (again.width(), again.height()) == (770, 540)
    studio.close()


def test_a_new_project_can_be_trained_after_an_import(
    window: MainWindow,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    chosen = tmp_path / "new one"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(chosen), ""))
    with qtbot.waitSignal(studio.project_changed):
        action(window, "new").trigger()
    assert Project.open(chosen).spec.network.preset == "cnn"
    assert studio.settings.last_folders["project"] == str(tmp_path)


def test_the_recent_menu_opens_a_project(
    window: MainWindow, studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    from PySide6.QtWidgets import QMenu

    studio.settings.remember_project(project_folder)
    menu = window.findChild(QMenu, "menu_recent")
    assert menu is not None
    menu.aboutToShow.emit()
    with qtbot.waitSignal(studio.project_changed):
        menu.actions()[0].trigger()
    assert studio.project is not None


def test_the_first_window_fits_on_the_screen(window: MainWindow) -> None:
    assert window.width() <= window.screen().availableSize().width()
    assert window.height() <= window.screen().availableSize().height()
