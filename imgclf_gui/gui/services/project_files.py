"""Opening, saving and reading a project's folder, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import DataSpec, ProjectSpec
from imgclf_gui.core.summary import DatasetSummary
from imgclf_gui.gui.services.service import Service
from imgclf_gui.plan import Plan
from imgclf_gui.protocol.events import SkippedImage
from imgclf_gui.protocol.run_state import RunState

if TYPE_CHECKING:
    from imgclf_gui.core.dataset import ImageRow
    from imgclf_gui.jobs.run_folder import RunFolder


@dataclass
class RunView:
    """One run as the window shows it. `state` grows as events arrive."""

    id: str
    name: str
    preset: str
    created_at: float
    """Seconds since 1970."""
    folder: RunFolder
    state: RunState
    plan: Plan
    twin: str = ""
    """Two runs of the lab that belong together have the same."""
    without: str = ""
    """What was taken out of this twin's network: 'shortcuts'."""

    @classmethod
    def of(cls, folder: RunFolder, state: RunState) -> RunView:
        """The run in `folder`, which has come to `state`.

        Raises:
            UserError: `run.damaged`.
        """
        return cls(
            id=folder.id,
            name=folder.name,
            preset=folder.info.preset or "",
            created_at=folder.info.created_at,
            folder=folder,
            state=state,
            plan=folder.plan(),
            twin=folder.info.twin,
            without=folder.info.without,
        )


@dataclass(frozen=True)
class DatasetView:
    """A dataset as read at one moment."""

    summary: DatasetSummary = field(default_factory=DatasetSummary)
    images: tuple[ImageRow, ...] = ()
    skipped: tuple[SkippedImage, ...] = ()


@dataclass(frozen=True)
class OpenedProject:
    """Everything that is shown of a project when it opens."""

    project: Project
    dataset: DatasetView
    runs: list[RunView] = field(default_factory=list)
    """Newest first."""
    damaged: tuple[ErrorReport, ...] = ()
    """Runs that cannot be shown, and why."""


class ProjectService(Service):
    """Keeps the lock of the open project; every method returns at once."""

    opened = Signal(object)
    """OpenedProject."""
    dataset_read = Signal(object, object)
    """The Project, and its DatasetView."""
    network_read = Signal(object, str, object)
    """The file's Path, what it was read for, and the ReadNetwork."""
    backbone_made = Signal(str, object)
    """The run's id, and the Backbone that its network is now."""

    def __init__(self) -> None:
        super().__init__("project files")
        self._locked: Project | None = None

    def create(self, folder: Path, spec: ProjectSpec) -> None:
        """Make a project of a new or empty folder, and open it."""
        self.ask("open", lambda: self._open(lambda: Project.create(folder, spec)))

    def open(self, folder: Path) -> None:
        """Open the project in `folder` → opened."""
        self.ask("open", lambda: self._open(lambda: Project.open(folder)))

    def save(self, project: Project, spec: ProjectSpec) -> None:
        """Write the spec, atomically."""
        self.ask("save", lambda: project.save(spec))

    def read_dataset(self, project: Project) -> None:
        """Read the manifest again → dataset_read."""
        self.ask("read_dataset", lambda: self.dataset_read.emit(project, read_dataset(project)))

    def read_network(self, path: Path, wish: str) -> None:
        """Read the network in a file, which may be large and foreign → network_read."""

        def read() -> None:
            from imgclf_gui.plan.network_file import read_network

            self.network_read.emit(path, wish, read_network(path))

        self.ask("read_network", read)

    def make_backbone(self, project: Project, folder: RunFolder) -> None:
        """Keep what a run learned as a backbone on this machine → backbone_made."""

        def make() -> None:
            from imgclf_gui.jobs.backbones import backbone_of_run

            self.backbone_made.emit(folder.id, backbone_of_run(project, folder))

        self.ask("make_backbone", make)

    def assign_splits(self, project: Project, spec: DataSpec) -> None:
        """Split the images as `spec` says → dataset_read."""

        def assign() -> None:
            from imgclf_gui.core.dataset import Dataset

            with Dataset.open(project.dataset_path) as dataset:
                dataset.assign_splits(spec)
            self.dataset_read.emit(project, read_dataset(project))

        self.ask("assign_splits", assign)

    def release(self) -> None:
        """Let others write to the project that was open."""
        self.ask("release", self.clean_up)

    def clean_up(self) -> None:
        """Unlock."""
        if self._locked is not None:
            self._locked.unlock()
            self._locked = None

    def _open(self, get: Callable[[], Project]) -> None:
        project = get()
        if self._locked is not None and self._locked.folder == project.folder:
            self.clean_up()
        project.lock()
        self.clean_up()
        self._locked = project
        self.opened.emit(read_project(project))


def read_dataset(project: Project) -> DatasetView:
    """The dataset of `project`; an empty one if nothing was imported."""
    from imgclf_gui.core.dataset import Dataset
    from imgclf_gui.core.statistics import with_statistics

    if not project.dataset_path.exists():
        return DatasetView()
    with Dataset.open(project.dataset_path) as dataset:
        skipped = tuple(SkippedImage(name=s.name, reason=s.reason) for s in dataset.skipped())
        summary = with_statistics(project, dataset.summary())
        return DatasetView(summary, tuple(dataset.images()), skipped)


def read_project(project: Project) -> OpenedProject:
    """Everything that is shown of `project`."""
    from imgclf_gui.jobs.planning import dataset_summary
    from imgclf_gui.jobs.run_folder import RunFolder

    runs, damaged = [], []
    for folder in RunFolder.list(project):
        try:
            runs.append(RunView.of(folder, folder.state()))
        except UserError as error:
            damaged.append(error.report)
    runs.reverse()
    if project.dataset_path.exists():
        dataset_summary(project)  # a run of the command line may have been split in another way
    return OpenedProject(project, read_dataset(project), runs, tuple(damaged))
