"""What workers are asked to do with the open project. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from imgclf_gui.core.spec import NetworkSpec, Split
from imgclf_gui.gui.project_runs import ProjectRuns
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.gui.twin_plans import TwinPlans, plan_twins

if TYPE_CHECKING:
    from imgclf_gui.jobs.run_folder import RunFolder
    from imgclf_gui.jobs.supervisor import Jobs


class ProjectWork(ProjectRuns):
    """Every method returns at once; what comes of it arrives as events."""

    classify_started = Signal(str, list)
    """The run or built-in classifier that classifies, and the paths as they were given."""
    classified = Signal(object)
    classify_finished = Signal(object)
    classify_failed = Signal()
    """The classification, or getting its predictor ready, ended with an error (see `failed`)."""
    predictor_ready = Signal(str)
    backbone_made = Signal(str, object)
    """The run's id, and the Backbone that `make_backbone` kept; None if it could not be."""

    def __init__(self, worker_command: Sequence[str] | None) -> None:
        super().__init__()
        self._trainer = TrainerService(worker_command)

    def train(self, name: str = "") -> None:
        """Start a run of the spec as it is now."""
        if self.project is None or self.resolution.plan is None:
            for problem in self.resolution.problems[:1]:
                self._fail("plan.problem", problem.message, problem.fix)
            return
        self._save_now()
        self._trainer.train(self.project, self.spec, self.resolution.plan, name)

    def plan_twins(self, what: str, network: NetworkSpec, epochs: int) -> TwinPlans:
        """What `train_twins` would train, or why it cannot."""
        return plan_twins(
            self.spec, self.summary, self.device, network=network, what=what, epochs=epochs
        )

    def train_twins(self, what: str, network: NetworkSpec, epochs: int) -> None:
        """Train `network`, then the same without `what`, and watch the blocks of both."""
        if self.project is None:
            self._fail("project.none", "There is no open project.", "Open or make one first.")
            return
        planned = self.plan_twins(what, network, epochs)
        if planned.problem:
            self._fail("plan.problem", planned.problem, "")
            return
        self._save_now()
        self._trainer.train_twins(self.project, planned.asked, what, self.device)

    def stop_twins(self, twin: str) -> None:
        """End the runs of `Twins.key`; the one that waits first, so that it does not begin."""
        for run in self.runs:
            if twin in (run.twin, run.id) and run.state.active:
                self._trainer.stop(run.id)

    def resume(self, run_id: str) -> None:
        """Go on with a run that ended before its time."""
        if self.project is not None:
            self._trainer.resume(self.project, self.run(run_id).folder)

    def pause(self, run_id: str) -> None:
        """Hold the run before its next step."""
        self._trainer.pause(run_id)

    def go_on(self, run_id: str) -> None:
        """End the run's pause."""
        self._trainer.go_on(run_id)

    def stop(self, run_id: str) -> None:
        """End the run at its next step; it can be resumed."""
        self._trainer.stop(run_id)

    def evaluate(self, run_id: str, split: Split, views: int = 0) -> None:
        """Measure the run's best model on `split`, its answers averaged over changed views, too."""
        if self.project is not None:
            self._trainer.evaluate(self.project, self.run(run_id).folder, split, views)

    def load_predictor(self, model_id: str) -> None:
        """Make the predictor of a run or built-in classifier ready → predictor_ready."""
        self._trainer.load_predictor(self._model(model_id))

    def classify(self, model_id: str, paths: Sequence[Path], views: int = 0) -> None:
        """Classify image files, and all images below folders → classified…, classify_finished."""
        self.classify_started.emit(model_id, list(paths))
        self._trainer.classify(self._model(model_id), paths, views=views)

    def _model(self, model_id: str) -> RunFolder | str:
        return model_id if model_id in self.built_in else self.run(model_id).folder

    def begin(self, what: str, action: Callable[[Jobs], object]) -> None:
        """Let `action` start a job of that kind on the service's thread; its events come here."""
        self._trainer.begin(what, action)

    def make_backbone(self, run_id: str) -> None:
        """Keep what the run learned as a backbone of this machine → backbone_made."""
        if self.project is not None:
            self._files.make_backbone(self.project, self.run(run_id).folder)
