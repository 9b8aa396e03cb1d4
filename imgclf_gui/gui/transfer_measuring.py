"""Measurements of what backbones know of the open project's images. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from imgclf_gui.core.project import Project
from imgclf_gui.gui.augmentation.jobs import OneJob
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.project_runs import ProjectRuns
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import TransferKind
from imgclf_gui.protocol.transfer_state import TransferState

if TYPE_CHECKING:
    from imgclf_gui.jobs.supervisor import Jobs

KEPT = "kept transfer"
"""What the trainer service calls the reading of what is kept."""
TITLES: dict[TransferKind, str] = {
    "rank": "Ranking backbones",
    "layers": "Probing blocks",
    "few-images": "Learning from few images",
}


class TransferMeasuring(OneJob):
    """Measures one thing at a time, beside trainings; the results of each kind are kept."""

    def __init__(self, opened: ProjectRuns, trainer: TrainerService) -> None:
        super().__init__("transfer", opened, trainer)
        self._project_runs = opened
        self._kind: TransferKind = "rank"
        self.growing: TransferState | None = None
        """What is measured now, as far as it is; until what is kept of it was read."""
        self.kept: tuple[TransferState, ...] = ()
        """What was measured before, the newest first."""

    @property
    def kind(self) -> TransferKind:
        """What is measured now, or was last."""
        return self._kind

    @property
    def title(self) -> str:
        """'Ranking backbones'."""
        return TITLES[self._kind]

    def newest(self, kind: TransferKind, backbone: str = "") -> TransferState | None:
        """What is known of that kind: what grows now, or the newest that is kept.

        Of `backbone`, by its id, where one is named.
        """
        growing = self.growing
        if growing is not None and growing.results and self._kind == kind:
            return growing
        found = (
            it
            for it in self.kept
            if it.started is not None
            and it.started.kind == kind
            and (not backbone or it.started.backbone == backbone)
        )
        return next(found, None)

    def view(self) -> JobView | None:
        """For the status line; None if nothing runs."""
        if not self.active:
            return None
        progress = self.growing.progress if self.growing else None
        if progress is None:
            return JobView("transfer", self.title)
        return JobView(
            "transfer",
            f"{self.title}: {progress.what}",
            round(1000 * progress.done),
            1000,
            seconds_left=progress.seconds_left,
        )

    def measure(self, kind: TransferKind, backbones: Sequence[str] = ()) -> None:
        """Measure `backbones` (without any, those that are usual) on the images as they are."""
        project, spec = self._opened.project, self._project_runs.spec
        if project is None or self.active:
            return
        self._kind, self.growing = kind, TransferState()

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.transferability import measure_transfer

            return measure_transfer(jobs, project, spec, kind, backbones)

        self._begin(start)

    def _apply(self, event: e.Event) -> None:
        if self.growing is not None:
            self.growing.apply(event)
        if isinstance(event, e.FINAL_EVENTS):
            self._read_kept()

    def _forget(self) -> None:
        """Show what is kept of another project, as soon as it is read."""
        self.growing, self.kept = None, ()
        self._read_kept()

    def _read_kept(self) -> None:
        project = self._opened.project
        if project is None:
            return

        def read(_jobs: Jobs) -> _Kept:
            from imgclf_gui.jobs.transferability import kept_measurements

            return _Kept(project, tuple(kept_measurements(project)))

        self._trainer.begin(KEPT, read)

    @Slot(str, object)
    def _on_begun(self, what: str, found: object) -> None:
        super()._on_begun(what, found)
        if isinstance(found, _Kept) and found.project is self._opened.project:
            self.kept = found.states
            if not self.active:
                self.growing = None
            self.changed.emit()


@dataclass(frozen=True)
class _Kept:
    """What was read of a project."""

    project: Project
    states: tuple[TransferState, ...]
