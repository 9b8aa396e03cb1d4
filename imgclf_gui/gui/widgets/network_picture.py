"""What a network makes of an image, as a picture: planes that shrink, then lists of values."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10, prod

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from imgclf_gui.core.entry import Shape
from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.words import shape_words
from imgclf_gui.plan import BlockPlan

HEIGHT = 138
_DRAWN = 72
"""Pixels of the tallest thing drawn."""
_SHEETS = 4
_SHIFT = 4
"""Planes drawn for an image of many channels, and how far each stands behind the next."""


class NetworkPicture(QWidget):
    """One drawing for the input, and for each block that changes the shape."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("network_picture")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._parts: list[tuple[str, Shape]] = []

    def show_network(self, input_shape: Shape, blocks: Sequence[BlockPlan]) -> None:
        """Draw the network from its input of `input_shape` (height, width, channels)."""
        changing = [block for block in blocks if block.output_shape != block.input_shape]
        self._parts = [("Input", input_shape)]
        self._parts += [(block.title, block.output_shape) for block in changing]
        words = ", ".join(f"{title} {shape_words(shape)}" for title, shape in self._parts)
        self.setAccessibleName(f"From the image to the classes: {words}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(400, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the parts side by side, with their title and shape below."""
        del event
        if not self._parts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = min(130.0, self.width() / len(self._parts))
        largest = max(max(shape[:2]) for _, shape in self._parts if len(shape) == 3)
        for place, (title, shape) in enumerate(self._parts):
            column = QRectF(place * room, 0, room, HEIGHT)
            if len(shape) == 3:
                self._paint_planes(painter, column, shape, largest)
            else:
                self._paint_values(painter, column, prod(shape))
            self._paint_words(painter, column, title, shape)

    def _paint_planes(self, painter: QPainter, column: QRectF, shape: Shape, largest: int) -> None:
        scale = min(_DRAWN, column.width() - 3 * _SHIFT - 10) / largest
        height, width = (max(4.0, side * scale) for side in shape[:2])
        sheets = min(_SHEETS, shape[2])
        self._ink(painter)
        for sheet in reversed(range(sheets)):
            shift = _SHIFT * (sheet - (sheets - 1) / 2)
            left = column.center().x() - width / 2 + shift
            painter.drawRect(QRectF(left, 8 + (_DRAWN - height) / 2 + 4 - shift, width, height))

    def _paint_values(self, painter: QPainter, column: QRectF, values: int) -> None:
        height = min(_DRAWN, 12 + 16 * log10(max(1, values)))
        self._ink(painter)
        bar = QRectF(column.center().x() - 5, 12 + (_DRAWN - height) / 2, 10, height)
        painter.drawRoundedRect(bar, 3, 3)

    def _ink(self, painter: QPainter) -> None:
        colours = theme.current()
        accent = QColor(colours.accent)
        painter.setPen(QPen(accent, 1))
        painter.setBrush(theme.blend(accent, QColor(colours.base), 0.22))

    def _paint_words(self, painter: QPainter, column: QRectF, title: str, shape: Shape) -> None:
        metrics, top = painter.fontMetrics(), _DRAWN + 26.0
        for text, colour in (
            (title, self.palette().text().color()),
            ("×".join(map(str, shape)), QColor(theme.current().muted)),
        ):
            painter.setPen(colour)
            line = QRectF(column.left(), top, column.width(), metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(line.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, shown)
            top += metrics.height()
