"""Architecture: build a network, compare it, read it as code, and see in the lab why it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.menus import Editable
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.named import named


@dataclass(frozen=True)
class View:
    """One view of the page; `make` imports and builds it when it is first shown."""

    key: str
    title: str
    make: Callable[[Studio], QWidget]


def _build(studio: Studio) -> QWidget:
    from imgclf_gui.gui.architecture.builder import BuilderView

    return BuilderView(studio)


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
    View("compare", "Compare", _compare),
    View("code", "Code", _code),
    View("lab", "Lab", _lab),
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
            holder = QWidget()
            self._holders[view.key] = layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            self._tabs.addTab(holder, icons.icon(view.key), view.title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        layout.addWidget(self._tabs)
        self._tabs.currentChanged.connect(self._on_tab_changed)
        studio.view_wanted.connect(self.show_view)
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
