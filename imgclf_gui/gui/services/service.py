"""The base of every service: a QObject that works on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from imgclf_gui.core.errors import ErrorReport, UserError


class Service(QObject):
    """Runs what it is asked, one after the other, on its own thread.

    Connect its signals only to methods of QObjects that live in the window's thread: a lambda
    would run on the service's thread.
    """

    refused = Signal(str, object)
    """What was asked, and the ErrorReport that says why it was not done."""
    _asked = Signal(str, object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._thread = QThread()
        self._thread.setObjectName(name)
        self.moveToThread(self._thread)
        self._asked.connect(self._on_asked, Qt.ConnectionType.QueuedConnection)
        self._thread.start()

    def ask(self, what: str, action: Callable[[], object]) -> None:
        """Run `action` on the service's thread; a UserError in it becomes `refused(what, …)`."""
        self._asked.emit(what, action)

    def close(self) -> None:
        """Finish what was asked, clean up, and end the thread. Nothing can be asked after it."""
        if self._thread.isRunning():
            self.ask("close", self._clean_up)
            self._thread.wait()

    def _clean_up(self) -> None:
        try:
            self.clean_up()
        finally:
            self._thread.quit()

    def clean_up(self) -> None:
        """Let go of what the service holds; runs last on its thread."""

    @Slot(str, object)
    def _on_asked(self, what: str, action: Callable[[], object]) -> None:
        try:
            action()
        except UserError as error:
            self.refused.emit(what, error.report)
        except Exception as error:  # noqa: BLE001 whatever failed must reach the person
            self.refused.emit(what, unexpected(error))


def unexpected(error: BaseException) -> ErrorReport:
    """What a person is told of a failure that nobody foresaw; the traceback is in the details."""
    import traceback

    return ErrorReport(
        code="unexpected",
        message=f"Something unexpected happened: {type(error).__name__}: {str(error)[:300]}",
        hint="Your project is safe on disk. Copy the details for a bug report.",
        details="".join(traceback.format_exception(error)),
    )
