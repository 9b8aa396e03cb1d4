"""Cloud models: ask a model in the cloud about images, or train one there."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.view_tabs import View, ViewTabs


def _vision(studio: Studio) -> QWidget:
    from imgclf_gui.gui.cloud.vision import VisionView

    return VisionView(studio)


def _automl(studio: Studio) -> QWidget:
    from imgclf_gui.gui.cloud.automl import AutoMLView

    return AutoMLView(studio)


VIEWS = (
    View("vision", "Cloud Vision", _vision),
    View("automl", "Custom models", _automl),
)


class CloudPage(QWidget):
    """Hosts the views; each is made when it is first shown."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cloud_page")
        self._tabs = ViewTabs("cloud_views", studio, VIEWS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        layout.addWidget(self._tabs)
        studio.view_wanted.connect(self._on_view_wanted)

    def view(self, key: str) -> QWidget:
        """The view of that key, made now if it was never shown.

        Raises:
            KeyError: there is no such view.
        """
        return self._tabs.view(key)

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers for the view in front."""
        return self._tabs.edit_actions()

    def show_view(self, key: str) -> None:
        """Bring a view to the front."""
        self._tabs.show_view(key)

    @Slot(str)
    def _on_view_wanted(self, key: str) -> None:
        if self._tabs.has(key):
            self.show_view(key)
