"""A splitter that stands where the person left it, also after a new start."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSplitter

from imgclf_gui.gui import theme
from imgclf_gui.gui.settings import Settings


class RememberedSplitter(QSplitter):
    """Its sizes are kept in the window's settings under its object name."""

    def __init__(self, orientation: Qt.Orientation, name: str, settings: Settings) -> None:
        super().__init__(orientation)
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(theme.SPACING)
        self._settings = settings
        self.splitterMoved.connect(self._remember)

    def begin(self, sizes: Sequence[int]) -> None:
        """Take the sizes that were left, or else `sizes`; one for each widget, in pixels."""
        left = self._settings.panes.get(self.objectName(), ())
        self.setSizes(list(left if len(left) == self.count() else sizes))

    @Slot()
    def _remember(self) -> None:
        panes = {**self._settings.panes, self.objectName(): tuple(self.sizes())}
        self._settings.panes = panes
