"""Training: set the options, train, watch, compare, and see what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import Split
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.predictions_file import images_behind
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.images_dialog import ImagesDialog, shown_images
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.options import Options
from imgclf_gui.gui.widgets.results import ResultsPanel
from imgclf_gui.gui.widgets.run_header import RunHeader
from imgclf_gui.gui.widgets.run_log import RunLog
from imgclf_gui.gui.widgets.run_table import RunTable
from imgclf_gui.gui.widgets.words import SPLIT_WORDS
from imgclf_gui.protocol.events import Evaluated

if TYPE_CHECKING:
    from imgclf_gui.gui.widgets.plots import RunPlots

OPTIONS_WIDTH = 300
RUNS_HEIGHT = 150


class TrainingPage(QWidget):
    """Left the options; right the chosen run (curves, results, log) above the runs."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_page")
        self._studio = studio
        self._header = RunHeader()
        self._table = RunTable()
        self._results = ResultsPanel()
        self._log = RunLog()
        self._plots: RunPlots | None = None
        self._plots_place = QVBoxLayout()
        self._options = Options(studio)
        self._views = named(QTabWidget(), "run_tabs")
        self._views.setDocumentMode(True)
        self._right = QStackedWidget()
        self._arrange()
        self._connect()
        self._on_runs_changed()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the plots when they are first seen."""
        if self._plots is None:
            from imgclf_gui.gui.widgets.plots import RunPlots  # a third of a second

            self._plots = RunPlots()
            self._plots_place.addWidget(self._plots, 1)
            self._show_curves()
        super().showEvent(event)

    def _connect(self) -> None:
        studio = self._studio
        self._table.chosen.connect(self._on_run_chosen)
        self._table.ticked_changed.connect(self._show_curves)
        self._header.pause_asked.connect(studio.pause)
        self._header.continue_asked.connect(studio.go_on)
        self._header.stop_asked.connect(studio.stop)
        self._header.resume_asked.connect(studio.resume)
        self._results.evaluate_asked.connect(self._on_evaluate_asked)
        self._results.cell_opened.connect(self._on_cell_opened)
        studio.runs_changed.connect(self._on_runs_changed)
        studio.run_changed.connect(self._on_run_changed)
        studio.dataset_changed.connect(self._refresh_empty)
        studio.project_changed.connect(self._refresh_empty)

    @property
    def _run(self) -> RunView | None:
        """The chosen run."""
        chosen = self._table.chosen_id
        return next((run for run in self._studio.runs if run.id == chosen), None)

    @Slot()
    def _on_runs_changed(self) -> None:
        self._table.show_runs(self._studio.runs)
        self._show_run()
        self._show_curves()
        self._refresh_empty()

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        self._table.runs.touch(run_id)
        if self._plots is not None:
            self._plots.touch(run_id)
        if run_id == self._table.chosen_id:
            self._show_run()

    @Slot(str)
    def _on_run_chosen(self, run_id: str) -> None:
        del run_id
        self._show_run()
        self._show_curves()

    def _show_run(self) -> None:
        run = self._run
        self._header.show_run(run)
        self._results.show_run(run)
        self._log.show_run(run)

    @Slot()
    def _show_curves(self) -> None:
        if self._plots is None:
            return
        from imgclf_gui.gui.widgets.plots import ShownRun

        wanted = set(self._table.shown_ids)
        self._plots.show_runs(
            [
                ShownRun(run.id, run.name, run.state, self._table.runs.style_of(run.id))
                for run in self._studio.runs
                if run.id in wanted
            ]
        )

    @Slot(str, int)
    def _on_evaluate_asked(self, split: Split, views: int) -> None:
        if self._run is not None:
            self._studio.evaluate(self._run.id, split, views)

    @Slot(object, int, int)
    def _on_cell_opened(self, result: Evaluated, true: int, predicted: int) -> None:
        run = self._run
        if run is None:
            return
        label, other = result.classes[true].label, result.classes[predicted].label
        try:
            taken = images_behind(run.folder.folder, result.predictions, label, other)
        except UserError as error:
            self._studio.failed.emit(error.report)
            return
        images = shown_images(taken, self._studio.dataset.images, other)
        sentence = _cell_sentence(result, true, predicted, len(images))
        ImagesDialog(sentence, images, self._studio.thumbnails, self).show()

    @Slot()
    def _refresh_empty(self) -> None:
        if self._studio.runs:
            self._right.setCurrentIndex(2)
        else:
            self._right.setCurrentIndex(1 if self._studio.summary.labels else 0)

    def _arrange(self) -> None:
        for place in (_needs_images(self._studio), _no_run(), self._run_column()):
            self._right.addWidget(place)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._options)
        splitter.addWidget(self._right)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([OPTIONS_WIDTH, 3 * OPTIONS_WIDTH])
        self._options.setMinimumWidth(250)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.addWidget(splitter)

    def _run_column(self) -> QWidget:
        curves = QWidget()
        self._plots_place = QVBoxLayout(curves)
        self._plots_place.setContentsMargins(0, theme.SPACING, 0, 0)
        for widget, title in ((curves, "Curves"), (self._results, "Results"), (self._log, "Log")):
            self._views.addTab(widget, title)
        above = QWidget()
        layout = QVBoxLayout(above)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._header)
        layout.addWidget(self._views, 1)
        column = QSplitter(Qt.Orientation.Vertical)
        column.setContentsMargins(theme.SPACING, 0, 0, 0)
        column.addWidget(above)
        column.addWidget(self._table)
        column.setChildrenCollapsible(False)
        column.setStretchFactor(0, 1)
        column.setSizes([520, RUNS_HEIGHT])
        return column


def _cell_sentence(result: Evaluated, true: int, predicted: int, shown: int) -> str:
    label = shortened(result.classes[true].label, 80)
    other = shortened(result.classes[predicted].label, 80)
    what = "recognised" if true == predicted else f"taken for {other}"
    split = SPLIT_WORDS[result.split].lower()
    count = result.confusion[true][predicted]
    sentence = f"{count:,} images of {label} {what} ({split} split), the surest first."
    if shown < count:
        sentence += f" {count - shown:,} of them are no longer in the dataset."
    return sentence


def _needs_images(studio: Studio) -> EmptyState:
    state = EmptyState(
        "training",
        "Train a network",
        "Training needs images in at least two classes. Import them first.",
    )
    state.setObjectName("training_without_images")
    state.add_button(
        "to_dataset",
        "Go to Dataset",
        lambda: studio.page_wanted.emit("dataset"),
        primary=True,
    )
    return state


def _no_run() -> EmptyState:
    state = EmptyState(
        "training",
        "Ready to train",
        "Press Train: the curves appear here while the network learns.",
    )
    state.setObjectName("training_without_runs")
    return state
