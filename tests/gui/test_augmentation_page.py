"""The Augmentation page: presets, palette, settings, what needs a look, and its views."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from imgclf_gui import catalog
from imgclf_gui.core.spec import AugmentationSpec, AugmentationStep
from imgclf_gui.gui.augmentation.presets import PresetButton
from imgclf_gui.gui.forms.editors import NumberEditor, TextEditor
from imgclf_gui.gui.forms.form import Form
from imgclf_gui.gui.main_window import MainWindow
from imgclf_gui.gui.pages.augmentation import AugmentationPage
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter
from imgclf_gui.plan import preset_augmentation
from tests.helpers.augmentation_page import Augmenting

ROTATION = AugmentationStep(kind="rotation", degrees=18.0)
FLIP = AugmentationStep(kind="flip-horizontal")
HUE = AugmentationStep(kind="hue")


def shown(studio: Studio, qtbot: QtBot) -> Augmenting:
    """The page in a window of its own."""
    made = AugmentationPage(studio)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.show()
    qtbot.waitExposed(made)
    return Augmenting(made, studio)


@pytest.fixture
def page(opened: Studio, qtbot: QtBot) -> Augmenting:
    """The page of the project with 60 grayscale images of 12×12 pixels, its list empty."""
    return shown(opened, qtbot)


def preset(page: Augmenting, kind: str) -> PresetButton:
    return page.find(PresetButton, f"augmentation_preset_{kind}")


def text(page: Augmenting, name: str) -> str:
    return page.find(QLabel, name).text()


def number(page: Augmenting, name: str) -> QLineEdit:
    """The line in which a number is typed."""
    line = page.find(QAbstractSpinBox, name).lineEdit()
    assert line is not None
    return line


# Without a project


def test_without_a_project_it_says_where_to_begin(studio: Studio, qtbot: QtBot) -> None:
    page = shown(studio, qtbot)
    assert page.find(QWidget, "augmentation_without_project").isVisible()
    assert not page.list.isVisible()
    with qtbot.waitSignal(studio.page_wanted) as wanted:
        page.find(QPushButton, "augmentation_to_dataset").click()
    assert wanted.args == ["dataset"]


def test_it_says_what_is_augmented(page: Augmenting) -> None:
    fact = text(page, "augmentation_fact")
    assert "Only training images" in fact
    assert "exported model" in fact


# Presets


def test_each_preset_has_a_button_with_its_lesson(page: Augmenting) -> None:
    for kind, entry in catalog.augmentation_preset_entries().items():
        button = preset(page, kind)
        assert button.text() == entry.title
        assert entry.lesson.split()[0] in button.toolTip()
        assert button.accessibleDescription().endswith(entry.lesson)
        button.click()
        assert page.studio.spec.augmentation == preset_augmentation(kind)
        assert button.isChecked()
        assert text(page, "augmentation_preset_sentence") == entry.lesson
    assert page.studio.resolution.plan is not None


def test_a_changed_preset_is_a_list_of_ones_own(page: Augmenting) -> None:
    assert preset(page, "none").isChecked()
    preset(page, "light").click()
    page.list.choose(0)
    page.list.setFocus()
    page.press(Qt.Key.Key_Right)
    assert not preset(page, "light").isChecked()
    assert text(page, "augmentation_preset_sentence") == "Own list, begun as Light."
    page.studio.undo()
    assert preset(page, "light").isChecked()
    page.studio.edit("x", page.studio.spec.model_copy(update={
        "augmentation": AugmentationSpec(preset="gone", steps=(FLIP,)),
    }))  # fmt: skip
    assert text(page, "augmentation_preset_sentence") == "Own list."


# The palette


def test_the_palette_has_every_augmentation_under_its_heading(page: Augmenting) -> None:
    model = page.find(QTreeView, "augmentation_entries").model()
    found = {}
    for heading in (model.index(row, 0) for row in range(model.rowCount())):
        for row in range(model.rowCount(heading)):
            index = model.index(row, 0, heading)
            found[index.data(Qt.ItemDataRole.UserRole)] = heading.data()
            assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert found == {k: entry.group for k, entry in catalog.augmentation_entries().items()}


def test_what_is_searched_for_is_added_by_enter(page: Augmenting) -> None:
    page.list.setFocus()
    page.press(Qt.Key.Key_Insert)
    search = page.find(QLineEdit, "augmentation_palette_search")
    assert QApplication.focusWidget() is search
    QTest.keyClicks(search, "mirror")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert page.kinds == "flip-horizontal"
    QTest.keyClicks(search, "hue")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert page.kinds == "flip-horizontal hue", "behind the one that was added last"
    assert page.find(QTabWidget, "step_tabs").currentIndex() == 0, "more can be added at once"
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is page.list
    preset(page, "none").setFocus()
    page.press(Qt.Key.Key_Insert)
    assert QApplication.focusWidget() is search, "from anywhere on the page"


def test_a_double_click_adds_behind_the_chosen_step(page: Augmenting) -> None:
    page.show(ROTATION, FLIP)
    page.list.choose(0)
    entries = page.find(QTreeView, "augmentation_entries")
    heading = entries.model().index(1, 0, QModelIndex())
    index = entries.model().index(0, 0, heading)
    entries.scrollTo(index)
    at = entries.visualRect(index).center()
    QTest.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert page.kinds == f"rotation {index.data(Qt.ItemDataRole.UserRole)} flip-horizontal"
    assert page.page.chosen == 1


# Settings


def test_settings_are_those_of_the_chosen_step(page: Augmenting, qtbot: QtBot) -> None:
    page.show(ROTATION, FLIP)
    with qtbot.waitSignal(page.page.chosen_changed):
        page.list.choose(1)
    assert page.page.chosen == 1
    assert text(page, "step_title") == "Flip horizontally"
    page.list.choose(0)
    assert text(page, "step_summary") == catalog.augmentation_entries()["rotation"].summary
    names = [one.control.objectName() for one in page.find(Form, "step_form").editors()]
    assert names == ["step.degrees", "step.probability", "step.fill"]
    number(page, "step.degrees").clear()
    QTest.keyClicks(number(page, "step.degrees"), "45")
    assert page.steps[0].settings["degrees"] == 45
    assert page.row(0).percent == "25 %"
    assert page.studio.undo_name == "Change angle of Rotation"
    page.studio.undo()
    assert page.steps[0] == ROTATION, "what is typed into one field is one step"
    assert number(page, "step.degrees").text() == "18"


def test_a_number_out_of_bounds_is_refused_at_its_field(page: Augmenting) -> None:
    page.show(ROTATION)
    page.list.choose(0)
    number(page, "step.degrees").clear()
    QTest.keyClicks(number(page, "step.degrees"), "1812")
    assert page.steps[0].settings["degrees"] == 18
    assert "from 0 to 180" in text(page, "step.degrees.complaint")


def test_a_stored_problem_stands_at_its_field(page: Augmenting) -> None:
    page.show(FLIP, AugmentationStep(kind="rotation", degrees=400))
    page.list.choose(1)
    assert "400" in text(page, "step.degrees.complaint")
    assert not page.find(QWidget, "step_note").isVisible()
    assert page.find(QPushButton, "augmentation_notes").text() == "1 augmentation needs mending"


def test_an_unknown_step_shows_what_is_stored(page: Augmenting) -> None:
    page.show(AugmentationStep(kind="swirl", turns=3))
    page.list.choose(0)
    page.find(QTabWidget, "step_tabs").setCurrentIndex(1)
    assert "does not know" in text(page, "step_summary")
    assert '"turns": 3' in page.find(QPlainTextEdit, "step_stored").toPlainText()
    assert "no 'swirl'" in text(page, "step_note_sentence")


@pytest.mark.parametrize("kind", sorted(catalog.augmentation_entries()))
def test_every_setting_of_every_augmentation_has_an_editor(kind: str, qtbot: QtBot) -> None:
    entry = catalog.augmentation_entries()[kind]
    form = Form(entry, "step")
    qtbot.addWidget(form)
    form.show_values(entry())
    for editor in form.editors():
        value = getattr(entry(), editor.field.name)
        assert not isinstance(editor, TextEditor) or isinstance(value, str), editor.field.name
        assert editor.field.title != editor.field.name, "a title for people"
        if isinstance(editor, NumberEditor):
            assert editor.field.minimum is not None
            assert editor.field.maximum is not None


# What needs a look


def test_what_needs_a_look_is_counted_and_shown(page: Augmenting) -> None:
    notes = page.find(QPushButton, "augmentation_notes")
    assert not notes.isVisible()
    page.show(ROTATION, HUE, FLIP, HUE)
    assert notes.isVisible()
    assert notes.text() == "2 augmentations need a look"
    assert "grayscale" in page.row(1).warning
    notes.click()
    assert page.page.chosen == 1
    assert "grayscale" in text(page, "step_note_sentence")
    notes.click()
    assert page.page.chosen == 3
    notes.click()
    assert page.page.chosen == 1
    page.show(ROTATION)
    assert not notes.isVisible()
    assert not page.find(QWidget, "step_note").isVisible()


def test_too_many_steps_are_told_above_the_list(page: Augmenting) -> None:
    page.show(*[ROTATION] * 51)
    assert page.find(QWidget, "steps_problem").isVisible()
    assert "at most 50" in text(page, "steps_problem_sentence")
    page.studio.undo()
    assert not page.find(QWidget, "steps_problem").isVisible()


# The page


def test_views_are_made_when_they_are_first_shown(page: Augmenting) -> None:
    tabs = page.find(QTabWidget, "augmentation_views")
    titles = [tabs.tabText(index) for index in range(tabs.count())]
    assert titles == ["Preview", "Label check", "Does it help?", "Copies"]
    assert page.page.view("preview").isVisible()
    for key in ("check", "study", "copies"):
        page.page.show_view(key)
        assert page.page.view(key).isVisible()


def test_the_edit_menu_offers_what_the_list_does(
    window: MainWindow, opened: Studio, qtbot: QtBot
) -> None:
    window.show_page("augmentation")
    menu = window.findChild(QMenu, "menu_edit")
    assert menu is not None
    menu.aboutToShow.emit()
    titles = [action.text().replace("&", "") for action in menu.actions()]
    assert "Duplicate" in titles
    assert "Move up" in titles


def test_splitters_stand_where_they_were_left(opened: Studio, qtbot: QtBot) -> None:
    page = shown(opened, qtbot)
    columns = page.find(RememberedSplitter, "augmentation_columns")
    columns.moveSplitter(400, 1)
    left = columns.sizes()
    assert opened.settings.panes["augmentation_columns"] == tuple(left)
    again = shown(opened, qtbot)
    assert again.find(RememberedSplitter, "augmentation_columns").sizes() == left


def test_it_has_room_in_a_small_window(page: Augmenting) -> None:
    page.show(ROTATION, HUE, FLIP)
    page.page.resize(884, 500)
    least = page.page.minimumSizeHint()
    assert least.width() <= 884
    assert least.height() <= 500


def test_another_project_has_its_own_list(page: Augmenting, qtbot: QtBot) -> None:
    page.show(ROTATION, FLIP)
    page.list.choose(1)
    page.studio.close_project()
    assert page.page.chosen is None
    assert page.list.steps.rowCount() == 0
    assert page.find(QWidget, "augmentation_without_project").isVisible()
