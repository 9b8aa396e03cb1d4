"""A palette: entries of the catalogue under their headings, to be searched, dragged, or taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QTreeView, QVBoxLayout, QWidget

from imgclf_gui.core.entry import Entry
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.named import named

ROW = QSize(80, 22)
"""Of a heading, and of an entry that has no picture, in pixels."""
KIND = Qt.ItemDataRole.UserRole
"""The role that tells the kind of an entry; a heading has none."""
SUMMARY = Qt.ItemDataRole.AccessibleDescriptionRole

Headings = Sequence[tuple[str, Sequence[type[Entry]]]]
EntryT = TypeVar("EntryT", bound=Entry)


@dataclass(frozen=True)
class PaletteWords:
    """How one palette is called: names of its widgets, and what it says."""

    name: str
    entries: str
    """The object name of the list; that of the search field is `name` and '_search'."""
    search: str
    """'Search for a block', for people who hear the window."""
    hint: str
    """What the empty search field says."""
    offered: str
    """'Blocks to insert'."""


class EntryPalette(QWidget):
    """A search field above the entries."""

    asked = Signal(str)
    """The kind of an entry that is wanted."""
    left = Signal()
    """Escape: back to where the entries go."""

    def __init__(
        self,
        words: PaletteWords,
        headings: Headings,
        mime_type: str,
        mime: Callable[[list[str]], QMimeData],
        *,
        row: QSize = ROW,
    ) -> None:
        """`mime` makes what a drag of entries of some kinds carries, `mime_type` at least."""
        super().__init__()
        self.setObjectName(words.name)
        self.entries = Entries(headings, mime_type, mime, row, self)
        self.list = _List(words, self.entries)
        self.list.setUniformRowHeights(row == ROW)
        self._search = named(QLineEdit(), f"{words.name}_search", words.search)
        self._search.setPlaceholderText(words.hint)
        self._search.setClearButtonEnabled(True)
        self._search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.textChanged.connect(self._on_searched)
        self._search.installEventFilter(self)
        self.list.activated.connect(self._on_activated)
        self.list.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._search)
        layout.addWidget(self.list, 1)
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
                self._on_activated(self.list.currentIndex())
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
        for heading in self.entries.headings():
            rows = range(self.entries.rowCount(heading))
            found = [row for row in rows if self.entries.matches(heading, row, words)]
            self.list.setRowHidden(heading.row(), QModelIndex(), not found)
            for row in rows:
                self.list.setRowHidden(row, heading, row not in found)
            for row in found:
                index = self.entries.index(row, 0, heading)
                in_title = str(index.data()).lower().startswith(text.strip().lower())
                if best is None or in_title > best[0]:
                    best = (in_title, index)
        self.list.setCurrentIndex(best[1] if best else QModelIndex())

    def _step(self, step: int) -> None:
        """The next entry above or below that is not hidden and no heading."""
        index = self.list.currentIndex()
        while index.isValid():
            index = self.list.indexAbove(index) if step < 0 else self.list.indexBelow(index)
            if index.data(KIND):
                self.list.setCurrentIndex(index)
                return

    def _on_activated(self, index: QModelIndex) -> None:
        kind = index.data(KIND)
        if kind:
            self.asked.emit(kind)


class _List(QTreeView):
    def __init__(self, words: PaletteWords, entries: Entries) -> None:
        super().__init__()
        self.setObjectName(words.entries)
        self.setAccessibleName(words.offered)
        self.setModel(entries)
        self.setHeaderHidden(True)
        self.setIndentation(theme.SPACING)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setTabKeyNavigation(False)
        self.expandAll()


class Entries(QStandardItemModel):
    """Headings with the entries under them."""

    def __init__(
        self,
        headings: Headings,
        mime_type: str,
        mime: Callable[[list[str]], QMimeData],
        row: QSize,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._mime_type = mime_type
        self._mime = mime
        for title, entries in headings:
            heading = QStandardItem(title)
            font = heading.font()
            font.setBold(True)
            heading.setFont(font)
            heading.setSizeHint(ROW)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for entry in entries:
                heading.appendRow(_item(entry, row))
            self.appendRow(heading)

    def headings(self) -> list[QModelIndex]:
        """Their rows."""
        return [self.index(row, 0) for row in range(self.rowCount())]

    def matches(self, heading: QModelIndex, row: int, words: list[str]) -> bool:
        """Whether the entry in that row has all of `words`."""
        index = self.index(row, 0, heading)
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        text = f"{heading.data()} {index.data()} {tip}".lower()
        return all(word in text for word in words)

    def show_pictures(self, picture: Callable[[str], QPixmap | None]) -> None:
        """Give each entry the picture of its kind."""
        for heading in self.headings():
            for row in range(self.rowCount(heading)):
                item = self.itemFromIndex(self.index(row, 0, heading))
                item.setData(picture(item.data(KIND)), Qt.ItemDataRole.DecorationRole)

    def mimeTypes(self) -> list[str]:
        """What they are where they go."""
        return [self._mime_type]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """The entries, with their usual settings."""
        return self._mime([kind for index in indexes if (kind := index.data(KIND))])


def under_headings(
    entries: Iterable[type[EntryT]],
    group: Callable[[type[EntryT]], str],
    first: Iterable[str],
) -> list[tuple[str, list[type[EntryT]]]]:
    """`entries` in their order under the headings `first`, and then under all others."""
    groups: dict[str, list[type[EntryT]]] = {title: [] for title in first}
    for entry in entries:
        groups.setdefault(group(entry), []).append(entry)
    return [(title, found) for title, found in groups.items() if found]


def _item(entry: type[Entry], row: QSize) -> QStandardItem:
    item = QStandardItem(entry.title)
    item.setData(entry.kind, KIND)
    item.setSizeHint(row)
    item.setToolTip(plain_tip(entry.summary))
    item.setData(entry.summary, SUMMARY)
    item.setFlags(
        Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
    )
    return item
