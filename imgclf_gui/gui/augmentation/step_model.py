"""The steps of the list as a Qt model that follows the frozen ones, change by change."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import TypeAdapter
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from imgclf_gui.core import strict_json
from imgclf_gui.core.errors import ErrorReport
from imgclf_gui.core.spec import AugmentationStep
from imgclf_gui.gui.augmentation.edits import Steps
from imgclf_gui.gui.augmentation.step_view import StepRow
from imgclf_gui.gui.widgets.labels import plain_tip

Index = QModelIndex | QPersistentModelIndex

STEPS_MIME = "application/x-imgclf-augmentations"
"""Steps on their way by drag and drop: a list of them as JSON."""
PLACE_MIME = "application/x-imgclf-augmentation-place"
"""Where one is taken from, with the identity of the model that it is in."""
_TOP = QModelIndex()
_DEEPEST = 8
_STEPS = TypeAdapter(tuple[AugmentationStep, ...])


class StepModel(QAbstractListModel):
    """A row for each step."""

    dropped = Signal(object, int)
    """Steps from elsewhere, and the place that they should go in front of."""
    moved = Signal(int, int)
    """The place of a step that is here already, and the one that it should go in front of."""
    switched = Signal(int, bool)
    refused = Signal(object)
    """An ErrorReport: what was dropped cannot be read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: Steps = ()
        self._rows: list[StepRow] = []

    def show(self, steps: Steps, rows: list[StepRow]) -> None:
        """Follow the list: rows whose step is another kind come and go, others are touched."""
        head = _alike(self._steps, steps)
        tail = _alike(self._steps[head:][::-1], steps[head:][::-1])
        gone = len(self._steps) - head - tail
        if gone:
            self.beginRemoveRows(_TOP, head, head + gone - 1)
            del self._rows[head : head + gone]
            self.endRemoveRows()
        end = len(rows) - tail
        if end > head:
            self.beginInsertRows(_TOP, head, end - 1)
            self._rows[head:head] = rows[head:end]
            self.endInsertRows()
        self._steps = steps
        self._touch(rows)

    def row(self, index: Index) -> StepRow:
        """What the row says."""
        return self._rows[index.row()]

    def _touch(self, rows: list[StepRow]) -> None:
        for place, row in enumerate(rows):
            if row != self._rows[place]:
                self._rows[place] = row
                self.dataChanged.emit(self.index(place), self.index(place))

    # Qt's questions

    def rowCount(self, parent: Index = _TOP) -> int:
        """One for each step."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The title, the row in words, what is wrong, and whether it is on."""
        if not index.isValid():
            return None
        row = self.row(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.sentence()
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(row.note or row.facts) or None
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if row.enabled else Qt.CheckState.Unchecked
            case _:
                return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for a step to be switched on or off."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.switched.emit(index.row(), value in (Qt.CheckState.Checked, 2))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Steps can be dragged, and dropped between others."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        usual = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsUserCheckable
        return usual | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    # Drag and drop

    def supportedDropActions(self) -> Qt.DropAction:
        """Steps are moved inside the list, and copied from elsewhere."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Steps."""
        return [STEPS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The step of a row, and where it is."""
        data = steps_mime([self._steps[index.row()] for index in indexes])
        for index in indexes[:1]:
            origin = json.dumps({"model": id(self), "place": index.row()})
            data.setData(PLACE_MIME, origin.encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Ask for what was dropped; False, so that the view takes nothing away itself."""
        del column
        target = row if row >= 0 else parent.row() if parent.isValid() else len(self._rows)
        own = self._own_place(data)
        if own is not None and action == Qt.DropAction.MoveAction:
            self.moved.emit(own, target)
        elif data.hasFormat(STEPS_MIME):
            self._drop(bytes(data.data(STEPS_MIME).data()), target)
        return False

    def _drop(self, text: bytes, target: int) -> None:
        try:
            steps = _STEPS.validate_python(strict_json.loads(text, deepest=_DEEPEST))
        except ValueError as error:
            self.refused.emit(_unreadable(str(error)))
        else:
            self.dropped.emit(steps, target)

    def _own_place(self, data: QMimeData) -> int | None:
        if not data.hasFormat(PLACE_MIME):
            return None
        origin = json.loads(bytes(data.data(PLACE_MIME).data()))
        return int(origin["place"]) if origin["model"] == id(self) else None


def steps_mime(steps: Sequence[AugmentationStep]) -> QMimeData:
    """`steps` for a drag, readable as text."""
    text = json.dumps([step.model_dump(mode="json") for step in steps], indent=2)
    data = QMimeData()
    data.setText(text)
    data.setData(STEPS_MIME, text.encode())
    return data


def _unreadable(details: str) -> ErrorReport:
    return ErrorReport(
        code="augmentation.dropped",
        message="What was dropped is no list of augmentations.",
        hint="Drag augmentations from the palette, or from another window of this version.",
        details=details,
    )


def _alike(old: Steps, new: Steps) -> int:
    """How many at the beginning are of the same kind."""
    for count, (one, other) in enumerate(zip(old, new, strict=False)):
        if one is not other and one.kind != other.kind:
            return count
    return min(len(old), len(new))
