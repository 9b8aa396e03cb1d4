"""Label checks and written copies, from the wish to what came of it. No widgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import EntrySpec, Split
from imgclf_gui.gui.augmentation.kept_check import Checked, keep, kept
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.open_project import OpenProject
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.plan.resolve import data_plan
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.commands import ImageForm

if TYPE_CHECKING:
    from imgclf_gui.jobs.supervisor import Jobs

KEPT = "kept check"
"""What the trainer service calls the reading of the last check."""
WORST = 24
"""Examples of changed predictions that a check brings."""
Name = Literal["check", "copies", "transfer"]


class OneJob(QObject):
    """Work of which there is one at a time, beside trainings; its last outcome is kept."""

    changed = Signal()
    """It began, went on, or ended in whatever way."""

    def __init__(self, name: Name, opened: OpenProject, trainer: TrainerService) -> None:
        """`name` is what its jobs are called, without their number."""
        super().__init__(opened)
        self._name = name
        self._opened = opened
        self._trainer = trainer
        self.job = ""
        """What its events call it; empty until a worker was asked."""
        self.active = False
        self.cancelled = False
        """Whether the person ended it."""
        self.error: ErrorReport | None = None
        """Why it ended without an outcome."""
        self.progress: e.CopiesProgressed | None = None
        opened.project_changed.connect(self._on_project_changed)
        trainer.begun.connect(self._on_begun)
        trainer.refused.connect(self._on_refused)

    @property
    def title(self) -> str:
        """What it does now, in a few words."""
        raise NotImplementedError

    def view(self) -> JobView | None:
        """For the status line; None if nothing runs."""
        if not self.active:
            return None
        if self.progress is None:
            return JobView(self._name, self.title)
        done, total = self.progress.done, self.progress.total
        title = f"{self.title}: {done:,} of {total:,}"
        left = self.progress.seconds_left
        return JobView(self._name, title, done, total, self.progress.images_per_second, left)

    def cancel(self) -> None:
        """End it before its time."""
        if self.active and not self.cancelled:
            self.cancelled = True
            if self.job:
                self._trainer.stop(self.job)
            self.changed.emit()

    def take(self, event: e.Event) -> None:
        """Take in what a worker reported, if it is about this."""
        if not self.active or event.job != self.job:
            return
        if isinstance(event, e.CopiesProgressed):
            self.progress = event
        if isinstance(event, e.JobFailed):
            self.error = event.error
        self._apply(event)
        if isinstance(event, e.FINAL_EVENTS):
            self.active = False
        self.changed.emit()

    def _apply(self, event: e.Event) -> None:
        """Take in what this kind of work reports."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Let go of the last outcome."""
        raise NotImplementedError

    def _begin(self, start: Callable[[Jobs], str]) -> None:
        self.job, self.progress, self.error = "", None, None
        self.active, self.cancelled = True, False
        self._trainer.begin(self._name, start)
        self.changed.emit()

    @Slot(str, object)
    def _on_begun(self, what: str, job: object) -> None:
        if what == self._name and self.active:
            self.job = str(job)
            if self.cancelled:
                self._trainer.stop(self.job)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what == self._name and self.active:
            self.active, self.error = False, report
            self.changed.emit()

    @Slot()
    def _on_project_changed(self) -> None:
        self._forget()
        self.active, self.cancelled, self.error = False, False, None
        self.changed.emit()


class LabelChecks(OneJob):
    """Asks the model of a run about images as they are, and augmented."""

    def __init__(self, opened: OpenProject, trainer: TrainerService) -> None:
        super().__init__("check", opened, trainer)
        self._run = ""
        self._steps: tuple[EntrySpec, ...] = ()
        self.checked: Checked | None = None
        """The last outcome."""

    @property
    def title(self) -> str:
        """'Checking labels with 002 · CNN'."""
        return f"Checking labels with {self._run}"

    def check(
        self, run: RunView, title: str, steps: Sequence[EntrySpec], split: Split, *, most: int,
        draws: int,
    ) -> None:  # fmt: skip
        """Ask `run`, called `title`, about at most `most` images and `draws` copies of each."""
        project = self._opened.project
        if project is None or self.active:
            return
        pictures = project.cache_folder / f"label-check-{time.time_ns()}.npy"
        self._run, self._steps = title, tuple(steps)

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.augmenting import check_labels

            pictures.parent.mkdir(parents=True, exist_ok=True)
            return check_labels(
                jobs, project, run.folder, steps, split=split, most=most, draws=draws,
                worst=WORST, output=pictures,
            )  # fmt: skip

        self._begin(start)

    def _apply(self, event: e.Event) -> None:
        if isinstance(event, e.LabelsChecked):
            checked = Checked(self._run, self._steps, Path(event.file), event)
            self.checked = checked
            self._trainer.ask("keep_check", lambda: keep(checked.pictures.parent, checked))

    def _forget(self) -> None:
        """Show what is kept of another project, as soon as it is read."""
        self.checked, project = None, self._opened.project
        if project is not None:
            self._trainer.begin(KEPT, lambda _jobs: _Kept(project, kept(project.cache_folder)))

    @Slot(str, object)
    def _on_begun(self, what: str, found: object) -> None:
        super()._on_begun(what, found)
        if isinstance(found, _Kept) and found.project is self._opened.project:
            self.checked = self.checked or found.checked
            self.changed.emit()


@dataclass(frozen=True)
class _Kept:
    """What was read of a project."""

    project: Project
    checked: Checked | None


class CopyWriting(OneJob):
    """Writes augmented copies of the images of a split as files."""

    def __init__(self, opened: OpenProject, trainer: TrainerService) -> None:
        super().__init__("copies", opened, trainer)
        self.folder = Path()
        self.written: e.CopiesWritten | None = None
        """The last outcome."""

    @property
    def title(self) -> str:
        """'Writing copies into flowers-augmented'."""
        return f"Writing copies into {self.folder.name}"

    def write(
        self, steps: Sequence[EntrySpec], folder: Path, split: Split, *, copies: int, seed: int
    ) -> None:
        """Write `copies` of each image into `folder`, which is new or empty."""
        project = self._opened.project
        if project is None or self.active:
            return
        form = ImageForm.of(data_plan(self._opened.spec.data, self._opened.summary))
        self.folder, self.written = folder, None

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.augmenting import write_copies

            return write_copies(
                jobs, project, steps, form, split=split, copies=copies, seed=seed, folder=folder
            )

        self._begin(start)

    def _apply(self, event: e.Event) -> None:
        if isinstance(event, e.CopiesWritten):
            self.written = event

    def _forget(self) -> None:
        self.written = None
