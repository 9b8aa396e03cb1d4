"""Bars of accuracies with whiskers. Importing this imports pyqtgraph, so import it late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened

ROOM = 120
"""Characters below all bars."""
HEIGHT = 250
MOST_NAMES = 12
"""More bars are named by their numbers."""


@dataclass(frozen=True)
class Bar:
    """One accuracy, 0…1."""

    name: str
    share: float
    ends: tuple[float, float] | None
    """Of its 95 % interval."""
    series: int = 0
    """0 or 1: those of 1 stand beside those of 0, in another colour."""


class MeasuredBars(QWidget):
    """Bars from 0 to 100 %, in groups of the same name."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measured_bars")
        self.setMinimumWidth(200)
        self.setFixedHeight(HEIGHT)
        self.bars: tuple[Bar, ...] = ()
        self._series: Sequence[str] = ()
        self._view = pg.PlotWidget()
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setMenuEnabled(False)
        self._plot = self._view.getPlotItem()
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.showGrid(x=False, y=True, alpha=0.15)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self._draw()

    def show_bars(self, bars: Sequence[Bar], series: Sequence[str] = ()) -> None:
        """Draw `bars`; `series` names their colours, where there are two."""
        if (tuple(bars), series) != (self.bars, self._series):
            self.bars, self._series = tuple(bars), series
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        colours = theme.current()
        self._plot.clear()
        self._view.setBackground(QColor(colours.base))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        self._plot.setLabel("left", "Accuracy (%)", color=colours.muted)
        names = list(dict.fromkeys(bar.name for bar in self.bars))
        several = any(bar.series for bar in self.bars)
        for series, colour in enumerate((colours.accent, colours.warning)):
            mine = [bar for bar in self.bars if bar.series == series]
            if mine:
                shift = (series - 0.5) * 0.36 if several else 0.0
                places = np.array([names.index(bar.name) + shift for bar in mine])
                self._draw_series(mine, places, 0.34 if several else 0.6, colour)
        self._name_bars(names)
        self._plot.setXRange(-0.6, max(1, len(names)) - 0.4, padding=0)
        self._plot.setYRange(0, 100, padding=0.02)
        self._plot.setTitle(
            "  ".join(
                f'<span style="color:{colour}">■</span> {name}'
                for name, colour in zip(
                    self._series, (colours.accent, colours.warning), strict=False
                )
            )
            or None,
            color=colours.text,
            size="9pt",
        )
        self.setAccessibleDescription(
            "; ".join(f"{bar.name}: {100 * bar.share:.1f} %" for bar in self.bars)
        )

    def _draw_series(
        self, bars: Sequence[Bar], places: np.ndarray, width: float, colour: str
    ) -> None:
        heights = np.array([100 * bar.share for bar in bars])
        fill = QColor(colour)
        fill.setAlpha(170)
        self._plot.addItem(
            pg.BarGraphItem(x=places, height=heights, width=width, brush=fill, pen=pg.mkPen(colour))
        )
        with_ends = [(place, bar) for place, bar in zip(places, bars, strict=True) if bar.ends]
        if not with_ends:
            return
        middle = np.array([100 * bar.share for _, bar in with_ends])
        ends = np.array([bar.ends for _, bar in with_ends]).clip(0, 1) * 100
        self._plot.addItem(
            pg.ErrorBarItem(
                x=np.array([place for place, _ in with_ends]),
                y=middle,
                top=ends[:, 1] - middle,
                bottom=middle - ends[:, 0],
                beam=width / 2,
                pen=pg.mkPen(theme.current().text, width=1.5),
            )
        )

    def _name_bars(self, names: Sequence[str]) -> None:
        shown = [
            shortened(name, max(8, ROOM // len(names)))
            if len(names) <= MOST_NAMES
            else str(place + 1)
            for place, name in enumerate(names)
        ]
        self._plot.getAxis("bottom").setTicks([list(enumerate(shown))])
