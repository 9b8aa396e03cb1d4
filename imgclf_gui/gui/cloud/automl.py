"""Custom models: ordered on the left; what there is, and what the chosen one is worth, beside."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud.account_dialog import show_account
from imgclf_gui.gui.cloud.automl_form import OrderForm
from imgclf_gui.gui.cloud.automl_panel import ModelPanel
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.cloud.automl_table import MOST_CHOSEN, ModelTable, lines_of
from imgclf_gui.gui.drops import dropped_paths, is_image
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter


class AutoMLView(QWidget):
    """Says what it is for until there is a dataset or a model."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("automl_view")
        self.setAcceptDrops(True)
        self._studio = studio
        self.models = models = studio.cloud.models
        self._form = OrderForm(studio, models)
        self._table = ModelTable()
        self._none = EmptyState(
            "automl",
            "No custom model yet",
            "Order the first one on the left. It will stand here, beside the runs of this project.",
        )
        self.panels = [ModelPanel(studio, models, place) for place in range(MOST_CHOSEN)]
        self._no_project = self._empty_project()
        self._no_images = self._empty_dataset()
        self._bench = self._workbench()
        self._stack = QStackedLayout(self)
        for part in (self._no_project, self._no_images, self._bench):
            self._stack.addWidget(part)
        self._connect()
        self._refresh()

    def show_model(self, ident: str) -> None:
        """Choose this custom model."""
        self._table.choose(ident)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Images are for the chosen model; anything else is the window's."""
        if self._images(event) and self.panels[0].model is not None:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask the chosen models about them."""
        event.acceptProposedAction()
        for panel in self.panels:
            panel.ask_about(self._images(event))

    def event(self, event: QEvent) -> bool:
        """While the chosen model is asked, Escape ends that; else it is the window's."""
        shortcut = event.type() == QEvent.Type.ShortcutOverride
        if shortcut and isinstance(event, QKeyEvent) and self._escapes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End the asking."""
        model = self.panels[0].model
        if self._escapes(event) and model is not None:
            self.models.cancel(model)
        else:
            super().keyPressEvent(event)

    def _escapes(self, event: QKeyEvent) -> bool:
        """A training took long, and was perhaps paid for: a stray key does not end it."""
        model = self.panels[0].model
        doing = model.hand.doing if model is not None and model.hand is not None else ""
        return doing in ("predict", "export") and event.key() == Qt.Key.Key_Escape

    def _images(self, event: QDropEvent) -> list[Path]:
        return [path for path in dropped_paths(event.mimeData()) if is_image(path)]

    def _connect(self) -> None:
        models, studio = self.models, self._studio
        self._form.account_wanted.connect(lambda: show_account(studio, self))
        self._table.chosen.connect(self._on_chosen)
        models.listed.connect(self._refresh)
        models.model_changed.connect(self._table.touch)
        models.order_ended.connect(self._on_order_ended)
        for signal in (studio.project_changed, studio.dataset_changed, studio.runs_changed):
            signal.connect(self._refresh)
        studio.run_changed.connect(self._refresh)
        for panel in self.panels:
            for other in self.panels:
                if other is not panel:
                    panel.looked.connect(other.metrics.look)

    @Slot(list)
    def _on_chosen(self, chosen: list[ShownModel]) -> None:
        shown = [*chosen, *([None] * len(self.panels))]
        for panel, model in zip(self.panels, shown, strict=False):
            panel.show_model(model)

    @Slot(object)
    def _on_order_ended(self, found: object) -> None:
        if isinstance(found, ShownModel):
            self.show_model(found.id)

    @Slot()
    def _refresh(self) -> None:
        studio = self._studio
        lines = lines_of(self.models.models, studio.runs)
        self._table.show_lines(lines)
        self._right.setCurrentIndex(1 if lines else 0)
        if studio.project is None:
            self._stack.setCurrentWidget(self._no_project)
        elif not studio.summary.count() and not self.models.models:
            self._stack.setCurrentWidget(self._no_images)
        else:
            self._stack.setCurrentWidget(self._bench)

    def _empty_project(self) -> EmptyState:
        empty = EmptyState(
            "automl",
            "Custom models by AutoML",
            "A model for classes of your own, without building a network: on this machine or at "
            "Google's Vertex AI, within a budget that you set. First open or make a project, and "
            "import images.",
        )
        empty.setObjectName("automl_without_project")
        empty.add_button("automl_project", "Go to Dataset", self._to_dataset, primary=True)
        return empty

    def _empty_dataset(self) -> EmptyState:
        empty = EmptyState(
            "automl",
            "Custom models by AutoML",
            "They learn from the images of this project, which has none yet: import some of at "
            "least two classes.",
        )
        empty.setObjectName("automl_without_images")
        empty.add_button("automl_import", "Go to Dataset", self._to_dataset, primary=True)
        return empty

    @Slot()
    def _to_dataset(self) -> None:
        self._studio.page_wanted.emit("dataset")

    def _workbench(self) -> QWidget:
        settings = self._studio.settings
        pair = RememberedSplitter(Qt.Orientation.Horizontal, "automl_pair_splitter", settings)
        for panel in self.panels:
            pair.addWidget(panel)
        models = RememberedSplitter(Qt.Orientation.Vertical, "automl_models_splitter", settings)
        models.addWidget(self._table)
        models.addWidget(pair)
        models.setStretchFactor(1, 1)
        models.begin((112, 440))
        right = named(QWidget(), "automl_models")
        self._right = QStackedLayout(right)
        self._right.addWidget(self._none)
        self._right.addWidget(models)
        bench = RememberedSplitter(Qt.Orientation.Horizontal, "automl_splitter", settings)
        bench.addWidget(self._form)
        bench.addWidget(right)
        bench.setStretchFactor(1, 1)
        bench.begin((300, 700))
        margin = theme.SPACING
        bench.setContentsMargins(margin, margin, margin, margin)
        return bench
