"""What happened in a run, line by line."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from PySide6.QtWidgets import QPlainTextEdit

from imgclf_gui.core.figures import three_digits
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.words import execution_words, percent
from imgclf_gui.protocol.events import EpochSummary, ExecutionTrial
from imgclf_gui.protocol.run_state import RunState

MOST_LINES = 2_000
LONGEST_LINE = 500


class RunLog(QPlainTextEdit):
    """The newest lines of the chosen run; written anew only when there are more."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_log")
        self.setAccessibleName("Log of the run")
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.setTabChangesFocus(True)
        self.setPlaceholderText("What happens in a run is written here.")
        self._shown: tuple[object, ...] = ()

    def show_run(self, run: RunView | None) -> None:
        """Write the lines of `run`."""
        state = run.state if run else RunState()
        shown = (
            run.id if run else "",
            len(state.log),
            len(state.epochs),
            state.execution is None,
            state.error is None,
        )
        if shown != self._shown:
            self._shown = shown
            self.setPlainText("\n".join(lines(state)))
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())


def lines(state: RunState) -> list[str]:
    """The log with the epochs and the choice of execution, in the order of time."""
    found = [(logged.at, _warned(logged.level, logged.text)) for logged in state.log]
    if state.execution is not None:
        chosen = state.execution
        found += [(chosen.at, _trial_line(trial)) for trial in chosen.trials]
        found.append((chosen.at, f"Steps are {execution_words(chosen)}."))
    found += [(_ended_at(state, epoch), _epoch_line(epoch)) for epoch in state.epochs]
    found.sort(key=lambda pair: pair[0])
    written = [f"{_clock(at)}  {shortened(text, LONGEST_LINE)}" for at, text in found]
    if state.error is not None:
        written.append(shortened(state.error.sentence(), LONGEST_LINE))
    return written[-MOST_LINES:]


def _ended_at(state: RunState, epoch: EpochSummary) -> float:
    """When its last step was reported; a summary has no time of its own."""
    after = bisect_right(state.steps, epoch.step, key=lambda steps: steps.step)
    return state.steps[after - 1].at if after else (state.started_at or 0.0)


def _epoch_line(epoch: EpochSummary) -> str:
    line = f"Epoch {epoch.epoch}: loss {three_digits(epoch.loss)}"
    line += f", accuracy {percent(epoch.accuracy)}"
    if epoch.validation_loss is not None:
        line += f"; validation loss {three_digits(epoch.validation_loss)}"
        line += f", accuracy {percent(epoch.validation_accuracy)}"
    return f"{line}; {epoch.images_per_second:,.0f} images/s"


def _trial_line(trial: ExecutionTrial) -> str:
    compiled = "with XLA" if trial.jit_compile else "without XLA"
    steps = "1 step" if trial.steps_per_execution == 1 else f"{trial.steps_per_execution} steps"
    return f"Tried {compiled}, {steps} at a time: {trial.images_per_second:,.0f} images/s"


def _warned(level: str, text: str) -> str:
    return f"Warning: {text}" if level == "warning" else text


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")
