"""Precision, recall and F1 of each class, sortable."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import ClassReport, Evaluated

Index = QModelIndex | QPersistentModelIndex

SORT_ROLE = Qt.ItemDataRole.UserRole
COLUMNS = {
    "Class": "",
    "Images": "Images of the class in this split",
    "Precision": "Of the images taken for this class, the share that is of it",
    "Recall": "Of the images of this class, the share that was recognised",
    "F1": "The harmonic mean of precision and recall",
}


class PerClassModel(QAbstractTableModel):
    """A row for each class."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[ClassReport, ...] = ()

    def show_result(self, result: Evaluated | None) -> None:
        """Show the classes of `result`."""
        self.beginResetModel()
        self._classes = result.classes if result else ()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else len(self._classes)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return list(COLUMNS.values())[section]
        return list(COLUMNS)[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        report, column = self._classes[index.row()], index.column()
        figures = (report.precision, report.recall, report.f1)
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if column >= 2:
            figure = figures[column - 2]
            if role == SORT_ROLE:
                return -1.0 if figure is None else figure
            return percent(figure) if role == Qt.ItemDataRole.DisplayRole else None
        text = f"{report.images:,}" if column else shortened(report.label, 200)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(text)
            case _ if role == SORT_ROLE:
                return report.images if column else report.label.lower()
        return None


class PerClassTable(QTableView):
    """Shows the classes; a click on a heading sorts."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("per_class")
        self.setAccessibleName("Results of each class")
        self._model = PerClassModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORT_ROLE)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setDefaultSectionSize(76)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_result(self, result: Evaluated | None) -> None:
        """Show the classes of `result`; None empties the table."""
        self._model.show_result(result)
