"""The state of the window: the open project, its runs, and its worker. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.gui.augmentation.augmenting import Augmenting
from imgclf_gui.gui.backbone_adding import BackboneAdding
from imgclf_gui.gui.cloud_parts import CloudParts
from imgclf_gui.gui.heard_runs import HeardRuns
from imgclf_gui.gui.job_view import ImportUnderWay, JobView, Part, import_sentence, run_view
from imgclf_gui.gui.measuring import MEASURE, Measuring
from imgclf_gui.gui.project_work import ProjectWork
from imgclf_gui.gui.services.previews import PREVIEW, Previews
from imgclf_gui.gui.services.project_files import (
    DatasetView,
    OpenedProject,
    RunView,
)
from imgclf_gui.gui.services.trainer import FIND_RUN
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.sorting import SortingJob
from imgclf_gui.plan import preset_network
from imgclf_gui.protocol import events as e

if TYPE_CHECKING:
    from imgclf_gui.plan.network_file import ReadNetwork

_OPEN = "open"
FIRST_PRESET = "cnn"
"""What a new project starts with, so that it can be trained at once."""


class Studio(ProjectWork):
    """One open project with its dataset, its runs and its worker; lives in the window's thread.

    Reading and writing happens in services; every method here returns at once, and a signal
    tells when something is new.
    """

    job_changed = Signal()
    augmentation_previewed = Signal(object)
    """What became of a preview: AugmentationPreviewed or JobFailed."""
    network_read = Signal(object, str, object)
    """What `read_network` was asked for: the Path, the wish, and the ReadNetwork."""
    page_wanted = Signal(str)
    """The key of a page ('classify') that should be shown now."""
    view_wanted = Signal(str)
    """The key of a view of the Architecture page ('build') that should be in front there."""

    def __init__(
        self, settings: Settings | None = None, worker_command: Sequence[str] | None = None
    ) -> None:
        """`worker_command` is the worker's command line, if not the usual one."""
        super().__init__(worker_command)
        self.settings = settings or Settings.load()
        self._import: ImportUnderWay | None = None
        self._then_import: Path | None = None
        self._previews: Previews | None = None
        self._training_waits = False
        for signal in (self.predictor_ready, self.classify_failed, self.project_changed):
            signal.connect(self._warm_training_up)
        self._files.opened.connect(self._on_opened)
        self._files.refused.connect(self._on_refused)
        self._files.network_read.connect(self._on_network_read)
        self._files.backbone_made.connect(self.backbone_made)
        self._trainer.events_received.connect(self.take_events)
        self._trainer.import_started.connect(self._on_import_started)
        self._trainer.run_created.connect(self._on_run_created)
        self._trainer.refused.connect(self._on_refused)
        self.augmenting = Augmenting(self, self._trainer)
        self.augmenting.changed.connect(self.job_changed)
        self.sorting = SortingJob(self, self._trainer)
        self.sorting.changed.connect(self.job_changed)
        self._parts: list[Part] = []
        self._heard_runs = HeardRuns(self._find_run)
        self.adding = BackboneAdding(self, self._trainer)
        self.adding.changed.connect(self.job_changed)
        self.adding.arrived.connect(self._on_backbones_changed)
        self.adding.gone.connect(self._on_backbones_changed)
        self.attach(self.adding)
        self.cloud = CloudParts(self)
        Measuring(self)

    # What is open

    @property
    def job(self) -> JobView | None:
        """What runs now, for the status line: what else runs is in `augmenting`."""
        if self._import is not None:
            return self._import.view()
        run = self._run_in_front
        if run is not None:
            return run_view(run.name, run.state)
        working = self._working_part
        return self.augmenting.job or self.sorting.view() or (working.job if working else None)

    @property
    def _run_in_front(self) -> RunView | None:
        """The active run, unless it is only one of those that are tried for a custom model."""
        return None if self.cloud.trains_here else self.active_run

    @property
    def _working_part(self) -> Part | None:
        return next((part for part in self._parts if part.job is not None), None)

    def attach(self, part: Part) -> None:
        """Show and stop what `part` does; it emits `job_changed`, and is closed with the studio."""
        self._parts.append(part)

    @property
    def importing(self) -> bool:
        """Whether images are being imported."""
        return self._import is not None

    @property
    def previews(self) -> Previews:
        """What augmentations make of the open project's images."""
        if self._previews is None:
            self._previews = Previews(self)
        return self._previews

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
        super().close()
        for part in self._parts:
            part.close()
        if self._previews is not None:
            self._previews.close()
        self._trainer.close()

    # Work

    def warm_up(self, project_comes: bool = False) -> None:
        """Start the training worker in the background.

        Unless a project is open or `project_comes`, the first thing dropped may be a photograph:
        the built-in classifier gets ready first, and training waits for it or for a project.
        """
        if self.project is None and not project_comes and self.classifier_id in self.built_in:
            self._training_waits = True
            self.load_predictor(self.classifier_id)
        else:
            self._trainer.warm_up()

    @Slot()
    def _warm_training_up(self) -> None:
        if self._training_waits:
            self._training_waits = False
            self._trainer.warm_up()

    def import_images(self, source: Path) -> None:
        """Import into the open project."""
        if self.project is None:
            self._fail("project.none", "There is no open project.", "Open or make one first.")
            return
        if self._import is not None:
            name = self._import.source.name
            self._fail("import.busy", f"{name} is being imported.", "Import this after it.")
            return
        self._save_now()
        self._import = ImportUnderWay(source)
        self._trainer.import_images(self.project, source)
        self.job_changed.emit()

    def stop_job(self) -> None:
        """End what runs now; of twins both."""
        run = self._run_in_front
        if self._import is not None:
            self._trainer.stop(self._import.job)
        elif run is not None and run.twin:
            self.stop_twins(run.twin)
        elif run is not None:
            self._trainer.stop(run.id)
        elif self.augmenting.job is not None:
            self.augmenting.stop()
        elif self.sorting.view() is not None or self._working_part is None:
            self.sorting.cancel()
        else:
            self._working_part.stop()

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
            elif self.project is not None:
                self._heard_runs.take(event)
            self._take(event)
            self.augmenting.take(event)
            self.sorting.take(event)
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
                if self._import is not None and self._import.take(event):
                    self._read_dataset()
            case e.ImportFinished():
                self._end_import(event)
            case e.ImagesMeasured():
                self._take_statistics(event)
            case e.Classified():
                self.classified.emit(event)
            case e.ClassifyFinished():
                self.classify_finished.emit(event)
            case e.AugmentationPreviewed():
                self.augmentation_previewed.emit(event)
            case e.PredictorReady():
                self.predictor_ready.emit(event.backbone or Path(event.run).name)
            case e.JobFailed():
                self._end_failed(event)
            case _:
                pass

    def _end_import(self, event: e.ImportFinished) -> None:
        self._import = None
        self.said.emit(import_sentence(event))
        self._read_dataset()

    def _take_statistics(self, event: e.ImagesMeasured) -> None:
        """Warn of what they speak against; of a dataset that has changed meanwhile they do not."""
        if event.fingerprint == self.summary.fingerprint:
            summary = self.summary.model_copy(update={"statistics": event.statistics})
            self.dataset = replace(self.dataset, summary=summary)
            self._resolve()

    def _end_failed(self, event: e.JobFailed) -> None:
        if event.job.startswith(MEASURE):
            return  # there are only fewer warnings
        if self.augmenting.cancelled(event) or self.adding.ended_by_person(event):
            return
        if self.sorting.owns(event):
            return  # told where the groups would be
        if event.job.startswith(PREVIEW):
            self.augmentation_previewed.emit(event)  # told where the preview would be
            return
        if self._import is not None and self._import.job == event.job:
            source, self._import = self._import.source, None
            if event.error.code == "import.no_classes" and source.is_dir():
                self.sorting.offer(source)  # in place of the error
                return
            if self.project is not None:
                self._files.read_dataset(self.project)
        if event.job.partition(":")[2].startswith(("classify", "predictor")):
            self.classify_failed.emit()
        self.failed.emit(event.error)

    def open_network(self, path: Path) -> None:
        """Replace the project's network by the one in a file → network_opened; can be undone."""
        if self.project is None:
            hint = "Open or make one first; then open the network."
            self._fail("project.none", "There is no open project.", hint)
            return
        self.read_network(path, _OPEN)

    def read_network(self, path: Path, wish: str) -> None:
        """Read the network in a file → network_read, with the same `wish`; or `failed`."""
        self._files.read_network(path, wish)

    # What the services answer

    @Slot(str)
    def _on_backbones_changed(self, name: str) -> None:
        """The network may begin with that backbone."""
        del name
        self._resolve()

    @Slot(object, str, object)
    def _on_network_read(self, path: Path, wish: str, found: ReadNetwork) -> None:
        if wish == _OPEN and self.project is not None:
            self.page_wanted.emit("architecture")
            self.view_wanted.emit("build")
            self.edit("Open network", self.spec.model_copy(update={"network": found.network}))
            self.network_opened.emit(path.name, list(found.notes))
            if not found.notes:
                self.said.emit(f"The network of {path.name} is open. Undo brings the old one back.")
        self.network_read.emit(path, wish, found)

    @Slot(object)
    def _on_opened(self, opened: OpenedProject) -> None:
        self._show(opened.project, opened.dataset, opened.runs)
        for report in opened.damaged:
            self.failed.emit(report)
        if self._then_import is not None:
            source, self._then_import = self._then_import, None
            self.import_images(source)

    def _show(self, project: Project | None, dataset: DatasetView, runs: list[RunView]) -> None:
        self.runs = runs
        self.choose_classifier(None)
        self._show_project(project, dataset)
        self.runs_changed.emit()
        self.job_changed.emit()

    @Slot(str)
    def _on_import_started(self, job: str) -> None:
        if self._import is not None:
            self._import.job = job

    @Slot(object)
    def _on_run_created(self, run: RunView) -> None:
        self._heard_runs.found(run)
        self.runs.insert(0, run)
        self.runs_changed.emit()
        self.job_changed.emit()

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what in (MEASURE, FIND_RUN):
            return
        if what == PREVIEW:
            self.augmentation_previewed.emit(e.JobFailed(job=PREVIEW, error=report))
            return
        if what == "import":
            self._import = None
            self.job_changed.emit()
        if what == "make_backbone":
            self.backbone_made.emit("", None)
        if what in ("classify", "load_predictor"):
            self.classify_failed.emit()
        self.failed.emit(report)

    def _find_run(self, run_id: str) -> None:
        if self.project is not None:
            self._trainer.find_run(self.project, run_id)

    def _refuse_while_busy(self) -> bool:
        job = self.job
        busy = job is not None and job.kind != "weights"  # backbones are not a project's
        if job is not None and busy:
            self._fail("studio.busy", f"{job.title}.", "Stop it or let it finish first.")
        return busy
