"""Architecture: build a network, compare it, read it as code, and see in the lab why it works."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.menus import Editable
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named


@dataclass(frozen=True)
class View:
    """One view of the page, made of `widget` in `module` when it is first shown."""

    key: str
    title: str
    module: str
    widget: str

    def make(self, studio: Studio) -> QWidget:
        """Import and build it."""
        made = getattr(import_module(self.module), self.widget)(studio)
        return cast(QWidget, made)


_FOLDER = "imgclf_gui.gui.architecture"
VIEWS = (
    View("build", "Build", f"{_FOLDER}.builder", "BuilderView"),
    View("compare", "Compare", f"{_FOLDER}.compare", "CompareView"),
    View("code", "Code", f"{_FOLDER}.code", "CodeView"),
    View("lab", "Lab", f"{_FOLDER}.lab", "LabView"),
)


class ArchitecturePage(QWidget):
    """Hosts the views; each is made when it is first shown."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("architecture_page")
        self._studio = studio
        self._made: dict[str, QWidget] = {}
        self._holders: dict[str, QVBoxLayout] = {}
        self._tabs = named(QTabWidget(), "architecture_views")
        self._tabs.setDocumentMode(True)
        for view in VIEWS:
            if find_spec(view.module) is None:
                continue
            holder = QWidget()
            self._holders[view.key] = layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            self._tabs.addTab(holder, icons.icon(view.key), view.title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        layout.addWidget(self._tabs)
        self._tabs.currentChanged.connect(self._on_tab_changed)
        self._on_tab_changed(0)

    def view(self, key: str) -> QWidget:
        """The view of that key, made now if it was never shown.

        Raises:
            KeyError: there is no such view.
        """
        if key not in self._made:
            layout = self._holders[key]
            view = next(view for view in VIEWS if view.key == key)
            self._made[key] = view.make(self._studio)
            layout.addWidget(self._made[key])
        return self._made[key]

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers for the view in front."""
        view = self._made[list(self._holders)[self._tabs.currentIndex()]]
        return view.edit_actions() if isinstance(view, Editable) else []

    @Slot(str)
    def show_view(self, key: str) -> None:
        """Bring a view to the front."""
        self.view(key)
        self._tabs.setCurrentIndex(list(self._holders).index(key))

    @Slot(int)
    def _on_tab_changed(self, index: int) -> None:
        self.view(list(self._holders)[index])
