"""The open project as the window knows it: its spec with undo, its dataset, what it resolves to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from imgclf_gui import catalog
from imgclf_gui.core.errors import ErrorReport, UserError
from imgclf_gui.core.history import History
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.core.summary import DatasetSummary, DeviceSummary
from imgclf_gui.gui.network_view import drafted, inputs_of
from imgclf_gui.gui.services.project_files import DatasetView, ProjectService
from imgclf_gui.plan import Resolution, resolve

if TYPE_CHECKING:
    from imgclf_gui.gui.services.thumbnails import ThumbnailService

SAVE_DELAY_MS = 400


class OpenProject(QObject):
    """Edits make a new spec; it is resolved at once, and saved a moment later."""

    project_changed = Signal()
    spec_changed = Signal()
    dataset_changed = Signal()
    resolution_changed = Signal()
    devices_changed = Signal()
    failed = Signal(object)
    """An ErrorReport."""
    network_opened = Signal(str, list)
    """A network came from the file of that name; sentences say what was not taken over of it."""
    stepped = Signal(object, object)
    """An undo or redo led from the first ProjectSpec to the second."""
    said = Signal(str)
    """Something worth telling, in one sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None
        self.dataset = DatasetView()
        self.resolution = Resolution()
        self.devices: tuple[DeviceSummary, ...] = ()
        self._history = History(ProjectSpec())
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_DELAY_MS)
        self._save_timer.timeout.connect(self._save)
        self._thumbnails: ThumbnailService | None = None
        self._files = ProjectService()
        self._files.dataset_read.connect(self._on_dataset_read)

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
    def device(self) -> DeviceSummary | None:
        """What is known of that device; None until the worker has told of it."""
        label = self.device_label
        return next((device for device in self.devices if device.label == label), None)

    @property
    def thumbnails(self) -> ThumbnailService:
        """The pictures of the open project."""
        if self._thumbnails is None:
            from imgclf_gui.gui.services.thumbnails import ThumbnailService

            self._thumbnails = ThumbnailService()
            self._thumbnails.show_project(self.project)
        return self._thumbnails

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
        self.stepped.emit(before, self.spec)

    def redo(self) -> None:
        """Make the edit that was taken back again."""
        before = self.spec
        self._history.redo()
        self._after_edit(before)
        self.stepped.emit(before, self.spec)

    @property
    def undo_name(self) -> str | None:
        """The edit that `undo` takes back."""
        return self._history.undo_name

    @property
    def redo_name(self) -> str | None:
        """The edit that `redo` makes again."""
        return self._history.redo_name

    def close(self) -> None:
        """Save, unlock, and join the threads."""
        self._save_now()
        if self._thumbnails is not None:
            self._thumbnails.close()
        self._files.close()

    def _show_project(self, project: Project | None, dataset: DatasetView) -> None:
        self.project, self.dataset = project, dataset
        if self._thumbnails is not None:
            self._thumbnails.show_project(project)
        self._history = History(project.spec if project else ProjectSpec())
        self.project_changed.emit()
        self.spec_changed.emit()
        self.dataset_changed.emit()
        self._resolve()

    def _read_dataset(self) -> None:
        if self.project is not None:
            self._files.read_dataset(self.project)

    @Slot(object, object)
    def _on_dataset_read(self, project: Project, dataset: DatasetView) -> None:
        if project is self.project:
            self.dataset = dataset
            self.dataset_changed.emit()
            self._resolve()

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
        inputs = inputs_of(self.spec, self.summary)
        draft = None if inputs.example else drafted(self.spec.network.blocks, inputs)
        self.resolution = resolve(self.spec, self.summary, self.device, draft=draft)
        self.resolution_changed.emit()

    def _fail(self, code: str, message: str, hint: str) -> None:
        self.failed.emit(ErrorReport(code=code, message=message, hint=hint))
