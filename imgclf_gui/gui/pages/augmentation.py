"""Augmentation: random changes of the training images, arranged, seen, and put to the test."""

from __future__ import annotations

from importlib.util import find_spec

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QListView, QSplitter, QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.view_tabs import View, ViewTabs

SIDE_WIDTH = 320


class AugmentationPage(QWidget):
    """Left the list of augmentations and their settings, right the views of what they do."""

    chosen_changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_page")
        self._studio = studio
        self._tabs = ViewTabs("augmentation_views", studio, self._views())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(named(QListView(), "augmentation_steps"))
        splitter.addWidget(self._tabs)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([SIDE_WIDTH, 2 * SIDE_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, 0)
        layout.addWidget(splitter)

    @property
    def chosen(self) -> int | None:
        """The place of the chosen step in the list; None if none is chosen."""
        return None

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers."""
        return self._tabs.edit_actions()

    def _views(self) -> list[View]:
        views = (
            View("preview", "Preview", self._preview),
            View("check", "Label check", _check),
            View("study", "Does it help?", _study),
            View("copies", "Copies", _copies),
        )
        modules = {"check": "label_check"}
        here = "imgclf_gui.gui.augmentation"
        return [one for one in views if find_spec(f"{here}.{modules.get(one.key, one.key)}")]

    def _preview(self, studio: Studio) -> QWidget:
        from imgclf_gui.gui.augmentation.preview import PreviewView

        return PreviewView(studio, self)


def _check(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.label_check import LabelCheckView

    return LabelCheckView(studio)


def _study(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.study import StudyView

    return StudyView(studio)


def _copies(studio: Studio) -> QWidget:
    from imgclf_gui.gui.augmentation.copies import CopiesView

    return CopiesView(studio)
