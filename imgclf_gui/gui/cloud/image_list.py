"""Images of a request, or of its answers, as a list: picture, name, and what is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.picture import draw_pixmap
from imgclf_gui.gui.widgets.titled_table import Index

SIDE = 36
MARGIN = 4


@dataclass(frozen=True)
class Line:
    """One image."""

    name: str
    picture: Path
    """The file that shows it."""
    words: str
    wrong: bool = False
    """Whether the words say what is wrong with it."""


class ImageList(QListView):
    """One image is chosen; Delete asks to leave out those that are selected."""

    chosen = Signal(int)
    """The place of the one under the keyboard's cursor."""
    remove_asked = Signal()

    def __init__(self, name: str, accessible: str, *, several: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if several else modes.SingleSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        pictures = FilePictures(self)
        self._model = _Lines(self)
        self.setModel(self._model)
        self.setItemDelegate(_LineDelegate(pictures, self))
        pictures.arrived.connect(self.viewport().update)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._model.lines

    @property
    def selected(self) -> list[str]:
        """The names of those that are selected."""
        places = sorted(index.row() for index in self.selectedIndexes())
        return [self._model.lines[place].name for place in places]

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; the first is chosen if none was."""
        if list(lines) == list(self._model.lines):
            return
        place = self.currentIndex().row()
        self._model.show_lines(lines)
        if lines:
            self.setCurrentIndex(self._model.index(min(max(place, 0), len(lines) - 1)))

    def height_of(self, lines: int) -> int:
        """Pixels that so many lines take."""
        return lines * _line_height(self.fontMetrics()) + 2 * self.frameWidth()

    def sizeHint(self) -> QSize:
        """A few lines."""
        return QSize(200, self.height_of(3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete is a wish."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row())


class _Lines(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: Sequence[Line] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return shortened(line.name, 200)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return plain_tip(f"{shortened(line.name, 300)}: {shortened(line.words, 400)}")
        return None


def _line_height(metrics: QFontMetrics) -> int:
    return max(SIDE, 2 * metrics.height()) + 2 * MARGIN


class _LineDelegate(QStyledItemDelegate):
    """The picture, beside it the name, and below that the words."""

    def __init__(self, pictures: FilePictures, parent: QObject) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        del index
        return QSize(160, _line_height(option.fontMetrics))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one line."""
        model = index.model()
        if not isinstance(model, _Lines):
            return
        line, rect, palette = model.lines[index.row()], option.rect, option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect, palette.highlight())
        frame = QRect(rect.x() + MARGIN, rect.y() + MARGIN, SIDE, SIDE)
        pixmap = self._pictures.picture(line.picture, 2 * SIDE)
        if pixmap is not None and not pixmap.isNull():
            draw_pixmap(painter, frame, pixmap)
        ink = palette.highlightedText() if selected else palette.text()
        painter.setPen(ink.color())
        left = frame.right() + 2 * MARGIN
        text = QRect(left, rect.y() + MARGIN, rect.right() - left - MARGIN, rect.height() // 2)
        self._line(painter, text, line.name, Qt.TextElideMode.ElideMiddle)
        if not selected:
            colours = theme.current()
            painter.setPen(QColor(colours.bad if line.wrong else colours.muted))
        text.translate(0, painter.fontMetrics().height())
        self._line(painter, text, line.words, Qt.TextElideMode.ElideRight)

    def _line(self, painter: QPainter, rect: QRect, text: str, elide: Qt.TextElideMode) -> None:
        shown = painter.fontMetrics().elidedText(shortened(text, 300), elide, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, shown)
