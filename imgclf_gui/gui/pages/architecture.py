"""Architecture: build a network, or begin with a backbone; compare, read as code, see why."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.view_tabs import View, ViewTabs


def _build(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.builder import BuilderView

    return BuilderView(studio)


def _transfer(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.transfer import TransferView

    return TransferView(studio)


def _compare(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.compare import CompareView

    return CompareView(studio)


def _code(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.code import CodeView

    return CodeView(studio)


def _lab(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.lab import LabView

    return LabView(studio)


VIEWS = (
    View("build", "Build", _build),
    View("transfer", "Transfer", _transfer),
    View("compare", "Compare", _compare),
    View("code", "Code", _code),
    View("lab", "Lab", _lab),
)


class ArchitecturePage(QWidget):
    """Hosts the views; each is made when it is first shown."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("architecture_page")
        self._tabs = ViewTabs("architecture_views", studio, VIEWS)
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
