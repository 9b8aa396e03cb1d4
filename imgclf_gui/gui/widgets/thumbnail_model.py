"""Many images as a Qt model; the pictures themselves are asked for while painting."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from imgclf_gui.core.dataset import ImageRow

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
"""The ImageRow itself."""
_NOWHERE = QModelIndex()


class ThumbnailModel(QAbstractListModel):
    """Rows of the dataset in the order that they are given."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ImageRow] = ()

    @property
    def rows(self) -> Sequence[ImageRow]:
        """What is shown."""
        return self._rows

    def show_rows(self, rows: Sequence[ImageRow]) -> None:
        """Show `rows`; where they only continue those shown, nothing jumps."""
        before = len(self._rows)
        if before and len(rows) >= before and rows[:before] == self._rows:
            if len(rows) > before:
                self.beginInsertRows(QModelIndex(), before, len(rows) - 1)
                self._rows = rows
                self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, index: Index) -> ImageRow | None:
        """The image at `index`."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """How many images."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name and class, for the keyboard search and for those who hear the window."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name}, class {row.label}, {row.split}"
        return row if role == ROW_ROLE else None
