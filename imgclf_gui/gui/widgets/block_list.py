"""The blocks of a network in their order, with what each makes and costs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.network_view import BlockRow

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("Block", "Settings", "Output shape", "Parameters", "Multiply-adds")
ROW_HEIGHT = 28
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class BlockModel(QAbstractTableModel):
    """A row for the input, and one for each block."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[BlockRow] = []

    def show(self, rows: Sequence[BlockRow]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """The input and the blocks."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """COLUMNS."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section >= 3 else Qt.AlignmentFlag.AlignLeft
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; a block with a problem is marked, and its settings give way to the problem."""
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, index.column())
            case Qt.ItemDataRole.TextAlignmentRole if index.column() >= 3:
                return _RIGHT
            case Qt.ItemDataRole.ForegroundRole if row.problem:
                return QColor(theme.current().bad)
            case Qt.ItemDataRole.DecorationRole if row.problem and index.column() == 0:
                return icons.icon("warning")
            case Qt.ItemDataRole.ToolTipRole if row.problem:
                return row.problem
        return None

    def _text(self, row: BlockRow, column: int) -> str:
        settings = row.problem or row.settings
        return (row.title, settings, row.shape, row.parameters, row.multiply_adds)[column]


class BlockList(QTableView):
    """Shows a network; read only."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("block_list")
        self.setAccessibleName("Blocks of the network")
        self._model = BlockModel(self)
        self.setModel(self._model)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: Sequence[BlockRow]) -> None:
        """Replace the rows."""
        self._model.show(rows)
        for column in (0, 2, 3, 4):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, self.columnWidth(column) + 2 * theme.SPACING)
        if any(row.problem for row in rows):
            self.resizeRowsToContents()  # its sentence takes several lines
