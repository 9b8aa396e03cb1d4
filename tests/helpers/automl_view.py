"""The view of custom models as a test uses it, and a training on this machine that plays a part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from imgclf_gui.catalog.providers.vertex_automl import VertexAutoml
from imgclf_gui.core.automl import Guess, Names, Order
from imgclf_gui.core.automl_metrics import ImageOutcome, Metrics, measured
from imgclf_gui.core.cloud import Account, Cancel, Progress
from imgclf_gui.core.errors import UserError
from imgclf_gui.gui.cloud.automl import AutoMLView
from imgclf_gui.gui.cloud.automl_panel import ModelPanel
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.cloud.automl_steps import StepRow
from imgclf_gui.gui.cloud.automl_table import ModelTable
from imgclf_gui.gui.studio import Studio
from imgclf_gui.jobs.local_automl import LocalHere
from tests.helpers.cloud_view import ShownPage, WidgetT

BUCKET = "bucket"


class CustomModelsView(ShownPage):
    """The page with custom models in front; what belongs to a model is found in its panel."""

    def __init__(self, studio: Studio, qtbot: QtBot) -> None:
        super().__init__(studio, qtbot)
        self.page.show_view("automl")
        view = self.page.view("automl")
        assert isinstance(view, AutoMLView)
        self.view, self.models = view, view.models
        self.models.providers["vertex-automl"] = VertexAutoml(poll_seconds=0.02, call_seconds=20)

    @property
    def model(self) -> ShownModel:
        """The newest."""
        return self.models.models[0]

    @property
    def table(self) -> ModelTable:
        return self.find(ModelTable, "automl_table")

    @property
    def tabs(self) -> list[str]:
        """What can be looked at of the newest model."""
        metrics = self.panel().metrics
        return [metrics.tabText(at) for at in range(metrics.count()) if metrics.isTabVisible(at)]

    def panel(self, place: int = 0) -> ModelPanel:
        return self.view.panels[place]

    def of(self, kind: type[WidgetT], name: str, place: int = 0) -> WidgetT:
        """A part of a model's panel."""
        found = self.panel(place).findChild(kind, name)
        assert found is not None, name
        return found

    def said(self, name: str, place: int = 0) -> str:
        """What a label of a panel says; nothing while it is hidden."""
        label = self.of(QLabel, name, place)
        return label.text() if label.isVisible() else ""

    @property
    def steps(self) -> str:
        """'Upload: done · Train: going on'."""
        return self.of(StepRow, "automl_steps").sentence()

    def cells(self, row: int = 0) -> list[str]:
        """A row of the table."""
        model = self.table.model()
        return [str(model.index(row, column).data()) for column in range(model.columnCount())]

    def use_account(self, account: Account) -> None:
        with self.qtbot.waitSignal(self.models.account.changed):
            self.models.account.save(account)

    def planned(self) -> None:
        """Wait until what stands in the form is checked and priced."""
        self.qtbot.waitUntil(lambda: self.text("automl_why_not") != "Looking at the dataset…")

    def order(self) -> None:
        """Press Train, and wait for the new model."""
        before = len(self.models.models)
        self.planned()
        self.click("automl_train")
        self.until(lambda: len(self.models.models) == before + 1)

    def set_bucket(self) -> None:
        line = self.find(QLineEdit, "automl_bucket")
        line.setText(BUCKET)
        line.textEdited.emit(BUCKET)

    def order_from_vertex(self, kind: str = "Cloud") -> None:
        """Agree to a model of Vertex AI."""
        self.choose("automl_provider", "Vertex")
        self.choose("automl_kind", kind)
        self.set_bucket()
        self.planned()
        self.tick("automl_agree")
        self.order()

    def until(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=30_000)

    def idle(self) -> None:
        """Wait until nobody works at the newest model."""
        self.until(lambda: bool(self.models.models) and self.model.hand is None)

    def measured(self) -> None:
        """Wait until the newest model is measured, and that is shown."""
        self.until(lambda: bool(self.models.models) and self.model.metrics is not None)
        self.idle()
        self.until(lambda: self.of(QWidget, "automl_metrics_head").isVisible())

    def slide(self, threshold: float) -> None:
        self.of(QSlider, "automl_threshold").setValue(round(100 * threshold))

    def drop(self, paths: Sequence[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        where, how = QPointF(50, 50), Qt.DropAction.CopyAction
        self.view.dropEvent(QDropEvent(where, how, data, buttons, keys))


class PlayedTraining:
    """Takes the place of the trainings on this machine: half-way it waits until `go_on`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = 0
        for name in ("train", "measure", "predict", "export"):
            played = getattr(self, name)
            monkeypatch.setattr(LocalHere, name, lambda _here, *args, do=played: do(*args))

    def train(
        self, folder: Path, order: Order, tell: Callable[[Progress], None], cancel: Cancel
    ) -> Names:
        self.begun += 1
        tell(Progress(30, 60, 0, 0, 30.0, "EfficientNet-Lite0, linear head: epoch 3 of 30"))
        while not self.may_go_on.wait(0.005):
            cancel.raise_if_cancelled()
            if (folder / "stop").exists():
                break
        return {"model": "001", "runs": "001"}

    def measure(self, folder: Path, order: Order, cancel: Cancel) -> Metrics:
        return played_metrics(folder.parents[1], order)

    def predict(
        self, folder: Path, images: Sequence[bytes], cancel: Cancel
    ) -> list[tuple[Guess, ...]]:
        return [(Guess("bars", 0.7), Guess("rings", 0.2), Guess("blobs", 0.1)) for _ in images]

    def export(self, folder: Path, form: str) -> None:
        target = folder / "export" / form
        target.mkdir(parents=True)
        (target / "labels.txt").write_text("bars\n")


def played_metrics(project: Path, order: Order) -> Metrics:
    """Of the test images: all right but the first of each class, which is taken for the next."""
    from imgclf_gui.core.project import Project
    from imgclf_gui.jobs.automl_order import labelled_images

    images, _ = labelled_images(Project.open(project))
    labels, outcomes = list(order.labels), []
    if not labels:
        raise UserError("test", "no classes")
    seen: set[str] = set()
    for number, image in enumerate(one for one in images if one.split == "test"):
        label = image.labels[0]
        said = labels.index(label) if label in seen else (labels.index(label) + 1) % len(labels)
        seen.add(label)
        sure = 0.55 + 0.4 * ((number * 7) % 10) / 10
        rest = (1 - sure) / (len(labels) - 1)
        scores = tuple(sure if place == said else rest for place in range(len(labels)))
        path = "/".join(image.file.parts[-2:])
        outcomes.append(ImageOutcome(image=path, label=label, scores=scores))
    return measured(outcomes, labels, "test", order.images)
