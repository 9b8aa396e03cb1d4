"""The list of augmentations above what can be added to it, and the settings of the chosen one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.actions import StepActions
from imgclf_gui.gui.augmentation.edits import StepEdits, Steps
from imgclf_gui.gui.augmentation.examples import ExamplePictures
from imgclf_gui.gui.augmentation.note_box import NoteBox
from imgclf_gui.gui.augmentation.palette import AugmentationPalette
from imgclf_gui.gui.augmentation.settings import StepSettings
from imgclf_gui.gui.augmentation.step_list import StepList
from imgclf_gui.gui.augmentation.step_view import STEPS, problems_at, step_rows, words
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter

FIRST_PRESET = "light"
"""What the button of the empty list begins with."""
WIDTH = 260
"""The least that it needs, in pixels."""
_ROWS = (500, 400)
"""How list and settings divide the height."""
_ADD, _SETTINGS = 0, 1


class StepPanel(QWidget):
    """Shows the list, and makes edits of what a person does with it."""

    chosen_changed = Signal()

    def __init__(self, studio: Studio, edits: StepEdits) -> None:
        super().__init__()
        self.setObjectName("step_panel")
        self._studio = studio
        self._edits = edits
        self._list = StepList()
        self._actions = StepActions(self._list, edits)
        self._palette = AugmentationPalette(ExamplePictures(studio))
        self._settings = StepSettings()
        self._note = NoteBox("step_note")
        self._whole = NoteBox("steps_problem")
        self._below = named(QTabWidget(), "step_tabs")
        self._arrange()
        self._connect()
        self._on_project_changed()

    @property
    def chosen(self) -> int | None:
        """The place of the chosen step."""
        return self._list.chosen

    def choose(self, place: int) -> None:
        """Choose a step, and show its settings."""
        self._list.choose(place)
        self._below.setCurrentIndex(_SETTINGS)

    def begin(self) -> None:
        """Bring the keyboard to the list."""
        self._list.setFocus()

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers."""
        return self._actions.all()

    def _connect(self) -> None:
        steps, edits, studio = self._list, self._edits, self._studio
        edits.chosen_wanted.connect(steps.choose)
        steps.chosen_changed.connect(self._on_chosen_changed)
        steps.picked.connect(lambda: self._below.setCurrentIndex(_SETTINGS))
        steps.settings_wanted.connect(self._on_settings_wanted)
        steps.start_wanted.connect(self._on_start_wanted)
        steps.strength_moved.connect(edits.set_strength)
        steps.strength_stepped.connect(edits.step_strength)
        steps.released.connect(edits.forget_typing)
        steps.steps.switched.connect(edits.switch)
        steps.steps.moved.connect(edits.move)
        steps.steps.dropped.connect(self._on_dropped)
        steps.steps.refused.connect(studio.failed)
        self._actions.palette_wanted.connect(self._on_palette_wanted)
        self._palette.asked.connect(self._on_asked)
        self._palette.left.connect(steps.setFocus)
        self._settings.edited.connect(self._on_edited)
        studio.resolution_changed.connect(self._refresh)
        studio.project_changed.connect(self._on_project_changed)

    # What happens

    @Slot()
    def _refresh(self) -> None:
        """Follow the list, and what was found of it."""
        steps, resolution = self._edits.steps, self._studio.resolution
        self._list.show_steps(steps, step_rows(steps, resolution))
        self._whole.say(words(p for p in resolution.problems if p.path == STEPS), wrong=True)
        self._actions.refresh()
        self._show_settings()

    @Slot()
    def _on_project_changed(self) -> None:
        self._refresh()
        self._list.choose(0)
        self._below.setCurrentIndex(_ADD)

    @Slot()
    def _on_chosen_changed(self) -> None:
        self._edits.forget_typing()
        if self._list.hasFocus():
            self._below.setCurrentIndex(_SETTINGS)
        self._show_settings()
        self.chosen_changed.emit()

    @Slot()
    def _on_start_wanted(self) -> None:
        self._edits.start_with(FIRST_PRESET)
        self._list.setFocus()  # the button that had it is gone

    @Slot()
    def _on_settings_wanted(self) -> None:
        self._below.setCurrentIndex(_SETTINGS)
        self._settings.focus_first()

    @Slot()
    def _on_palette_wanted(self) -> None:
        self._below.setCurrentIndex(_ADD)
        self._palette.begin()

    @Slot(str)
    def _on_asked(self, kind: str) -> None:
        """Behind the chosen step, or else at the end."""
        if self._edits.open:
            place = self.chosen
            self._edits.add(kind, len(self._edits.steps) if place is None else place + 1)

    @Slot(object, int)
    def _on_dropped(self, steps: Steps, place: int) -> None:
        if self._edits.open:
            self._edits.insert(steps, place)

    @Slot(str, object, bool)
    def _on_edited(self, field: str, value: object, typed: bool) -> None:
        if self.chosen is not None:
            self._edits.set(self.chosen, field, value, typed=typed)

    # What is shown

    def _show_settings(self) -> None:
        place, resolution = self.chosen, self._studio.resolution
        if place is None:
            self._settings.show_nothing()
            self._note.say("", wrong=False)
            return
        problems = problems_at(place, resolution.problems)
        elsewhere = self._settings.show_step(self._edits.steps[place], place, problems)
        notes = elsewhere if problems else problems_at(place, resolution.warnings)
        self._note.say(words(notes), wrong=bool(problems))

    def _arrange(self) -> None:
        below = self._below
        below.setDocumentMode(True)
        below.addTab(self._palette, icons.icon("add"), "Add")
        below.addTab(self._settings, icons.icon("tune"), "Settings")
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._whole)
        column.addWidget(self._list, 1)
        column.addWidget(self._note)
        self._list.setMinimumHeight(110)
        rows = RememberedSplitter(
            Qt.Orientation.Vertical, "augmentation_rows", self._studio.settings
        )
        rows.addWidget(above)
        rows.addWidget(below)
        for row, share in enumerate(_ROWS):
            rows.setStretchFactor(row, share)
        rows.begin(_ROWS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(rows)
        self.setMinimumWidth(WIDTH)
