"""The state of the window: what is open, what it resolves to, what runs. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from imgclf_gui import catalog
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.history import History
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec, Split
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.gui.job_view import JobView, import_sentence, import_view, run_view
from imgclf_gui.gui.services.project_files import (
    DatasetView,
    OpenedProject,
    ProjectService,
    RunView,
)
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.gui.settings import Settings
from imgclf_gui.plan import Resolution, preset_network, resolve
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.run_state import RunState

if TYPE_CHECKING:
    from imgclf_gui.gui.services.thumbnails import ThumbnailService
    from imgclf_gui.jobs.run_folder import RunFolder

SAVE_DELAY_MS = 400
FIRST_PRESET = "cnn"
"""What a new project starts with, so that it can be trained at once."""


class Studio(QObject):
    """One open project with its dataset, its runs and its worker; lives in the window's thread.

    Reading and writing happens in services; every method here returns at once, and a signal
    tells when something is new.
    """

    project_changed = Signal()
    spec_changed = Signal()
    dataset_changed = Signal()
    resolution_changed = Signal()
    devices_changed = Signal()
    runs_changed = Signal()
    run_changed = Signal(str)
    job_changed = Signal()
    classify_started = Signal(str, list)
    """The run that classifies, and the paths as they were given."""
    classified = Signal(object)
    classify_finished = Signal(object)
    classify_failed = Signal()
    """The classification, or getting its predictor ready, ended with an error (see `failed`)."""
    predictor_ready = Signal(str)
    failed = Signal(object)
    said = Signal(str)
    """Something worth telling, in one sentence."""
    page_wanted = Signal(str)
    """The key of a page ('classify') that should be shown now."""

    def __init__(
        self, settings: Settings | None = None, worker_command: Sequence[str] | None = None
    ) -> None:
        """`worker_command` is the worker's command line, if not the usual one."""
        super().__init__()
        self.settings = settings or Settings.load()
        self.project: Project | None = None
        self.dataset = DatasetView()
        self.resolution = Resolution()
        self.devices: tuple[DeviceSummary, ...] = ()
        self.runs: list[RunView] = []
        """Newest first."""
        self.chosen_run_id: str | None = None
        """The run that classifies; None: the best that has a model."""
        self._history = History(ProjectSpec())
        self._import: e.ImportProgressed | None = None
        self._import_source: Path | None = None
        self._import_job = ""
        self._then_import: Path | None = None
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._save_timer.timeout.connect(self._save)
        self._files = ProjectService()
        self._files.opened.connect(self._on_opened)
        self._files.dataset_read.connect(self._on_dataset_read)
        self._files.refused.connect(self._on_refused)
        self._thumbnails: ThumbnailService | None = None
        self._trainer = TrainerService(worker_command)
        self._trainer.events_received.connect(self.take_events)
        self._trainer.import_started.connect(self._on_import_started)
        self._trainer.run_created.connect(self._on_run_created)
        self._trainer.refused.connect(self._on_refused)

    # What is open

    @property
    def spec(self) -> ProjectSpec:
        """What the user intends; the default one without a project."""
        return self._history.current

    @property
    def summary(self) -> DatasetSummary:
        """The dataset in figures."""
        return self.dataset.summary

    @property
    def device_label(self) -> str:
        """The device that the next run uses: 'cpu', 'gpu:0'; empty if the spec names none."""
        try:
            return catalog.load(self.spec.training.device, catalog.device_entries()).label()
        except UserError:
            return ""

    @property
    def job(self) -> JobView | None:
        """What runs now, for the status line."""
        if self._import_source is not None:
            return import_view(self._import_source.name, self._import)
        run = self.active_run
        return run_view(run.name, run.state) if run else None

    @property
    def active_run(self) -> RunView | None:
        """The run that a worker has in hand."""
        return next((run for run in self.runs if run.state.active), None)

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

    @property
    def thumbnails(self) -> ThumbnailService:
        """The pictures of the open project."""
        if self._thumbnails is None:
            from imgclf_gui.gui.services.thumbnails import ThumbnailService

            self._thumbnails = ThumbnailService()
            self._thumbnails.show_project(self.project)
        return self._thumbnails

    def new_project(self, folder: Path, *, then_import: Path | None = None) -> None:
        """Make a project of a new or empty folder; then import what is given."""
        if self._refuse_while_busy():
            return
        self._then_import = then_import
        name = folder.name[:200] or "Untitled"
        self._save_now()
        self._files.create(folder, ProjectSpec(name=name, network=preset_network(FIRST_PRESET)))

    def open_project(self, folder: Path) -> None:
        """Open the project in `folder` → project_changed."""
        if self._refuse_while_busy():
            return
        self._then_import = None
        self._save_now()
        self._files.open(folder)

    def close_project(self) -> None:
        """Save and close."""
        if self.project is None or self._refuse_while_busy():
            return
        self._save_now()
        self._files.release()
        self._show(None, DatasetView(), [])

    def close(self) -> None:
        """Save, stop what runs and join every thread and process."""
        self._save_now()
        if self._thumbnails is not None:
            self._thumbnails.close()
        self._files.close()
        self._trainer.close()

    # Edits

    def edit(self, name: str, spec: ProjectSpec, *, merge: bool = False) -> None:
        """Make `spec` current; `undo` takes it back. With `merge`, edits of one name are one."""
        if self.project is None or spec == self.spec:
            return
        before = self.spec
        self._history.edit(name, spec, merge=merge)
        self._after_edit(before)

    def undo(self) -> None:
        """Take the last edit back."""
        before = self.spec
        self._history.undo()
        self._after_edit(before)

    def redo(self) -> None:
        """Make the edit that was taken back again."""
        before = self.spec
        self._history.redo()
        self._after_edit(before)

    @property
    def undo_name(self) -> str | None:
        """The edit that `undo` takes back."""
        return self._history.undo_name

    @property
    def redo_name(self) -> str | None:
        """The edit that `redo` makes again."""
        return self._history.redo_name

    # Work

    def warm_up(self) -> None:
        """Start the worker in the background."""
        self._trainer.warm_up()

    def import_images(self, source: Path) -> None:
        """Import into the open project."""
        if self.project is None:
            self._fail("project.none", "There is no open project.", "Open or make one first.")
            return
        if self._import_source is not None:
            name = self._import_source.name
            self._fail("import.busy", f"{name} is being imported.", "Import this after it.")
            return
        self._save_now()
        self._import, self._import_source = None, source
        self._trainer.import_images(self.project, source)
        self.job_changed.emit()

    def train(self, name: str = "") -> None:
        """Start a run of the spec as it is now."""
        if self.project is None or self.resolution.plan is None:
            for problem in self.resolution.problems[:1]:
                self._fail("plan.problem", problem.message, problem.fix)
            return
        self._save_now()
        self._trainer.train(self.project, self.spec, self.resolution.plan, name)

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

    def evaluate(self, run_id: str, split: Split) -> None:
        """Measure the run's best model on `split`."""
        if self.project is not None:
            self._trainer.evaluate(self.project, self.run(run_id).folder, split)

    def load_predictor(self, run_id: str) -> None:
        """Make the run's predictor ready → predictor_ready."""
        self._trainer.load_predictor(self.run(run_id).folder)

    def classify(self, run_id: str, paths: Sequence[Path]) -> None:
        """Classify image files, and all images below folders → classified…, classify_finished."""
        self.classify_started.emit(run_id, list(paths))
        self._trainer.classify(self.run(run_id).folder, paths)

    def stop_job(self) -> None:
        """End what runs now."""
        run = self.active_run
        if self._import_source is not None:
            self._trainer.stop(self._import_job)
        elif run is not None:
            self._trainer.stop(run.id)

    # What the worker reports

    @Slot(list)
    def take_events(self, events: list[e.Event]) -> None:
        """Take in what a worker reported, in its order."""
        touched: dict[str, None] = {}
        for event in events:
            run = self._run_of(event)
            if run is not None:
                run.state.apply(event)
                touched[run.id] = None
            self._take(event)
        for run_id in touched:
            self.run_changed.emit(run_id)
        self.job_changed.emit()

    def _take(self, event: e.Event) -> None:
        match event:
            case e.DevicesListed():
                self.devices = event.devices
                self.devices_changed.emit()
                self._resolve()
            case e.ImportProgressed():
                self._import = event
            case e.ImportFinished():
                self._end_import(event)
            case e.Classified():
                self.classified.emit(event)
            case e.ClassifyFinished():
                self.classify_finished.emit(event)
            case e.PredictorReady():
                self.predictor_ready.emit(Path(event.run).name)
            case e.JobFailed():
                self._end_failed(event)
            case _:
                pass

    def _run_of(self, event: e.Event) -> RunView | None:
        """The run that `event` belongs to: '003' and '003:evaluate-test' are about run 003."""
        run_id, _, rest = event.job.partition(":")
        if rest and not rest.startswith("evaluate"):
            return None
        return next((run for run in self.runs if run.id == run_id), None)

    def _end_import(self, event: e.ImportFinished) -> None:
        self._import = self._import_source = None
        self.said.emit(import_sentence(event))
        if self.project is not None:
            self._files.read_dataset(self.project)

    def _end_failed(self, event: e.JobFailed) -> None:
        if self._import_source is not None and self._import_job == event.job:
            self._import = self._import_source = None
            if self.project is not None:
                self._files.read_dataset(self.project)
        if event.job.partition(":")[2].startswith(("classify", "predictor")):
            self.classify_failed.emit()
        self.failed.emit(event.error)

    # What the services answer

    @Slot(object)
    def _on_opened(self, opened: OpenedProject) -> None:
        self._show(opened.project, opened.dataset, opened.runs)
        for report in opened.damaged:
            self.failed.emit(report)
        if self._then_import is not None:
            source, self._then_import = self._then_import, None
            self.import_images(source)

    def _show(self, project: Project | None, dataset: DatasetView, runs: list[RunView]) -> None:
        self.project, self.dataset, self.runs = project, dataset, runs
        self.chosen_run_id = None
        if self._thumbnails is not None:
            self._thumbnails.show_project(project)
        self._history = History(project.spec if project else ProjectSpec())
        self.project_changed.emit()
        self.spec_changed.emit()
        self.dataset_changed.emit()
        self.runs_changed.emit()
        self._resolve()
        self.job_changed.emit()

    @Slot(object, object)
    def _on_dataset_read(self, project: Project, dataset: DatasetView) -> None:
        if project is self.project:
            self.dataset = dataset
            self.dataset_changed.emit()
            self._resolve()

    @Slot(str)
    def _on_import_started(self, job: str) -> None:
        self._import_job = job

    @Slot(object)
    def _on_run_created(self, folder: RunFolder) -> None:
        self.runs.insert(0, RunView.of(folder, RunState()))
        self.runs_changed.emit()
        self.job_changed.emit()

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what == "import":
            self._import = self._import_source = None
            self.job_changed.emit()
        if what in ("classify", "load_predictor"):
            self.classify_failed.emit()
        self.failed.emit(report)

    # Saving and resolving

    def _after_edit(self, before: ProjectSpec) -> None:
        if before == self.spec:
            return
        self._save_timer.start()
        self.spec_changed.emit()
        self._resolve()
        if self.project is not None and before.data != self.spec.data:
            self._files.assign_splits(self.project, self.spec.data)

    def _save_now(self) -> None:
        if self._save_timer.isActive():
            self._save_timer.stop()
            self._save()

    @Slot()
    def _save(self) -> None:
        if self.project is not None:
            self._files.save(self.project, self.spec)

    def _resolve(self) -> None:
        label = self.device_label
        device = next((device for device in self.devices if device.label == label), None)
        self.resolution = resolve(self.spec, self.summary, device)
        self.resolution_changed.emit()

    def _refuse_while_busy(self) -> bool:
        job = self.job
        if job is not None:
            self._fail("studio.busy", f"{job.title}.", "Stop it or let it finish first.")
        return job is not None

    def _fail(self, code: str, message: str, hint: str) -> None:
        self.failed.emit(ErrorReport(code=code, message=message, hint=hint))


def _best_accuracy(run: RunView) -> float:
    """Of the epoch whose weights are kept; on training images where there are no others."""
    best = run.state.best
    if best is None:
        return 0.0
    return best.accuracy if best.validation_accuracy is None else best.validation_accuracy
