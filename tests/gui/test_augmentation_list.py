"""The list of augmentations: by mouse, by keys, by drag and drop; every edit can be undone."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.step_model import STEPS_MIME
from imgclf_gui.gui.pages.augmentation import AugmentationPage
from imgclf_gui.gui.studio import Studio
from tests.helpers.augmentation_page import Augmenting
from tests.helpers.timing import hold

COPY, MOVE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
ROTATION = AugmentationStep(kind="rotation", degrees=18.0)
BRIGHTNESS = AugmentationStep(kind="brightness", change=51.0, probability=0.25)
FLIP = AugmentationStep(kind="flip-horizontal")
SWIRL = AugmentationStep(kind="swirl", turns=3)


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> Augmenting:
    """The page of the project with 60 images of 12×12 pixels, with three steps in its list."""
    made = AugmentationPage(opened)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show()
    qtbot.waitExposed(made)
    shown = Augmenting(made, opened)
    fatal = QAbstractItemModelTester.FailureReportingMode.Fatal
    QAbstractItemModelTester(shown.list.steps, fatal, made)
    shown.show(ROTATION, BRIGHTNESS, FLIP)
    shown.list.setFocus()
    return shown


def test_a_row_says_what_its_step_does(page: Augmenting) -> None:
    rotation, brightness, flip = (page.row(place) for place in range(3))
    assert (rotation.title, rotation.brief, rotation.strength) == ("Rotation", "±18°", 0.1)
    assert brightness.facts == "±51, 25 % of images"
    assert flip.facts == "50 % of images", "its slider moves the probability"
    index = page.list.steps.index(0)
    words = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "Rotation, ±18°, strength 10 %"


def test_a_slider_is_dragged_in_one_undo_step(page: Augmenting) -> None:
    page.drag_slider(0, 0.2, 0.35, 0.5)
    assert page.steps[0].settings["degrees"] == 90
    assert page.list.chosen == 0
    assert page.studio.undo_name == "Strength of Rotation"
    page.studio.undo()
    assert page.steps[0] == ROTATION


def test_two_drags_are_two_undo_steps(page: Augmenting) -> None:
    page.drag_slider(0, 0.5)
    page.drag_slider(0, 1.0)
    page.studio.undo()
    assert page.steps[0].settings["degrees"] == 90
    page.studio.undo()
    assert page.steps[0] == ROTATION


def test_a_press_beside_the_handle_brings_it_there(page: Augmenting) -> None:
    page.click(page.list.parts(0).handle(0.75).toPoint())
    assert page.row(0).strength == pytest.approx(0.75, abs=0.011)


def test_arrows_to_the_sides_move_the_slider_of_the_chosen_step(page: Augmenting) -> None:
    page.list.choose(0)
    page.press(Qt.Key.Key_Right)
    page.press(Qt.Key.Key_Right)
    assert page.row(0).percent == "12 %"
    page.press(Qt.Key.Key_Right, CONTROL)
    assert page.row(0).strength == pytest.approx(0.22)
    for _ in range(3):
        page.press(Qt.Key.Key_Left, CONTROL)
    assert page.row(0).strength == 0
    assert not page.action("weaker_step").isEnabled()
    page.studio.undo()
    assert page.steps[0] == ROTATION, "keys on one slider are one undo step"


def test_a_key_moves_a_whole_number_by_one_at_least(page: Augmenting) -> None:
    page.show(AugmentationStep(kind="posterize", bits=6))
    page.list.choose(0)
    page.press(Qt.Key.Key_Right)
    assert page.steps[0].settings["bits"] == 5
    page.press(Qt.Key.Key_Left)
    assert page.steps[0].settings["bits"] == 6


def test_the_box_switches_a_step_off_and_keeps_its_settings(page: Augmenting) -> None:
    page.click(page.list.parts(1).box.center())
    assert not page.steps[1].enabled
    assert page.steps[1].settings == BRIGHTNESS.settings
    assert page.studio.undo_name == "Switch Brightness off"
    plan = page.studio.resolution.plan
    assert plan is not None
    assert [step.kind for step in plan.augmentation] == ["rotation", "flip-horizontal"]
    assert "switched off" in page.row(1).sentence()
    page.press(Qt.Key.Key_Space)
    assert page.steps[1].enabled
    assert page.studio.undo_name == "Switch Brightness on"


def test_keys_remove_duplicate_and_move(page: Augmenting) -> None:
    page.list.choose(0)
    page.press(Qt.Key.Key_Down, ALT)
    assert page.kinds == "brightness rotation flip-horizontal"
    assert page.list.chosen == 1
    assert page.studio.undo_name == "Move Rotation"
    page.press(Qt.Key.Key_D, CONTROL)
    assert page.kinds == "brightness rotation rotation flip-horizontal"
    assert page.steps[2].settings == ROTATION.settings
    assert page.studio.undo_name == "Duplicate Rotation"
    page.press(Qt.Key.Key_Delete)
    page.press(Qt.Key.Key_Delete)
    assert page.kinds == "brightness rotation"
    assert page.list.chosen == 1
    assert page.studio.undo_name == "Remove Flip horizontally"
    page.press(Qt.Key.Key_Up, ALT)
    assert page.kinds == "rotation brightness"
    page.press(Qt.Key.Key_Up, ALT)
    assert page.kinds == "rotation brightness", "it is the first already"


def test_undo_brings_a_step_back_and_chooses_it(page: Augmenting) -> None:
    page.list.choose(1)
    page.press(Qt.Key.Key_Delete)
    assert page.list.chosen == 1
    page.list.choose(0)
    page.studio.undo()
    assert page.steps == (ROTATION, BRIGHTNESS, FLIP)
    assert page.list.chosen == 1


def test_enter_and_f2_go_to_the_settings(page: Augmenting) -> None:
    tabs = page.find(QTabWidget, "step_tabs")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_F2):
        tabs.setCurrentIndex(0)
        page.list.choose(0)
        page.list.setFocus()
        page.press(key)
        focus = QApplication.focusWidget()
        assert tabs.currentIndex() == 1
        assert focus is not None
        assert focus.objectName() == "step.degrees"


def test_a_step_of_the_palette_goes_between_two(page: Augmenting) -> None:
    page.drop(page.offered("Contrast"), page.point(1, 0.1), COPY)
    assert page.kinds == "rotation contrast brightness flip-horizontal"
    assert page.list.chosen == 1
    assert page.studio.undo_name == "Add Contrast"
    assert set(page.steps[1].settings) >= {"probability", "lower", "upper"}


def test_steps_are_moved_by_dragging(page: Augmenting) -> None:
    drop = page.drop(page.dragged(0), page.point(2, 0.9), MOVE)
    assert page.kinds == "brightness flip-horizontal rotation"
    assert page.list.chosen == 2
    assert page.studio.undo_name == "Move Rotation"
    assert not drop.isAccepted(), "else the view would take the row away once more"
    page.drop(page.dragged(2), page.point(0, 0.1), MOVE)
    assert page.kinds == "rotation brightness flip-horizontal"


def test_with_control_a_step_is_copied(page: Augmenting) -> None:
    page.drop(page.dragged(0), QPoint(80, page.list.viewport().height() - 4), COPY)
    assert page.kinds == "rotation brightness flip-horizontal rotation"


def test_what_cannot_be_read_is_refused(page: Augmenting, qtbot: QtBot) -> None:
    for text in (b"\xff[", b"3", b'[{"degrees": 3}]'):
        data = QMimeData()
        data.setData(STEPS_MIME, text)
        with qtbot.waitSignal(page.studio.failed) as failed:
            page.drop(data, page.point(0, 0.1), COPY)
        assert "no list of augmentations" in failed.args[0].message
    assert page.kinds == "rotation brightness flip-horizontal"


def test_the_context_menu_has_all_that_keys_do(page: Augmenting, qtbot: QtBot) -> None:
    page.list.choose(1)
    at = page.point(1, 0.2)
    viewport = page.list.viewport()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))
    menu = page.find(QMenu, "step_menu")
    titles = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert titles == [
        "Add…", "Switch off", "Weaker", "Stronger", "Settings",
        "Duplicate", "Remove", "Move up", "Move down",
    ]  # fmt: skip
    menu.close()


def test_an_empty_list_says_what_augmentation_is_for(page: Augmenting) -> None:
    page.show()
    empty = page.find(QWidget, "augmentation_empty")
    assert empty.isVisible()
    assert "every image anew" in page.find(QLabel, "augmentation_empty_sentence").text()
    page.drop(page.offered("Rotation"), empty.rect().center(), COPY)
    assert page.kinds == "rotation"
    assert not empty.isVisible()
    page.studio.undo()
    page.find(QPushButton, "start_with_light").click()
    assert page.studio.spec.augmentation.preset == "light"
    assert page.studio.undo_name == "Choose Light"
    assert page.list.chosen == 0
    assert page.list.hasFocus(), "the button is gone"


def test_the_chosen_step_stays_in_sight_where_there_is_less_room(page: Augmenting) -> None:
    page.show(*6 * [ROTATION])
    page.list.choose(5)
    page.page.resize(900, 480)
    QApplication.processEvents()
    index = page.list.steps.index(5)
    assert page.list.viewport().rect().contains(page.list.visualRect(index).center())


def test_an_unknown_step_is_kept_and_told(page: Augmenting) -> None:
    page.show(ROTATION, SWIRL)
    row = page.row(1)
    assert (row.title, row.strength) == ("swirl", None)
    assert "no 'swirl'" in row.problem
    assert "no 'swirl'" in str(page.list.steps.index(1).data(Qt.ItemDataRole.ToolTipRole))
    page.list.choose(1)
    page.press(Qt.Key.Key_Right)
    page.press(Qt.Key.Key_Up, ALT)
    assert page.steps == (SWIRL, ROTATION)
    page.press(Qt.Key.Key_Delete)
    assert page.kinds == "rotation"
    page.studio.undo()
    assert page.steps[0].settings == {"turns": 3}


def test_a_step_with_wrong_settings_is_kept_and_told(page: Augmenting) -> None:
    page.show(AugmentationStep(kind="rotation", degrees=400))
    assert page.row(0).title == "Rotation"
    assert "400" in page.row(0).problem
    assert page.row(0).strength is None
    page.click(page.list.parts(0).slider.center())
    assert page.steps[0].settings["degrees"] == 400


def test_what_is_chosen_stays_chosen_while_others_come_and_go(page: Augmenting) -> None:
    page.list.choose(2)
    page.show(ROTATION, BRIGHTNESS, AugmentationStep(kind="gamma"), FLIP)
    assert page.list.chosen == 3
    page.show(FLIP)
    assert page.list.chosen == 0
    page.show()
    assert page.list.chosen is None


def test_an_edit_of_a_long_list_takes_a_moment(page: Augmenting, qtbot: QtBot) -> None:
    page.show(*[ROTATION, BRIGHTNESS] * 25)
    QApplication.processEvents()
    taken = []
    for share in range(10):
        start = time.thread_time()
        page.list.strength_moved.emit(share, 0.5)
        page.list.viewport().repaint()
        taken.append(time.thread_time() - start)
    hold(sorted(taken)[5], 0.1)  # 30 ms on an idle machine


def test_a_click_on_a_title_chooses_and_changes_nothing(page: Augmenting) -> None:
    page.click(page.list.parts(1).title.center())
    assert page.list.chosen == 1
    assert page.steps == (ROTATION, BRIGHTNESS, FLIP)
    assert page.find(QTabWidget, "step_tabs").currentIndex() == 1, "its settings are shown"


def test_a_slider_whose_step_goes_is_let_go(page: Augmenting) -> None:
    viewport, handle = page.list.viewport(), page.list.parts(2).handle(0.5).toPoint()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=handle)
    page.show(ROTATION)
    QTest.mouseMove(viewport, page.list.parts(0).handle(0.9).toPoint())
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=handle)
    assert page.steps == (ROTATION,)
