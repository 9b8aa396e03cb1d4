"""What could not be read, by name with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.protocol.events import SkippedImage

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class SkippedDialog(QDialog):
    """A list beside the window; it stays usable."""

    def __init__(self, skipped: Sequence[SkippedImage], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("skipped_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Could not be read")
        self.resize(720, 400)
        self._skipped = skipped
        table = named(QTableView(), "skipped_table", "What could not be read")
        table.setModel(_SkippedModel(skipped, self))
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        table.horizontalHeader().setStretchLastSection(True)
        table.setColumnWidth(0, 300)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setWordWrap(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy list", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("skipped_copy")
        copy.clicked.connect(self._on_copy)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        number = len(skipped)
        files = "1 item was" if number == 1 else f"{number:,} items were"
        layout.addWidget(plain_label(f"{files} left out; everything else is there."))
        layout.addWidget(table)
        layout.addWidget(buttons)

    def _on_copy(self) -> None:
        lines = [f"{item.name}\t{item.reason}" for item in self._skipped]
        QGuiApplication.clipboard().setText("\n".join(lines))


class _SkippedModel(QAbstractTableModel):
    def __init__(self, skipped: Sequence[SkippedImage], parent: QDialog) -> None:
        super().__init__(parent)
        self._skipped = skipped

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._skipped)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role != Qt.ItemDataRole.DisplayRole or not index.isValid():
            return None
        item = self._skipped[index.row()]
        return shortened(item.reason if index.column() else item.name, 1000)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Name", "Reason")[section]
        return None
