"""All plots of two twins: side by side where there is room, else one to choose of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.block_history import MEASURES, Measure
from imgclf_gui.gui.curves import Metric
from imgclf_gui.gui.twins import Track
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.lab_heat import HeatMaps
from imgclf_gui.gui.widgets.lab_plots import (
    BlockPlot,
    LabPlot,
    LearningPlot,
    Range,
    usual_range,
    widened,
)
from imgclf_gui.gui.widgets.lab_style import TwinLegend
from imgclf_gui.gui.widgets.named import named

NEXT_PLOT_MS = 5
"""Milliseconds from one drawing to the next: all at once would hold the window up."""
ROOM_FOR_ALL = (1000, 430)
"""Pixels of width and height from which all plots are readable side by side."""
LEARNING: dict[Metric, str] = {"loss": "Loss", "accuracy": "Accuracy (%)"}


class LabPlots(QWidget):
    """Draws tracks at a moment, or over time. What is told only notes what is to be drawn."""

    block_pointed = Signal(int)
    """The number of the block under the mouse, 1 for the first."""
    step_pressed = Signal(float)
    """A place in the curves of learning was pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_plots")
        self._tracks: Sequence[Track] = ()
        self._step: int | None = None
        self._block: int | None = None
        self._legend = TwinLegend()
        self._learning = {key: LearningPlot(key, title) for key, title in LEARNING.items()}
        self._blocks = {measure: BlockPlot(measure) for measure in MEASURES}
        self._heat = HeatMaps()
        self._pages = QStackedWidget()
        self._over_time = named(OutlinedCheckBox("Over &time"), "lab_over_time")
        self._over_time.setToolTip("One measure of all blocks over the whole training, as colours")
        self._learning_choice = _choice("lab_learning_choice", "Curves of learning", LEARNING)
        titles = {measure: words.title for measure, words in MEASURES.items()}
        self._block_choice = _choice("lab_measure_choice", "Measure of the blocks", titles)
        self._wide: bool | None = None
        self._ranges: dict[Measure, Range | None] = {}
        self._to_draw: list[QWidget] = []
        self._timer = QTimer(self, singleShot=True, interval=NEXT_PLOT_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._connect()
        self._arrange()

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        """Draw these twins, and no others."""
        self._tracks = tracks
        self._ranges.clear()
        for twin in range(len(tracks), 2):
            self._forget(twin)
        self.touch()

    def touch(self, *, observed: bool = True) -> None:
        """There are new figures; `observed`: of the blocks, too."""
        if observed:
            self._ranges.clear()
        self._draw_soon(self._everything if observed else self._learning.values())

    def show_moment(self, step: int | None) -> None:
        """Show the blocks as they were nearest to `step`."""
        if step != self._step:
            self._step = step
            for plot in self._learning.values():
                plot.show_cursor(step)
            self._heat.show_cursor(step, self._block)
            self._draw_soon(self._blocks.values())

    def show_names(self, names: Sequence[str], lacks: Sequence[str]) -> None:
        """What the legend says, and what each run is called over its map."""
        self._legend.show_names(names)
        self._heat.show_names(lacks)

    def show_block(self, number: int | None) -> None:
        """Mark a block in every plot."""
        self._block = number
        self._heat.show_cursor(self._step, number)
        for plot in self._blocks.values():
            plot.show_cursor(number)

    def redraw(self) -> None:
        """Draw all that is visible and changed, now."""
        while self._to_draw:
            self._draw_next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """All plots where there is room."""
        super().resizeEvent(event)
        width, height = ROOM_FOR_ALL
        self._lay_out(wide=event.size().width() >= width and event.size().height() >= height)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while it was hidden."""
        super().showEvent(event)
        self._draw_soon(self._everything)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for plot in self._all:
                plot.apply_theme()
            self._heat.apply_theme()
            self._draw_soon(self._everything)

    @property
    def _all(self) -> list[LabPlot]:
        return [*self._learning.values(), *self._blocks.values()]

    @property
    def _everything(self) -> list[QWidget]:
        return [*self._all, self._heat]

    def _draw_soon(self, plots: Iterable[QWidget]) -> None:
        wanted = {*plots, *self._to_draw}
        self._to_draw = [plot for plot in self._everything if plot in wanted]
        if self._to_draw and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _on_timeout(self) -> None:
        self._draw_next()
        if self._to_draw:
            self._timer.start()

    def _draw_next(self) -> None:
        """Draw the next plot that can be seen; the others are drawn when they are shown."""
        while self._to_draw:
            plot = self._to_draw.pop(0)
            if plot.isVisible():
                self._draw(plot)
                return

    def _draw(self, plot: QWidget) -> None:
        if plot is self._heat:
            self._heat.draw(self._tracks, self._block_choice.currentData())
        elif isinstance(plot, BlockPlot):
            self._draw_blocks(plot)
        elif isinstance(plot, LearningPlot):
            for twin, track in enumerate(self._tracks):
                plot.draw(twin, track.learning(plot.quantity), track.validation(plot.quantity))

    def _draw_blocks(self, plot: BlockPlot) -> None:
        now = [track.at(self._step, plot.measure) for track in self._tracks]
        for twin, values in enumerate(now):
            plot.draw(twin, values)
        if plot.measure not in self._ranges:
            tables = [track.history.all(plot.measure) for track in self._tracks]
            self._ranges[plot.measure] = usual_range(tables)
        found = widened(self._ranges[plot.measure], now)
        if found is not None:
            plot.set_range(max(track.history.blocks for track in self._tracks), *found)

    def _forget(self, twin: int) -> None:
        for plot in self._all:
            plot.forget(twin)

    def _connect(self) -> None:
        for choice in (self._learning_choice, self._block_choice):
            choice.currentIndexChanged.connect(self._show_chosen)
        for learning in self._learning.values():
            learning.pressed.connect(self.step_pressed)
        for plot in self._blocks.values():
            plot.pointed.connect(self._on_pointed)
        self._heat.pressed.connect(self._on_heat_pressed)
        self._over_time.toggled.connect(self._show_chosen)

    @Slot(float)
    def _on_pointed(self, x: float) -> None:
        blocks = max((track.history.blocks for track in self._tracks), default=0)
        if blocks:
            self.block_pointed.emit(min(blocks, max(1, round(x))))

    @Slot(float, float)
    def _on_heat_pressed(self, step: float, block: float) -> None:
        self.step_pressed.emit(step)
        self._on_pointed(block)

    def _arrange(self) -> None:
        above, choices = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self._legend, 1)
        above.addWidget(self._over_time)
        choices.setSpacing(theme.SPACING)
        for choice in (self._learning_choice, self._block_choice):
            choices.addWidget(choice, 1)
        moment = QWidget()
        self._grid = QGridLayout(moment)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.SPACING)
        for page in (moment, self._heat):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addLayout(choices)
        layout.addWidget(self._pages, 1)
        self._lay_out(wide=False)

    def _lay_out(self, *, wide: bool) -> None:
        """Three plots above four; where that is too much, one of each kind."""
        if wide == self._wide:
            return
        self._wide = wide
        for plot in self._all:
            plot.show_title(wide)
        above = [*self._learning.values(), self._blocks["gradient"]]
        below = [plot for plot in self._blocks.values() if plot not in above]
        for column, plot in enumerate(above if wide else self._learning.values()):
            self._grid.addWidget(plot, 0, 4 * column if wide else 0, 1, 4 if wide else 6)
        for column, plot in enumerate(below if wide else self._blocks.values()):
            self._grid.addWidget(plot, int(wide), 3 * column if wide else 6, 1, 3 if wide else 6)
        for column in range(12):
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch(1, int(wide))
        self._grid.setRowStretch(0, 1)
        self._show_chosen()

    @Slot()
    def _show_chosen(self) -> None:
        over_time = self._over_time.isChecked()
        self._pages.setCurrentIndex(int(over_time))
        self._learning_choice.setVisible(not self._wide and not over_time)
        self._block_choice.setVisible(not self._wide or over_time)
        for plots, choice in (
            (self._learning, self._learning_choice),
            (self._blocks, self._block_choice),
        ):
            for key, plot in plots.items():
                plot.setVisible(bool(self._wide) or key == choice.currentData())
        self._draw_soon(self._everything)


def _choice(name: str, accessible: str, titles: Mapping[Any, str]) -> QComboBox:
    box = named(QComboBox(), name, accessible)
    for key, title in titles.items():
        box.addItem(title, key)
    return box
