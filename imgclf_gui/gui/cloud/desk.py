"""Everything behind the Cloud Vision view: request, sending, history, account. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTemporaryDir, Signal, Slot

from imgclf_gui.core.annotation import Classify
from imgclf_gui.core.cloud import Consent
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.core.spec import ProjectSpec
from imgclf_gui.gui.cloud.draft import Draft
from imgclf_gui.gui.cloud.exchanges import Exchanges
from imgclf_gui.gui.cloud.sending import Sending
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.services.cloud import (
    ImageReader,
    Rehearsal,
    RequestReader,
    SeenAnswer,
    SeenExchange,
    Sender,
)
from imgclf_gui.gui.studio import Studio

if TYPE_CHECKING:
    from imgclf_gui.jobs.cloud_history import Exchange
    from imgclf_gui.jobs.supervisor import Jobs

CLASSIFIER = "cloud classifier"
"""What the studio calls getting the built-in classifier."""


class Desk(QObject):
    """Lives in the window's thread; the studio shows what it does, and closes it."""

    account_changed = Signal()
    """The draft asks with another account, or its key is another."""
    shown = Signal(object)
    """A SeenExchange to be looked at: answered now, or opened."""
    rehearsal_changed = Signal()
    """Another exchange is rehearsed, or none is any more."""
    looked = Signal(object)
    """The Look that `look` asked for."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._session_folder = QTemporaryDir()
        self._session = Project(Path(self._session_folder.path()), ProjectSpec())
        self._images, self._requests, self._sender = ImageReader(), RequestReader(), Sender()
        self.draft = Draft(self._images, self._requests, lambda: self.project)
        self.sending = Sending(self._sender)
        self.exchanges = Exchanges(self._requests)
        self.account = studio.cloud.account
        self.rehearsed: Exchange | None = None
        """The recorded exchange in the place of the draft."""
        self.rehearsal: Rehearsal | None = None
        """What it holds; None while it is being read."""
        self.sending.changed.connect(studio.job_changed)
        self.sending.answered.connect(self._on_answered)
        self.exchanges.opened.connect(self.shown)
        self._images.looked.connect(self.looked)
        self._requests.rehearsal_read.connect(self._on_rehearsal_read)
        self.account.changed.connect(self._on_account_changed)
        self._requests.refused.connect(self._on_refused)
        self._sender.refused.connect(self._on_refused)
        studio.project_changed.connect(self._on_project_changed)
        studio.attach(self)
        self.draft.use_account(self.account.account)
        self._on_project_changed()

    @property
    def project(self) -> Project:
        """Where exchanges and consents are kept: without a project, until the window closes."""
        return self._studio.project or self._session

    @property
    def in_project(self) -> bool:
        """Whether they outlive the window."""
        return self._studio.project is not None

    # As a part of the studio

    @property
    def job(self) -> JobView | None:
        """What is on its way."""
        return self.sending.view()

    def stop(self) -> None:
        """End it."""
        self.sending.cancel()

    def close(self) -> None:
        """End everything."""
        self.sending.cancel()
        self.draft.stop()
        self.exchanges.finish()
        for service in (self._images, self._requests, self._sender):
            service.close()

    # Sending

    def send(self, *, agreed: bool, remember: bool = False) -> None:
        """Send the draft as it was read; an online provider wants the person's yes."""
        draft, reading = self.draft, self.draft.reading
        if reading is None or reading.quote is None or self.sending.active:
            return
        online = draft.provider.online
        self.sending.begin(
            draft.wish(),
            reading.request,
            _consent(reading.quote) if online and agreed else None,
            remember=remember,
            keep_in=self.project,
            classify=None if online else self._classifier(),
        )

    def forget_consents(self) -> None:
        """Ask again each time."""
        self._requests.forget_consents(self.project)
        self.draft.read_again()

    def look(self, seen: SeenAnswer) -> None:
        """Make an answer ready to be shown → looked."""
        self._images.look(seen)

    # Rehearsing

    def choose_rehearsal(self, exchange: Exchange | None) -> None:
        """Put a recorded exchange in the place of the draft; None: the draft again."""
        if exchange is not self.rehearsed:
            self.rehearsed, self.rehearsal = exchange, None
            if exchange is not None:
                self._requests.read_rehearsal(exchange, self.draft.account)
            self.rehearsal_changed.emit()

    def rehearse(self) -> None:
        """Show what came back when it was recorded."""
        if self.rehearsal is not None:
            self.shown.emit(self.rehearsal.seen)

    @Slot(object, object)
    def _on_rehearsal_read(self, exchange: Exchange, rehearsal: Rehearsal) -> None:
        if exchange is self.rehearsed:
            self.rehearsal = rehearsal
            self.rehearsal_changed.emit()

    def _classifier(self) -> Callable[[], Classify]:
        """What waits for this machine's classifier, on the sending thread."""
        found: Future[Classify] = Future()

        def find(jobs: Jobs) -> None:
            from imgclf_gui.jobs.cloud import built_in_classifier

            try:
                found.set_result(built_in_classifier(jobs))
            except Exception as error:  # noqa: BLE001 it is told where it is awaited
                found.set_exception(error)

        self._studio.begin(CLASSIFIER, find)
        return found.result

    @Slot(object)
    def _on_answered(self, seen: SeenExchange) -> None:
        if seen.exchange is not None:
            self.exchanges.add(seen.exchange)
        if seen.unkept is not None:
            self._studio.failed.emit(seen.unkept)
        self.draft.read_again()
        self.shown.emit(seen)

    @Slot()
    def _on_project_changed(self) -> None:
        self.exchanges.show_project(self.project)
        self.draft.read_again()

    @Slot()
    def _on_account_changed(self) -> None:
        self.draft.use_account(self.account.account)
        self.account_changed.emit()

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what not in ("send", "prepare"):  # these are told where they were begun
            self._studio.failed.emit(report)


def _consent(quote: object) -> Consent:
    from imgclf_gui.jobs.cloud import consent

    return consent(quote)  # type: ignore[arg-type]
