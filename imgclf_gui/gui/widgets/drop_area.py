"""A large place to drop images on, which can also be clicked."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from imgclf_gui.gui import icons, theme

_ICON = 64
_TEXT = "Drop images or folders here\nor click to choose files, or paste an image (Ctrl+V)"


class DropArea(QAbstractButton):
    """A dashed frame with an invitation; the page around it takes the drop."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drop_area")
        self.setAccessibleName(_TEXT.replace("\n", ", "))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.over = False
        """Whether files are held above it."""

    def sizeHint(self) -> QSize:
        """Large."""
        return QSize(480, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, icon and text."""
        del event
        colours = theme.current()
        marked = self.over or self.underMouse() or self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.accent if marked else colours.border), 2)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(
            theme.blend(QColor(colours.accent), QColor(colours.base), 0.12 if self.over else 0)
        )
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 10, 10)
        middle = self.rect().center()
        icon = QRect(middle.x() - _ICON // 2, middle.y() - _ICON - 8, _ICON, _ICON)
        painter.setOpacity(0.45)
        icons.icon("drop").paint(painter, icon)
        painter.setOpacity(1)
        painter.setPen(self.palette().text().color())
        below = self.rect().adjusted(8, self.height() // 2 + 8, -8, -8)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(below, flags | Qt.TextFlag.TextWordWrap, _TEXT)
