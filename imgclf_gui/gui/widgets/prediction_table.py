"""Many classified images: picture, name, class and confidence; sortable and filtered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import Prediction

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("Image", "Class", "Confidence")
SORT_ROLE = Qt.ItemDataRole.UserRole
ROW_HEIGHT = 44
THUMBNAIL_SIDE = 40
_CONFIDENCE = 2


class PredictionModel(QAbstractTableModel):
    """A row for each image, in the order of the answers."""

    def __init__(self, pictures: FilePictures, parent: QObject) -> None:
        super().__init__(parent)
        self.predictions: list[Prediction] = []
        self._pictures = pictures
        self._blank = QPixmap(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        self._blank.fill(Qt.GlobalColor.transparent)

    def clear(self) -> None:
        """Forget all."""
        self.beginResetModel()
        self.predictions = []
        self.endResetModel()

    def add(self, predictions: Sequence[Prediction]) -> None:
        """Put further answers below the others."""
        start = len(self.predictions)
        if predictions:
            self.beginInsertRows(QModelIndex(), start, start + len(predictions) - 1)
            self.predictions.extend(predictions)
            self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """How many images."""
        return 0 if parent.isValid() else len(self.predictions)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Image, class, confidence."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The columns' titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, thumbnails, and what rows are sorted by."""
        prediction, column = self.predictions[index.row()], index.column()
        found: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                found = _text(prediction, column)
            case Qt.ItemDataRole.ToolTipRole:
                found = plain_tip(shortened(prediction.error or prediction.image, 1000))
            case Qt.ItemDataRole.DecorationRole if column == 0:
                found = self._thumbnail(prediction)
            case Qt.ItemDataRole.TextAlignmentRole if column == _CONFIDENCE:
                found = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole if prediction.error:
                found = QColor(theme.current().bad)
            case _ if role == SORT_ROLE:
                found = (
                    confidence(prediction) if column == _CONFIDENCE else _text(prediction, column)
                )
        return found

    def _thumbnail(self, prediction: Prediction) -> QPixmap:
        if prediction.error:
            return self._blank
        return self._pictures.picture(Path(prediction.image), THUMBNAIL_SIDE) or self._blank


class _Sorted(QSortFilterProxyModel):
    """Leaves out what is surer than `limit`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.limit = 1.0
        self.setSortRole(SORT_ROLE)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Errors always stay."""
        del parent
        model = self.sourceModel()
        if not isinstance(model, PredictionModel):
            return True
        prediction = model.predictions[row]
        return bool(prediction.error) or self.limit >= 1 or confidence(prediction) < self.limit

    def show_below(self, limit: float) -> None:
        """Show only what is less sure than `limit`; from 1 on, all."""
        self.beginFilterChange()
        self.limit = limit
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)


class PredictionTable(QTableView):
    """Shows the answers; the selected one is told."""

    chosen = Signal(object)
    """The Prediction that was selected."""

    def __init__(self, pictures: FilePictures) -> None:
        super().__init__()
        self.setObjectName("prediction_table")
        self.setAccessibleName("Classified images")
        self.answers = PredictionModel(pictures, self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self.answers)
        self.setModel(self._sorted)
        self._look()
        self.selectionModel().selectionChanged.connect(self._on_selected)
        pictures.arrived.connect(self.viewport().update)

    @property
    def shown(self) -> list[Prediction]:
        """What the filter leaves, in the order shown."""
        rows = range(self._sorted.rowCount())
        return [self._prediction(self._sorted.index(row, 0)) for row in rows]

    def show_below(self, limit: float) -> None:
        """Show only what is less sure than `limit`, 0…1; from 1 on, all."""
        self._sorted.show_below(limit)

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, selected: QItemSelection, gone: QItemSelection) -> None:
        del gone
        if selected.indexes():
            self.chosen.emit(self._prediction(selected.indexes()[0]))

    def _prediction(self, index: QModelIndex) -> Prediction:
        return self.answers.predictions[self._sorted.mapToSource(index).row()]

    def _look(self) -> None:
        self.setIconSize(QSize(THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(1, 150)
        self.setColumnWidth(_CONFIDENCE, 90)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


def confidence(prediction: Prediction) -> float:
    """The probability of the first class; −1 where there is an error, so that it sorts first."""
    return prediction.probabilities[0] if prediction.probabilities else -1.0


def _text(prediction: Prediction, column: int) -> str:
    if column == 0:
        path = Path(prediction.image)
        return shortened(f"{path.parent.name}/{path.name}" if path.parent.name else path.name, 200)
    if prediction.error:
        return shortened(prediction.error, 300) if column == 1 else ""
    if column == 1:
        return shortened(prediction.labels[0], 200) if prediction.labels else ""
    return percent(confidence(prediction))


def _key(prediction: Prediction, column: int) -> str | float:
    return confidence(prediction) if column == _CONFIDENCE else _text(prediction, column).lower()
