"""What a scroll area shows that scrolls only up and down."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget


class ScrolledColumn(QWidget):
    """As wide as the scroll area, and as high as its contents are at that width."""

    def minimumSizeHint(self) -> QSize:
        """Where texts wrap the scroll area asks for the height at its width; else that of all."""
        layout = self.layout()
        if layout is None or layout.hasHeightForWidth():
            return QSize(0, 0)  # Qt's would be the height at the least width
        return QSize(0, layout.totalMinimumSize().height())
