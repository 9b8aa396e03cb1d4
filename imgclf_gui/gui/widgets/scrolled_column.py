"""What a scroll area shows that scrolls only up and down."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget


class ScrolledColumn(QWidget):
    """As wide as the scroll area, and as high as its contents are at that width."""

    def minimumSizeHint(self) -> QSize:
        """None: Qt's would be the height at the least width, where texts wrap after each word."""
        return QSize(0, 0)
