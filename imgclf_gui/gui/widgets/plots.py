"""Live curves of one or several runs. Importing this imports pyqtgraph, so import it late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from imgclf_gui.core.figures import three_digits
from imgclf_gui.gui import theme
from imgclf_gui.gui.curves import Curves, Metric, Points
from imgclf_gui.gui.widgets.run_style import RunStyle
from imgclf_gui.gui.widgets.words import percent, run_title
from imgclf_gui.protocol.run_state import RunState

FRAME_MS = 33
"""Milliseconds from the first change to the next drawing."""
NEXT_PLOT_MS = 5
SIDE_PLOTS_FROM = 820
"""Pixels of width from which the small plots have room beside the large ones."""
MOST_MARKS = 200
"""Epochs that are marked one by one; more run together."""

Series = Literal["steps", "training", "validation"]


@dataclass
class ShownRun:
    """A run whose curves are drawn; `state` grows."""

    id: str
    name: str
    state: RunState
    style: RunStyle


class MetricPlot(QWidget):
    """One metric of the shown runs: training as a line with marks, validation dashed and hollow."""

    def __init__(self, metric: Metric, title: str, *, validated: bool) -> None:
        super().__init__()
        self.setObjectName(f"plot_{metric}")
        self.setMinimumSize(140, 90)
        self._metric: Metric = metric
        self._title = title
        self._validated = validated
        self._factor = 100 if metric == "accuracy" else 1  # shown in percent
        self._items: dict[tuple[str, str], pg.PlotDataItem] = {}
        view = pg.PlotWidget()
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setMenuEnabled(False)
        self._plot = view.getPlotItem()
        self._plot.hideButtons()
        self._plot.showGrid(x=True, y=True, alpha=0.15)
        self._plot.setMouseEnabled(x=False, y=False)
        self._view = view
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)
        self.apply_theme()

    def points(self, run_id: str, series: Series) -> Points:
        """What is drawn of a run now; empty if nothing is."""
        item = self._items.get((run_id, series))
        x, y = item.getData() if item is not None else (None, None)
        if x is None or y is None:
            return np.array([]), np.array([])
        return x, y

    def apply_theme(self) -> None:
        """Take the colours of the theme in use; the curves take theirs when next drawn."""
        colours = theme.current()
        self._view.setBackground(QColor(colours.base))
        self._plot.setTitle(self._title, color=colours.text, size="9pt")
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        if self._validated:
            self._plot.setLabel("bottom", "epoch", color=colours.muted)

    def forget(self, keep: set[str]) -> None:
        """Remove the curves of runs that are not in `keep`."""
        for key in [key for key in self._items if key[0] not in keep]:
            self._plot.removeItem(self._items.pop(key))

    def draw(self, run: ShownRun, curves: Curves) -> None:
        """Draw what `curves` holds of the metric now."""
        faint = QColor(run.style.colour)
        faint.setAlpha(110)
        x, y = curves.steps(self._metric)
        self._curve(run, "steps", pg.mkPen(faint, width=1)).setData(x, self._factor * y)
        if self._validated:
            self._mark(run, "training", curves.epochs(self._metric))
            self._mark(run, "validation", curves.epochs(f"validation_{self._metric}"))

    def _mark(self, run: ShownRun, series: Series, points: Points) -> None:
        """A line with a mark an epoch; validation is dashed, and its marks are hollow."""
        hollow, colour = series == "validation", run.style.colour
        style = Qt.PenStyle.DashLine if hollow else Qt.PenStyle.SolidLine
        x, y = points
        self._curve(run, series, pg.mkPen(colour, width=1, style=style)).setData(
            x,
            self._factor * y,
            symbol=run.style.mark if len(x) <= MOST_MARKS else None,
            symbolSize=7,
            symbolPen=pg.mkPen(colour),
            symbolBrush=QColor(theme.current().base) if hollow else colour,
        )

    def _curve(self, run: ShownRun, series: Series, pen: QPen) -> pg.PlotDataItem:
        item = self._items.get((run.id, series))
        if item is None:
            item = pg.PlotDataItem(antialias=True)
            self._items[run.id, series] = item
            self._plot.addItem(item)
        item.setPen(pen)
        return item


class Legend(QWidget):
    """The marks and names of the shown runs, and what the lines mean."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("plot_legend")
        self._runs: Sequence[ShownRun] = ()

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Name `runs`."""
        self._runs = runs
        self.setAccessibleName("Shown: " + ", ".join(run.name for run in runs))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:
        """One line."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lines, marks and names."""
        del event
        painter = QPainter(self)
        x = self._paint_lines(painter)
        room = (self.width() - x) // max(1, len(self._runs)) - 30
        metrics, middle = self.fontMetrics(), self.height() / 2
        for run in self._runs:
            run.style.paint(painter, QPointF(x + 6, middle), 4)
            name = metrics.elidedText(
                run_title(run.id, run.name), Qt.TextElideMode.ElideRight, max(24, room)
            )
            painter.setPen(self.palette().text().color())
            painter.drawText(QRectF(x + 16, 0, room + 4, self.height()), _LEFT, name)
            x += metrics.horizontalAdvance(name) + 34

    def _paint_lines(self, painter: QPainter) -> int:
        """What a full and a dashed line mean; returns where the next may stand."""
        muted, middle, x = QColor(theme.current().muted), round(self.height() / 2), 2
        lines = ((Qt.PenStyle.SolidLine, "training"), (Qt.PenStyle.DashLine, "validation"))
        for style, text in lines:
            painter.setPen(QPen(muted, 1, style))
            painter.drawLine(x, middle, x + 24, middle)
            width = self.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(x + 29, 0, width + 4, self.height()), _LEFT, text)
            x += width + 45
        return x


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RunPlots(QWidget):
    """Loss and accuracy, and smaller the learning rate and the speed, of the shown runs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_plots")
        self._runs: list[ShownRun] = []
        self._curves: dict[str, Curves] = {}
        self._dirty: set[str] = set()
        self._legend = Legend()
        self._large = [
            MetricPlot("loss", "Loss", validated=True),
            MetricPlot("accuracy", "Accuracy (%)", validated=True),
        ]
        self._small = [
            MetricPlot("learning_rate", "Learning rate", validated=False),
            MetricPlot("images_per_second", "Images a second", validated=False),
        ]
        self._side = QWidget()
        self._arrange()
        self._drawn: list[ShownRun] = []
        self._to_draw: list[MetricPlot] = []
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timeout)

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Draw `runs`, and no others."""
        kept = {run.id for run in runs}
        self._runs = list(runs)
        self._curves = {run.id: self._curves.get(run.id, Curves()) for run in runs}
        self._legend.show_runs(self._runs)
        for plot in (*self._large, *self._small):
            plot.forget(kept)
        self._dirty = set(kept)
        self._timer.start(FRAME_MS)

    def touch(self, run_id: str) -> None:
        """The run has new figures: draw them soon."""
        if run_id in self._curves:
            self._dirty.add(run_id)
            if not self._timer.isActive() and self.isVisible():
                self._timer.start(FRAME_MS)

    def redraw(self) -> None:
        """Draw all that changed, now."""
        self._begin_frame()
        while self._to_draw:
            self._draw_next()

    def _on_timeout(self) -> None:
        """Draw one plot, and the next a moment later: four at once would hold the window up."""
        if not self._to_draw:
            self._begin_frame()
        self._draw_next()
        if self._to_draw:
            self._timer.start(NEXT_PLOT_MS)
        elif self._dirty:
            self._timer.start(FRAME_MS)

    def _begin_frame(self) -> None:
        self._drawn = [run for run in self._runs if run.id in self._dirty]
        self._dirty.clear()
        self._to_draw = [*self._large, *self._small]
        for run in self._drawn:
            self._curves[run.id].update(run.state)
        self.setAccessibleDescription("; ".join(map(_in_words, self._runs)))

    def _draw_next(self) -> None:
        plot = self._to_draw.pop(0)
        for run in self._drawn:
            if run.id in self._curves:  # it may have been taken away meanwhile
                plot.draw(run, self._curves[run.id])

    def showEvent(self, event: QEvent) -> None:
        """Catch up with what came while it was hidden."""
        self._timer.start(FRAME_MS)
        super().showEvent(event)  # type: ignore[arg-type]

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for plot in (*self._large, *self._small):
                plot.apply_theme()
            self._dirty = set(self._curves)
            self._timer.start(FRAME_MS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The small plots give way where there is little room."""
        self._side.setVisible(event.size().width() >= SIDE_PLOTS_FROM)
        super().resizeEvent(event)

    def _arrange(self) -> None:
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        for plot in self._large:
            row.addWidget(plot, 5)
        for plot in self._small:
            side.addWidget(plot)
        row.addWidget(self._side, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._legend)
        layout.addLayout(row, 1)


def _in_words(run: ShownRun) -> str:
    if not run.state.epochs:
        return f"{run.name}: no complete epoch yet"
    last = run.state.epochs[-1]
    words = f"{run.name}, epoch {last.epoch}: loss {three_digits(last.loss)}"
    words += f", accuracy {percent(last.accuracy)}"
    if last.validation_accuracy is not None:
        words += f", validation accuracy {percent(last.validation_accuracy)}"
    return words
