"""One block in figures: its name, and what was observed of it in both twins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QSpinBox, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.block_history import MEASURES
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.twins import Track
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named


class BlockReadout(QWidget):
    """Chooses a block by its number; pointing at it in a plot chooses it, too."""

    chosen = Signal(object)
    """The block's number, 1 for the first; None before there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_readout")
        self._tracks: Sequence[Track] = ()
        self._sides: Sequence[str] = ()
        self._step: int | None = None
        self._number = named(QSpinBox(), "lab_block", "Number of the block")
        self._number.setToolTip("The block whose figures stand here, from the input")
        self._number.valueChanged.connect(self._on_number)
        self._title = ElidedLabel(name="lab_block_title")
        self._lines = [ElidedLabel(name=f"lab_block_{key}") for key in ("with", "without")]
        label = plain_label("&Block")
        label.setBuddy(self._number)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(2)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self._number, 0, 1)
        grid.addWidget(self._title, 0, 2)
        for row, line in enumerate(self._lines, start=1):
            grid.addWidget(line, row, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        self.setEnabled(False)

    def show_tracks(self, tracks: Sequence[Track], sides: Sequence[str]) -> None:
        """Follow these runs, called by their sides."""
        self._tracks, self._sides = tracks, sides
        self._refresh()

    def show_moment(self, step: int | None) -> None:
        """Show the figures nearest to `step`."""
        self._step = step
        self._refresh()

    @Slot(int)
    def choose(self, number: int) -> None:
        """Show the block of that number."""
        self._number.setValue(number)

    @Slot(int)
    def _on_number(self, number: int) -> None:
        self.chosen.emit(number if self.isEnabled() else None)
        self._refresh()

    def _refresh(self) -> None:
        blocks = max((track.history.blocks for track in self._tracks), default=0)
        self.setEnabled(blocks > 0)
        if self._number.maximum() != max(1, blocks) or self._number.minimum() != 1:
            self._number.setRange(1, max(1, blocks))
            self.chosen.emit(self._number.value() if blocks else None)
        number = self._number.value()
        titles = dict.fromkeys(track.title(number) for track in self._tracks)
        self._title.setText(" / ".join(filter(None, titles)) if blocks else "")
        for index, line in enumerate(self._lines):
            text = self._words(index, number) if index < len(self._tracks) else ""
            line.setText(text)
            line.setAccessibleName(text)

    def _words(self, index: int, number: int) -> str:
        track, who = self._tracks[index], self._sides[index].capitalize()
        step = track.observed_at(self._step)
        if step is None:
            return f"{who}: nothing observed yet"
        if number > track.history.blocks:
            return f"{who}: there is no such block"
        figures = []
        for measure, words in MEASURES.items():
            value = track.at(self._step, measure)[number - 1]
            shown = "–" if np.isnan(value) else f"{value:.3g}"
            name, _, unit = words.short.partition(" ")
            figures.append(f"{name} {shown} {unit}".rstrip())
        return f"{who} (step {step:,}): " + " · ".join(figures)
