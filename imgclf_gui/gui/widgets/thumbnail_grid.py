"""A grid of thumbnails that scrolls smoothly over a hundred thousand images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from imgclf_gui.core.dataset import ImageRow
from imgclf_gui.gui import theme
from imgclf_gui.gui.services.thumbnails import ThumbnailService
from imgclf_gui.gui.widgets.thumbnail_model import Index, ThumbnailModel

PICTURE_SIDE = 96
MARGIN = 6
SWATCH = 10


class ThumbnailGrid(QListView):
    """Shows images with their class below; one can be chosen, and opened with Enter."""

    chosen = Signal(object)
    """The ImageRow under the keyboard's cursor; None if there is none."""
    opened = Signal(object)
    """The ImageRow that was double-clicked, or Enter was pressed on."""

    def __init__(self, pictures: ThumbnailService) -> None:
        super().__init__()
        self.setObjectName("thumbnails")
        self.setAccessibleName("Images")
        self._model = ThumbnailModel()
        self._delegate = _ThumbnailDelegate(pictures, self.fontMetrics().height())
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(1000)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.activated.connect(self._on_activated)
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self._model.modelReset.connect(self._on_reset)
        pictures.arrived.connect(self.viewport().update)

    @property
    def rows(self) -> Sequence[ImageRow]:
        """What is shown."""
        return self._model.rows

    def show_images(self, rows: Sequence[ImageRow], labels: Sequence[str]) -> None:
        """Show `rows`; a class's place in `labels` gives it its colour."""
        self._delegate.places = {label: place for place, label in enumerate(labels)}
        self._model.show_rows(rows)
        self.viewport().update()

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        self.opened.emit(self._model.row(index))

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.chosen.emit(self._model.row(index))

    @Slot()
    def _on_reset(self) -> None:
        self.scrollToTop()
        self.chosen.emit(None)


class _ThumbnailDelegate(QStyledItemDelegate):
    """Paints the picture, and below it a swatch with the name of the class."""

    def __init__(self, pictures: ThumbnailService, line: int) -> None:
        super().__init__()
        self._pictures = pictures
        self._size = QSize(PICTURE_SIDE + 2 * MARGIN, PICTURE_SIDE + line + 3 * MARGIN)
        self.places: Mapping[str, int] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all."""
        del option, index
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one image."""
        model = index.model()
        row = model.row(index) if isinstance(model, ThumbnailModel) else None
        if row is None:
            return
        rect: QRect = option.rect
        palette: QPalette = option.palette
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(rect.adjusted(1, 1, -1, -1), palette.highlight())
        frame = QRect(rect.x() + MARGIN, rect.y() + MARGIN, PICTURE_SIDE, PICTURE_SIDE)
        self._paint_picture(painter, frame, self._pictures.picture(row), palette)
        text = QRect(
            frame.x(),
            frame.bottom() + MARGIN,
            PICTURE_SIDE,
            rect.bottom() - frame.bottom() - MARGIN,
        )
        color = palette.highlightedText() if selected else palette.text()
        self._paint_class(painter, text, row.label, color.color())

    def _paint_picture(
        self, painter: QPainter, frame: QRect, pixmap: QPixmap | None, palette: QPalette
    ) -> None:
        if pixmap is None:
            painter.fillRect(frame, palette.window())
        elif pixmap.isNull():
            painter.fillRect(frame, palette.window())
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "cannot be\nread")
        else:
            size = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(frame.topLeft(), size)
            target.moveCenter(frame.center())
            if pixmap.hasAlphaChannel():
                painter.fillRect(target, Qt.GlobalColor.white)  # as a network sees it
            painter.drawPixmap(target, pixmap)

    def _paint_class(self, painter: QPainter, rect: QRect, label: str, color: QColor) -> None:
        place = self.places.get(label, 0)
        swatch = QRect(rect.x(), rect.center().y() - SWATCH // 2, SWATCH, SWATCH)
        painter.fillRect(swatch, theme.current().class_color(place))
        painter.setPen(color)
        painter.drawRect(swatch)  # the outline shows on any ground
        text = rect.adjusted(SWATCH + MARGIN, 0, 0, 0)
        shown = painter.fontMetrics().elidedText(
            label[:200], Qt.TextElideMode.ElideRight, text.width()
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, shown)
