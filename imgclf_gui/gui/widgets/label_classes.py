"""How each class fares in a label check: the share that changed, as a bar with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QItemSelection,
    QModelIndex,
    QObject,
    QRect,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.titled_table import Index, TitledTableModel
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import LabelsChecked

COLUMNS = {
    "Class": "Click one to see its examples only",
    "Copies": "Augmented copies that the model was asked about",
    "Taken for another": "Share of the copies that are taken for another class than their image, "
    "with its 95 % interval",
}
ROW_HEIGHT = 30
LEAST_WIDTH = 300
_SHARE = 2
_MARGIN = 6
_LINE = 3
"""Pixels from a cell's lower edge to the line that shows the interval."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class ShareRow:
    """One class, or all of them."""

    label: str
    """Empty: all classes."""
    copies: int
    changed: float | None
    """Share of the copies, 0…1; None without any."""
    interval: tuple[float, float]

    def words(self) -> str:
        """'12.3 % (8.1–18.0)'."""
        if self.changed is None:
            return "–"
        low, high = self.interval
        return f"{percent(self.changed)} ({100 * low:.1f}–{100 * high:.1f})"


def share_rows(result: LabelsChecked | None) -> list[ShareRow]:
    """All classes together, then each, the most changed first."""
    if result is None:
        return []
    rows = [
        ShareRow(
            one.label, one.copies, one.changed / one.copies if one.copies else None, one.interval
        )
        for one in result.classes
    ]
    rows.sort(key=lambda row: -1.0 if row.changed is None else row.changed, reverse=True)
    copies = sum(row.copies for row in rows)
    return [ShareRow("", copies, result.changed, result.interval), *rows]


class ShareModel(TitledTableModel):
    """A row for all classes, and one for each."""

    columns = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[ShareRow] = []

    def show_result(self, result: LabelsChecked | None) -> None:
        """Show the classes of `result`."""
        self.beginResetModel()
        self.rows = share_rows(result)
        self.endResetModel()

    @property
    def most(self) -> float:
        """Where the bars end: the upper end of the widest interval."""
        known = [row.interval[1] for row in self.rows if row.changed is not None]
        return max([*known, 0.01])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; the bar is painted by the delegate."""
        row, column = self.rows[index.row()], index.column()
        name = shortened(row.label, 200) or "All classes"
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (name, f"{row.copies:,}", row.words())[column]
            case Qt.ItemDataRole.TextAlignmentRole if column:
                return _RIGHT
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole if not column:
                return plain_tip(f"{name}: {row.words()} of {row.copies:,} copies")
        return None


class _BarDelegate(QStyledItemDelegate):
    """A faint bar behind the figures, and the interval as a line below them."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        row = model.rows[index.row()] if isinstance(model, ShareModel) else None
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.highlight())
        if row is not None and row.changed is not None and isinstance(model, ShareModel):
            self._bar(painter, option.rect, row, model.most, chosen)
        role = option.palette.highlightedText() if chosen else option.palette.text()
        painter.setPen(role.color())
        painter.drawText(option.rect.adjusted(_MARGIN, 0, -_MARGIN, 0), _RIGHT, index.data())

    def _bar(
        self, painter: QPainter, rect: QRect, row: ShareRow, most: float, chosen: bool
    ) -> None:
        colours = theme.current()
        room = rect.width() - 2 * _MARGIN
        left, bottom = rect.x() + _MARGIN, rect.bottom() - _LINE
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.blend(QColor(colours.warning), QColor(colours.base), 0.35))
            width = room * (row.changed or 0.0) / most
            painter.drawRoundedRect(QRectF(left, rect.y() + 4, width, rect.height() - 8), 2, 2)
        painter.setPen(QPen(QColor(colours.on_accent if chosen else colours.warning), 1.5))
        low, high = (left + room * end / most for end in row.interval)
        painter.drawLine(round(low), bottom, round(high), bottom)
        for end in (low, high):
            painter.drawLine(round(end), bottom - 2, round(end), bottom + 2)
        painter.restore()


class ShareTable(QTableView):
    """The classes; the chosen row is told."""

    chosen = Signal(str)
    """A class; empty: all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("label_classes")
        self.setAccessibleName("Changed predictions of each class")
        self.shares = ShareModel(self)
        self.setModel(self.shares)
        self.setItemDelegateForColumn(_SHARE, _BarDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_SHARE, QHeaderView.ResizeMode.Stretch)
        self.setMinimumWidth(LEAST_WIDTH)
        self.selectionModel().selectionChanged.connect(self._on_selected)

    def show_result(self, result: LabelsChecked | None) -> None:
        """Show the classes of `result`, all of them chosen; None empties the table."""
        self.shares.show_result(result)
        self.selectRow(0)

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, selected: QItemSelection, gone: QItemSelection) -> None:
        del gone
        if selected.indexes():
            self.chosen.emit(self.shares.rows[selected.indexes()[0].row()].label)
