"""Sorting images without classes in the window. The worker is an actor (helpers/sorting_parts)."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSpinBox,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.operations.images import choose_images_to_sort, import_source, take_drop
from imgclf_gui.gui.pages.dataset import DatasetPage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.sorted_group import GroupCard, GroupList
from imgclf_gui.gui.widgets.sorting_view import SortingView
from imgclf_gui.protocol import events as e
from tests.helpers.sorting_parts import LONG

WidgetT = TypeVar("WidgetT", bound=QWidget)
SLOW = 30_000
"""Milliseconds that a worker may take to start on a busy machine."""
IMAGES = 12


@pytest.fixture
def photos(tmp_path: Path, shapes: Path) -> Path:
    """A folder of twelve images, and no folders in it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, path in enumerate(sorted(shapes.rglob("*.png"))[:IMAGES]):
        shutil.copy(path, folder / f"{number:02}.png")
    return folder


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> DatasetPage:
    made = DatasetPage(studio)
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def view(page: DatasetPage, opened: Studio, photos: Path, qtbot: QtBot) -> DatasetPage:
    """The page of an open project with the photographs in three groups of four."""
    sort(opened, photos, qtbot)
    return page


def sort(studio: Studio, folder: Path, qtbot: QtBot) -> None:
    studio.sorting.sort([folder])
    qtbot.waitUntil(lambda: studio.sorting.sorting is not None, timeout=SLOW)


def part(view: QWidget, kind: type[WidgetT], name: str) -> WidgetT:
    found = view.findChildren(kind, name)
    assert found, name
    return found[-1]  # one that was just replaced may not be gone yet


def click(view: QWidget, name: str) -> None:
    found: QWidget = part(view, QWidget, name)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def group(view: QWidget, number: int) -> GroupList:
    return part(view, GroupList, f"sorted_images_{number}")


def choose(images: GroupList, *rows: int) -> None:
    images.clearSelection()
    for row in rows:
        images.selectionModel().select(
            images.model_of_files.index(row), images.selectionModel().SelectionFlag.Select
        )


def shown(view: QWidget) -> list[tuple[str, tuple[int, ...]]]:
    """Name and images of each group, as the widgets show them."""
    cards = [card for card in view.findChildren(GroupCard) if not card.isHidden()]
    names = [card.findChildren(QLineEdit)[0].text() for card in cards]
    return [
        (name, card.list.model_of_files.places) for name, card in zip(names, cards, strict=True)
    ]


def rename(view: QWidget, number: int, name: str) -> None:
    line = part(view, QLineEdit, f"sorted_name_{number}")
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, Qt.Key.Key_Return)


def drop(target: GroupList, data: QMimeData) -> QDropEvent:
    """Let `data` go over `target`."""
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    target.dropEvent(event)
    return event


def test_groups_appear_with_what_is_known_of_them(view: DatasetPage, qtbot: QtBot) -> None:
    assert shown(view) == [
        ("Group 1", (0, 3, 6, 9)),
        ("Group 2", (1, 4, 7, 10)),
        ("Group 3", (2, 5, 8, 11)),
    ]
    assert part(view, SortingView, "sorting_view").isVisible()
    assert part(view, QPushButton, "sorting_add").text() == (
        "Add 12 images in 3 classes to the dataset"
    )
    advice = part(view, QLabel, "sorting_advice").text()
    assert advice.startswith("The groups come from looks alone.")
    assert "Look through every group" in advice
    QAbstractItemModelTester(group(view, 1).model_of_files)


def test_images_are_dragged_to_another_group_and_back_with_undo(
    view: DatasetPage, qtbot: QtBot
) -> None:
    choose(group(view, 1), 0, 2)
    assert group(view, 1).selected == [0, 6]
    images = group(view, 1)
    data = images.model_of_files.mimeData(images.selectionModel().selectedIndexes())
    assert drop(group(view, 2), data).isAccepted()
    qtbot.waitUntil(lambda: shown(view)[1][1] == (0, 6, 1, 4, 7, 10))
    assert shown(view)[0] == ("Group 1", (3, 9))
    click(view, "sorting_undo")
    assert shown(view)[0] == ("Group 1", (0, 3, 6, 9))
    click(view, "sorting_redo")
    assert shown(view)[0] == ("Group 1", (3, 9))


def test_files_that_are_dropped_are_left_to_the_window(view: DatasetPage) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("a.png")])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    event.accept()
    group(view, 1).dropEvent(event)
    assert not event.isAccepted()


def test_keys_move_and_undo(view: DatasetPage, qtbot: QtBot) -> None:
    images = group(view, 3)
    images.setFocus()
    choose(images, 1)
    assert part(view, QLabel, "sorting_selected").text() == "1 chosen"
    QTest.keyClick(images, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert shown(view)[0] == ("Group 1", (5, 0, 3, 6, 9))
    QTest.keyClick(images, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(images, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown(view)[0] == ("Group 1", (0, 3, 6, 9))
    assert part(view, QLabel, "sorting_selected").text() == ""
    control = Qt.KeyboardModifier.ControlModifier
    for key, ours in ((Qt.Key.Key_2, True), (Qt.Key.Key_Z, True), (Qt.Key.Key_I, False)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, control)
        event.ignore()
        group(view, 1).event(event)
        assert event.isAccepted() is ours


def test_the_menu_moves_into_a_new_group(view: DatasetPage, qtbot: QtBot) -> None:
    assert not part(view, QPushButton, "sorting_move").isEnabled()
    choose(group(view, 1), 3)
    menu = part(view, QMenu, "sorting_move_menu")
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [
        "1  Group 1", "2  Group 2", "3  Group 3", "New group",
    ]  # fmt: skip
    menu.actions()[-1].trigger()
    assert shown(view)[3] == ("Group 4", (9,))
    click(view, "sorting_undo")
    assert len(shown(view)) == 3


def test_the_name_of_another_group_merges_the_two(view: DatasetPage, qtbot: QtBot) -> None:
    rename(view, 1, "   ")
    assert shown(view)[0][0] == "Group 1"
    rename(view, 1, "Cats")
    rename(view, 2, "cats")
    assert shown(view) == [("Cats", (0, 3, 6, 9, 1, 4, 7, 10)), ("Group 3", (2, 5, 8, 11))]
    assert "in 2 classes" in part(view, QPushButton, "sorting_add").text()
    click(view, "sorting_undo")
    assert [name for name, _ in shown(view)] == ["Cats", "Group 2", "Group 3"]


def test_another_number_of_groups_is_made_and_undone(
    view: DatasetPage, opened: Studio, qtbot: QtBot
) -> None:
    rename(view, 1, "Cats")
    part(view, QSpinBox, "sorting_count").setValue(5)
    qtbot.waitUntil(lambda: len(shown(view)) == 5, timeout=SLOW)
    assert not opened.sorting.active
    click(view, "sorting_undo")
    assert [name for name, _ in shown(view)] == ["Cats", "Group 2", "Group 3"]
    assert part(view, QSpinBox, "sorting_count").value() == 3


def test_making_other_groups_can_be_stopped_midway(
    view: DatasetPage, opened: Studio, qtbot: QtBot
) -> None:
    before = shown(view)
    part(view, QSpinBox, "sorting_count").setValue(LONG)
    text = part(view, QLabel, "sorting_text")
    told = "Sorting photos: making 13 groups"
    qtbot.waitUntil(lambda: text.text() == told, timeout=SLOW)
    assert part(view, QWidget, "sorting_cancel").isVisible()
    assert part(view, ProgressBar, "sorting_progress").value() == 400
    click(view, "sorting_cancel")
    assert text.text() == "Stopping…"
    qtbot.waitUntil(lambda: not opened.sorting.active, timeout=SLOW)
    assert shown(view) == before
    assert part(view, QSpinBox, "sorting_count").value() == 3
    assert not part(view, QWidget, "sorting_cancel").isVisible()
    assert not part(view, QLabel, "sorting_problem").isVisible()


def test_accepted_groups_are_imported_as_classes(
    view: DatasetPage, opened: Studio, photos: Path, qtbot: QtBot
) -> None:
    rename(view, 1, "Cats, big")
    part(view, QCheckBox, "sorted_include_3").click()
    tables: list[Path] = []
    opened.sorting.accepted.connect(tables.append)
    with qtbot.waitSignal(opened.sorting.accepted, timeout=SLOW):
        click(view, "sorting_add")
    with tables[0].open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "label"]
    names = {"Cats, big": (0, 3, 6, 9), "Group 2": (1, 4, 7, 10)}
    assert rows == [
        [str(photos / f"{number:02}.png"), name] for name, some in names.items() for number in some
    ]
    assert opened.importing
    assert not part(view, SortingView, "sorting_view").isVisible()
    with qtbot.waitSignal(opened.said, timeout=SLOW):
        pass
    assert opened.project is not None
    assert tables[0].parent == opened.project.cache_folder / "sorted"


def test_without_a_project_one_is_made(
    page: DatasetPage, studio: Studio, photos: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Path, Path | None]] = []
    monkeypatch.setattr(
        studio, "new_project", lambda folder, then_import=None: made.append((folder, then_import))
    )
    sort(studio, photos, qtbot)
    with qtbot.waitSignal(studio.sorting.accepted, timeout=SLOW):
        click(page, "sorting_add")
    ((folder, table),) = made
    assert folder.name.startswith("photos")
    assert table is not None
    assert len(table.read_text("utf-8").splitlines()) == 1 + IMAGES


def test_what_could_not_be_read_is_listed_and_back_leaves_the_dataset_as_it_was(
    view: DatasetPage, opened: Studio
) -> None:
    assert part(view, QPushButton, "sorting_unreadable").text() == "1 could not be read"
    click(view, "sorting_unreadable")
    model = part(view, QTableView, "skipped_table").model()
    cells = [str(model.index(0, column).data()) for column in range(2)]
    assert cells[0].endswith("broken.png")
    assert "it is empty" in cells[1]
    click(view, "sorting_back")
    assert not part(view, SortingView, "sorting_view").isVisible()
    assert opened.sorting.sorting is None
    assert not opened.importing


def test_it_can_be_cancelled(page: DatasetPage, studio: Studio, photos: Path, qtbot: QtBot) -> None:
    folder = photos.rename(photos.with_name("long"))
    failures: list[ErrorReport] = []
    studio.failed.connect(failures.append)
    studio.sorting.sort([folder])
    qtbot.waitUntil(lambda: studio.sorting.progress is not None, timeout=SLOW)
    text = part(page, QLabel, "sorting_text").text()
    assert text == "Sorting long: 1 of 12 · 50 images/s · 9 s left"
    assert studio.job is not None
    assert studio.job.kind == "sort"
    click(page, "sorting_cancel")
    qtbot.waitUntil(lambda: not studio.sorting.active, timeout=SLOW)
    assert part(page, QPushButton, "empty_sort").isVisible()
    assert failures == []


def test_a_failure_is_told_in_place(
    page: DatasetPage, studio: Studio, photos: Path, qtbot: QtBot
) -> None:
    folder = photos.rename(photos.with_name("failing"))
    studio.sorting.sort([folder])
    problem = part(page, QLabel, "sorting_problem")
    qtbot.waitUntil(problem.isVisible, timeout=SLOW)
    assert problem.text() == "There are no images. Add some."
    assert part(page, QPushButton, "sorting_retry").isVisible()
    click(page, "sorting_back")
    assert part(page, QPushButton, "empty_sort").isVisible()


def test_the_menu_asks_for_a_folder(
    page: DatasetPage, studio: Studio, photos: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(photos))
    with qtbot.waitSignal(studio.page_wanted):
        choose_images_to_sort(studio, page)
    qtbot.waitUntil(lambda: studio.sorting.sorting is not None, timeout=SLOW)
    assert len(shown(page)) == 3


def test_an_import_without_classes_is_offered_to_be_sorted(
    page: DatasetPage, opened: Studio, photos: Path, qtbot: QtBot
) -> None:
    failures: list[ErrorReport] = []
    opened.failed.connect(failures.append)
    import_source(opened, photos)
    error = ErrorReport(code="import.no_classes", message="photos has images, but no folders.")
    assert opened._import is not None
    opened._import.job = "import-9"
    opened.take_events([e.JobFailed(job="import-9", error=error)])
    assert part(page, QWidget, "sorting_offer").isVisible()
    assert "photos has images" in part(page, QLabel, "sorting_offer_text").text()
    assert failures == []
    click(page, "sorting_offer_sort")
    qtbot.waitUntil(lambda: opened.sorting.sorting is not None, timeout=SLOW)
    assert not part(page, QWidget, "sorting_offer").isVisible()


def test_a_dropped_folder_of_loose_images_is_offered_too(
    page: DatasetPage, studio: Studio, photos: Path
) -> None:
    take_drop(studio, [photos])
    assert studio.sorting.offered == photos
    click(page, "sorting_offer_leave")
    assert not part(page, QWidget, "sorting_offer").isVisible()
