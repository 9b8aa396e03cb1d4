"""The results of a run: classes and confusion matrix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QHeaderView
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.predictions_file import images_behind
from imgclf_gui.gui.widgets.confusion import MOST_NUMBERED, SHARE_ROLE, ConfusionView
from imgclf_gui.gui.widgets.per_class import PerClassTable
from imgclf_gui.protocol.events import ClassReport, Evaluated


def result(classes: int = 3) -> Evaluated:
    """Each class has 10 images, 8 right and 2 taken for the next class."""
    labels = [f"class {index}" for index in range(classes)]
    confusion = [[0] * classes for _ in labels]
    for index in range(classes):
        confusion[index][index] = 8
        confusion[index][(index + 1) % classes] = 2
    return Evaluated(
        split="test",
        images=10 * classes,
        accuracy=0.8,
        interval=(0.6, 0.9),
        loss=0.5,
        classes=tuple(
            ClassReport(label=label, images=10, precision=1 / (index + 1), recall=0.8, f1=None)
            for index, label in enumerate(labels)
        ),
        confusion=tuple(map(tuple, confusion)),
        predictions="predictions-test.jsonl",
        fingerprint="f",
    )


@pytest.fixture
def view(qtbot: QtBot) -> ConfusionView:
    """A shown matrix of three classes."""
    made = ConfusionView()
    qtbot.addWidget(made)
    QAbstractItemModelTester(
        made.model(), QAbstractItemModelTester.FailureReportingMode.Fatal, made
    )
    made.show_result(result())
    made.resize(400, 300)
    made.show()
    return made


def at(view: ConfusionView, row: int, column: int) -> QModelIndex:
    return view.model().index(row, column)


def test_a_cell_shows_its_count_and_says_what_it_means(view: ConfusionView) -> None:
    assert at(view, 0, 0).data() == "8"
    assert at(view, 0, 2).data() == ""
    assert at(view, 0, 1).data(SHARE_ROLE) == pytest.approx(0.2)
    said = at(view, 0, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "2 of 10 images of class 0 taken for class 1"


def test_a_click_opens_the_images_behind_a_cell(view: ConfusionView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.cell_opened) as opened:
        place = view.visualRect(at(view, 0, 1)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args == [0, 1]


def test_enter_opens_them_too_and_an_empty_cell_opens_nothing(
    view: ConfusionView, qtbot: QtBot
) -> None:
    view.setFocus()
    view.setCurrentIndex(at(view, 2, 0))
    with qtbot.waitSignal(view.cell_opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [2, 0]
    view.setCurrentIndex(at(view, 2, 1))
    with qtbot.assertNotEmitted(view.cell_opened):
        QTest.keyClick(view, Qt.Key.Key_Return)


def test_many_classes_are_drawn_small_without_numbers(view: ConfusionView) -> None:
    view.show_result(result(MOST_NUMBERED + 1))
    header = view.horizontalHeader()
    assert isinstance(header, QHeaderView)
    assert header.defaultSectionSize() < 20
    assert not view.grab().isNull()
    view.show_result(None)
    assert view.model().rowCount() == 0


def test_a_class_name_with_markup_stays_a_name(qtbot: QtBot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    named = result().model_copy(
        update={
            "classes": tuple(
                ClassReport(label="<img src=x>", images=1, precision=1, recall=1, f1=1)
                for _ in range(3)
            )
        }
    )
    view.show_result(named)
    assert "<" not in at(view, 0, 1).data(Qt.ItemDataRole.ToolTipRole)


def test_classes_are_sorted_by_a_figure(qtbot: QtBot) -> None:
    table = PerClassTable()
    qtbot.addWidget(table)
    QAbstractItemModelTester(
        table.model(), QAbstractItemModelTester.FailureReportingMode.Fatal, table
    )
    table.show_result(result())
    model = table.model()
    assert [model.index(row, 0).data() for row in range(3)] == ["class 0", "class 1", "class 2"]
    table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert [model.index(row, 2).data() for row in range(3)] == ["33.3 %", "50.0 %", "100.0 %"]
    assert model.index(0, 4).data() == "–"


def test_the_images_behind_a_cell_are_read_the_surest_first(tmp_path: Path) -> None:
    rows = [("a", "b", 0.6), ("a", "a", 0.9), ("a", "b", 0.8), ('"b', "a", 0.7)]
    (tmp_path / "predictions-test.jsonl").write_text(
        "".join(
            json.dumps({"image": place, "label": one, "predicted": other, "probability": sure})
            + "\n"
            for place, (one, other, sure) in enumerate(rows)
        )
    )
    found = images_behind(tmp_path, "predictions-test.jsonl", "a", "b")
    assert [(one.image_id, one.confidence) for one in found] == [(2, 0.8), (0, 0.6)]
    assert [o.image_id for o in images_behind(tmp_path, "predictions-test.jsonl", '"b', "a")] == [3]


@pytest.mark.parametrize("content", [None, '{"label": "a", "predicted": "b", "image": "x"}\n'])
def test_predictions_that_cannot_be_read_are_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "p.jsonl").write_text(content)
    with pytest.raises(UserError) as error:
        images_behind(tmp_path, "p.jsonl", "a", "b")
    assert error.value.code == "predictions.missing"


def test_a_file_outside_of_the_run_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    (tmp_path / "run").mkdir()
    with pytest.raises(UserError):
        images_behind(tmp_path / "run", "../secret", "a", "b")
