"""Downloads of the window, off its thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from imgclf_gui.gui.services.service import Service

if TYPE_CHECKING:
    from imgclf_gui.jobs.downloads import Watch

DOWNLOAD = "download"
"""What `refused` calls it."""


class DownloadService(Service):
    """One download at a time, which can be cancelled at once."""

    progressed = Signal(object)
    """A jobs.downloads.Progress, at most ten times a second."""
    ended = Signal(object)
    """The Path of the file; None: it was cancelled."""

    def __init__(self) -> None:
        super().__init__("downloads")
        self._cancelled = threading.Event()

    def begin(self, fetch: Callable[[Watch, threading.Event], Path | None]) -> None:
        """Let `fetch` download → progressed…, ended; or refused."""
        cancelled = self._cancelled = threading.Event()
        self.ask(DOWNLOAD, lambda: self.ended.emit(fetch(self.progressed.emit, cancelled)))

    def cancel(self) -> None:
        """End it."""
        self._cancelled.set()

    def close(self) -> None:
        """End it, and the thread."""
        self.cancel()
        super().close()
