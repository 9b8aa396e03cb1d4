"""What the Augmentation page and measurements of transfer have under way. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from imgclf_gui.gui.augmentation.jobs import CopyWriting, LabelChecks
from imgclf_gui.gui.augmentation.studies import Studies
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.project_runs import ProjectRuns
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.gui.transfer_measuring import TransferMeasuring
from imgclf_gui.protocol.events import Event, JobFailed


class Augmenting(QObject):
    """Studies, written copies, label checks and measurements of transfer of the open project."""

    changed = Signal()
    """Something of it began, went on or ended."""

    def __init__(self, opened: ProjectRuns, trainer: TrainerService) -> None:
        super().__init__(opened)
        self.studies = Studies(opened, trainer)
        self.copies = CopyWriting(opened, trainer)
        self.checks = LabelChecks(opened, trainer)
        self.studies.study_changed.connect(self.changed)
        self.transfer = TransferMeasuring(opened, trainer)
        for one in (self.copies, self.checks, self.transfer):
            one.changed.connect(self.changed)

    @property
    def job(self) -> JobView | None:
        """What runs now: a study before copies, copies before a check."""
        views = (one.view() for one in (self.studies, self.copies, self.checks, self.transfer))
        return next((view for view in views if view is not None), None)

    def stop(self) -> None:
        """End what `job` tells of."""
        for one in (self.studies, self.copies, self.checks, self.transfer):
            if one.view() is not None:
                one.cancel()
                return

    def cancelled(self, event: JobFailed) -> bool:
        """Whether the person asked for this end."""
        jobs = (self.copies, self.checks, self.transfer)
        return any(one.cancelled and one.job == event.job for one in jobs)

    def take(self, event: Event) -> None:
        """Take in what a worker reported."""
        for one in (self.studies, self.copies, self.checks, self.transfer):
            one.take(event)
