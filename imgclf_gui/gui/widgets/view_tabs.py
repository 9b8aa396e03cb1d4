"""The views of one page as tabs; each is made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.menus import Editable
from imgclf_gui.gui.studio import Studio


@dataclass(frozen=True)
class View:
    """One view; `make` imports and builds it. Its key is the name of its icon, too."""

    key: str
    title: str
    make: Callable[[Studio], QWidget]


class ViewTabs(QTabWidget):
    """A tab for each of `views`."""

    def __init__(self, name: str, studio: Studio, views: Sequence[View]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setDocumentMode(True)
        self._studio = studio
        self._views = {view.key: view for view in views}
        self._made: dict[str, QWidget] = {}
        self._holders: dict[str, QVBoxLayout] = {}
        for view in views:
            holder = QWidget()
            self._holders[view.key] = layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            self.addTab(holder, icons.icon(view.key), view.title)
        self.currentChanged.connect(self._on_tab_changed)
        self._on_tab_changed(self.currentIndex())

    def view(self, key: str) -> QWidget:
        """The view of that key, made now if it was never shown.

        Raises:
            KeyError: there is no such view.
        """
        if key not in self._made:
            self._made[key] = self._views[key].make(self._studio)
            self._holders[key].addWidget(self._made[key])
        return self._made[key]

    def has(self, key: str) -> bool:
        """Whether there is a view of that key."""
        return key in self._views

    def show_view(self, key: str) -> None:
        """Bring a view to the front.

        Raises:
            KeyError: there is no such view.
        """
        self.view(key)
        self.setCurrentIndex(list(self._holders).index(key))

    def edit_actions(self) -> list[QAction | None]:
        """What the Edit menu offers for the view in front."""
        view = self._made.get(list(self._holders)[self.currentIndex()])
        return view.edit_actions() if isinstance(view, Editable) else []

    @Slot(int)
    def _on_tab_changed(self, index: int) -> None:
        if index >= 0:
            self.view(list(self._holders)[index])


class ViewPage(QWidget):
    """A page that is nothing but its views."""

    def __init__(self, name: str, studio: Studio, views: Sequence[View]) -> None:
        super().__init__()
        self.setObjectName(f"{name}_page")
        self._tabs = ViewTabs(f"{name}_views", studio, views)
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
