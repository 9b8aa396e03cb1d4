"""A slider through the time of a training: by mouse, by arrow keys, or played."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.named import named

PLAY_MS = 80
"""Milliseconds from one observation to the next while it plays."""
MOST_PLAYED = 150
"""Observations that a whole play shows; more are passed over."""


class MomentSlider(QWidget):
    """Chooses one of the steps at which blocks were observed."""

    moved = Signal(int)
    """The step that is looked at now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_moment")
        self._steps: list[int] = []
        self._play = _play_button()
        self._live = named(OutlinedCheckBox("Live"), "lab_live", "Live: stay at the newest figures")
        self._live.setToolTip("Stay at the newest figures")
        self._live.setChecked(True)
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "lab_slider", "Moment")
        self._slider.setToolTip("The step that the plots show (arrow keys: one further)")
        self._words = plain_label(objectName="lab_moment_words")
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._on_tick)
        self._slider.actionTriggered.connect(self._on_action)
        self._slider.valueChanged.connect(self._on_value)
        self._live.toggled.connect(self._on_live)
        self._play.toggled.connect(self._on_play)
        self._newest = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        for widget in (self._play, self._slider, self._words, self._live):
            row.addWidget(widget, 1 if widget is self._slider else 0)
        self.setEnabled(False)

    @property
    def step(self) -> int | None:
        """The step that is looked at; None before the first observation."""
        return self._steps[self._slider.value()] if self._steps else None

    @property
    def live(self) -> bool:
        """Whether it stays at the newest step."""
        return self._live.isChecked()

    def show_steps(self, steps: Sequence[int], newest: int) -> None:
        """Offer `steps` (ascending, each once); a live slider goes to `newest`, one of them."""
        before = self.step
        wanted = newest if self.live or before is None else before
        self._steps, self._newest = list(steps), newest
        self.setEnabled(bool(steps))
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(0, len(steps) - 1))
        self._slider.setPageStep(max(1, len(steps) // 10))
        self._slider.setValue(self._index(wanted))
        self._slider.blockSignals(False)
        if self.step != before:
            self._tell()

    def begin(self) -> None:
        """Forget the moment: other runs are shown."""
        self._play.setChecked(False)
        self._live.setChecked(True)
        self.show_steps((), 0)
        self.say("")

    def go_to(self, step: float) -> None:
        """Look at the observation nearest to `step`, and stay there."""
        if self._steps:
            self._leave_live()
            self._slider.setValue(self._index(step))

    def say(self, words: str) -> None:
        """Tell where in the training the moment is."""
        self._words.setText(words)
        self._slider.setAccessibleDescription(words)

    def _index(self, step: float) -> int:
        after = min(bisect_left(self._steps, step), len(self._steps) - 1)
        if after > 0 and step - self._steps[after - 1] <= self._steps[after] - step:
            return after - 1
        return max(0, after)

    def _leave_live(self) -> None:
        self._live.setChecked(False)
        self._play.setChecked(False)

    @Slot(int)
    def _on_action(self, action: int) -> None:
        del action
        self._leave_live()

    @Slot(int)
    def _on_value(self, value: int) -> None:
        del value
        self._tell()

    @Slot(bool)
    def _on_live(self, live: bool) -> None:
        if live and self._steps:
            self._play.setChecked(False)
            self._slider.setValue(self._index(self._newest))

    @Slot(bool)
    def _on_play(self, playing: bool) -> None:
        if not playing:
            self._timer.stop()
            return
        self._live.setChecked(False)
        if self._slider.value() == self._slider.maximum():
            self._slider.setValue(0)
        self._timer.start()

    @Slot()
    def _on_tick(self) -> None:
        stride = -(-len(self._steps) // MOST_PLAYED)
        self._slider.setValue(self._slider.value() + max(1, stride))
        if self._slider.value() == self._slider.maximum():
            self._play.setChecked(False)

    def _tell(self) -> None:
        if self.step is not None:
            self.moved.emit(self.step)


def _play_button() -> QToolButton:
    button = named(QToolButton(), "lab_play", "Play")
    button.setCheckable(True)
    button.setIcon(icons.icon("train"))
    button.setToolTip("Play the training from where the slider stands")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
