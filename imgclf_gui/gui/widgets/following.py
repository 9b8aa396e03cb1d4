"""Widgets that follow the project while they are seen."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget


class Following(QWidget):
    """Shows what is new at once while it is visible; when it is hidden, as soon as it is shown.

    A slider on the Augmentation page makes an edit for each pixel that it moves.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        if self._stale:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Something is new."""
        self._stale = not self.isVisible()
        if not self._stale:
            self.follow()

    def follow(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError
