"""What was asked and answered before, and what can be rehearsed. No widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.project import Project
from imgclf_gui.gui.services.cloud import RequestReader, SeenExchange

if TYPE_CHECKING:
    from imgclf_gui.jobs.cloud_history import Exchange


class Exchanges(QObject):
    """Those of one project; one that is deleted comes back with undo until the next is."""

    changed = Signal()
    """The list is another, or what can be undone."""
    opened = Signal(object)
    """The SeenExchange that was asked for."""

    def __init__(self, reader: RequestReader) -> None:
        super().__init__()
        self._reader = reader
        self._project: Project | None = None
        self._kept: tuple[Exchange, ...] = ()
        self.deleted: Exchange | None = None
        """The last one, which can come back."""
        self.recordings: tuple[Exchange, ...] = ()
        reader.listed.connect(self._on_listed)
        reader.recordings_listed.connect(self._on_recordings_listed)
        reader.opened.connect(self._on_opened)
        reader.list_recordings()

    @property
    def kept(self) -> tuple[Exchange, ...]:
        """The newest first."""
        return tuple(one for one in reversed(self._kept) if one is not self.deleted)

    def show_project(self, project: Project) -> None:
        """List what is kept in `project`."""
        self.finish()
        self._project, self._kept = project, ()
        self._reader.list_kept(project)
        self.changed.emit()

    def add(self, exchange: Exchange) -> None:
        """One more is kept."""
        self._kept = (*self._kept, exchange)
        self.changed.emit()

    def open(self, exchange: Exchange) -> None:
        """Read it → opened."""
        self._reader.open_exchange(exchange)

    def delete(self, exchange: Exchange) -> None:
        """Take it out of the list; it is removed when the next one is, or the project is closed."""
        self.finish()
        self.deleted = exchange
        self.changed.emit()

    def undo(self) -> None:
        """Bring the deleted one back, and open it."""
        back, self.deleted = self.deleted, None
        self.changed.emit()
        if back is not None and back.error is None:
            self.open(back)

    def finish(self) -> None:
        """Remove what was deleted for good."""
        if self.deleted is not None:
            gone, self.deleted = self.deleted, None
            self._kept = tuple(one for one in self._kept if one is not gone)
            self._reader.delete(gone)

    @Slot(object, object)
    def _on_listed(self, project: Project, kept: tuple[Exchange, ...]) -> None:
        if project is self._project:
            self._kept = kept
            self.changed.emit()

    @Slot(object)
    def _on_recordings_listed(self, recordings: tuple[Exchange, ...]) -> None:
        self.recordings = recordings
        self.changed.emit()

    @Slot(object)
    def _on_opened(self, seen: SeenExchange) -> None:
        self.opened.emit(seen)
