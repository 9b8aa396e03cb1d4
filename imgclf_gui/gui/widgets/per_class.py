"""Precision, recall and F1 of each class, sortable."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.titled_table import Index, TitledTableModel
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import ClassReport, Evaluated

SORT_ROLE = Qt.ItemDataRole.UserRole
COLUMNS = {
    "Class": "",
    "Images": "Images of the class in this split",
    "Precision": "Of the images taken for this class, the share that is of it",
    "Recall": "Of the images of this class, the share that was recognised",
    "F1": "The harmonic mean of precision and recall",
}


class PerClassModel(TitledTableModel):
    """A row for each class."""

    columns = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[ClassReport, ...] = ()

    def show_classes(self, classes: tuple[ClassReport, ...]) -> None:
        """Show `classes`."""
        self.beginResetModel()
        self._classes = classes
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Classes."""
        return 0 if parent.isValid() else len(self._classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Figures as percentages; SORT_ROLE gives what a column is sorted by."""
        report, column = self._classes[index.row()], index.column()
        found: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                found = _texts(report)[column]
            case Qt.ItemDataRole.TextAlignmentRole if column:
                found = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole if column == 0:
                found = plain_tip(_texts(report)[0])
            case _ if role == SORT_ROLE:
                found = _keys(report)[column]
        return found


def _texts(report: ClassReport) -> tuple[str, ...]:
    figures = map(percent, (report.precision, report.recall, report.f1))
    return (shortened(report.label, 200), f"{report.images:,}", *figures)


def _keys(report: ClassReport) -> tuple[str | float, ...]:
    """Where there is no figure the class sorts before all others."""
    figures = (report.precision, report.recall, report.f1)
    return (
        report.label.lower(),
        report.images,
        *(-1.0 if figure is None else figure for figure in figures),
    )


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
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_result(self, result: Evaluated | None) -> None:
        """Show the classes of `result`; None empties the table."""
        self.show_classes(result.classes if result else ())

    def show_classes(self, classes: tuple[ClassReport, ...]) -> None:
        """Show `classes`."""
        self._model.show_classes(classes)
