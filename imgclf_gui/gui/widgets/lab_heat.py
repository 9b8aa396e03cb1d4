"""One measure of all blocks over a whole training, as colours. Importing this imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.block_history import LEAST, MEASURES, BlockHistory, Measure, Values
from imgclf_gui.gui.twins import Track
from imgclf_gui.gui.widgets.lab_plots import PlainView, Range, log_ticks, usual_range

COLUMNS = 300
"""Of a picture, over time; a training has seldom more observations."""
COLOURS = "cividis"
"""Looks the same to people who do not tell red from green."""
CURSOR = "#e6348c"
"""Stands out from all of them."""


class HeatPlot(QWidget):
    """One twin: steps to the right, blocks upwards from the input."""

    pressed = Signal(float, float)
    """A step and a block."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setMinimumSize(150, 100)
        self._title = ""
        self._view = PlainView()
        self._plot = self._view.getPlotItem()
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=False, y=False)
        self._image = pg.ImageItem()
        self._bar = pg.ColorBarItem(colorMap=pg.colormap.get(COLOURS), interactive=False, width=12)
        self._bar.setImageItem(self._image, insert_in=self._plot)
        self._lines = [pg.InfiniteLine(angle=angle) for angle in (90, 0)]
        for item in (self._image, *self._lines):
            self._plot.addItem(item, ignoreBounds=True)
        self._view.pressed.connect(self._on_pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self.apply_theme()

    @property
    def picture(self) -> Values:
        """(columns, blocks) as drawn; empty if nothing is."""
        image = self._image.image
        return np.empty((0, 0)) if image is None else image

    def draw(
        self, picture: Values, steps: Range, blocks: int, levels: Range, ticks: object
    ) -> None:
        """Show `picture` (columns, blocks) over `steps`; NaN stays empty."""
        low, high = steps
        if picture.size:
            self._image.setImage(picture, autoLevels=False)
            self._image.setRect(QRectF(low, 0.5, high - low, picture.shape[1]))
        else:
            self._image.clear()
        self._bar.setLevels(levels)
        self._bar.axis.setTicks(ticks)
        self._plot.setXRange(low, high, padding=0)
        self._plot.setYRange(0.5, blocks + 0.5, padding=0)

    def show_title(self, title: str) -> None:
        """Say whose picture it is."""
        if title != self._title:
            self._title = title
            self.setAccessibleName(title)
            self.apply_theme()

    def show_cursor(self, step: float | None, block: float | None) -> None:
        """Mark the moment and the block that are looked at."""
        for line, value in zip(self._lines, (step, block), strict=True):
            line.setVisible(value is not None)
            if value is not None:
                line.setValue(value)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        colours = theme.current()
        self._view.setBackground(QColor(colours.base))
        self._plot.setTitle(self._title, color=colours.text, size="9pt")
        self._plot.setLabel("bottom", "step", color=colours.muted)
        self._plot.setLabel("left", "block", color=colours.muted)
        for axis in (self._plot.getAxis("left"), self._plot.getAxis("bottom"), self._bar.axis):
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        for line in self._lines:
            line.setPen(pg.mkPen(CURSOR, width=1))

    def _on_pressed(self, place: QPointF) -> None:
        box = self._plot.getViewBox()
        if box.sceneBoundingRect().contains(place):
            point = box.mapSceneToView(place)
            self.pressed.emit(point.x(), point.y())


class HeatMaps(QWidget):
    """Both twins side by side, in the same colours."""

    pressed = Signal(float, float)
    """A step and a block."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_heat")
        self._plots = [HeatPlot("lab_heat_with"), HeatPlot("lab_heat_without")]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        for plot in self._plots:
            plot.pressed.connect(self.pressed)
            row.addWidget(plot)

    def show_names(self, names: Sequence[str]) -> None:
        """What the twins are called."""
        for plot, name in zip(self._plots, names, strict=False):
            plot.show_title(name)

    def draw(self, tracks: Sequence[Track], measure: Measure) -> None:
        """Show one measure over all that was observed."""
        histories = [track.history for track in tracks]
        steps = [step for history in histories for step in history.steps]
        first = min(steps, default=0)
        span = (float(first), float(max(*steps, first + 1)) if steps else 1.0)
        pictures = [over_time(history, measure, span) for history in histories]
        logarithmic = MEASURES[measure].logarithmic
        if logarithmic:
            pictures = [np.log10(np.maximum(picture, LEAST)) for picture in pictures]
        low, high = usual_range(pictures) or (0.0, 1.0)
        levels = (low, high) if high - low > 1e-9 else (low - 0.5, high + 0.5)
        ticks = [log_ticks(*levels)] if logarithmic else None
        blocks = max((history.blocks for history in histories), default=0)
        empty = np.empty((0, 0))
        for index, plot in enumerate(self._plots):
            picture = pictures[index] if index < len(pictures) else empty
            plot.draw(picture, span, blocks, levels, ticks)

    def show_cursor(self, step: float | None, block: float | None) -> None:
        """Mark the moment and the block that are looked at."""
        for plot in self._plots:
            plot.show_cursor(step, block)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        for plot in self._plots:
            plot.apply_theme()


def over_time(history: BlockHistory, measure: Measure, span: Range) -> Values:
    """(columns, blocks): what was observed nearest to each of COLUMNS steps evenly over `span`.

    NaN before a run's first observation and behind its last.
    """
    table = history.all(measure)
    if not len(table):
        return table
    steps = np.array(history.steps, dtype=np.float64)
    wanted = np.linspace(*span, COLUMNS)
    middles = (steps[1:] + steps[:-1]) / 2
    picture = table[np.searchsorted(middles, wanted)]
    picture[(wanted < steps[0]) | (wanted > steps[-1])] = np.nan
    return picture
