"""A request on its way. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.annotation import Classify
from imgclf_gui.core.cloud import Cancel, Consent, Progress
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.project import Project
from imgclf_gui.gui.job_view import JobView
from imgclf_gui.gui.services.cloud import SeenExchange, Sender, Wish


class Sending(QObject):
    """One request at a time: sent, cancelled at once, answered."""

    changed = Signal()
    """It began, went on, or ended in whatever way."""
    answered = Signal(object)
    """A SeenExchange."""

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self._sender = sender
        self._cancel: Cancel | None = None
        self.progress: Progress | None = None
        self.error: ErrorReport | None = None
        """Why the last one was not answered."""
        self.title = ""
        sender.progressed.connect(self._on_progressed)
        sender.answered.connect(self._on_answered)
        sender.refused.connect(self._on_refused)

    @property
    def active(self) -> bool:
        """Whether something is on its way."""
        return self._cancel is not None

    @property
    def cancelling(self) -> bool:
        """Whether the person ended it, and its end is awaited."""
        return self._cancel is not None and self._cancel.cancelled

    def begin(
        self,
        wish: Wish,
        request: dict[str, Any],
        consent: Consent | None,
        *,
        remember: bool,
        keep_in: Project,
        classify: Callable[[], Classify] | None,
    ) -> None:
        """Send it → answered."""
        self.error, self.progress, self._cancel = None, None, Cancel()
        images = "1 image" if len(wish.images) == 1 else f"{len(wish.images):,} images"
        self.title = f"{wish.provider.title}: {images}"
        self._sender.send(
            wish,
            request,
            consent,
            remember=remember,
            keep_in=keep_in,
            classify=classify,
            cancel=self._cancel,
        )
        self.changed.emit()

    def cancel(self) -> None:
        """End it at once."""
        if self._cancel is not None and not self._cancel.cancelled:
            self._cancel.cancel()
            self.changed.emit()

    def view(self) -> JobView | None:
        """For the status line."""
        if not self.active:
            return None
        progress = self.progress
        if progress is None:
            return JobView("cloud", self.title)
        title = f"{self.title}: {progress.words}" if progress.words else self.title
        return JobView(
            "cloud", title, progress.done, progress.total, seconds_left=progress.seconds_left
        )

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        if self.active:
            self.progress = progress
            self.changed.emit()

    @Slot(object)
    def _on_answered(self, seen: SeenExchange) -> None:
        self._cancel, self.progress = None, None
        self.changed.emit()
        self.answered.emit(seen)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        if what == "send":
            self._cancel, self.progress, self.error = None, None, report
            self.changed.emit()
