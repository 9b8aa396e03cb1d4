"""The blocks of two networks side by side, those that answer to each other in one row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.plan.compare import Row, Seat, Status

SIGNS: dict[Status, str] = {"same": "=", "changed": "≠", "left": "−", "right": "+"}
WORDS: dict[Status, str] = {
    "same": "the same",
    "changed": "differs",
    "left": "only on the left",
    "right": "only on the right",
}
ROW_ROLE = Qt.ItemDataRole.UserRole
_TINTS: dict[Status, int] = {"changed": 7, "left": 0, "right": 1}
"""Which colour of the theme's series lies behind a row."""
_TINT = 0.16
ROW_HEIGHT = 24
_LONGEST = 160


class ComparisonTree(QTreeWidget):
    """A row a block; what is the same all through is folded. A sign, words and a tint tell it."""

    row_chosen = Signal(object)
    """The Row that the person looks at; None if none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compare_tree")
        self.setAccessibleName("Blocks of both networks")
        self.setColumnCount(4)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setIndentation(2 * theme.SPACING)
        self.header().setHighlightSections(False)
        self.header().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.currentItemChanged.connect(lambda item, _before: self._tell(item))

    def show_rows(self, left: str, right: str, rows: Sequence[Row]) -> None:
        """Replace everything; `left` and `right` are the titles of the networks."""
        self.clear()
        titles = ("", shortened(left, 60), shortened(right, 60), "What differs")
        self.setHeaderLabels(titles)
        items = [_item(row) for row in rows]
        self.addTopLevelItems(items)
        for item in items:
            _unfold(item)
        self._arrange()
        self._tell(None)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for item in _children(self.invisibleRootItem()):
                _tint(item)

    def _arrange(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(0, 9 * theme.SPACING)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def _tell(self, item: QTreeWidgetItem | None) -> None:
        self.row_chosen.emit(item.data(0, ROW_ROLE) if item is not None else None)


def what_differs(row: Row) -> str:
    """'Filters 16 → 32', 'blocks inside', 'only on the left'; empty for what is the same."""
    if row.status == "same":
        return ""
    if row.settings:
        return ", ".join(f"{one.title} {one.left} → {one.right}" for one in row.settings)
    return "blocks inside" if row.status == "changed" else WORDS[row.status]


def _item(row: Row) -> QTreeWidgetItem:
    texts = (SIGNS[row.status], _seat(row.left), _seat(row.right), what_differs(row))
    item = QTreeWidgetItem([shortened(text, _LONGEST) for text in texts])
    item.setData(0, ROW_ROLE, row)
    item.setSizeHint(0, QSize(0, ROW_HEIGHT))
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, WORDS[row.status])
    for column, text in enumerate(texts[1:], start=1):
        item.setToolTip(column, plain_tip(shortened(text, 4 * _LONGEST)))
    item.addChildren([_item(inner) for inner in row.inside])
    _tint_one(item)
    return item


def _seat(seat: Seat | None) -> str:
    """'Convolution · 3×3, 16 filters'; empty where the network has no such block."""
    if seat is None:
        return ""
    return f"{seat.title} · {seat.brief}" if seat.brief else seat.title


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = [item.child(index) for index in range(item.childCount())]
    return [child for child in found if child is not None]


def _unfold(item: QTreeWidgetItem) -> None:
    """Show the blocks inside, where some of them differ."""
    item.setExpanded(item.data(0, ROW_ROLE).status == "changed")
    for child in _children(item):
        _unfold(child)


def _tint(item: QTreeWidgetItem) -> None:
    _tint_one(item)
    for child in _children(item):
        _tint(child)


def _tint_one(item: QTreeWidgetItem) -> None:
    series = _TINTS.get(item.data(0, ROW_ROLE).status)
    if series is None:
        return
    colours = theme.current()
    tint = theme.blend(colours.class_color(series), QColor(colours.base), _TINT)
    for column in range(4):
        item.setBackground(column, QBrush(tint))
