"""What scrolls only up and down."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget

from imgclf_gui.gui.widgets.named import named


class ScrolledColumn(QWidget):
    """As wide as the scroll area, and as high as its contents are at that width."""

    def minimumSizeHint(self) -> QSize:
        """Where texts wrap the scroll area asks for the height at its width; else that of all."""
        layout = self.layout()
        if layout is None or layout.hasHeightForWidth():
            return QSize(0, 0)  # Qt's would be the height at the least width
        return QSize(0, layout.totalMinimumSize().height())


def scrolled(content: QLayout, name: str, accessible: str = "") -> QScrollArea:
    """A scroll area without a frame, for what is laid out in `content`."""
    column = ScrolledColumn()
    column.setLayout(content)
    area = named(QScrollArea(), name, accessible)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(column)
    return area
