"""The confusion matrix as a picture: rows are true classes, columns what they were taken for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.protocol.events import Evaluated

Index = QModelIndex | QPersistentModelIndex

MOST_NUMBERED = 20
"""Classes up to which each cell is large enough to show its count."""
SHARE_ROLE = Qt.ItemDataRole.UserRole
_NUMBERED, _LARGEST = (26, 20), (76, 44)
"""Width and height in pixels of the smallest cell that holds a number, and of the largest."""
_SMALL = 12
"""Pixels of a cell without a number."""
_LONGEST_HEADER = 110


class ConfusionModel(QAbstractTableModel):
    """Counts, or shares 0…1; SHARE_ROLE gives a cell's share of its true class, 0…1."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels: Sequence[str] = ()
        self._rows: Sequence[Sequence[float]] = ()
        self._shares = False

    def show_matrix(self, labels: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
        """Show `rows`: a row for each true class, whose numbers may be shares of its images."""
        self.beginResetModel()
        self._labels, self._rows = labels, rows
        self._shares = any(value != round(value) for row in rows for value in row)
        self.endResetModel()

    def label(self, index: int) -> str:
        """The class at `index`."""
        return self._labels[index] if index < len(self._labels) else ""

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """True classes."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Predicted classes."""
        return self.rowCount(parent)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The names of the classes."""
        if role == Qt.ItemDataRole.DisplayRole:
            return shortened(self.label(section), 40)
        if role == Qt.ItemDataRole.ToolTipRole:
            side = "True class" if orientation == Qt.Orientation.Vertical else "Predicted class"
            return plain_tip(f"{side}: {shortened(self.label(section), 200)}")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Counts, what they mean in words, and SHARE_ROLE."""
        if not self._rows:
            return None
        row = self._rows[index.row()]
        count = row[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._number(count) if count else ""
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return plain_tip(self._sentence(row, index.row(), index.column()))
            case _ if role == SHARE_ROLE:
                return count / (sum(row) or 1)
        return None

    def _number(self, count: float) -> str:
        return f"{100 * count:.0f} %" if self._shares else f"{count:.0f}"

    def _sentence(self, row: Sequence[float], true: int, predicted: int) -> str:
        one, other = shortened(self.label(true), 60), shortened(self.label(predicted), 60)
        what = "recognised" if true == predicted else f"taken for {other}"
        if self._shares:
            return f"{self._number(row[predicted])} of the images of {one} {what}"
        return f"{row[predicted]:,.0f} of {sum(row):,.0f} images of {one} {what}"


class _CellDelegate(QStyledItemDelegate):
    """A cell as dark as its share; right ones in the accent, wrong ones in the warning colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours, rect = theme.current(), option.rect
        share = float(index.data(SHARE_ROLE) or 0.0)
        right = index.row() == index.column()
        front = QColor(colours.accent if right else colours.bad)
        # The square root lets a few mistakes among many be seen.
        ground = theme.blend(front, QColor(colours.base), share**0.5 if share else 0)
        painter.fillRect(rect.adjusted(0, 0, -1, -1), ground)
        if rect.width() > _SMALL + 6:
            painter.setPen(QColor("#ffffff" if ground.lightness() < 140 else "#1b2430"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, index.data())
        view = option.widget
        if isinstance(view, QTableView) and view.currentIndex() == index and view.hasFocus():
            painter.setPen(QPen(view.palette().color(QPalette.ColorRole.Text), 2))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))


class _UprightHeader(QHeaderView):
    """Class names above the columns, turned by 90°, so that narrow columns can have them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(_SMALL)

    def sizeHint(self) -> QSize:
        metrics, model = self.fontMetrics(), self.model()
        count = min(model.columnCount(), 1000) if model else 0
        names = (
            str(model.headerData(section, Qt.Orientation.Horizontal)) for section in range(count)
        )
        longest = max((metrics.horizontalAdvance(name) for name in names), default=20)
        return QSize(super().sizeHint().width(), min(_LONGEST_HEADER, longest + 12))

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        if rect.width() < self.fontMetrics().height():
            return  # too narrow to read: the tooltip tells
        name = str(self.model().headerData(logical_index, Qt.Orientation.Horizontal))
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, rect.height() - 8)
        painter.save()
        painter.translate(rect.left(), rect.bottom())
        painter.rotate(-90)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        turned = QRect(4, 0, rect.height(), rect.width())
        painter.drawText(turned, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class ConfusionView(QTableView):
    """A click or Enter on a cell asks for the images behind it."""

    cell_opened = Signal(int, int)
    """The true class and the predicted one."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("confusion")
        self.setAccessibleName("Confusion matrix: rows are true classes, columns predicted ones")
        self._model = ConfusionModel(self)
        self.setModel(self._model)
        self.setItemDelegate(_CellDelegate(self))
        self.setHorizontalHeader(_UprightHeader(self))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(_SMALL)
        self.verticalHeader().setMaximumWidth(_LONGEST_HEADER + 20)
        self.setCornerButtonEnabled(False)
        self.clicked.connect(self._open)

    def show_result(self, result: Evaluated | None) -> None:
        """Show the matrix of `result`; None empties it."""
        labels = [report.label for report in result.classes] if result else []
        self.show_matrix(labels, result.confusion if result else ())

    def show_matrix(self, labels: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
        """Show `rows`: a row for each true class, counts or shares of its images, 0…1."""
        self._model.show_matrix(labels, rows)
        self.verticalHeader().setVisible(self._model.rowCount() <= MOST_NUMBERED)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cells fill the room."""
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the cell; `activated` would come with a click, too, on some desktops."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        count = self._model.rowCount()
        headers = (self.horizontalHeader(), self.verticalHeader())
        if not 0 < count <= MOST_NUMBERED:
            for header in headers:
                header.setDefaultSectionSize(_SMALL)
            return
        room = (
            self.width() - headers[1].sizeHint().width() - 4,
            self.height() - headers[0].sizeHint().height() - 4,
        )
        for header, pixels, least, most in zip(headers, room, _NUMBERED, _LARGEST, strict=True):
            header.setDefaultSectionSize(min(most, max(least, pixels // count)))

    def _open(self, index: QModelIndex) -> None:
        if index.isValid() and index.data():
            self.cell_opened.emit(index.row(), index.column())
