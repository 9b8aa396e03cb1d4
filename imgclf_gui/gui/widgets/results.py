"""What a run's best model achieves on a split: figures, classes, confusion."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.figures import three_digits
from imgclf_gui.core.spec import Split
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.confusion import ConfusionView
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.per_class import PerClassTable
from imgclf_gui.gui.widgets.results_by_views import ResultsByViews
from imgclf_gui.gui.widgets.run_table import usable_model
from imgclf_gui.gui.widgets.words import SPLIT_WORDS, interval_words
from imgclf_gui.protocol.events import Evaluated

CHOICES: tuple[Split, ...] = ("test", "validation", "train")


class ResultsPanel(QWidget):
    """Shows the chosen run's result on the chosen split, or offers to measure it."""

    evaluate_asked = Signal(str, int)
    """The split that is to be measured, and how many changed views it is averaged with."""
    cell_opened = Signal(object, int, int)
    """The Evaluated, and a cell of its confusion matrix: true class, predicted class."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("results")
        self._run: RunView | None = None
        self._result: Evaluated | None = None
        self._split = named(QComboBox(), "results_split", "Split")
        for split in CHOICES:
            self._split.addItem(f"{SPLIT_WORDS[split]} split", split)
        self._measure = named(QPushButton(icons.icon("evaluate"), "Measure"), "evaluate_button")
        self._accuracy = plain_label(objectName="results_accuracy")
        theme.set_title(self._accuracy)
        self._count = wrapped_label(muted=True, name="results_count")
        self._by_views = ResultsByViews()
        self._per_class = PerClassTable()
        self._confusion = ConfusionView()
        self._tables = QSplitter(Qt.Orientation.Horizontal)
        self._arrange()
        self._split.currentIndexChanged.connect(self._refresh)
        self._measure.clicked.connect(lambda: self._ask(0))
        self._by_views.asked.connect(self._ask)
        self._confusion.cell_opened.connect(
            lambda true, predicted: self.cell_opened.emit(self._result, true, predicted)
        )

    def show_run(self, run: RunView | None) -> None:
        """Show the results of `run`; the test split first, where it was measured."""
        if run is not None and run is not self._run:
            measured = [s for s in CHOICES if s in run.state.evaluations]
            self._split.setCurrentIndex(CHOICES.index(measured[0]) if measured else 0)
        self._run = run
        self._refresh()

    @Slot(int)
    def _ask(self, views: int) -> None:
        self.evaluate_asked.emit(self._split.currentData(), views)

    def _refresh(self) -> None:
        run, split = self._run, CHOICES[self._split.currentIndex()]
        result = run.state.evaluations.get(split) if run else None
        usable = run is not None and usable_model(run)
        self._measure.setVisible(usable and result is None)
        self._accuracy.setText(interval_words(result) if result else "")
        self._accuracy.setAccessibleName(f"Accuracy {self._accuracy.text()}")
        self._count.setText(_explanation(run, split, result))
        self._tables.setVisible(result is not None)
        self._by_views.show_result(run, result)
        if result is not self._result:
            self._result = result
            self._per_class.show_result(result)
            self._confusion.show_result(result)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.SPACING)
        for widget in (self._split, self._accuracy, self._measure):
            top.addWidget(widget)
        top.addWidget(self._count, 1)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        hint = wrapped_label(
            "Rows: true class. Columns: taken for. Click a cell for its images.", muted=True
        )
        column.addWidget(hint)
        column.addWidget(self._confusion, 1)
        self._tables.addWidget(self._per_class)
        self._tables.addWidget(picture)
        self._tables.setChildrenCollapsible(False)
        self._tables.setSizes([380, 460])
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(top)
        layout.addWidget(self._by_views)
        layout.addWidget(self._tables, 1)
        layout.addStretch(0)


def _explanation(run: RunView | None, split: Split, result: Evaluated | None) -> str:
    if result is not None:
        return (
            f"accuracy with its 95 % interval on the {result.images:,} images of the "
            f"{SPLIT_WORDS[split].lower()} split; loss {three_digits(result.loss)}"
        )
    if run is None:
        return "Train a network: its results appear here."
    if run.state.active:
        return "Results appear here when the run is over."
    if not usable_model(run):
        return "This run has no complete epoch, so there is no model to measure."
    return f"The best model has not been measured on the {SPLIT_WORDS[split].lower()} split."
