"""Two pictures side by side, as large as there is room; the wheel looks closer at both."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from imgclf_gui.gui import theme

SPACE = 2 * theme.SPACING
"""Pixels between the pictures."""
CLOSER = 1.25
"""What one notch of the wheel enlarges by."""
CLOSEST = 32.0
NOTCH = 120
"""A wheel's angle, in eighths of a degree."""


class PairView(QWidget):
    """Both pictures move together, so that the same place is seen in both."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pair_view")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 120))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._images = (QImage(), QImage())
        self._zoom = 1.0
        self._middle = QPointF(0.5, 0.5)
        """What is in the middle of each half, in shares of the picture."""
        self._held: QPointF | None = None

    @property
    def zoom(self) -> float:
        """How much larger than all that fits; 1 shows all."""
        return self._zoom

    @property
    def images(self) -> tuple[QImage, QImage]:
        """The pictures, left and right."""
        return self._images

    def show_images(self, left: QImage, right: QImage) -> None:
        """Show these at the place and size that is looked at."""
        self._images = left, right
        self.update()

    def show_all(self) -> None:
        """Show the whole pictures."""
        self._look(1.0, QPointF(0.5, 0.5))

    def look_closer(self, notches: float, at: QPointF | None = None) -> None:
        """Enlarge about a point of this widget, or about the middle; negative: look from afar."""
        zoom = min(max(self._zoom * CLOSER**notches, 1.0), CLOSEST)
        anchor = self._share(at) if at is not None else self._middle
        ratio = self._zoom / zoom
        self._look(zoom, anchor + (self._middle - anchor) * ratio)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look closer, or from farther away."""
        self.look_closer(event.angleDelta().y() / NOTCH, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the pictures."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move them."""
        if self._held is not None:
            size = self._drawn_size()
            moved = event.position() - self._held
            self._held = event.position()
            share = QPointF(moved.x() / size.width(), moved.y() / size.height())
            self._look(self._zoom, self._middle - share)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        del event
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all."""
        del event
        self.show_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The place that is looked at stays inside."""
        super().resizeEvent(event)
        self._look(self._zoom, self._middle)

    def halves(self) -> tuple[QRect, QRect]:
        """Where the two pictures have their room."""
        width = (self.width() - SPACE) // 2
        return (
            QRect(0, 0, width, self.height()),
            QRect(self.width() - width, 0, width, self.height()),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both; pixels are squares where they are enlarged."""
        del event
        painter = QPainter(self)
        size = self._drawn_size()
        for half, image in zip(self.halves(), self._images, strict=True):
            if image.isNull():
                continue
            corner = QRectF(half).center() - QPointF(
                self._middle.x() * size.width(), self._middle.y() * size.height()
            )
            painter.setClipRect(half)
            shrunk = size.width() < image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
            target = QRectF(corner, size)
            painter.drawImage(target, image)
            painter.setPen(QPen(QColor(theme.current().border), 1))
            painter.drawRect(target.toAlignedRect().intersected(half).adjusted(0, 0, -1, -1))

    def _look(self, zoom: float, middle: QPointF) -> None:
        self._zoom = zoom
        size, half = self._drawn_size(), self.halves()[0]
        self._middle = QPointF(
            _within(middle.x(), half.width() / size.width()),
            _within(middle.y(), half.height() / size.height()),
        )
        self.setCursor(Qt.CursorShape.OpenHandCursor if zoom > 1 else Qt.CursorShape.ArrowCursor)
        self.update()

    def _drawn_size(self) -> QSizeF:
        """Of each picture, with what lies outside its half."""
        pixels, half = QSizeF(self._images[0].size()), QSizeF(self.halves()[0].size())
        if pixels.isEmpty() or half.isEmpty():
            return QSizeF(1, 1)
        return pixels.scaled(half, Qt.AspectRatioMode.KeepAspectRatio) * self._zoom

    def _share(self, at: QPointF) -> QPointF:
        """The place of the pictures under a point of this widget, in shares of them."""
        left, right = self.halves()
        half, size = (
            left if at.x() < (left.right() + right.left()) / 2 else right,
            self._drawn_size(),
        )
        away = at - QRectF(half).center()
        return self._middle + QPointF(away.x() / size.width(), away.y() / size.height())


def _within(middle: float, seen: float) -> float:
    """A place in the middle such that no room is left empty beside an enlarged picture."""
    return 0.5 if seen >= 1 else min(max(middle, seen / 2), 1 - seen / 2)
