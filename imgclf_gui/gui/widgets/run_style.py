"""How a run is told from others: a colour and a mark, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from imgclf_gui.gui import theme

MARKS = ("o", "s", "t1", "d", "t", "+", "x")
"""pyqtgraph's names: circle, square, triangle, diamond, triangle down, plus, cross."""

_POLYGONS = {
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "t1": ((-1, 1), (1, 1), (0, -1)),
    "d": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "t": ((-1, -1), (1, -1), (0, 1)),
}
_STROKES = {
    "+": (((-1, 0), (1, 0)), ((0, -1), (0, 1))),
    "x": (((-1, -1), (1, 1)), ((-1, 1), (1, -1))),
}


@dataclass(frozen=True)
class RunStyle:
    """The colour and the mark of the run at `index` (0: the oldest)."""

    index: int

    @property
    def colour(self) -> QColor:
        """In the theme in use."""
        return theme.current().class_color(self.index)

    @property
    def mark(self) -> str:
        """As pyqtgraph names it."""
        return MARKS[self.index % len(MARKS)]

    def paint(self, painter: QPainter, centre: QPointF, radius: float) -> None:
        """Draw the mark."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.colour, 1.6))
        painter.setBrush(self.colour)
        painter.drawPath(_path(self.mark, centre, radius))

    def icon(self) -> QIcon:
        """The mark alone, for a table."""
        pixmap = QPixmap(16, 16)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QPointF(8, 8), 4.5)
        painter.end()
        return QIcon(pixmap)


def _path(mark: str, centre: QPointF, radius: float) -> QPainterPath:
    path = QPainterPath()
    if mark in _POLYGONS:
        points = [centre + QPointF(x, y) * radius for x, y in _POLYGONS[mark]]
        path.addPolygon(QPolygonF([*points, points[0]]))
    elif mark in _STROKES:
        for start, end in _STROKES[mark]:
            path.moveTo(centre + QPointF(*start) * radius)
            path.lineTo(centre + QPointF(*end) * radius)
    else:
        corner = centre - QPointF(radius, radius)
        path.addEllipse(QRectF(corner, corner + QPointF(2, 2) * radius))
    return path
