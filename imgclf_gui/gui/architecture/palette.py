"""The palette: every block of the catalogue, to be dragged or inserted."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QTreeView, QVBoxLayout, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.entry import Block
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.architecture.block_model import BLOCKS_MIME, blocks_mime
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.named import named

GROUPS = (
    "Convolution",
    "Dense",
    "Pooling",
    "Normalisation",
    "Activation",
    "Regularisation",
    "Shape",
    "Attention",
    "Containers",
)
"""The headings in their order; others follow."""
ROW = QSize(80, 22)
"""Of a block, in pixels."""
_KIND = Qt.ItemDataRole.UserRole


class Palette(QWidget):
    """A search field above the blocks under their headings."""

    asked = Signal(str)
    """The kind of a block that should be inserted."""
    left = Signal()
    """Escape: back to the network."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("palette")
        self._model = _Blocks(self)
        self._list = _List(self._model)
        self._search = named(QLineEdit(), "palette_search", "Search for a block")
        self._search.setPlaceholderText("Search blocks (Ins)")
        self._search.setClearButtonEnabled(True)
        self._search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.textChanged.connect(self._on_searched)
        self._search.installEventFilter(self)
        self._list.activated.connect(self._on_activated)
        self._list.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._search)
        layout.addWidget(self._list, 1)
        self._on_searched("")

    def begin(self) -> None:
        """Let a person type what they look for."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the search field arrows choose, Enter inserts, Escape leaves."""
        if not isinstance(event, QKeyEvent) or event.type() == QEvent.Type.KeyRelease:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape:
                event.accept()  # else the window takes it, to close its message
            return False
        match event.key():
            case Qt.Key.Key_Escape:
                self._search.clear()
                self.left.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._on_activated(self._list.currentIndex())
                self._search.selectAll()
            case Qt.Key.Key_Up | Qt.Key.Key_Down if watched is self._search:
                self._step(-1 if event.key() == Qt.Key.Key_Up else 1)
            case _:
                return False
        return True

    def _on_searched(self, text: str) -> None:
        """Show what has all the words in its title, summary or heading; a title counts most."""
        words = text.lower().split()
        best: tuple[bool, QModelIndex] | None = None
        for heading in self._model.headings():
            rows = range(self._model.rowCount(heading))
            found = [row for row in rows if self._model.matches(heading, row, words)]
            self._list.setRowHidden(heading.row(), QModelIndex(), not found)
            for row in rows:
                self._list.setRowHidden(row, heading, row not in found)
            for row in found:
                index = self._model.index(row, 0, heading)
                in_title = str(index.data()).lower().startswith(text.strip().lower())
                if best is None or in_title > best[0]:
                    best = (in_title, index)
        self._list.setCurrentIndex(best[1] if best else QModelIndex())

    def _step(self, step: int) -> None:
        """The next block above or below that is not hidden and no heading."""
        index = self._list.currentIndex()
        while index.isValid():
            index = self._list.indexAbove(index) if step < 0 else self._list.indexBelow(index)
            if index.data(_KIND):
                self._list.setCurrentIndex(index)
                return

    def _on_activated(self, index: QModelIndex) -> None:
        kind = index.data(_KIND)
        if kind:
            self.asked.emit(kind)


class _List(QTreeView):
    def __init__(self, model: _Blocks) -> None:
        super().__init__()
        self.setObjectName("palette_blocks")
        self.setAccessibleName("Blocks to insert")
        self.setModel(model)
        self.setHeaderHidden(True)
        self.setIndentation(theme.SPACING)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformRowHeights(True)
        self.setTabKeyNavigation(False)
        self.expandAll()


class _Blocks(QStandardItemModel):
    """Headings with the blocks under them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        for title, entries in _grouped(catalog.block_entries().values()):
            heading = QStandardItem(title)
            font = heading.font()
            font.setBold(True)
            heading.setFont(font)
            heading.setSizeHint(ROW)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for entry in entries:
                heading.appendRow(_item(entry))
            self.appendRow(heading)

    def headings(self) -> list[QModelIndex]:
        """Their rows."""
        return [self.index(row, 0) for row in range(self.rowCount())]

    def matches(self, heading: QModelIndex, row: int, words: list[str]) -> bool:
        """Whether the block in that row has all of `words`."""
        index = self.index(row, 0, heading)
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        text = f"{heading.data()} {index.data()} {tip}".lower()
        return all(word in text for word in words)

    def mimeTypes(self) -> list[str]:
        """Blocks."""
        return [BLOCKS_MIME]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """The blocks, without settings: they are the usual ones."""
        kinds = [kind for index in indexes if (kind := index.data(_KIND))]
        return blocks_mime([BlockSpec(kind=kind) for kind in kinds])


def _grouped(entries: Iterable[type[Block]]) -> list[tuple[str, list[type[Block]]]]:
    groups: dict[str, list[type[Block]]] = {title: [] for title in GROUPS}
    for entry in sorted(entries, key=lambda entry: entry.title):
        groups.setdefault(entry.group, []).append(entry)
    return [(title, found) for title, found in groups.items() if found]


def _item(entry: type[Block]) -> QStandardItem:
    item = QStandardItem(entry.title)
    item.setData(entry.kind, _KIND)
    item.setSizeHint(ROW)
    item.setToolTip(plain_tip(entry.summary))
    item.setData(entry.summary, Qt.ItemDataRole.AccessibleDescriptionRole)
    item.setFlags(
        Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
    )
    return item
