"""Compare: choosing two networks, seeing what differs, and taking one over."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QTableWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.architecture.compare import CompareView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.theme import Appearance
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.network_file import write_network


@pytest.fixture
def view(opened: Studio, appearance: Appearance, qtbot: QtBot) -> CompareView:
    """The shown view of a project with a linear network and no runs."""
    del appearance
    made = CompareView(opened)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def text(view: QWidget, name: str) -> str:
    label = view.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def chooser(view: CompareView, side: str) -> QComboBox:
    found = view.findChild(QComboBox, f"compare_{side}")
    assert found is not None
    return found


def choose(view: CompareView, side: str, title: str) -> None:
    """As a person does: with the keyboard, in the list."""
    box = chooser(view, side)
    index = box.findText(title)
    assert index >= 0, title
    box.setCurrentIndex(index)
    box.activated.emit(index)


def button(view: CompareView, name: str) -> QPushButton:
    found = view.findChild(QPushButton, name)
    assert found is not None
    return found


def tree(view: CompareView) -> QTreeWidget:
    found = view.findChild(QTreeWidget, "compare_tree")
    assert found is not None
    return found


def rows(view: CompareView) -> list[tuple[str, ...]]:
    found = tree(view)
    items = [found.topLevelItem(index) for index in range(found.topLevelItemCount())]
    return [tuple(item.text(column) for column in range(4)) for item in items if item is not None]


def cells(view: CompareView, name: str) -> dict[str, list[str]]:
    table = view.findChild(QTableWidget, name)
    assert table is not None
    texts = [
        [
            item.text() if (item := table.item(row, column)) else ""
            for column in range(table.columnCount())
        ]
        for row in range(table.rowCount())
    ]
    return {row[0]: row[1:] for row in texts}


def test_without_a_project_it_says_what_it_is_for(studio: Studio, qtbot: QtBot) -> None:
    made = CompareView(studio)
    qtbot.addWidget(made)
    made.show()
    assert made.findChild(QWidget, "compare_empty").isVisible()  # type: ignore[union-attr]
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        button(made, "compare_to_dataset").click()
    assert wanted.args == ["dataset"]


def test_it_begins_with_this_network_and_one_unlike_it(view: CompareView) -> None:
    assert chooser(view, "left").currentText() == "This network"
    assert chooser(view, "right").currentText() != "Linear"
    assert "this network" in text(view, "compare_summary")


def test_two_presets_are_aligned_with_signs_and_figures(view: CompareView) -> None:
    choose(view, "left", "CNN")
    choose(view, "right", "CNN with batch normalisation")
    found = rows(view)
    assert found[0][:3] == ("=", "Convolution · 5×5, 10 filters", "Convolution · 5×5, 10 filters")
    assert ("+", "", "Batch normalisation", "only on the right") in found
    changed = next(row for row in found if row[0] == "≠")
    assert "Bias yes → no" in changed[3]
    totals = cells(view, "compare_totals")
    assert totals["Parameters"][2].endswith("×")
    assert totals["Step of 128 images"][0].endswith("MB")


def test_swapping_turns_everything_round(view: CompareView) -> None:
    choose(view, "left", "CNN")
    choose(view, "right", "CNN with batch normalisation")
    swap = view.findChild(QToolButton, "compare_swap")
    assert swap is not None
    swap.click()
    assert chooser(view, "right").currentText() == "CNN"
    assert ("−", "Batch normalisation", "", "only on the left") in rows(view)


def test_a_row_shows_both_blocks_in_figures(view: CompareView) -> None:
    choose(view, "left", "ResNet-20")
    choose(view, "right", "ResNet-56")
    stage = tree(view).topLevelItem(3)
    assert stage is not None and stage.isExpanded() and stage.text(3) == "blocks inside"
    repeat = stage.child(1)
    assert isinstance(repeat, QTreeWidgetItem)
    tree(view).setCurrentItem(repeat)
    assert text(view, "compare_detail_title") == "Repeat: differs"
    detail = cells(view, "compare_detail")
    assert detail["Times"] == ["2", "8"]
    assert detail["Parameters"][0] != detail["Parameters"][1]
    QTest.keyClick(tree(view), Qt.Key.Key_Up)
    assert text(view, "compare_detail_title") == "Residual: the same"


def test_a_network_can_be_taken_over_and_that_undone(view: CompareView, opened: Studio) -> None:
    assert not button(view, "compare_left_use").isEnabled(), "it is the project's already"
    choose(view, "right", "CNN")
    QTest.mouseClick(button(view, "compare_right_use"), Qt.MouseButton.LeftButton)
    assert opened.spec.network == preset_network("cnn")
    assert text(view, "compare_summary").endswith("Block by block they are the same.")
    assert not button(view, "compare_right_use").isEnabled()
    opened.undo()
    assert opened.spec.network.preset == "linear"
    assert button(view, "compare_right_use").isEnabled()


def test_an_edit_elsewhere_is_seen_at_once(view: CompareView, opened: Studio) -> None:
    choose(view, "right", "CNN")
    spec = opened.spec.model_copy(update={"network": preset_network("cnn")})
    opened.edit("Network", spec)
    assert {row[0] for row in rows(view)} == {"="}


def test_runs_can_be_compared_and_say_how_well_they_did(
    view: CompareView, opened: Studio, qtbot: QtBot
) -> None:
    assert text(view, "compare_left_accuracy") == "No run of this network yet."
    opened.train("First")
    qtbot.waitUntil(
        lambda: bool(opened.runs) and "test" in opened.runs[0].state.evaluations, timeout=10_000
    )
    words = text(view, "compare_left_accuracy")
    assert words.startswith("Run 001: ")
    assert "test 90.0 % (60.0–98.0 %) of 10 images" in words
    choose(view, "right", "Run 001 · First")
    assert text(view, "compare_right_accuracy") == words
    assert {row[0] for row in rows(view)} == {"="}


def test_a_file_can_be_compared(
    view: CompareView,
    opened: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    file = tmp_path / "mine.json"
    write_network(file, preset_network("dnn"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    with qtbot.waitSignal(opened.network_read):
        choose(view, "right", "From a file…")
    assert chooser(view, "right").currentText() == "mine.json"
    assert "mine.json" in text(view, "compare_summary")
    assert opened.settings.last_folders["network"] == str(tmp_path)


def test_a_file_that_is_no_network_is_told_and_nothing_changes(
    view: CompareView,
    opened: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    failures: list[ErrorReport] = []
    opened.failed.connect(failures.append)
    choose(view, "right", "CNN")
    file = tmp_path / "mine.json"
    file.write_text("what?")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    with qtbot.waitSignal(opened.failed):
        choose(view, "right", "From a file…")
    assert [one.code for one in failures] == ["network.file"]
    assert chooser(view, "right").currentText() == "CNN"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    choose(view, "left", "From a file…")
    assert chooser(view, "left").currentText() == "This network"


def test_what_is_chosen_is_remembered_while_another_tab_is_open(
    view: CompareView, opened: Studio
) -> None:
    choose(view, "left", "ResNet-20")
    view.hide()
    before = rows(view)
    opened.edit("Network", opened.spec.model_copy(update={"network": preset_network("cnn")}))
    assert rows(view) == before, "nothing is done while it is hidden"
    view.show()
    assert chooser(view, "left").currentText() == "ResNet-20"


def test_rows_take_the_colours_of_a_new_theme(
    view: CompareView, appearance: Appearance, qtbot: QtBot
) -> None:
    choose(view, "left", "CNN")
    choose(view, "right", "DNN")

    def tint() -> str:
        items = [tree(view).topLevelItem(index) for index in range(tree(view).topLevelItemCount())]
        gone = next(item for item in items if item is not None and item.text(0) == "−")
        return gone.background(0).color().name()

    light = tint()
    appearance.choose("dark")
    qtbot.waitUntil(lambda: tint() != light)
    appearance.choose("light")
    qtbot.waitUntil(lambda: tint() == light)
