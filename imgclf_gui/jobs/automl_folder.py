"""A custom model's folder: what was ordered, what happened, and what came of it.

model.json     who it is: `AutoMLInfo`
order.json     what was ordered: `Order`
events.jsonl   its journal, appended; the model's state is the fold of it
metrics.json   what it is worth: `Metrics`, once it is measured
export/        exported files, a folder a format
"""

from __future__ import annotations

import time
from typing import Any, ClassVar, Self

from pydantic import TypeAdapter

from imgclf_gui.core.automl import Order
from imgclf_gui.core.automl_metrics import Metrics
from imgclf_gui.core.files import write_text_atomic
from imgclf_gui.core.project import Project
from imgclf_gui.jobs.job_folder import JobFolder, JobInfo, Words
from imgclf_gui.protocol.automl_events import AutoMLEvent
from imgclf_gui.protocol.automl_state import AutoMLState, fold


class AutoMLInfo(JobInfo):
    """Who a custom model is."""

    provider: str = ""
    """The kind of who trains it."""


class AutoMLFolder(JobFolder[AutoMLInfo, AutoMLEvent]):
    """One custom model of a project."""

    words: ClassVar[Words] = Words(
        one="model",
        many="custom models",
        busy="being worked at",
        first="train one first",
        again="Train a new one",
        folder="automl",
    )
    info_type: ClassVar[type[JobInfo]] = AutoMLInfo
    event_type: ClassVar[TypeAdapter[Any]] = TypeAdapter(AutoMLEvent)

    @classmethod
    def create(cls, project: Project, order: Order) -> Self:
        """A new one of `project`.

        Raises:
            UserError: the folder cannot be written.
        """
        folder = cls._new_folder(project)
        info = AutoMLInfo(
            id=folder.name, name=order.name, created_at=time.time(), provider=order.provider
        )
        return cls._made(folder, info, {"order": order})

    def order(self) -> Order:
        """What was ordered.

        Raises:
            UserError: `model.damaged`.
        """
        return self._read(self.folder / "order.json", Order)

    def state(self) -> AutoMLState:
        """Where the model stands."""
        state = fold(self.events())
        state.held = self.held
        return state

    def metrics(self) -> Metrics | None:
        """What it is worth; None as long as it is not measured.

        Raises:
            UserError: `model.damaged`.
        """
        path = self.folder / "metrics.json"
        return self._read(path, Metrics) if path.exists() else None

    def keep_metrics(self, metrics: Metrics) -> None:
        """Write what it is worth.

        Raises:
            UserError: `file.full`, `file.write`.
        """
        write_text_atomic(self.folder / "metrics.json", metrics.model_dump_json() + "\n")
