"""Custom models and runs in one table, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelection, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud.automl_shown import ShownModel
from imgclf_gui.gui.cloud.automl_words import accuracy_words, figure, state_words
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.titled_table import Index, TitledTableModel
from imgclf_gui.gui.widgets.words import STATUS_WORDS, interval_words, run_title

MOST_CHOSEN = 2
"""Models that are laid side by side."""
_WIDTHS = (90, 96, 138, 92, 66, 152, 56)
_SHARES = {0: 0.4, 1: 0.2, 2: 0.4}
"""Of the room that is left, for names and words."""
_LEFT_OUT = (6, 4)
"""Columns that are left out where there is no room for them, the first at first."""
_FIRST_NUMBER = 3
_STATE = 2
COLUMNS = {
    "Model": "Its number and name; choose two to lay them side by side",
    "By": "Who trained it",
    "State": "What goes on, or what came of it",
    "Avg. precision": "Average precision: area under the curve of precision over recall, 0 to 1; "
    "more is better",
    "Log loss": "How far its confidences are from the truth; less is better",
    "Test accuracy": "The share of test images whose surest class is right, and its 95 % interval: "
    "the same for custom models and runs",
    "Images": "That it was measured on",
}


@dataclass(frozen=True)
class Line:
    """A row: a custom model, or a run of the project."""

    model: ShownModel | None = None
    run: RunView | None = None

    def cells(self) -> tuple[str, ...]:
        """A text for each column."""
        return _model_cells(self.model) if self.model is not None else _run_cells(self.run)

    @property
    def key(self) -> str:
        """Unique in the table."""
        return f"model {self.model.id}" if self.model else f"run {self.run.id if self.run else ''}"


def lines_of(models: Sequence[ShownModel], runs: Sequence[RunView]) -> list[Line]:
    """The models, then the measured runs that are none of theirs."""
    theirs = {name for model in models for name in model.state.names.get("runs", "").split(",")}
    measured = [run for run in runs if "test" in run.state.evaluations and run.id not in theirs]
    return [*(Line(model=model) for model in models), *(Line(run=run) for run in measured)]


class ModelTableModel(TitledTableModel):
    """A row for each Line."""

    columns = COLUMNS

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show_lines(self, lines: list[Line]) -> None:
        """Replace all."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def touch(self, ident: str) -> None:
        """Something is new of a custom model."""
        for row, line in enumerate(self.lines):
            if line.model is not None and line.model.id == ident:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Models and runs."""
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Runs are there to be compared with; they are chosen on the Training page."""
        flags = super().flags(index)
        run = self.lines[index.row()].model is None
        return flags & ~Qt.ItemFlag.ItemIsSelectable if run else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; what costs in the colour of warnings."""
        line, column = self.lines[index.row()], index.column()
        costs = line.model is not None and line.model.state.deployment is not None
        found: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                found = line.cells()[column]
            case Qt.ItemDataRole.ToolTipRole:
                found = plain_tip(line.cells()[column])
            case Qt.ItemDataRole.TextAlignmentRole if column >= _FIRST_NUMBER:
                found = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ForegroundRole if costs and column == _STATE:
                found = QColor(theme.current().warning)
            case Qt.ItemDataRole.ForegroundRole if line.model is None:
                found = QColor(theme.current().muted)
            case Qt.ItemDataRole.FontRole if costs and column == _STATE:
                found = QFont()
                found.setBold(True)
        return found


class ModelTable(QTableView):
    """At most two custom models are chosen; of more, those that were chosen last."""

    chosen = Signal(list)
    """The ShownModels, in the order of being chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("automl_table")
        self.setAccessibleName("Custom models, and runs to compare with")
        self._lines = ModelTableModel(self)
        self._chosen: list[str] = []
        self.setModel(self._lines)
        self._look()
        self.selectionModel().selectionChanged.connect(self._on_selected)

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines.lines

    def show_lines(self, lines: list[Line]) -> None:
        """Show these; who was chosen stays so."""
        chosen = [key for key in self._chosen if any(line.key == key for line in lines)]
        same = [line.key for line in lines] == [line.key for line in self._lines.lines]
        if same and all(new == old for new, old in zip(lines, self._lines.lines, strict=True)):
            return
        self._lines.show_lines(lines)
        self._chosen = []
        for key in chosen or [line.key for line in lines[:1] if line.model is not None]:
            self._select(key)
        self._tell()

    def touch(self, ident: str) -> None:
        """Something is new of a custom model."""
        self._lines.touch(ident)

    def choose(self, ident: str) -> None:
        """Choose one custom model, and no other."""
        self.clearSelection()
        self._select(f"model {ident}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names and states take the room that the figures leave."""
        super().resizeEvent(event)
        free = self.viewport().width() - sum(_WIDTHS)
        for column in _LEFT_OUT:
            self.setColumnHidden(column, free < 0)
            free += _WIDTHS[column] if free < 0 else 0
        for column, share in _SHARES.items():
            self.setColumnWidth(column, _WIDTHS[column] + max(0, int(free * share)))

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, selected: QItemSelection, gone: QItemSelection) -> None:
        del selected, gone
        keys = [
            self._lines.lines[index.row()].key for index in self.selectionModel().selectedRows()
        ]
        kept = [key for key in self._chosen if key in keys]
        self._chosen = (kept + [key for key in keys if key not in kept])[-MOST_CHOSEN:]
        for key in set(keys) - set(self._chosen):
            self._select(key, on=False)
        if len(keys) <= MOST_CHOSEN:
            self._tell()

    def _select(self, key: str, *, on: bool = True) -> None:
        flags = self.selectionModel().SelectionFlag
        how = (flags.Select if on else flags.Deselect) | flags.Rows
        for row, line in enumerate(self._lines.lines):
            if line.key == key:
                self.selectionModel().select(self._lines.index(row, 0), how)

    def _tell(self) -> None:
        by_key = {line.key: line.model for line in self._lines.lines}
        self.chosen.emit([by_key[key] for key in self._chosen if by_key.get(key) is not None])

    def _look(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        self.horizontalHeader().setHighlightSections(False)
        for column, width in enumerate(_WIDTHS):
            self.setColumnWidth(column, width)


def _model_cells(model: ShownModel) -> tuple[str, ...]:
    measured, kind = model.state.measured, model.kind
    by = model.provider.title if model.provider is not None else model.order.provider
    if kind is not None and len(model.provider.model_kinds() if model.provider else ()) > 1:
        by = f"{by}, {kind.title.lower()}"
    images = measured.images if measured is not None else None
    return (
        run_title(model.id, model.order.name),
        by,
        shortened(state_words(model), 200),
        figure(measured.average_precision if measured else None),
        figure(measured.log_loss if measured else None),
        accuracy_words(model.correct),
        "–" if images is None else f"{images:,}",
    )


def _run_cells(run: RunView | None) -> tuple[str, ...]:
    if run is None:
        return ("",) * len(COLUMNS)
    test = run.state.evaluations["test"]
    return (
        run_title(run.id, run.name),
        "Run",
        STATUS_WORDS[run.state.status],
        "–",
        "–",
        interval_words(test),
        f"{test.images:,}",
    )
