"""The blocks of a backbone in a row, with a handle between those that stay and those that learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip

GAP = 4
"""Pixels between two cells; the handle stands in the middle of it."""
EDGE = 8
"""Pixels on both sides, so that the handle fits there, too."""
SMALLEST_WORDS = 34
"""Cells that are narrower than this, in pixels, have no words."""
SMALL_TYPE = 62
"""In cells that are narrower than this, words are smaller."""


@dataclass(frozen=True)
class Cell:
    """A block of the backbone: what it is called, what it makes, what it holds."""

    title: str
    shape: str = ""
    parameters: str = ""


class FreezeStrip(QSlider):
    """A slider whose value is how many blocks stay frozen; behind them learn the others.

    Those that the network leaves out stand behind its maximum, and the head behind all.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName("transfer_freeze")
        self.setAccessibleName("Blocks that stay frozen")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setPageStep(1)
        self._cells: tuple[Cell, ...] = ()
        self._head = Cell("Head")

    def show_cells(self, cells: Sequence[Cell], head: Cell, used: int, frozen: int) -> None:
        """Show all of `cells`, of which `used` are in the network, without reporting a change."""
        if (tuple(cells), head) != (self._cells, self._head):
            self._cells, self._head = tuple(cells), head
            self.update()
        self.blockSignals(True)
        self.setRange(0, used)
        self.setValue(frozen)
        self.blockSignals(False)
        self.update()

    def sizeHint(self) -> QSize:
        """Three lines and the handle."""
        return QSize(480, 3 * self.fontMetrics().height() + 40)

    def minimumSizeHint(self) -> QSize:
        """As high, and narrow cells."""
        return QSize(240, self.sizeHint().height())

    def boundary(self, value: int) -> int:
        """Where the handle stands, from the left, while `value` blocks are frozen."""
        return round(EDGE + value * self._pitch())

    def _pitch(self) -> float:
        return (self.width() - 2 * EDGE) / (len(self._cells) + 1)

    def _cell(self, index: int) -> QRectF:
        left = EDGE + index * self._pitch() + GAP / 2
        return QRectF(left, 8, self._pitch() - GAP, self.height() - 16)

    # By mouse; keys are the slider's

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle to where the mouse is."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the handle follow; without a button say what is below the mouse."""
        if self.isSliderDown():
            self._follow(event)
            return
        index = int((event.position().x() - EDGE) / max(1.0, self._pitch()))
        cells = (*self._cells, self._head)
        cell = cells[min(max(0, index), len(cells) - 1)]
        parameters = f"{cell.parameters} parameters" if cell.parameters else ""
        self.setToolTip(plain_tip(", ".join(filter(None, [cell.title, cell.shape, parameters]))))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the handle."""
        del event
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The page scrolls; a wheel never moves the handle by accident."""
        event.ignore()

    def _follow(self, event: QMouseEvent) -> None:
        self.setValue(round((event.position().x() - EDGE) / max(1.0, self._pitch())))

    # What is drawn

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells and handle."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, cell in enumerate(self._cells):
            self._paint_cell(painter, index, cell)
        self._paint_head(painter)
        self._paint_handle(painter)

    def _paint_cell(self, painter: QPainter, index: int, cell: Cell) -> None:
        now, rect = theme.current(), self._cell(index)
        frozen, used = index < self.value(), index < self.maximum()
        text, base, accent = QColor(now.text), QColor(now.base), QColor(now.accent)
        edge = QColor(now.border) if frozen or not used else accent
        painter.setPen(QPen(edge, 1, Qt.PenStyle.SolidLine if used else Qt.PenStyle.DashLine))
        ground = theme.blend(text, base, 0.09) if frozen else theme.blend(accent, base, 0.22)
        painter.setBrush(ground if used else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 4, 4)
        ink = QColor(now.muted) if frozen or not used else text
        if frozen:
            side = 16
            left = round(rect.center().x() - side / 2)
            if rect.width() >= side:
                icons.paint(painter, "frozen", QRect(left, round(rect.top()) + 4, side, side), ink)
        self._paint_words(painter, rect, cell, ink)

    def _paint_head(self, painter: QPainter) -> None:
        now, rect = theme.current(), self._cell(len(self._cells))
        accent = QColor(now.accent)
        painter.setPen(QPen(accent, 1))
        painter.setBrush(accent)
        painter.drawRoundedRect(rect, 4, 4)
        self._paint_words(painter, rect, self._head, QColor(now.on_accent))

    def _paint_words(self, painter: QPainter, rect: QRectF, cell: Cell, ink: QColor) -> None:
        if rect.width() < SMALLEST_WORDS:
            return
        font = self.font()
        if rect.width() < SMALL_TYPE:
            font.setPointSizeF(0.86 * font.pointSizeF())
        painter.setFont(font)
        metrics, line = painter.fontMetrics(), self.fontMetrics().height()
        painter.setPen(ink)
        top = rect.bottom() - 3 * line - 2
        shape = cell.shape
        if metrics.horizontalAdvance(shape) > rect.width() - 2:
            shape = shape.rpartition("×")[0] or shape  # without the channels
        for number, text in enumerate((cell.title, shape, cell.parameters)):
            place = QRectF(rect.left() + 1, top + number * line, rect.width() - 2, line)
            shown = metrics.elidedText(
                shortened(text, 60), Qt.TextElideMode.ElideRight, int(place.width())
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_handle(self, painter: QPainter) -> None:
        now, x = theme.current(), self.boundary(self.value())
        color = QColor(now.accent if self.isEnabled() else now.border)
        painter.setPen(QPen(color, 3 if self.hasFocus() else 2))
        painter.drawLine(QPointF(x, 4), QPointF(x, self.height() - 4))
        painter.setPen(QPen(color, 1))
        painter.setBrush(color)
        size = 7 if self.hasFocus() else 6
        for y, down in ((1, 1), (self.height() - 1, -1)):
            corners = (QPointF(x - size, y), QPointF(x + size, y), QPointF(x, y + down * size))
            painter.drawPolygon(QPolygonF(corners))
