"""Images in the first column, and beside each what was drawn of it; as large as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip

Index = QModelIndex | QPersistentModelIndex

PAD = 4
"""Pixels around a picture."""
GAP = 16
"""Between the originals and what was drawn of them."""
WIDEST_SPARE = 40
"""Pixels that a column is made wider than its picture, where there is room."""
LEAST_SIDE = 36
"""Pixels; where less is left for a picture, the grid scrolls."""
SWATCH = 8
DIMMED = 0.35


@dataclass(frozen=True)
class GridRow:
    """An image, and what was drawn of it."""

    title: str
    """Its class."""
    colour: int
    """The place of the class among all."""
    pictures: tuple[QImage, ...]
    """The image as it is, then the draws."""
    notes: tuple[str, ...]
    """What stands below each of `pictures`; empty for nothing."""


class ImageGrid(QTableView):
    """One picture is current; Enter or a click opens it."""

    opened = Signal(int, int)
    """Row and column of a picture; column 0 holds the originals."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Images, and what the augmentations make of them")
        self._model = _Model()
        self._delegate = _Delegate()
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setHorizontalHeader(_Header())
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self._leave_selection_unpainted()
        self.viewport().setAutoFillBackground(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)

    @property
    def rows(self) -> Sequence[GridRow]:
        """What is shown."""
        return self._model.rows

    @property
    def dimmed(self) -> bool:
        """Whether the pictures stand back."""
        return self._delegate.dimmed

    def show_rows(self, rows: Sequence[GridRow]) -> None:
        """Show these; the current picture stays where it is."""
        self._delegate.forget()
        current = self.currentIndex()
        self._model.show_rows(rows)
        if current.isValid() and not self.currentIndex().isValid():
            self.setCurrentIndex(self._model.index(current.row(), current.column()))
        self._fit()
        self.viewport().update()

    def go_to(self, row: int, column: int) -> None:
        """Make that picture the current one."""
        self.setCurrentIndex(self._model.index(row, column))

    def set_dimmed(self, dimmed: bool) -> None:
        """Let the pictures stand back: they are not what would be drawn now."""
        if dimmed != self._delegate.dimmed:
            self._delegate.dimmed = dimmed
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room."""
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current picture with Enter or Space."""
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.currentIndex().isValid():
            self._on_clicked(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _leave_selection_unpainted(self) -> None:
        """The style would fill the cell; the delegate draws a line around the picture."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.transparent)
        self.setPalette(palette)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self.opened.emit(index.row(), index.column())

    def _fit(self) -> None:
        rows, columns = self._model.rowCount(), self._model.columnCount()
        if not rows or not columns:
            return
        whole = self.maximumViewportSize() - QSize(0, self.horizontalHeader().height())
        size = self._picture_size(whole)
        below = 2 * PAD + self.fontMetrics().height()
        if rows * (size.height() + below) > whole.height():
            whole -= QSize(self.verticalScrollBar().sizeHint().width(), 0)
            size = self._picture_size(whole)
        spare = (whole.width() - GAP) // columns - size.width() - 2 * PAD
        width = size.width() + 2 * PAD + min(max(spare, 0), WIDEST_SPARE)
        self._delegate.show_at(size, self.devicePixelRatioF())
        for column in range(columns):
            self.setColumnWidth(column, width + (GAP if column == 0 else 0))
        for row in range(rows):
            self.setRowHeight(row, size.height() + below)

    def _picture_size(self, whole: QSize) -> QSize:
        """Of each, so that all fit into `whole`, if that is possible."""
        across = (whole.width() - GAP) // self._model.columnCount() - 2 * PAD
        down = whole.height() // self._model.rowCount() - 2 * PAD - self.fontMetrics().height()
        return picture_size(self._model.rows[0].pictures[0].size(), QSize(across, down))


def picture_size(pixels: QSize, room: QSize) -> QSize:
    """How large a picture of `pixels` is shown in `room`: in its proportions, and not too small."""
    fitted = pixels.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    if min(fitted.width(), fitted.height()) >= LEAST_SIDE:
        return fitted
    least = QSize(LEAST_SIDE, LEAST_SIDE)
    return pixels.scaled(least, Qt.AspectRatioMode.KeepAspectRatioByExpanding)


def scaled_picture(image: QImage, size: QSize, ratio: float) -> QPixmap:
    """`image` at `size`, where `ratio` device pixels are one.

    Made larger its pixels are squares, all of one size: only their edges are smooth. Made smaller
    it is smooth.
    """
    wanted, how = size * ratio, Qt.TransformationMode
    if wanted.width() > image.width():
        factor = ceil(wanted.width() / image.width())
        image = _scaled(image, image.size() * factor, how.FastTransformation)
    pixmap = QPixmap.fromImage(_scaled(image, wanted, how.SmoothTransformation))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _scaled(image: QImage, size: QSize, how: Qt.TransformationMode) -> QImage:
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, how)


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[GridRow] = ()

    def show_rows(self, rows: Sequence[GridRow]) -> None:
        """Show `rows`; where there are as many as before, only the pictures change."""
        same = len(rows) == len(self.rows) and _columns(rows) == _columns(self.rows)
        if same:
            self.rows = rows
            if rows:
                last = self.index(len(rows) - 1, _columns(rows) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        return 0 if parent.isValid() else _columns(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        words = [shortened(row.title, 200), _column_name(column).lower(), row.notes[column]]
        match role:
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return plain_tip(", ".join(filter(None, words)))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole or section < 0:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return _column_name(section)
        return shortened(self.rows[section].title, 200) if section < len(self.rows) else None


def _columns(rows: Sequence[GridRow]) -> int:
    return len(rows[0].pictures) if rows else 0


def _column_name(column: int) -> str:
    return f"Draw {column}" if column else "Original"


class _Header(QHeaderView):
    """Names the columns in plain words, without a frame."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(1)
        self.setFixedHeight(self.fontMetrics().height() + 4)
        self.viewport().setAutoFillBackground(False)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Write the name, or only the number where that is all there is room for."""
        place = rect.adjusted(0, 0, -GAP if section == 0 else 0, 0)
        name, metrics = _column_name(section), painter.fontMetrics()
        if metrics.horizontalAdvance(name) > place.width():
            name = (
                str(section)
                if section
                else metrics.elidedText(name, Qt.TextElideMode.ElideRight, place.width())
            )
        painter.setPen(QColor(theme.current().muted))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)


class _Delegate(QStyledItemDelegate):
    """Paints a picture with what stands below it."""

    def __init__(self) -> None:
        super().__init__()
        self.dimmed = False
        self._size = QSize(LEAST_SIDE, LEAST_SIDE)
        self._ratio = 1.0
        self._scaled: dict[tuple[int, int], QPixmap] = {}

    def show_at(self, size: QSize, ratio: float) -> None:
        """Show pictures at `size`."""
        if (size, ratio) != (self._size, self._ratio):
            self._size, self._ratio = size, ratio
            self.forget()

    def forget(self) -> None:
        """There are other pictures."""
        self._scaled.clear()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one of them."""
        model = index.model()
        if not isinstance(model, _Model):
            return
        rect: QRect = option.rect.adjusted(0, 0, -GAP if index.column() == 0 else 0, 0)
        frame = QRect(rect.topLeft(), self._size)
        frame.moveTop(rect.top() + PAD)
        frame.moveLeft(rect.left() + (rect.width() - frame.width()) // 2)
        painter.save()
        painter.setOpacity(DIMMED if self.dimmed else 1.0)
        painter.drawPixmap(frame, self._pixmap(model, index))
        self._outline(painter, frame, option)
        self._caption(painter, option.rect, frame, model.rows[index.row()], index.column())
        painter.restore()

    def _pixmap(self, model: _Model, index: Index) -> QPixmap:
        place = index.row(), index.column()
        if place not in self._scaled:
            image = model.rows[place[0]].pictures[place[1]]
            self._scaled[place] = scaled_picture(image, self._size, self._ratio)
        return self._scaled[place]

    def _outline(self, painter: QPainter, frame: QRect, option: QStyleOptionViewItem) -> None:
        """A fine line that shows the edge of a white picture; a strong one around the current."""
        state, flags = option.state, QStyle.StateFlag
        colours, palette = theme.current(), option.palette
        focused = bool(state & flags.State_HasFocus)
        pen = QPen(QColor(colours.border), 1)
        if focused or state & flags.State_MouseOver:
            accent = palette.color(QPalette.ColorRole.Accent)
            pen = QPen(accent, 2 if focused else 1)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame.adjusted(-1, -1, 0, 0))

    def _caption(
        self, painter: QPainter, rect: QRect, frame: QRect, row: GridRow, column: int
    ) -> None:
        colours = theme.current()
        top = frame.bottom() + 1
        text = QRect(rect.left(), top, rect.width(), rect.bottom() - top + 1)
        across = Qt.AlignmentFlag.AlignHCenter
        note = row.notes[column]
        if column == 0:
            text.setLeft(frame.left())
            across = Qt.AlignmentFlag.AlignLeft
            swatch = QRect(text.left(), text.center().y() - SWATCH // 2, SWATCH, SWATCH)
            painter.fillRect(swatch, colours.class_color(row.colour))
            text.setLeft(swatch.right() + PAD)
            note = shortened(row.title, 200)
        painter.setPen(QColor(colours.text if column == 0 else colours.muted))
        shown = painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | across, shown)
