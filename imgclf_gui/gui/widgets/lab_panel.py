"""Two twins on show: how they stand, their plots at a moment, and what the figures say.

Importing this imports pyqtgraph, so import it late.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.twins import Track, Twins, weighed
from imgclf_gui.gui.widgets.lab_block import BlockReadout
from imgclf_gui.gui.widgets.lab_grid import LabPlots
from imgclf_gui.gui.widgets.lab_moment import MomentSlider
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.words import progress_words
from imgclf_gui.protocol.findings import Twin, findings

FRAME_MS = 50
"""Milliseconds from the first change to the next look at the figures."""
FINDINGS_MS = 1_000
"""The sentences are written anew at most this often."""
FINDINGS_LINES = 6


class TwinsPanel(QWidget):
    """Shows one pair; `touch` tells that a run of it has new figures."""

    stop_asked = Signal(str)
    """The pair's key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lab_panel")
        self._twins: Twins | None = None
        self._tracks: list[Track] = []
        self._title = ElidedLabel(name="lab_title")
        theme.set_title(self._title)
        self._status = wrapped_label(name="lab_status")
        self._error = WrongLabel("lab_error")
        self._progress = named(ProgressBar(), "lab_progress", "Progress of both trainings")
        self._progress.setFixedHeight(6)
        self._stop = named(QPushButton(icons.icon("stop"), "Stop both"), "lab_stop")
        self._stop.setToolTip("What is stopped can be resumed in the Training tab")
        self._plots = LabPlots()
        self._moment = MomentSlider()
        self._block = BlockReadout()
        self._findings = _text_box("lab_findings", "What the figures show")
        self._timer = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._timer.timeout.connect(self._take_in)
        self._find_timer = QTimer(self, singleShot=True, interval=FINDINGS_MS)
        self._find_timer.timeout.connect(self._find)
        self._connect()
        self._arrange()

    @property
    def twins(self) -> Twins | None:
        """The pair on show."""
        return self._twins

    def show_twins(self, twins: Twins) -> None:
        """Show `twins`; the moment stays if they were on show already."""
        known = {id(track.run): track for track in self._tracks}
        self._twins = twins
        self._tracks = [known.get(id(run)) or Track(run) for run in twins.runs]
        if not any(id(run) in known for run in twins.runs):
            self._moment.begin()
        self._plots.show_tracks(self._tracks)
        self._block.show_tracks(self._tracks, twins.sides)
        self._take_in()
        self._show_moment()
        if self.isVisible():
            self._find()

    def touch(self, run_id: str) -> None:
        """The run has new figures: show them soon."""
        ours = any(track.run.id == run_id for track in self._tracks)
        if ours and self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while it was hidden."""
        super().showEvent(event)
        self._timer.start()
        QTimer.singleShot(0, self._find)

    @Slot()
    def _take_in(self) -> None:
        news = [track.update() for track in self._tracks]
        self._show_progress()
        observed = any(of_blocks for _, of_blocks in news)
        if observed:
            self._offer_steps()
        if observed or any(learned for learned, _ in news):
            self._plots.touch(observed=observed)
            self._show_moment()
        if not self._find_timer.isActive():
            self._find_timer.start()

    def _offer_steps(self) -> None:
        """Live is the newest step of the twin that runs; afterwards the newest of both."""
        seen = [track for track in self._tracks if track.history.steps]
        steps = sorted({step for track in seen for step in track.history.steps})
        running = [track.history.steps[-1] for track in seen if track.run.state.active]
        newest = min((track.history.steps[-1] for track in seen), default=0)
        self._moment.show_steps(steps, running[-1] if running else newest)

    def _show_progress(self) -> None:
        twins = self._twins
        if twins is None:
            return
        self._title.setText(twins.title)
        self._status.setText(_status(twins))
        self._stop.setVisible(twins.active)
        self._stop.setText("Stop" if twins.alone else "Stop both")
        self._progress.setVisible(twins.active)
        self._progress.show_fraction(twins.fraction)
        errors = [run.state.error for run in twins.runs if not run.state.active]
        self._error.say(" ".join(error.sentence() for error in errors if error))

    @Slot()
    def _show_moment(self) -> None:
        step = self._moment.step
        self._plots.show_moment(step)
        if self._twins is not None:
            names = _names(self._tracks, self._twins.sides, step)
            lacks = [f"{side} {self._twins.what}".strip() for side in self._twins.sides]
            self._plots.show_names(names, [*lacks, ""][:2])
        self._block.show_moment(step)
        if step is not None:
            state = next(track.run.state for track in self._tracks if track.history.steps)
            epoch = 1 + (step - 1) // max(1, state.steps_per_epoch)
            self._moment.say(f"step {step:,} · epoch {epoch} of {state.epochs_total}")

    @Slot()
    def _find(self) -> None:
        """Write what the figures show."""
        text = "\n".join(_sentences(self._twins)) if self._twins is not None else ""
        if text != self._findings.toPlainText():
            self._findings.setPlainText(text)

    @Slot()
    def _on_stop(self) -> None:
        if self._twins is not None:
            self.stop_asked.emit(self._twins.key)

    def _connect(self) -> None:
        self._stop.clicked.connect(self._on_stop)
        self._moment.moved.connect(self._show_moment)
        self._plots.step_pressed.connect(self._moment.go_to)
        self._plots.block_pointed.connect(self._block.choose)
        self._block.chosen.connect(self._plots.show_block)

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._status)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addLayout(words, 1)
        row.addWidget(self._stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._progress)
        layout.addWidget(self._error)
        layout.addWidget(self._plots, 1)
        for widget in (self._moment, self._block, self._findings):
            layout.addWidget(widget)


def _sentences(twins: Twins) -> tuple[str, ...]:
    """What is seen of the pair, and what it rests on."""
    if twins.alone:
        return ("This run is watched alone. What an idea does shows beside a twin without it.",)
    if len(twins.runs) < 2:
        return ()
    whole, reduced = (
        Twin(weighed(run.state), run.plan.data.validation_images) for run in twins.runs
    )
    found = findings(twins.what, whole, reduced)
    plan = twins.runs[0].plan
    return (
        *found,
        f"One pair, seed {plan.training.seed}: {plan.data.train_images:,} training and "
        f"{plan.data.validation_images:,} validation images; each point of the blocks is one "
        f"batch of up to {plan.training.batch_size:,} training images. Another seed may differ.",
    )


def _status(twins: Twins) -> str:
    parts = [
        f"{side.capitalize()}: {progress_words(run.state).lower()}"
        for side, run in zip(twins.sides, twins.runs, strict=False)
    ]
    left = twins.seconds_left
    if left is not None and all(run.state.active for run in twins.runs):
        both = "" if twins.alone else " for both"
        parts.append(f"About {duration(left)} left{both}")
    return ".  ".join(parts) + "."


def _names(tracks: Sequence[Track], sides: Sequence[str], step: int | None) -> list[str]:
    """For the legend; it tells where the blocks of a twin were observed at another step."""
    names = []
    for track, side in zip(tracks, sides, strict=False):
        seen = track.observed_at(step)
        at = f", blocks at step {seen:,}" if seen is not None and seen != step else ""
        names.append(side if len(sides) == 1 else f"{side} (run {track.run.id}{at})")
    return names


def _text_box(name: str, accessible: str) -> QPlainTextEdit:
    """To read, to scroll and to copy from."""
    box = named(QPlainTextEdit(), name, accessible)
    box.setFixedHeight(FINDINGS_LINES * box.fontMetrics().lineSpacing() + 2 * theme.SPACING)
    box.setReadOnly(True)
    box.setTabChangesFocus(True)
    return box
