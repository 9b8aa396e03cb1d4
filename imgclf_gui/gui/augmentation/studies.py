"""The studies of the open project, as they grow. No widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.project_runs import ProjectRuns
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.plan.study import StudyPlan, StudyResolution, study_plan
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.study_state import StudyState

if TYPE_CHECKING:
    from imgclf_gui.jobs.study_folder import StudyFolder
    from imgclf_gui.jobs.supervisor import Jobs

LIST, STUDY = "studies", "study"
"""What is asked of the trainer service."""


@dataclass
class ShownStudy:
    """One study as the window shows it. `state` grows as events arrive."""

    id: str
    folder: StudyFolder
    plan: StudyPlan
    state: StudyState

    @property
    def title(self) -> str:
        """'001 · Flip horizontally, Rotation ±15°'."""
        return f"{self.id} · {self.folder.name}"

    @property
    def done(self) -> float:
        """Trainings, with the part of the one in hand."""
        progress = self.state.progress
        whole = float(len(self.state.done))
        return max(whole, progress.done) if progress and self.state.active else whole

    def view(self) -> JobView:
        """For the status line."""
        total, progress = self.plan.trainings, self.state.progress
        number = min(total, 1 + int(self.done))
        title = f"Study {self.id}: training {number} of {total}"
        left = progress.seconds_left if progress else None
        return JobView("study", title, round(100 * self.done), 100 * total, seconds_left=left)


class Studies(QObject):
    """Plans, starts, stops and resumes studies; one at a time, beside trainings."""

    listed = Signal()
    """There are others than before."""
    study_changed = Signal(str)
    """The study of that id began, went on or ended."""

    def __init__(self, opened: ProjectRuns, trainer: TrainerService) -> None:
        super().__init__(opened)
        self._opened = opened
        self._trainer = trainer
        self.studies: list[ShownStudy] = []
        """Newest first."""
        self.starting = False
        """Whether one was asked for that is not in the list yet."""
        opened.project_changed.connect(self._on_project_changed)
        trainer.begun.connect(self._on_begun)
        trainer.refused.connect(self._on_refused)

    @property
    def active(self) -> ShownStudy | None:
        """The study that a worker has in hand."""
        return next((study for study in self.studies if study.state.active), None)

    def plan(self, *, epochs: int, seeds: int, train_images: int) -> StudyResolution:
        """What `start` would do, or why it cannot."""
        opened = self._opened
        return study_plan(
            opened.spec, opened.summary, opened.device,
            epochs=epochs, seeds=seeds, train_images=train_images,
        )  # fmt: skip

    def seconds(self, plan: StudyPlan) -> float | None:
        """About how long `plan` takes, by what the same network took before; None if unknown."""
        images = plan.trainings * plan.epochs * plan.train_images
        network = plan.plan.network
        for study in self.studies:
            done, other = len(study.state.done), study.plan
            if done and other.plan.network == network:
                each = study.state.seconds / (done * other.epochs * other.train_images)
                return each * images
        each_of = (
            _seconds_an_image(run) for run in self._opened.runs if run.plan.network == network
        )
        return next((each * images for each in each_of if each), None)

    def start(self, *, epochs: int, seeds: int, train_images: int) -> None:
        """Begin a study of the augmentations as they are now → listed."""
        project, spec = self._opened.project, self._opened.spec
        if project is None or self.starting or self.active is not None:
            return
        self.starting = True
        device = self._opened.device

        def begin(jobs: Jobs) -> ShownStudy:
            from imgclf_gui.jobs.studies import start_study

            folder = start_study(
                jobs, project, spec, epochs=epochs, seeds=seeds, train_images=train_images,
                device=device,
            )  # fmt: skip
            return ShownStudy(folder.id, folder, folder.plan(), StudyState())

        self._trainer.begin(STUDY, begin)
        self.listed.emit()

    def resume(self, study: ShownStudy) -> None:
        """Go on with the trainings that are missing."""
        project = self._opened.project
        if project is None or self.starting or self.active is not None:
            return
        self.starting = True

        def begin(jobs: Jobs) -> None:
            from imgclf_gui.jobs.studies import resume_study

            resume_study(jobs, project, study.folder)

        self._trainer.begin(STUDY, begin)
        self.study_changed.emit(study.id)

    def cancel(self) -> None:
        """End the study that runs; what was trained is kept, and it can be resumed."""
        if self.active is not None:
            self._trainer.stop(self.active.folder.job)

    def view(self) -> JobView | None:
        """For the status line; None if no study runs."""
        return self.active.view() if self.active is not None else None

    def take(self, event: e.Event) -> None:
        """Take in what a worker reported, if it is about a study."""
        study = next((one for one in self.studies if one.folder.job == event.job), None)
        if study is not None:
            study.state.apply(event)
            self.starting = False
            self.study_changed.emit(study.id)

    @Slot(str, object)
    def _on_begun(self, what: str, found: object) -> None:
        if what == STUDY and isinstance(found, ShownStudy):
            self.starting = False
            self.studies.insert(0, found)
        elif what == LIST and isinstance(found, _Listed) and found.project is self._opened.project:
            self.studies = found.studies
            for report in found.damaged:
                self._opened.failed.emit(report)
        else:
            return
        self.listed.emit()

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        del report  # it is told of in the message bar
        if what == STUDY:
            self.starting = False
            self.listed.emit()

    @Slot()
    def _on_project_changed(self) -> None:
        self.studies, self.starting = [], False
        project = self._opened.project
        if project is not None:
            self._trainer.begin(LIST, lambda _jobs: _read(project))
        self.listed.emit()


@dataclass(frozen=True)
class _Listed:
    """The studies of a project, and why some cannot be shown."""

    project: Project
    studies: list[ShownStudy]
    damaged: list[ErrorReport]


def _read(project: Project) -> _Listed:
    from imgclf_gui.jobs.study_folder import StudyFolder

    listed = _Listed(project, [], [])
    for folder in reversed(StudyFolder.list(project)):
        try:
            study = ShownStudy(folder.id, folder, folder.plan(), folder.state())
        except UserError as error:
            listed.damaged.append(error.report)
        else:
            listed.studies.append(study)
    return listed


def _seconds_an_image(run: RunView) -> float | None:
    """What the last epoch of `run` took for each training image."""
    epochs, images = run.state.epochs, run.plan.data.train_images
    return epochs[-1].seconds / images if epochs and images else None
