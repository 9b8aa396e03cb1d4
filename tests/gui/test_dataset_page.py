"""The Dataset page: what was imported, and looking through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QAbstractItemModel, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.dataset import Dataset, ImageRow
from imgclf_gui.core.entry import SourceProblem
from imgclf_gui.gui.pages.dataset import DatasetPage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.class_list import ClassList
from imgclf_gui.gui.widgets.split_bar import SplitBar
from imgclf_gui.gui.widgets.thumbnail_grid import ThumbnailGrid
from imgclf_gui.gui.widgets.thumbnail_model import ThumbnailModel

WidgetT = TypeVar("WidgetT", bound=QWidget)
Find = Callable[[type[WidgetT], str], WidgetT]


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> DatasetPage:
    made = DatasetPage(studio)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def filled(page: DatasetPage, opened: Studio) -> DatasetPage:
    return page


def find(page: QWidget, kind: type[WidgetT], name: str) -> WidgetT:
    found = page.findChild(kind, name)
    assert found is not None, name
    return found


def grid_of(page: QWidget) -> ThumbnailGrid:
    return find(page, ThumbnailGrid, "thumbnails")


def test_without_images_it_says_how_to_begin(page: DatasetPage) -> None:
    assert find(page, QPushButton, "empty_import").isVisible()
    assert find(page, QPushButton, "empty_fashion").isVisible()
    assert not grid_of(page).isVisible()


def test_a_page_made_after_its_project_shows_the_same(opened: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: opened.resolution.plan is not None)
    made = DatasetPage(opened)
    qtbot.addWidget(made)
    assert "parameters learn from 48 images" in find(made, QLabel, "data_budget").text()


def test_images_appear_with_classes_and_splits(filled: DatasetPage) -> None:
    classes = find(filled, ClassList, "class_list")
    shown = [classes.topLevelItem(place) for place in range(classes.topLevelItemCount())]
    assert [(item.text(0), item.text(1)) for item in shown if item] == [
        ("All classes", "60"),
        ("bars", "20"),
        ("blobs", "20"),
        ("rings", "20"),
    ]
    assert len(grid_of(filled).rows) == 60
    assert find(filled, SplitBar, "split_bar").sentence() == "Training 48 · Validation 6 · Test 6"
    assert "parameters learn from 48 images" in find(filled, QLabel, "data_budget").text()
    assert not find(filled, QPushButton, "skipped_chip").isVisible()


def test_clicking_a_class_shows_only_its_images(filled: DatasetPage, qtbot: QtBot) -> None:
    classes = find(filled, ClassList, "class_list")
    item = classes.findItems("blobs", Qt.MatchFlag.MatchExactly)[0]
    QTest.mouseClick(
        classes.viewport(), Qt.MouseButton.LeftButton, pos=classes.visualItemRect(item).center()
    )
    assert {row.label for row in grid_of(filled).rows} == {"blobs"}
    assert find(filled, QLabel, "shown_count").text() == "20 of 60 images"


def test_filters_of_name_and_split_work_together(filled: DatasetPage, qtbot: QtBot) -> None:
    QTest.keyClicks(find(filled, QLineEdit, "name_filter"), "BARS/")
    qtbot.waitUntil(lambda: len(grid_of(filled).rows) == 20)
    splits = find(filled, QComboBox, "split_filter")
    splits.setCurrentIndex(splits.findData("test"))
    assert {(row.label, row.split) for row in grid_of(filled).rows} == {("bars", "test")}


def test_the_chosen_image_is_shown_with_what_is_known(filled: DatasetPage, qtbot: QtBot) -> None:
    grid = grid_of(filled)
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Home)
    QTest.keyClick(grid, Qt.Key.Key_Right)
    row = grid.rows[grid.currentIndex().row()]
    assert find(filled, QLabel, "image_name").text() == row.name
    assert find(filled, QLabel, "image_class").text() == row.label
    assert find(filled, QLabel, "image_size").text() == "12 × 12 pixels"


def test_enter_opens_the_image(filled: DatasetPage, qtbot: QtBot) -> None:
    grid = grid_of(filled)
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Home)
    grid.opened.disconnect()  # no viewer in a test
    with qtbot.waitSignal(grid.opened) as told:
        QTest.keyClick(grid, Qt.Key.Key_Return)
    assert told.args is not None
    assert isinstance(told.args[0], ImageRow)


def test_pictures_arrive_after_the_first_paint(
    filled: DatasetPage, opened: Studio, qtbot: QtBot
) -> None:
    first = grid_of(filled).rows[0]
    qtbot.waitUntil(lambda: opened.thumbnails.picture(first) is not None)
    picture = opened.thumbnails.picture(first)
    assert picture is not None
    assert (picture.width(), picture.height()) == (12, 12)


def test_a_picture_that_vanished_leaves_a_word(opened: Studio, qtbot: QtBot) -> None:
    assert opened.project is not None
    row = opened.dataset.images[0]
    (opened.project.images_folder / row.path).unlink()
    opened.thumbnails.picture(row)
    qtbot.waitUntil(lambda: opened.thumbnails.picture(row) is not None)
    picture = opened.thumbnails.picture(row)
    assert picture is not None
    assert picture.isNull()


def test_what_could_not_be_read_is_listed_and_copied(
    page: DatasetPage, studio: Studio, project_folder: Path, qtbot: QtBot
) -> None:
    problems = [
        SourceProblem("<img src=x>.png", "is empty"),
        SourceProblem("b.png", "is cut short"),
    ]
    with Dataset.open(project_folder / "dataset.sqlite") as dataset:
        dataset.add_skipped("a source", problems)
    with qtbot.waitSignal(studio.project_changed):
        studio.open_project(project_folder)
    chip = find(page, QPushButton, "skipped_chip")
    assert chip.text() == "2 could not be read"
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    table = find(page, QTableView, "skipped_table")
    model: QAbstractItemModel = table.model()
    assert model.index(0, 0).data() == "<img src=x>.png"
    assert model.index(0, 1).data() == "is empty"
    QTest.mouseClick(find(page, QPushButton, "skipped_copy"), Qt.MouseButton.LeftButton)
    assert "b.png\tis cut short" in QGuiApplication.clipboard().text()


def test_a_changed_image_width_can_be_undone(
    filled: DatasetPage, opened: Studio, qtbot: QtBot
) -> None:
    field = find(filled, QWidget, "data.split_seed")
    field.setFocus()
    QTest.keyClicks(field, "5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: opened.spec.data.split_seed != 0)
    opened.undo()
    assert opened.spec.data.split_seed == 0


def test_the_model_keeps_qt_s_promises(opened: Studio) -> None:
    model = ThumbnailModel()
    rows = opened.dataset.images
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester = QAbstractItemModelTester(model, fatal)
    model.show_rows(rows[:10])
    model.show_rows(rows[:30])
    model.show_rows(rows[5:20])
    model.show_rows(())
    assert model.rowCount() == 0
    del tester


def test_images_that_come_while_importing_do_not_move_the_view(
    filled: DatasetPage, opened: Studio
) -> None:
    grid, rows = grid_of(filled), opened.dataset.images
    grid.show_images(rows[:50], opened.summary.labels)
    grid.setCurrentIndex(grid.model().index(7, 0))
    grid.show_images(rows, opened.summary.labels)
    assert grid.currentIndex().row() == 7
    assert grid.indexAt(QPoint(20, 20)).isValid()
