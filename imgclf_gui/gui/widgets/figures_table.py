"""A few figures in rows and columns, to read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip

ROW_HEIGHT = 26
_LONGEST, _LONGEST_HEADING = 28, 16
"""Characters; figures are never cut, so headings are."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FiguresTable(QTableWidget):
    """The first column names what the others say; as high as its rows."""

    def __init__(self, name: str, accessible: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(_RIGHT)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)

    def show_rows(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Replace everything."""
        self.setColumnCount(len(columns))
        for place, title in enumerate(columns):
            heading = QTableWidgetItem(shortened(title, _LONGEST_HEADING))
            heading.setToolTip(plain_tip(shortened(title, 200)))
            heading.setTextAlignment(_RIGHT if place else _LEFT)
            self.setHorizontalHeaderItem(place, heading)
        self.setRowCount(len(rows))
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(shortened(text, _LONGEST))
                item.setToolTip(plain_tip(shortened(text, 200)))
                if column:
                    item.setTextAlignment(_RIGHT)
                self.setItem(row, column, item)
        header = self.horizontalHeader()
        mode = QHeaderView.ResizeMode
        for column in range(len(columns)):
            header.setSectionResizeMode(column, mode.ResizeToContents if column else mode.Stretch)
        self.setFixedHeight(
            header.sizeHint().height() + ROW_HEIGHT * len(rows) + theme.SPACING // 2
        )
