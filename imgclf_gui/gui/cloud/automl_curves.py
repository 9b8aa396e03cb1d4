"""Curves of a custom model's measurement. Importing this imports pyqtgraph, so import it late."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from imgclf_gui.core.automl_metrics import ThresholdPoint
from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.lab_plots import LabPlot
from imgclf_gui.gui.widgets.lab_style import STYLES

BESIDE_FROM = 420
"""Pixels of width from which both plots stand beside each other."""
_MARK = 1


class PrecisionRecallPlot(LabPlot):
    """Precision over recall, and where the threshold stands on it."""

    def __init__(self) -> None:
        super().__init__("automl_plot_pr", "Precision over recall", "recall")
        self._plot.setXRange(0, 1, padding=0.03)
        self._plot.setYRange(0, 1, padding=0.05)

    def draw(self, points: Sequence[ThresholdPoint], now: ThresholdPoint | None) -> None:
        """Show the curve, and mark `now`."""
        rising = sorted(points, key=lambda point: (point.recall, -point.precision))
        self._curves[0].setData(
            [point.recall for point in rising], [point.precision for point in rising]
        )
        marked = [now] if now is not None else []
        self._curves[_MARK].setData(
            [point.recall for point in marked],
            [point.precision for point in marked],
            symbol="o",
            symbolSize=10,
            symbolPen=pg.mkPen(STYLES[_MARK].colour),
            symbolBrush=STYLES[_MARK].colour,
        )


class ThresholdPlot(LabPlot):
    """Precision (full line) and recall (dashed) over the confidence threshold."""

    def __init__(self) -> None:
        title = "Precision, recall (dashed)"
        super().__init__("automl_plot_threshold", title, "confidence threshold")
        self._plot.setXRange(0, 1, padding=0.03)
        self._plot.setYRange(0, 1, padding=0.05)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def draw(self, points: Sequence[ThresholdPoint], threshold: float) -> None:
        """Show both curves, and where the threshold stands."""
        places = [point.threshold for point in points]
        self._curves[0].setData(places, [point.precision for point in points])
        self._curves[1].setData(places, [point.recall for point in points])
        self.show_cursor(threshold)


class Curves(QWidget):
    """Both plots, beside each other where there is room."""

    threshold_wanted = Signal(float)
    """The person pressed at this threshold."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("automl_curves")
        self._pr, self._threshold = PrecisionRecallPlot(), ThresholdPlot()
        self._shown: tuple[Sequence[ThresholdPoint], ThresholdPoint | None, float] = ((), None, 0.5)
        self._threshold.pressed.connect(self._on_pressed)
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._row.setSpacing(theme.SPACING)
        self._row.addWidget(self._pr)
        self._row.addWidget(self._threshold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._row)

    def show_points(
        self, points: Sequence[ThresholdPoint], now: ThresholdPoint | None, threshold: float
    ) -> None:
        """Draw the curves of `points`, and mark where the threshold stands."""
        self._shown = (points, now, threshold)
        self._pr.draw(points, now)
        self._threshold.draw(points, threshold)
        if now is not None:
            self.setAccessibleName(
                f"Curves; at threshold {threshold:.2f} precision {now.precision:.3f}, "
                f"recall {now.recall:.3f}"
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other, or one above the other."""
        super().resizeEvent(event)
        beside = event.size().width() >= BESIDE_FROM
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        self.setMinimumHeight(170 if beside else 300)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for plot in (self._pr, self._threshold):
                plot.apply_theme()
            self.show_points(*self._shown)

    def _on_pressed(self, place: float) -> None:
        self.threshold_wanted.emit(min(1.0, max(0.0, place)))
