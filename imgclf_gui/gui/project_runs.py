"""The runs of the open project, and which of them is meant."""

from __future__ import annotations

from PySide6.QtCore import Signal

from imgclf_gui.gui.open_project import OpenProject
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.plan.builtin import built_in_classifiers
from imgclf_gui.protocol import events as e


class ProjectRuns(OpenProject):
    """An open project with its runs, whose states grow as events arrive."""

    runs_changed = Signal()
    run_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[RunView] = []
        """Newest first."""
        self._chosen: str | None = None
        self._chosen_without_runs = False

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
    def built_in(self) -> dict[str, Backbone]:
        """What can classify without a run, by id."""
        return built_in_classifiers()

    @property
    def classifier_id(self) -> str:
        """Of the run or the built-in classifier that is asked about what is dropped.

        That is the chosen one; else the best run; where there is none, a built-in one; and the
        empty text if that is not there either.
        """
        runs, built_in = [run.id for run in self.classifiers], list(self.built_in)
        chosen = self._chosen
        if chosen in runs:
            return str(chosen)
        if chosen in built_in and not (runs and self._chosen_without_runs):
            return str(chosen)
        return next(iter(runs + built_in), "")

    @property
    def classifier(self) -> RunView | None:
        """The run that classifies what is dropped; None if no run does."""
        wanted = self.classifier_id
        return next((run for run in self.classifiers if run.id == wanted), None)

    def choose_classifier(self, model_id: str | None) -> None:
        """Ask this run or built-in classifier from now on; None: the best run.

        A built-in one that is chosen where there is no run gives way to the first.
        """
        self._chosen, self._chosen_without_runs = model_id, not self.classifiers

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
