"""Backbones that a person adds or removes, from the wish to what came of it. No widgets."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.job_view import JobView, duration
from imgclf_gui.gui.open_project import OpenProject
from imgclf_gui.gui.services.downloads import DOWNLOAD, DownloadService
from imgclf_gui.gui.services.trainer import TrainerService
from imgclf_gui.plan.backbone_files import is_keras_file, shown_name
from imgclf_gui.plan.backbones import Backbone
from imgclf_gui.protocol import events as e
from imgclf_gui.protocol.transfer_events import TransferProgressed

if TYPE_CHECKING:
    from imgclf_gui.jobs.downloads import Progress, Watch
    from imgclf_gui.jobs.supervisor import Jobs

LOOK, ADD, REMOVE = "look at weights", "add weights", "remove backbone"
"""What the trainer service calls the parts of it."""
DOWNLOADED_SHARE = 0.8
"""Of the progress of a download that becomes a backbone."""
Question = Literal["", "file", "download", "remove"]
"""What the person is asked: of which network a file is, what to download, whether to remove."""


@dataclass(frozen=True)
class Added:
    """A backbone that has just been added."""

    backbone: str
    """Its id."""
    title: str
    file_sha256: str
    """Of the file that it came in; empty: nothing came, it was here."""


@dataclass(frozen=True)
class _Looked:
    path: Path
    keras: bool


class BackboneAdding(QObject):
    """One at a time; works without a project, and beside trainings.

    What goes wrong is told by `failed` of the open project; the question stays, to answer it in
    another way.
    """

    changed = Signal()
    """A question was asked or answered; it began, went on, or ended in whatever way."""
    arrived = Signal(str)
    """The id of a backbone that is on this machine now."""
    gone = Signal(str)
    """The id of one that is not any more."""

    def __init__(self, opened: OpenProject, trainer: TrainerService) -> None:
        super().__init__(opened)
        self._opened = opened
        self._trainer = trainer
        self._downloads: DownloadService | None = None
        self.question: Question = ""
        self.path = Path()
        """The file of Keras that the person is asked about."""
        self.leaving: Backbone | None = None
        """The backbone that the person is asked whether to remove."""
        self.added: Added | None = None
        """What came of it last, until the person has seen it."""
        self.active = False
        self.cancelled = False
        self.title = ""
        """What is done now: 'Adding w.h5'."""
        self.words = ""
        """How far that is."""
        self.fraction: float | None = None
        self.server = ""
        """For tests: this machine is asked in place of a host, see `jobs.downloads.fetch`."""
        self._of = ""
        self._job = ""
        trainer.begun.connect(self._on_begun)
        trainer.refused.connect(self._on_refused)
        trainer.events_received.connect(self._on_events)

    # What a person wants

    def offer_file(self, path: Path) -> None:
        """Add the weights in `path`; asks of which network they are where the file does not say."""
        if self.active:
            return

        def look(_jobs: Jobs) -> _Looked:
            return _Looked(path, is_keras_file(path))

        self.path = path
        self._start(f"Looking at {shown_name(path)}")
        self._trainer.begin(LOOK, look)

    def offer_download(self) -> None:
        """Ask what is to be downloaded."""
        self._ask("download")

    def offer_removal(self, backbone: Backbone) -> None:
        """Ask whether `backbone`, which the person added, is to be removed."""
        self.leaving = backbone
        self._ask("remove")

    def dismiss(self) -> None:
        """No to the question; or the outcome was seen."""
        if not self.active:
            self.question, self.added = "", None
            self.changed.emit()

    def add(self, of: str = "") -> None:
        """Add the file that was looked at, which is of the network `of` ('keras:VGG16')."""
        path = self.path

        def start(jobs: Jobs) -> object:
            from imgclf_gui.jobs.backbones import add_weights_file

            return add_weights_file(jobs, path, of)

        self._start(f"Adding {shown_name(path)}")
        self._trainer.begin(ADD, start)

    def download(self, of: str) -> None:
        """Download the weights of the network `of`; the person has agreed to it."""
        from imgclf_gui.jobs.backbones import downloaded_weights, fetch_weights, wanted_weights

        here = downloaded_weights(of)
        if here is not None:
            self._end(Added(here.id, here.title, ""))
            return
        server = self.server

        def fetch(watch: Watch, cancelled: threading.Event) -> Path | None:
            return fetch_weights(of, watch, cancelled, server=server)

        self._of = of
        self._start(f"Downloading the {wanted_weights(of).what}")
        self._service().begin(fetch)

    def remove(self) -> None:
        """Remove the backbone that the person was asked about."""
        backbone = self.leaving
        if backbone is None or self.active:
            return

        def remove(_jobs: Jobs) -> object:
            from imgclf_gui.plan.backbone_files import remove_backbone

            return remove_backbone(backbone.id)

        self._start(f"Removing {backbone.title}")
        self._trainer.begin(REMOVE, remove)

    def stop(self) -> None:
        """End it before its time; nothing is kept."""
        if not self.active or self.cancelled:
            return
        self.cancelled, self.words = True, "Stopping…"
        if self._downloads is not None:
            self._downloads.cancel()
        if self._job:
            self._trainer.stop(self._job)
        self.changed.emit()

    @property
    def job(self) -> JobView | None:
        """For the status line; None if nothing runs."""
        if not self.active:
            return None
        title = f"{self.title}: {self.words}" if self.words else self.title
        return JobView("weights", title, round(1000 * (self.fraction or 0)), 1000)

    def ended_by_person(self, event: e.JobFailed) -> bool:
        """Whether the person asked for this end."""
        return self.cancelled and bool(self._job) and event.job == self._job

    def close(self) -> None:
        """End a download, and join its thread."""
        if self._downloads is not None:
            self._downloads.close()

    # What is reported

    @Slot(str, object)
    def _on_begun(self, what: str, made: object) -> None:
        if isinstance(made, _Looked):
            self._take_look(made)
        elif what == ADD and isinstance(made, str):
            self._job = made
            if self.cancelled:
                self._trainer.stop(made)
        elif what == ADD and isinstance(made, tuple):  # of the catalogue: it is kept already
            backbone, digest = made
            self._end(Added(backbone.id, backbone.title, digest))
        elif what == REMOVE and isinstance(made, Backbone):
            self._end()
            self.gone.emit(made.id)

    def _take_look(self, looked: _Looked) -> None:
        cancelled = self.cancelled
        self._end()
        if cancelled:
            return
        if looked.keras:
            self._ask("file")
        else:
            self.add()

    @Slot(list)
    def _on_events(self, events: list[e.Event]) -> None:
        for event in events:
            if self.active and self._job and event.job == self._job:
                self._take(event)

    def _take(self, event: e.Event) -> None:
        match event:
            case TransferProgressed() if not self.cancelled:
                share = DOWNLOADED_SHARE if self.question == "download" else 0.0
                self._tell(f"{event.what}…", share + (1 - share) * event.done)
            case e.BackboneAdded():
                self._end(Added(event.backbone, event.title, event.file_sha256))
            case e.JobFailed():
                self._leave()

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        if self.active and not self.cancelled:
            left = progress.seconds_left
            behind = f" · {duration(left)} left" if left is not None else ""
            fraction = progress.fraction
            share = None if fraction is None else DOWNLOADED_SHARE * fraction
            self._tell(progress.words() + behind, share)

    @Slot(object)
    def _on_downloaded(self, path: Path | None) -> None:
        if path is None:
            self._leave()
            return
        of, self.title = self._of, f"Adding {shown_name(path)}"
        self._tell("", DOWNLOADED_SHARE)

        def start(jobs: Jobs) -> str:
            from imgclf_gui.jobs.backbones import add_downloaded

            return add_downloaded(jobs, path, of)

        self._trainer.begin(ADD, start)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what == DOWNLOAD:
            self._opened.failed.emit(report)  # the trainer's are told by the studio
        if what in (LOOK, ADD, REMOVE, DOWNLOAD) and self.active:
            self._leave()

    # Its state

    def _ask(self, question: Question) -> None:
        if not self.active:
            self.question, self.added = question, None
            self.changed.emit()

    def _start(self, title: str) -> None:
        self.title, self.words, self.fraction = title, "", None
        self.active, self.cancelled, self.added, self._job = True, False, None, ""
        self.changed.emit()

    def _tell(self, words: str, fraction: float | None) -> None:
        self.words, self.fraction = words, fraction
        self.changed.emit()

    def _leave(self) -> None:
        """It ended without an outcome; the question stays."""
        self.active = False
        self.changed.emit()

    def _end(self, added: Added | None = None) -> None:
        self.active, self.question, self.added = False, "", added
        self.changed.emit()
        if added is not None:
            self.arrived.emit(added.backbone)

    def _service(self) -> DownloadService:
        if self._downloads is None:
            self._downloads = made = DownloadService()
            made.progressed.connect(self._on_progressed)
            made.ended.connect(self._on_downloaded)
            made.refused.connect(self._on_refused)
        return self._downloads
