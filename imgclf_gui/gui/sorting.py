"""Sorting images without classes, from the wish to the table that is imported. No widgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.history import History
from imgclf_gui.gui.grouping import Grouping
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.open_project import OpenProject
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.sorting import Sorting, read_sorting

if TYPE_CHECKING:
    from imgclf_gui.jobs.supervisor import Jobs

SORT, READ, TABLE = "sort", "read sorting", "write sorting"
"""What the trainer service calls the parts of it."""


@dataclass(frozen=True)
class _Read:
    event: e.ImagesSorted
    sorting: Sorting


class SortingJob(QObject):
    """One folder of images at a time: looked at, in groups that a person arranges, accepted."""

    changed = Signal()
    """It began, went on, or ended in whatever way; or something was offered."""
    edited = Signal()
    """The groups may be others than before."""
    accepted = Signal(object)
    """The Path of a table with the images of the groups, to be imported."""

    def __init__(self, opened: OpenProject, trainer: TrainerService) -> None:
        super().__init__(opened)
        self._opened = opened
        self._trainer = trainer
        self.open = False
        """Whether the Dataset page shows it."""
        self.offered: Path | None = None
        """A folder of images without classes that the person tried to import."""
        self.name = ""
        """Of what is sorted."""
        self.active = False
        self.cancelled = False
        self.progress: e.SortingProgressed | e.GroupingProgressed | None = None
        self.error: ErrorReport | None = None
        self.found: e.ImagesSorted | None = None
        self.sorting: Sorting | None = None
        """The files, and the groups as they were found; None until they are."""
        self._paths: tuple[Path, ...] = ()
        self._job = ""
        self._groups = History(Grouping())
        trainer.begun.connect(self._on_begun)
        trainer.refused.connect(self._on_refused)

    # Work

    def offer(self, folder: Path | None) -> None:
        """Ask the person whether the images of `folder` are to be sorted; None: no longer."""
        self.offered = folder
        self.changed.emit()

    def sort(self, paths: Sequence[Path]) -> None:
        """Sort files and all images below folders."""
        if self.active or not paths:
            return
        self.open, self.offered, self._paths = True, None, tuple(paths)
        self.name = paths[0].name if len(paths) == 1 else f"{len(paths):,} items"
        self.found, self.sorting, self._groups = None, None, History(Grouping())

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.sorting import new_output, sort_images

            return sort_images(jobs, paths, new_output())

        self._begin(start)
        self.edited.emit()

    def sort_again(self, groups: int) -> None:
        """Make so many groups of what was found; those of now come back with undo."""
        if self.active or self.found is None:
            return
        file = Path(self.found.file)

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.sorting import sort_again

            return sort_again(jobs, file, groups)

        self._begin(start)

    def retry(self) -> None:
        """Begin again with the same images."""
        self.sort(self._paths)

    def cancel(self) -> None:
        """End it before its time."""
        if self.active and not self.cancelled:
            self.cancelled = True
            if self._job:
                self._trainer.stop(self._job)
            self.changed.emit()

    def close(self) -> None:
        """Let go of the groups; what still runs is ended."""
        self.cancel()
        self.open, self.found, self.sorting, self.error = False, None, None, None
        self._groups = History(Grouping())
        self.changed.emit()
        self.edited.emit()

    def accept(self) -> None:
        """Write the groups that are included as a table → accepted."""
        if self.sorting is None or self.active or not self.grouping.images:
            return
        rows = self.grouping.rows(self.sorting.files)
        project, name = self._opened.project, Path(self.name).stem or "images"

        def write(_jobs: Jobs) -> Path:
            from imgclf_gui.jobs.sorting import TABLE_SUFFIX, new_output, write_table

            folder = project.cache_folder / "sorted" if project else new_output().parent
            table = folder / f"{name}-{time.time_ns()}{TABLE_SUFFIX}"
            write_table(table, rows)
            return table

        self._trainer.begin(TABLE, write)

    # Groups

    @property
    def grouping(self) -> Grouping:
        """The groups as they are now."""
        return self._groups.current

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._groups.undo_name is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._groups.redo_name is not None

    def edit(self, name: str, grouping: Grouping) -> None:
        """Make `grouping` the groups."""
        self._groups.edit(name, grouping)
        self.edited.emit()

    def undo(self) -> None:
        """Take the last edit back."""
        self._groups.undo()
        self.edited.emit()

    def redo(self) -> None:
        """Make the edit that was taken back again."""
        self._groups.redo()
        self.edited.emit()

    # What is reported

    def view(self) -> JobView | None:
        """For the status line; None if nothing runs."""
        if not self.active:
            return None
        title = f"Sorting {self.name}"
        told = self.progress
        if told is None:
            return JobView("sort", f"{title}: getting ready")
        if isinstance(told, e.GroupingProgressed):
            return JobView("sort", f"{title}: {told.what}", round(1000 * told.done), 1000)
        return JobView(
            "sort",
            f"{title}: {told.done:,} of {told.total:,}",
            told.done,
            told.total,
            told.images_per_second,
            told.seconds_left,
        )

    def owns(self, event: e.JobFailed) -> bool:
        """Whether `event` is about this: it is told where the groups would be."""
        return bool(self._job) and event.job == self._job

    def take(self, event: e.Event) -> None:
        """Take in what a worker reported, if it is about this."""
        if not self.active or not self._job or event.job != self._job:
            return
        match event:
            case e.SortingProgressed() | e.GroupingProgressed():
                self.progress = event
            case e.ImagesSorted():
                self._trainer.begin(
                    READ, lambda _jobs: _Read(event, read_sorting(Path(event.file)))
                )
                return
            case e.JobFailed():
                self._end(None if self.cancelled else event.error)
                return
        self.changed.emit()

    def _begin(self, start: Callable[[Jobs], str]) -> None:
        self._job, self.progress, self.error = "", None, None
        self.active, self.cancelled = True, False
        self._trainer.begin(SORT, start)
        self.changed.emit()

    def _end(self, error: ErrorReport | None) -> None:
        self.active, self.error = False, error
        if self.cancelled and self.sorting is None:
            self.open = False
        self.changed.emit()
        self.edited.emit()

    @Slot(str, object)
    def _on_begun(self, what: str, made: object) -> None:
        if what == SORT and self.active:
            self._job = str(made)
            if self.cancelled:
                self._trainer.stop(self._job)
        elif what == READ and self.active and isinstance(made, _Read):
            if self.open and not self.cancelled:
                self._show(made)
            self._end(None)
        elif what == TABLE:
            self.accepted.emit(made)

    def _show(self, made: _Read) -> None:
        first = self.sorting is None
        self.found, self.sorting = made.event, made.sorting
        grouping = Grouping.of(made.sorting)
        if first:
            self._groups = History(grouping)
        else:
            self._groups.edit("Regroup", grouping)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what in (SORT, READ) and self.active:
            self._end(report)
