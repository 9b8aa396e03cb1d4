"""The runs of the open project, and which of them is meant."""

from __future__ import annotations

from PySide6.QtCore import Signal

from imgclf_gui.gui.open_project import OpenProject
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.protocol import events as e


class ProjectRuns(OpenProject):
    """An open project with its runs, whose states grow as events arrive."""

    runs_changed = Signal()
    run_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[RunView] = []
        """Newest first."""
        self.chosen_run_id: str | None = None
        """The run that classifies; None: the best that has a model."""

    @property
    def active_run(self) -> RunView | None:
        """The run that a worker has in hand; else the one whose turn is next."""
        active = [run for run in reversed(self.runs) if run.state.active]
        return next(
            (run for run in active if run.state.status != "waiting"), next(iter(active), None)
        )

    @property
    def classifiers(self) -> list[RunView]:
        """The runs with a model, that of the best validation accuracy first."""
        able = [run for run in self.runs if run.state.best_epoch and not run.state.active]
        return sorted(able, key=_best_accuracy, reverse=True)

    @property
    def classifier(self) -> RunView | None:
        """The run that classifies what is dropped: the chosen one, or the best."""
        able = self.classifiers
        chosen = [run for run in able if run.id == self.chosen_run_id]
        return next(iter(chosen + able), None)

    def run(self, run_id: str) -> RunView:
        """The run of that id.

        Raises:
            KeyError: the project has no such run.
        """
        for run in self.runs:
            if run.id == run_id:
                return run
        raise KeyError(run_id)

    def _run_of(self, event: e.Event) -> RunView | None:
        """The run that `event` belongs to: '003' and '003:evaluate-test' are about run 003."""
        run_id, _, rest = event.job.partition(":")
        if rest and not rest.startswith("evaluate"):
            return None
        return next((run for run in self.runs if run.id == run_id), None)


def _best_accuracy(run: RunView) -> float:
    """Of the epoch whose weights are kept; on training images where there are no others."""
    best = run.state.best
    if best is None:
        return 0.0
    return best.accuracy if best.validation_accuracy is None else best.validation_accuracy
