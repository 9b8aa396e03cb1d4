"""The most probable classes of an image as bars."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.words import percent
from imgclf_gui.protocol.events import Prediction

_BAR = 10
_GAP = 12
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ProbabilityBars(QWidget):
    """Name, probability and a bar for each class, the most probable first."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("probability_bars")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: list[tuple[str, float]] = []

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show the classes of `prediction`; None empties the widget."""
        pairs = zip(prediction.labels, prediction.probabilities, strict=True) if prediction else ()
        self.show_shares(list(pairs))

    def show_shares(self, pairs: Sequence[tuple[str, float]]) -> None:
        """Show names and shares, 0…1."""
        self._rows = [(shortened(label, 200), share) for label, share in pairs]
        words = ", ".join(f"{label} {percent(share)}" for label, share in self._rows)
        self.setAccessibleName(f"Most probable classes: {words}" if words else "No classes")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A text line and a bar for each class."""
        return QSize(240, max(1, len(self._rows)) * self._row_height())

    def minimumSizeHint(self) -> QSize:
        """Narrower names are elided."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        del event
        painter = QPainter(self)
        for index, (label, share) in enumerate(self._rows):
            self._paint_row(painter, index * self._row_height(), label, share, first=index == 0)

    def _paint_row(
        self, painter: QPainter, top: int, label: str, share: float, *, first: bool
    ) -> None:
        font = self.font()
        font.setBold(first)
        painter.setFont(font)
        painter.setPen(self.palette().text().color())
        metrics, figure = painter.fontMetrics(), percent(share)
        line = QRectF(0, top, self.width(), metrics.height())
        painter.drawText(line, _RIGHT, figure)
        room = self.width() - metrics.horizontalAdvance(figure) - _GAP
        painter.drawText(
            line.adjusted(0, 0, -metrics.horizontalAdvance(figure) - _GAP, 0),
            _LEFT,
            metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, room),
        )
        colours = theme.current()
        bar = QRectF(0, top + metrics.height() + 3, self.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.blend(QColor(colours.border), self.palette().window().color(), 0.6))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(QColor(colours.accent if first else colours.muted))
        painter.drawRoundedRect(QRectF(0, bar.top(), bar.width() * share, _BAR), 3, 3)

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 3 + _BAR + _GAP
