"""How twins are told apart: a colour, a line and a mark, never colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from imgclf_gui.gui.widgets.run_style import RunStyle


@dataclass(frozen=True)
class TwinStyle:
    """The look of one of two twins."""

    look: RunStyle
    line: Qt.PenStyle

    @property
    def colour(self) -> QColor:
        """In the theme in use."""
        return self.look.colour

    @property
    def mark(self) -> str:
        """As pyqtgraph names it."""
        return self.look.mark


WITH = TwinStyle(RunStyle(0), Qt.PenStyle.SolidLine)
WITHOUT = TwinStyle(RunStyle(5), Qt.PenStyle.DashLine)
STYLES = (WITH, WITHOUT)

_SAMPLE = 34
"""Pixels of line that a legend shows."""
_VALIDATION = "large marks: validation"
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class TwinLegend(QWidget):
    """Lines, marks and names of both twins in one line."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_legend")
        self._names: Sequence[str] = ()

    def show_names(self, names: Sequence[str]) -> None:
        """Name the twin with it, then the one without."""
        if tuple(names) == self._names:
            return
        self._names = tuple(names)
        lines = ("full line, circles", "dashed line, crosses")
        described = (f"{name} ({line})" for name, line in zip(names, lines, strict=False))
        self.setAccessibleName(f"Shown: {'; '.join(described)}; {_VALIDATION}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:
        """One line."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        del event
        painter, metrics = QPainter(self), self.fontMetrics()
        room = self.width() // max(1, len(self._names)) - _SAMPLE - 16
        x, middle = 0, self.height() / 2
        for name, style in zip(self._names, STYLES, strict=False):
            painter.setPen(QPen(style.colour, 1.6, style.line))
            painter.drawLine(QPointF(x, middle), QPointF(x + _SAMPLE, middle))
            style.look.paint(painter, QPointF(x + _SAMPLE / 2, middle), 4)
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(24, room))
            painter.setPen(self.palette().text().color())
            painter.drawText(QRectF(x + _SAMPLE + 6, 0, room + 4, self.height()), _LEFT, shown)
            x += _SAMPLE + metrics.horizontalAdvance(shown) + 24
        painter.setPen(self.palette().placeholderText().color())
        if x + metrics.horizontalAdvance(_VALIDATION) <= self.width():
            painter.drawText(QRectF(x, 0, self.width() - x, self.height()), _LEFT, _VALIDATION)
