"""Augmentation: random changes of the training images, arranged, seen, and put to the test."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.edits import StepEdits
from imgclf_gui.gui.augmentation.presets import PresetRow
from imgclf_gui.gui.augmentation.step_panel import StepPanel
from imgclf_gui.gui.augmentation.step_view import place_of
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter
from imgclf_gui.gui.widgets.view_tabs import View, ViewTabs
from imgclf_gui.plan import Problem

SIDE_WIDTH = 328
_TRUE = (
    "Only training images are augmented: validation and test images stay as they are, and so does "
    "the exported model."
)


class AugmentationPage(QWidget):
    """Presets on top; left the list and the settings, right the views of what they do."""

    chosen_changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_page")
        self._studio = studio
        self._edits = StepEdits(studio, self)
        self._panel = StepPanel(studio, self._edits)
        self._presets = PresetRow(studio, self._edits)
        self._notes = named(QPushButton(), "augmentation_notes")
        self._noted: list[int] = []
        """The places of the steps that need a look."""
        self._tabs = ViewTabs("augmentation_views", studio, self._views())
        self._stack = QStackedWidget()
        self._arrange()
        self._presets.chosen.connect(self._edits.start_with)
        self._panel.chosen_changed.connect(self.chosen_changed)
        self._notes.clicked.connect(self._on_notes_clicked)
        studio.view_wanted.connect(self._on_view_wanted)
        studio.resolution_changed.connect(self._refresh)
        studio.project_changed.connect(self._refresh)
        self._refresh()

    @property
    def chosen(self) -> int | None:
        """The place of the chosen step in the list; None if none is chosen."""
        return self._panel.chosen

    def view(self, key: str) -> QWidget:
        """The view of that key, made now if it was never shown.

        Raises:
            KeyError: there is no such view.
        """
        return self._tabs.view(key)

    def show_view(self, key: str) -> None:
        """Bring a view to the front."""
        self._tabs.show_view(key)

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers."""
        of_view = self._tabs.edit_actions()
        return [*self._panel.edit_actions(), *([None, *of_view] if of_view else [])]

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the keyboard in the list, unless it is among the tabs."""
        super().showEvent(event)
        if not isinstance(QApplication.focusWidget(), QTabBar):
            self._panel.begin()

    # What happens

    @Slot()
    def _refresh(self) -> None:
        """Say how many steps need a look."""
        self._stack.setCurrentIndex(1 if self._edits.open else 0)
        resolution = self._studio.resolution
        wrong, noted = _places(resolution.problems), _places(resolution.warnings)
        self._noted = wrong or noted
        count = len(self._noted)
        what = "augmentation" if count == 1 else "augmentations"
        verb = "needs" if count == 1 else "need"
        self._notes.setText(f"{count} {what} {verb} {'mending' if wrong else 'a look'}")
        self._notes.setVisible(bool(count))

    @Slot()
    def _on_notes_clicked(self) -> None:
        """To the first one; from there to the next."""
        here = self.chosen
        later = [place for place in self._noted if here in self._noted and place > (here or 0)]
        for place in (later or self._noted)[:1]:
            self._panel.choose(place)

    @Slot(str)
    def _on_view_wanted(self, key: str) -> None:
        if self._tabs.has(key):
            self.show_view(key)

    # Its parts

    def _arrange(self) -> None:
        self._stack.addWidget(_no_project(self._studio))
        self._stack.addWidget(self._workbench())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def _workbench(self) -> QWidget:
        settings = self._studio.settings
        columns = RememberedSplitter(Qt.Orientation.Horizontal, "augmentation_columns", settings)
        columns.addWidget(self._panel)
        columns.addWidget(self._tabs)
        columns.setStretchFactor(1, 1)
        columns.begin((SIDE_WIDTH, 3 * SIDE_WIDTH))
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._presets)
        layout.addLayout(self._facts())
        layout.addWidget(columns, 1)
        return whole

    def _facts(self) -> QHBoxLayout:
        self._notes.setIcon(icons.icon("warning"))
        policy = self._notes.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else a slider that is dragged moves away
        self._notes.setSizePolicy(policy)
        strip = QHBoxLayout()
        strip.setSpacing(2 * theme.SPACING)
        strip.addWidget(wrapped_label(_TRUE, muted=True, name="augmentation_fact"), 1)
        strip.addWidget(self._notes)
        return strip

    def _views(self) -> tuple[View, ...]:
        return (
            View("preview", "Preview", self._preview),
            View("check", "Label check", _check),
            View("study", "Does it help?", _study),
            View("copies", "Copies", _copies),
        )

    def _preview(self, studio: Studio) -> QWidget:
        from imgclf_gui.gui.augmentation.preview import PreviewView

        return PreviewView(studio, self)


def _places(problems: Iterable[Problem]) -> list[int]:
    """The places of the steps that `problems` are about, in their order."""
    return sorted({place for one in problems if (place := place_of(one)) is not None})


def _no_project(studio: Studio) -> EmptyState:
    state = EmptyState(
        "augmentation",
        "See more in every image",
        "Turned, cropped, brightened: random changes of the training images teach a network what "
        "does not matter. Open a project, or begin one with images.",
    )
    state.setObjectName("augmentation_without_project")
    state.add_button(
        "augmentation_to_dataset",
        "Go to Dataset",
        lambda: studio.page_wanted.emit("dataset"),
        primary=True,
    )
    return state


def _check(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.label_check import LabelCheckView

    return LabelCheckView(studio)


def _study(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.study import StudyView

    return StudyView(studio)


def _copies(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.copies import CopiesView

    return CopiesView(studio)
