"""A custom model in hand: its worker, and what came of it. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.gui.services.automl import ModelWorker, Tools

TITLES = {
    "make": "Making",
    "deploy": "Deploying",
    "undeploy": "Undeploying",
    "export": "Exporting",
    "predict": "Asking",
    "stop": "Stopping",
}


class ModelInHand(QObject):
    """One piece of work, from its beginning to its end; lives in the window's thread."""

    created = Signal(object)
    """The KeptModel that was ordered."""
    happened = Signal(str, object)
    """The model's id, and an AutoMLEvent."""
    over = Signal(object)
    """This: `result` or `error` is known."""

    def __init__(self, tools: Tools, doing: str, model_id: str | None) -> None:
        super().__init__()
        self.doing = doing
        """A key of TITLES."""
        self.model_id = model_id
        """None until it is ordered."""
        self.result: object = None
        self.error: ErrorReport | None = None
        self.worker = ModelWorker(tools)
        self.worker.created.connect(self.created)
        self.worker.happened.connect(self.happened)
        self.worker.ended.connect(self._on_ended)
        self.worker.refused.connect(self._on_refused)

    @property
    def title(self) -> str:
        """'Deploying'."""
        return TITLES[self.doing]

    @property
    def cancelling(self) -> bool:
        """Whether its end is awaited."""
        return self.worker.tools.cancel.cancelled

    def cancel(self) -> None:
        """End it at once."""
        self.worker.tools.cancel.cancel()

    def close(self) -> None:
        """Join its thread."""
        self.worker.close()

    @Slot(str, object)
    def _on_ended(self, ident: str, result: object) -> None:
        del ident
        self.result = result
        self.over.emit(self)

    @Slot(str, object)
    def _on_refused(self, what: str, report: ErrorReport) -> None:
        del what
        self.error = report
        self.over.emit(self)
