"""The blocks of a network as a Qt model: a tree that follows the frozen one, change by change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from imgclf_gui.core.errors import UserError
from imgclf_gui.core.spec import BlockSpec
from imgclf_gui.core.tree import Blocks, Place, block_at
from imgclf_gui.gui.network_view import Card, NetworkView
from imgclf_gui.plan.edits import holds_blocks, outermost
from imgclf_gui.plan.network_file import blocks_from_text, blocks_text

Index = QModelIndex | QPersistentModelIndex

BLOCKS_MIME = "application/x-imgclf-blocks"
"""Blocks on their way by drag and drop: the text that the clipboard would have."""
PLACES_MIME = "application/x-imgclf-places"
"""Where they are taken from, with the identity of the model that they are in."""
_TOP = QModelIndex()


class Node:
    """One row: a block, or the input in the first one. It stays the same while its block does."""

    __slots__ = ("block", "card", "children", "parent", "row")

    def __init__(self, block: BlockSpec | None, parent: Node | None, row: int) -> None:
        self.block = block
        self.parent = parent
        self.row = row
        self.card = Card("")
        self.children: list[Node] = []
        if block is not None:
            self.children = [Node(one, self, i) for i, one in enumerate(block.blocks)]


class BlockModel(QAbstractItemModel):
    """A row for the input, and one for each block, inside the row of what holds it."""

    dropped = Signal(object, object)
    """Blocks, and the place that they should go in front of."""
    moved = Signal(object, object)
    """Places of blocks that are here already, and where they should go."""
    renamed = Signal(object, str)
    """A place, and what the block there should be called."""
    refused = Signal(object)
    """An ErrorReport: what was dropped cannot be read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._blocks: Blocks = ()
        self._root = Node(None, None, 0)
        self._root.children = [Node(None, self._root, 0)]

    # What is shown

    def show(self, view: NetworkView) -> None:
        """Follow the network: only rows that changed are touched."""
        self._blocks = view.shown
        self._follow(self._root, view.shown)
        self._show_card(self._root.children[0], view.input_card)
        for place, node in self._walk(self._root, ()):
            self._show_card(node, view.cards[place])

    def place(self, index: Index) -> Place | None:
        """The place of a row; None for the input, and for no row."""
        if not index.isValid():
            return None
        node: Node | None = self.node(index)
        steps: list[int] = []
        while node is not None and node.parent is not None:
            steps.append(node.row - (node.parent is self._root))
            node = node.parent
        return None if steps == [-1] else tuple(reversed(steps))

    def index_of(self, place: Place | None) -> QModelIndex:
        """The row of a block; of the input for None; no row where there is no such block."""
        node, row = self._root, 0
        for level, step in enumerate(place if place is not None else (-1,)):
            row = step + (level == 0)
            if not 0 <= row < len(node.children):
                return QModelIndex()
            node = node.children[row]
        return self.createIndex(row, 0, node)

    def node(self, index: Index) -> Node:
        """What stands behind a row; its identity is that of the row."""
        return cast(Node, index.internalPointer()) if index.isValid() else self._root

    def card(self, index: Index) -> Card:
        """What a row says."""
        return self.node(index).card

    # Qt's questions

    def rowCount(self, parent: Index = _TOP) -> int:
        """Blocks inside; at the top the input, too."""
        return len(self.node(parent).children)

    def columnCount(self, parent: Index = _TOP) -> int:
        """One: the view paints the figures of a card."""
        del parent
        return 1

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        """The row inside `parent`."""
        children = self.node(parent).children
        if column != 0 or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, 0, children[row])

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override] # QObject has one, too
        """The row that `child` lies in."""
        holder = self.node(child).parent if child.isValid() else None
        if holder is None or holder is self._root:
            return QModelIndex()
        return self.createIndex(holder.row, 0, holder)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The title, the card, and the card in words."""
        if not index.isValid():
            return None
        node = self.node(index)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return node.card.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return node.card.sentence()
            case Qt.ItemDataRole.ToolTipRole:
                return node.card.problem or None
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Blocks can be dragged and renamed; at the top and in containers they can be dropped."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        block = self.node(index).block
        if block is None:
            return flag.ItemIsEnabled | flag.ItemIsSelectable
        usual = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable
        usual |= flag.ItemIsDragEnabled
        return usual | flag.ItemIsDropEnabled if holds_blocks(block) else usual

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name."""
        place = self.place(index)
        if place is None or role != Qt.ItemDataRole.EditRole:
            return False
        self.renamed.emit(place, str(value).strip())
        return True

    # Drag and drop

    def supportedDropActions(self) -> Qt.DropAction:
        """Blocks are moved inside the tree, and copied from elsewhere."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Blocks."""
        return [BLOCKS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The blocks of rows, and where they are."""
        places = outermost(place for one in indexes if (place := self.place(one)) is not None)
        data = blocks_mime([block_at(self._blocks, place) for place in places])
        origin = json.dumps({"model": id(self), "places": places})
        data.setData(PLACES_MIME, origin.encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Ask for what was dropped; False, so that the view takes nothing away itself."""
        del column
        target = self._target(row, parent)
        places = self._own_places(data)
        if places and action == Qt.DropAction.MoveAction:
            self.moved.emit(places, target)
        elif data.hasFormat(BLOCKS_MIME):
            text = bytes(data.data(BLOCKS_MIME).data()).decode("utf-8", "replace")
            try:
                blocks = blocks_from_text(text)
            except UserError as error:
                self.refused.emit(error.report)
                return False
            self.dropped.emit(blocks, target)
        return False

    def _target(self, row: int, parent: Index) -> Place:
        """The place in front of which something dropped goes; row -1 is the parent itself."""
        holder = self.place(parent)
        row = self.rowCount(parent) if row < 0 else row
        return (max(0, row - 1),) if holder is None else (*holder, row)

    def _own_places(self, data: QMimeData) -> list[Place]:
        if not data.hasFormat(PLACES_MIME):
            return []
        origin = json.loads(bytes(data.data(PLACES_MIME).data()))
        return [tuple(place) for place in origin["places"]] if origin["model"] == id(self) else []

    # Following

    def _walk(self, holder: Node, place: Place) -> Iterator[tuple[Place, Node]]:
        first = 1 if holder is self._root else 0
        for index, node in enumerate(holder.children[first:]):
            yield (*place, index), node
            yield from self._walk(node, (*place, index))

    def _show_card(self, node: Node, card: Card) -> None:
        if card != node.card:
            node.card = card
            index = self.createIndex(node.row, 0, node)
            self.dataChanged.emit(index, index)

    def _follow(self, holder: Node, new: Blocks) -> None:
        """Let the rows inside `holder` be those of `new`."""
        first = 1 if holder is self._root else 0
        old = [node.block for node in holder.children[first:]]
        start = _alike(old, new, _same)
        stop = _alike(old[start:][::-1], new[start:][::-1], _same)
        old, new = old[start : len(old) - stop], new[start : len(new) - stop]
        turn = _turn(old, new)
        if turn:
            self._turn_rows(holder, first + start, turn, len(old))
        else:
            self._follow_middle(holder, first + start, old, new)

    def _follow_middle(
        self, holder: Node, row: int, old: Sequence[BlockSpec | None], new: Blocks
    ) -> None:
        """Rows of the same kind are the same block, changed; the others come and go."""
        head = _alike(old, new, _same_kind)
        tail = _alike(old[head:][::-1], new[head:][::-1], _same_kind)
        gone = range(row + head, row + len(old) - tail)
        self._remove(holder, gone)
        self._insert(holder, row + head, new[head : len(new) - tail])
        for number in (*range(head), *range(len(new) - tail, len(new))):
            node = holder.children[row + number]
            node.block = new[number]
            self._follow(node, new[number].blocks)

    def _remove(self, holder: Node, rows: range) -> None:
        if rows:
            self.beginRemoveRows(self._index(holder), rows[0], rows[-1])
            del holder.children[rows[0] : rows[-1] + 1]
            _number(holder)
            self.endRemoveRows()

    def _insert(self, holder: Node, row: int, blocks: Blocks) -> None:
        if blocks:
            self.beginInsertRows(self._index(holder), row, row + len(blocks) - 1)
            holder.children[row:row] = [Node(block, holder, 0) for block in blocks]
            _number(holder)
            self.endInsertRows()

    def _turn_rows(self, holder: Node, first: int, count: int, of: int) -> None:
        """The first `count` of the `of` rows from `first` on go behind the others."""
        index = self._index(holder)
        self.beginMoveRows(index, first, first + count - 1, index, first + of)
        rows = holder.children[first : first + of]
        holder.children[first : first + of] = rows[count:] + rows[:count]
        _number(holder)
        self.endMoveRows()

    def _index(self, node: Node) -> QModelIndex:
        return QModelIndex() if node is self._root else self.createIndex(node.row, 0, node)


def blocks_mime(blocks: Sequence[BlockSpec]) -> QMimeData:
    """`blocks` for the clipboard or a drag, readable as text."""
    text = blocks_text(blocks)
    data = QMimeData()
    data.setText(text)
    data.setData(BLOCKS_MIME, text.encode())
    return data


def _number(holder: Node) -> None:
    for row, node in enumerate(holder.children):
        node.row = row


def _same(old: BlockSpec | None, new: BlockSpec) -> bool:
    return old is new or old == new


def _same_kind(old: BlockSpec | None, new: BlockSpec) -> bool:
    return old is not None and old.kind == new.kind


def _alike(
    old: Sequence[BlockSpec | None],
    new: Blocks,
    same: Callable[[BlockSpec | None, BlockSpec], bool],
) -> int:
    """How many at the beginning are the same."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if not same(one, other):
            break
        count += 1
    return count


def _turn(old: Sequence[BlockSpec | None], new: Blocks) -> int:
    """How many of the first ones went behind the others; 0 if that is not what happened."""
    if len(old) != len(new) or len(old) < 2:
        return 0
    for count in range(1, len(old)):
        if old[count] is new[0]:
            turned = [*old[count:], *old[:count]]
            if all(one is other for one, other in zip(turned, new, strict=True)):
                return count
    return 0
