"""The chosen run in words: where it stands, and the buttons that change that."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.words import execution_words, progress_words
from imgclf_gui.protocol.run_state import RunState


class RunHeader(QWidget):
    """Name, progress and what went wrong; Pause, Stop and Resume."""

    pause_asked = Signal(str)
    continue_asked = Signal(str)
    stop_asked = Signal(str)
    resume_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_header")
        self._run: RunView | None = None
        self._name = ElidedLabel(name="run_name")
        theme.set_title(self._name)
        self._status = ElidedLabel(name="run_status")
        self._details = ElidedLabel(name="run_details")
        theme.set_muted(self._details)
        self._progress = named(ProgressBar(), "run_progress", "Progress of the run")
        self._progress.setFixedHeight(6)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else the plots below are laid out anew
        self._progress.setSizePolicy(policy)
        self._error = WrongLabel("run_error")
        self._pause = _button("pause_button", "Pause", "pause")
        self._stop = _button("stop_button", "Stop", "stop")
        self._stop.setToolTip("The best model is kept, and the run can be resumed")
        self._resume = _button("resume_button", "Resume", "resume")
        self._resume.setToolTip("Go on from the last checkpoint")
        self._pause.clicked.connect(self._on_pause)
        self._stop.clicked.connect(lambda: self._ask(self.stop_asked))
        self._resume.clicked.connect(lambda: self._ask(self.resume_asked))
        self._arrange()
        self.show_run(None)

    def show_run(self, run: RunView | None) -> None:
        """Show `run` as it stands now."""
        self._run = run
        self.setVisible(run is not None)
        if run is None:
            return
        state = run.state
        self._name.setText(run.name)
        self._status.setText(progress_words(state))
        self._details.setText(_details(run))
        self._progress.setVisible(state.active)
        self._progress.show_fraction(_fraction(state))
        paused = state.status == "paused"
        self._pause.setVisible(state.status in ("running", "paused"))
        self._pause.setText("Continue" if paused else "Pause")
        self._pause.setIcon(icons.icon("resume" if paused else "pause"))
        self._stop.setVisible(state.active)
        self._resume.setVisible(state.resumable)
        wrong = state.error if not state.active else None
        self._error.say(wrong.sentence() if wrong else "")

    def _on_pause(self) -> None:
        paused = self._run is not None and self._run.state.status == "paused"
        self._ask(self.continue_asked if paused else self.pause_asked)

    def _ask(self, signal: object) -> None:
        if self._run is not None:
            signal.emit(self._run.id)  # type: ignore[attr-defined]

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._name, self._status, self._details):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addLayout(words, 1)
        for button in (self._pause, self._stop, self._resume):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._progress)
        layout.addWidget(self._error)


def _button(name: str, text: str, icon: str) -> QPushButton:
    return named(QPushButton(icons.icon(icon), text), name)


def _fraction(state: RunState) -> float | None:
    """How much is done, 0…1; None while that is not known."""
    if state.status == "preparing" and state.preparing:
        return state.preparing.done / max(1, state.preparing.total)
    total = state.epochs_total * state.steps_per_epoch
    return min(1.0, state.step / total) if total else None


def _details(run: RunView) -> str:
    state, changes = run.state, len(run.plan.augmentation)
    augmented = f"{changes} augmentation{'s' if changes > 1 else ''}" if changes else ""
    device = f"on {state.device}" if state.device else ""
    best = state.best
    kept = f"best so far: epoch {best.epoch}" if best and state.active else ""
    if best and not state.active:
        kept = f"best model: epoch {best.epoch}"
    return " · ".join(filter(None, (device, execution_words(state.execution), augmented, kept)))
