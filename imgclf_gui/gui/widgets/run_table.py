"""The runs of a project in a table: sortable, and each can be ticked to overlay its curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from imgclf_gui.core.figures import three_digits
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckDelegate
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.run_style import RunStyle
from imgclf_gui.gui.widgets.words import (
    STATUS_WORDS,
    interval_words,
    large,
    percent,
    run_title,
    when,
)

Index = QModelIndex | QPersistentModelIndex

SORT_ROLE = Qt.ItemDataRole.UserRole
ID_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Column:
    """What a column shows of a run, and what it is sorted by."""

    title: str
    text: Callable[[RunView], str]
    key: Callable[[RunView], float | str]
    numeric: bool = True
    width: int = 90


class RunModel(QAbstractTableModel):
    """The runs as given, newest first; which are ticked is kept by their id."""

    ticked_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunView] = []
        self.ticked: set[str] = set()

    def show_runs(self, runs: Sequence[RunView]) -> None:
        """Replace the runs."""
        self.beginResetModel()
        self.runs = list(runs)
        self.ticked &= {run.id for run in runs}
        self.endResetModel()

    def touch(self, run_id: str) -> None:
        """The run's figures changed."""
        row = self.row_of(run_id)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def row_of(self, run_id: str) -> int | None:
        """Where the run stands."""
        return next((row for row, run in enumerate(self.runs) if run.id == run_id), None)

    def style_of(self, run_id: str) -> RunStyle:
        """The run's mark: it stays while newer runs are added."""
        return RunStyle(len(self.runs) - 1 - (self.row_of(run_id) or 0))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Runs."""
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """COLUMNS."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first column can be ticked."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, marks and ticks; SORT_ROLE gives what a column is sorted by."""
        run, column, first = self.runs[index.row()], COLUMNS[index.column()], index.column() == 0
        found: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                found = column.text(run)
            case Qt.ItemDataRole.TextAlignmentRole if column.numeric:
                found = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.ToolTipRole:
                found = plain_tip(column.text(run))
            case Qt.ItemDataRole.CheckStateRole if first:
                ticked = run.id in self.ticked
                found = Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.DecorationRole if first:
                found = self.style_of(run.id).icon()
            case _ if role == SORT_ROLE:
                found = column.key(run)
            case _ if role == ID_ROLE:
                found = run.id
        return found

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick a run, or take the tick away."""
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != 0:
            return False
        run_id = self.runs[index.row()].id
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self.ticked.add(run_id)
        else:
            self.ticked.discard(run_id)
        self.dataChanged.emit(index, index, [role])
        self.ticked_changed.emit()
        return True


class RunTable(QTableView):
    """Shows the runs; the selected one is the one whose results and log are shown."""

    chosen = Signal(str)
    """The id of the run that was selected; empty if none is."""
    ticked_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_table")
        self.setAccessibleName("Runs")
        self.runs = RunModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.runs)
        self._sorted.setSortRole(SORT_ROLE)
        self.setModel(self._sorted)
        self._chosen = ""
        self._look()
        self.sortByColumn(len(COLUMNS) - 1, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        self.runs.ticked_changed.connect(self.ticked_changed)
        self.selectionModel().selectionChanged.connect(self._on_selected)

    @property
    def chosen_id(self) -> str:
        """The selected run's id; empty if none is."""
        return self._chosen

    @property
    def shown_ids(self) -> list[str]:
        """The selected run and the ticked ones, in the order of the project."""
        wanted = self.runs.ticked | {self._chosen}
        return [run.id for run in self.runs.runs if run.id in wanted]

    def show_runs(self, runs: Sequence[RunView]) -> None:
        """Replace the runs; the newest is chosen when it is new, or nothing was chosen."""
        before, chosen = {run.id for run in self.runs.runs}, self._chosen
        self.runs.show_runs(runs)
        ids = [run.id for run in runs]
        if ids and (chosen not in ids or (before and ids[0] not in before)):
            chosen = ids[0]
        self.choose(chosen if chosen in ids else "")

    def choose(self, run_id: str) -> None:
        """Select the run."""
        row = self.runs.row_of(run_id)
        if row is None:
            self.clearSelection()
            self._tell("")
            return
        index = self._sorted.mapFromSource(self.runs.index(row, 0))
        self.setCurrentIndex(index)
        self.selectRow(index.row())
        self.scrollTo(index)
        self._tell(run_id)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Long names take the room that the figures leave."""
        super().resizeEvent(event)
        others = sum(column.width for column in COLUMNS[1:])
        self.setColumnWidth(0, max(COLUMNS[0].width, self.viewport().width() - others))

    @Slot(QItemSelection, QItemSelection)
    def _on_selected(self, selected: QItemSelection, gone: QItemSelection) -> None:
        del gone
        if selected.indexes():
            self._tell(selected.indexes()[0].data(ID_ROLE))

    def _tell(self, run_id: str) -> None:
        if run_id != self._chosen:
            self._chosen = run_id
            self.chosen.emit(run_id)

    def _look(self) -> None:
        self.setItemDelegateForColumn(0, OutlinedCheckDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        self.horizontalHeader().setHighlightSections(False)
        for index, column in enumerate(COLUMNS):
            self.setColumnWidth(index, column.width)


def usable_model(run: RunView) -> bool:
    """Whether the run has a model that can classify."""
    return run.state.best_epoch > 0 and not run.state.active


def _validation(run: RunView) -> float | None:
    best = run.state.best
    if best is None:
        return None
    return best.accuracy if best.validation_accuracy is None else best.validation_accuracy


def _test(run: RunView) -> float:
    result = run.state.evaluations.get("test")
    return result.accuracy if result else -1.0


def _test_words(run: RunView) -> str:
    result = run.state.evaluations.get("test")
    return interval_words(result) if result else "–"


def _parameters(run: RunView) -> float:
    return float(run.plan.network.parameters)


def _seconds(run: RunView) -> float | None:
    return run.state.seconds or (sum(epoch.seconds for epoch in run.state.epochs) or None)


def _speed(run: RunView) -> float | None:
    last = run.state.last
    if run.state.status == "running" and last:
        return last.images_per_second
    epochs = run.state.epochs
    return max((epoch.images_per_second for epoch in epochs), default=None)


def _or_dash(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 100 else three_digits(number)


COLUMNS = (
    Column("Run", lambda r: run_title(r.id, r.name), lambda r: r.name.lower(), False, 150),
    Column("Status", lambda r: STATUS_WORDS[r.state.status], lambda r: r.state.status, False, 96),
    Column("Validation", lambda r: percent(_validation(r)), lambda r: _validation(r) or -1.0),
    Column("Test (95 % interval)", _test_words, _test, width=150),
    Column("Parameters", lambda r: large(r.plan.network.parameters), _parameters),
    Column("Seconds", lambda r: _or_dash(_seconds(r)), lambda r: _seconds(r) or -1.0, width=76),
    Column("Images/s", lambda r: _or_dash(_speed(r)), lambda r: _speed(r) or -1.0, width=80),
    Column("Created", lambda r: when(r.created_at), lambda r: r.created_at, width=130),
)
