"""The settings of the chosen block, its problems and their mends."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.gui.architecture.builder import BuilderView
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.pages.architecture import ArchitecturePage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.plan import preset_network
from tests.helpers.builder import Builder
from tests.helpers.timing import hold

CONVOLUTION = BlockSpec(kind="convolution", filters=4)
FLATTEN = BlockSpec(kind="flatten")
LOGITS = BlockSpec(kind="logits")


def line(builder: Builder, name: str) -> QLineEdit:
    """The text of a number's field."""
    found = builder.find(QWidget, name).findChild(QLineEdit)
    assert found is not None
    return found


def test_the_panel_says_what_a_block_is_for(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    assert builder.text("block_title") == "Convolution"
    assert "filters" in builder.text("block_summary")
    assert builder.text("block_purpose")
    assert line(builder, "block.filters").text() == "4"
    builder.choose((0,), (1,))
    assert "2 blocks" in builder.text("block_summary")
    builder.choose(None)
    assert builder.text("block_title") == "Input"


def test_numbers_follow_each_keystroke_and_typing_is_one_step(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    field = line(builder, "block.filters")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1")
    assert builder.card(0).shape == "12×12×1"
    QTest.keyClicks(field, "28")
    assert builder.card(0).shape == "12×12×128"
    assert builder.blocks[0].settings["filters"] == 128
    assert QApplication.focusWidget() is field.parentWidget() or field.hasFocus()
    assert field.cursorPosition() == 3
    assert builder.studio.undo_name == "Change filters of Convolution"
    builder.studio.undo()
    assert builder.blocks[0] == CONVOLUTION
    assert line(builder, "block.filters").text() == "4"


def test_tab_goes_from_the_name_through_the_settings(builder: Builder, qtbot: QtBot) -> None:
    builder.show(CONVOLUTION, BlockSpec(kind="dense"), LOGITS)
    builder.choose((1,))
    name = builder.find(QLineEdit, "block.name")
    name.setFocus()
    qtbot.waitUntil(builder.find(QWidget, "block.units").isVisible)
    seen = []
    for _ in range(4):
        builder.press(Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        seen.append(focus.objectName() if focus else "")
    assert seen == ["block_problem_0", "block_problem_1", "block.units", "block.activation"]


def test_undo_in_a_field_is_that_of_the_network(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    box = builder.find(QWidget, "block.filters")
    undo = QKeyEvent(
        QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier
    )
    undo.ignore()
    QApplication.sendEvent(box, undo)
    assert not undo.isAccepted(), "so the menu's Undo takes it"
    field = line(builder, "block.filters")
    field.selectAll()
    QTest.keyClicks(field, "0")
    QApplication.sendEvent(box, undo)
    assert undo.isAccepted(), "what is wrong is not in the network yet"


def test_the_same_field_of_two_blocks_is_two_steps(builder: Builder) -> None:
    builder.show(CONVOLUTION, CONVOLUTION, FLATTEN, LOGITS)
    for place in ((0,), (1,)):
        builder.choose(place)
        field = line(builder, "block.filters")
        field.selectAll()
        QTest.keyClicks(field, "9")
    builder.studio.undo()
    assert [block.settings.get("filters") for block in builder.blocks[:2]] == [9, 4]


def test_what_is_wrong_in_a_field_stays_with_its_block(builder: Builder) -> None:
    builder.show(CONVOLUTION, CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    field = line(builder, "block.filters")
    field.selectAll()
    QTest.keyClicks(field, "0")
    assert "write a number" in builder.text("block.filters.complaint")
    assert builder.blocks[0].settings["filters"] == 4
    builder.choose((1,))
    assert line(builder, "block.filters").text() == "4"
    assert builder.text("block.filters.complaint") == ""


def test_a_setting_inside_a_container_changes_there(builder: Builder) -> None:
    builder.show(*preset_network("resnet-20").blocks)
    builder.choose((3, 0, 0))
    field = line(builder, "block.filters")
    field.selectAll()
    QTest.keyClicks(field, "24")
    assert builder.blocks[3].blocks[0].blocks[0].settings["filters"] == 24
    assert builder.card(3, 0, 0).shape == "12×12×24"


def test_the_input_is_set_like_a_block(builder: Builder) -> None:
    builder.choose(None)
    field = line(builder, "data.image_width")
    QTest.keyClicks(field, "20")
    assert builder.studio.spec.data.image_width == 20
    assert builder.card().shape == "12×20×1"
    assert "12×20×1 images" in builder.text("network_inputs")
    builder.studio.undo()
    assert builder.studio.spec.data.image_width is None


def test_a_name_is_typed_in_the_panel_too(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    name = builder.find(QLineEdit, "block.name")
    name.setFocus()
    QTest.keyClicks(name, "Edges")
    assert builder.card(0).title == "Edges"
    builder.studio.undo()
    assert builder.blocks[0].name == ""
    assert name.text() == ""


def test_an_unknown_block_is_kept_and_shown(builder: Builder) -> None:
    builder.show(BlockSpec(kind="wavelet", order=4), FLATTEN, LOGITS)
    builder.choose((0,))
    assert builder.text("block_title") == "wavelet"
    assert '"order": 4' in builder.find(QPlainTextEdit, "block_stored").toPlainText()
    assert "has no 'wavelet'" in builder.text("block_problem_sentence")


def test_problems_are_mended_in_the_panel(builder: Builder) -> None:
    inside = BlockSpec(kind="convolution", filters=6)
    builder.show(CONVOLUTION, BlockSpec(kind="residual", blocks=(inside,)), FLATTEN, LOGITS)
    builder.choose((1,))
    assert "cannot be added" in builder.text("block_problem_sentence")
    titles = [
        one.text() for one in builder.find(QWidget, "block_problem").findChildren(QPushButton)
    ]
    assert titles == [mend.title for mend in builder.card(1).mends]
    builder.find(QPushButton, f"block_problem_{titles.index('Match filters')}").click()
    assert builder.blocks[1].blocks[0].settings["filters"] == 4
    assert builder.chosen() == ((1,),)
    assert not builder.find(QWidget, "block_problem").isVisible()


def test_the_end_of_the_network_is_mended_above_it(builder: Builder) -> None:
    builder.show(CONVOLUTION)
    assert "12×12×4 values" in builder.text("network_problem_sentence")
    builder.find(QPushButton, "network_problem_0").click()
    assert builder.outline() == "convolution global-pooling logits"
    assert not builder.find(QWidget, "network_problem").isVisible()


def test_a_small_network_is_built_and_mended_by_keys_alone(builder: Builder, qtbot: QtBot) -> None:
    builder.show()
    builder.tree.setFocus()
    for word in ("conv", "max", "dense"):
        builder.press(Qt.Key.Key_Insert)
        search = builder.find(QLineEdit, "palette_search")
        assert search.hasFocus()
        QTest.keyClicks(search, word)
        builder.press(Qt.Key.Key_Return)
        builder.press(Qt.Key.Key_Escape)
        assert builder.tree.hasFocus()
    assert builder.outline() == "convolution max-pooling dense"
    builder.press(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert builder.outline() == "convolution max-pooling flatten dense"
    builder.press(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert builder.outline() == "convolution max-pooling flatten dense logits"
    assert builder.studio.resolution.plan is not None, builder.studio.resolution.problems
    builder.press(Qt.Key.Key_Up)
    builder.press(Qt.Key.Key_Return)
    assert not builder.tree.hasFocus(), "Enter goes to the settings"


def test_text_fields_keep_their_keys(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    control = Qt.KeyboardModifier.ControlModifier
    name = builder.find(QLineEdit, "block.name")
    name.setFocus()
    QTest.keyClicks(name, "abc")
    name.selectAll()
    builder.press(Qt.Key.Key_X, control)
    builder.press(Qt.Key.Key_V, control)
    builder.press(Qt.Key.Key_V, control)
    assert name.text() == "abcabc"
    builder.press(Qt.Key.Key_Delete)
    assert builder.outline() == "convolution flatten logits"
    builder.tree.setFocus()
    builder.press(Qt.Key.Key_Delete)
    assert builder.outline() == "flatten logits"


def test_the_search_finds_by_title_summary_and_heading(builder: Builder) -> None:
    search = builder.find(QLineEdit, "palette_search")
    search.setFocus()
    QTest.keyClicks(search, "normal group")
    builder.press(Qt.Key.Key_Return)
    assert "group-normalization" in builder.outline()
    before = builder.outline()
    search.selectAll()
    QTest.keyClicks(search, "no such block")
    builder.press(Qt.Key.Key_Return)
    assert builder.outline() == before


def test_escape_takes_a_wrong_text_back_and_leaves_the_search(
    window: MainWindow, opened: Studio, qtbot: QtBot
) -> None:
    """In the window Escape closes the message, unless it is needed where the keyboard is."""
    window.show_page("architecture")
    page = window.page("architecture")
    assert isinstance(page, ArchitecturePage)
    view = page.view("build")
    assert isinstance(view, BuilderView)
    builder = Builder(view, opened)
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((0,))
    field = line(builder, "block.filters")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "none")
    opened.said.emit("Something was done.")
    bar = window.findChild(QWidget, "message_bar")
    assert bar is not None
    builder.press(Qt.Key.Key_Escape)
    assert field.text() == "4"
    assert bar.isVisible()
    builder.press(Qt.Key.Key_Escape)
    assert not bar.isVisible()
    builder.action("insert_block").trigger()
    builder.press(Qt.Key.Key_Escape)
    assert builder.tree.hasFocus()


def test_a_keystroke_among_two_hundred_blocks_is_quick(builder: Builder) -> None:
    """Of this thread, with all figures anew; tests/benchmarks/bench_builder.py has the figure."""
    body = [BlockSpec(kind="convolution", filters=4), BlockSpec(kind="batch-normalization")] * 99
    builder.show(*body, FLATTEN, LOGITS)
    builder.choose((0,))
    field = line(builder, "block.filters")
    times = []
    for digit in "123456789":
        field.selectAll()
        start = time.thread_time()
        QTest.keyClicks(field, digit)
        times.append(time.thread_time() - start)
        assert builder.card(0).shape == f"12×12×{digit}"
    hold(sorted(times)[4], 0.1)  # on a free machine a tenth of that


def test_closing_the_project_empties_the_builder(builder: Builder) -> None:
    builder.show(CONVOLUTION, FLATTEN, LOGITS)
    builder.choose((1,))
    builder.studio.close_project()
    assert builder.tree.blocks.rowCount() == 1
    assert "Open a project" in builder.text("network_empty")
    assert not builder.action("paste").isEnabled()
    assert not builder.find(QWidget, "block_form").isEnabled()
