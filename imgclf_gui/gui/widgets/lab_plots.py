"""The plots of the lab. Importing this imports pyqtgraph, so import it late."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.block_history import LEAST, MEASURES, Measure, Values
from imgclf_gui.gui.curves import Metric, Points
from imgclf_gui.gui.widgets.lab_style import STYLES
from imgclf_gui.gui.widgets.labels import plain_tip

MOST_MARKS = 150
"""Points that are marked one by one; more run together."""
MOST_TICKS = 6
Range = tuple[float, float]
MARGIN = 0.06
"""Of a plot's height, free above and below the curves."""


class LabPlot(QWidget):
    """A title, two axes, a cursor, and one curve for each twin."""

    pointed = Signal(float)
    """The mouse points at this x."""
    pressed = Signal(float)
    """The mouse was pressed at this x."""

    def __init__(self, name: str, title: str, bottom: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMinimumSize(150, 100)
        self._title, self._bottom = title, bottom
        self._titled = True
        self._view = PlainView()
        self._plot = self._view.getPlotItem()
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.showGrid(x=True, y=True, alpha=0.15)
        self._curves = [pg.PlotDataItem(antialias=True, connect="finite") for _ in STYLES]
        for curve in self._curves:
            self._plot.addItem(curve)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self._plot.addItem(self._cursor, ignoreBounds=True)
        self._view.moved.connect(lambda place: self._tell(self.pointed, place))
        self._view.pressed.connect(lambda place: self._tell(self.pressed, place))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.apply_theme()

    def points(self, twin: int) -> Points:
        """What is drawn of a twin (0: with, 1: without); empty if nothing is."""
        x, y = self._curves[twin].getOriginalDataset()
        if x is None or y is None:
            return np.array([]), np.array([])
        return x, y

    def forget(self, twin: int) -> None:
        """Show nothing of a twin."""
        self._curves[twin].setData([], [])

    def show_title(self, shown: bool) -> None:
        """Where the plot is chosen by its title, it needs none of its own."""
        self._titled = shown
        self.apply_theme()

    def show_cursor(self, x: float | None) -> None:
        """Mark what is looked at; None: nothing."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setValue(x)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        colours = theme.current()
        self._view.setBackground(QColor(colours.base))
        title = self._title if self._titled else None
        self._plot.setTitle(title, color=colours.text, size="9pt")
        self._plot.setLabel("bottom", self._bottom, color=colours.muted)
        self._cursor.setPen(pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DotLine))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        for curve, style in zip(self._curves, STYLES, strict=True):
            curve.setPen(pg.mkPen(style.colour, width=1, style=style.line))

    def _tell(self, signal: SignalInstance, place: QPointF) -> None:
        box = self._plot.getViewBox()
        if box.sceneBoundingRect().contains(place):
            signal.emit(box.mapSceneToView(place).x())


class LearningPlot(LabPlot):
    """Loss or accuracy over the steps: training as lines, validation as large marks."""

    def __init__(self, metric: Metric, title: str) -> None:
        super().__init__(f"lab_plot_{metric}", title, "step")
        self.quantity: Metric = metric
        self._validation = [pg.PlotDataItem(antialias=True, pen=None) for _ in STYLES]
        for curve in self._validation:
            self._plot.addItem(curve)

    def draw(self, twin: int, steps: Points, validation: Points) -> None:
        """Show one twin."""
        style = STYLES[twin]
        self._curves[twin].setData(*steps)
        self._validation[twin].setData(
            *validation,
            symbol=style.mark,
            symbolSize=9,
            symbolPen=pg.mkPen(style.colour),
            symbolBrush=style.colour,
        )

    def forget(self, twin: int) -> None:
        """Show nothing of a twin."""
        super().forget(twin)
        self._validation[twin].setData([], [])

    def validation_points(self, twin: int) -> Points:
        """What is drawn of a twin's validation."""
        x, y = self._validation[twin].getOriginalDataset()
        return (np.array([]), np.array([])) if x is None or y is None else (x, y)


class BlockPlot(LabPlot):
    """One measure over the blocks, from the input on, of both twins at one moment."""

    def __init__(self, measure: Measure) -> None:
        words = MEASURES[measure]
        super().__init__(f"lab_plot_{measure}", words.title, "block, from the input")
        self.setToolTip(plain_tip(words.help))
        self.measure: Measure = measure
        self._logarithmic = words.logarithmic
        self._plot.setLogMode(y=words.logarithmic)
        self._plot.getAxis("bottom").setStyle(maxTickLevel=0)

    def draw(self, twin: int, values: Values) -> None:
        """Show a twin's blocks; zero stands at the bottom of a logarithmic axis."""
        style = STYLES[twin]
        shown = np.maximum(values, LEAST) if self._logarithmic else values
        self._curves[twin].setData(
            np.arange(1, len(shown) + 1),
            shown,
            symbol=style.mark if len(shown) <= MOST_MARKS else None,
            symbolSize=6,
            symbolPen=pg.mkPen(style.colour),
            symbolBrush=style.colour,
        )

    def set_range(self, blocks: int, low: float, high: float) -> None:
        """Keep the axes still while the moment changes."""
        if self._logarithmic:
            low, high = np.log10(max(low, LEAST)), np.log10(max(high, LEAST))
            self._plot.getAxis("left").setTicks([log_ticks(low, high)])
        if self.measure == "dead":
            low, high = 0.0, max(high, 1.0)
        if high - low < 1e-9:
            low, high = low - 0.5, high + 0.5
        self._plot.setYRange(low, high, padding=MARGIN)
        self._plot.setXRange(1, max(2, blocks), padding=0.03)


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """At most about seven ticks from 10**low to 10**high: powers of ten, or between them."""
    first, last = int(np.floor(low)), int(np.ceil(high))
    stride = -(-(last - first + 1) // MOST_TICKS)
    within = (1.0,) if last - first > 2 else (1.0, 2.0, 5.0)
    values = [scale * 10.0**power for power in range(first, last + 1, stride) for scale in within]
    return [(float(np.log10(value)), f"{value:g}") for value in values]


def usual_range(tables: Sequence[Values]) -> Range | None:
    """From the least to the largest of nearly all values; None without any.

    The outermost hundredth is left out: one wild step would flatten all others.
    """
    finite = [table[np.isfinite(table)] for table in tables]
    ends = [np.percentile(values, (1, 99)) for values in finite if values.size]
    if not ends:
        return None
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def widened(usual: Range | None, now: Sequence[Values]) -> Range | None:
    """`usual`, or as much more as the values of `now` need."""
    ends = [(values.min(), values.max()) for one in now if (values := one[np.isfinite(one)]).size]
    ends += [usual] if usual is not None else []
    if not ends:
        return None
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


class PlainView(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph has no types
    """A plot without a menu, which tells where the mouse is."""

    moved = Signal(QPointF)
    pressed = Signal(QPointF)

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.setMouseTracking(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the mouse is."""
        super().mouseMoveEvent(event)
        self.moved.emit(self.mapToScene(event.position().toPoint()))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.pressed.emit(self.mapToScene(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell where it was pressed."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(self.mapToScene(event.position().toPoint()))
