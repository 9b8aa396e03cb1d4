"""The tree of block cards."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from imgclf_gui.core.entry import Mend
from imgclf_gui.core.tree import Place
from imgclf_gui.gui.architecture.block_model import BlockModel, Node
from imgclf_gui.gui.architecture.card_painter import COLUMNS, GAP, CardLayout, CardPainter
from imgclf_gui.gui.network_view import NetworkView
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.plan.edits import outermost

Index = QModelIndex | QPersistentModelIndex

INDENT = 18
_EDGE = 4
"""Pixels between the cards and the right edge."""


class BlockTree(QTreeView):
    """Shows a network as cards inside cards; says what a person wants done with them."""

    chosen_changed = Signal()
    mend_asked = Signal(object, object)
    """A place, and one of the mends of its problem."""
    settings_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("block_tree")
        self.setAccessibleName("Blocks of the network")
        self.blocks = BlockModel(self)
        self._painter = CardPainter(self.font())
        self._over: tuple[Place, Mend] | None = None
        self._pressed: tuple[Place, Mend] | None = None
        self._following = False
        self._empty = wrapped_label(muted=True, name="network_empty")
        self._empty.setParent(self.viewport())
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._set_up()
        self.setModel(self.blocks)
        self.selectionModel().selectionChanged.connect(self._on_chosen)
        self.selectionModel().currentChanged.connect(self._on_chosen)
        self.choose(None)

    def _set_up(self) -> None:
        self.setHeader(_Header(self))
        self.setItemDelegate(_CardDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setIndentation(INDENT)
        self.setAnimated(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    # What is shown and chosen

    def show_network(self, view: NetworkView, *, empty: str) -> None:
        """Follow the network; what is chosen, expanded and in sight stays.

        `empty` says what to do while there are no blocks.
        """
        before = self._chosen_nodes()
        self._following = True  # rows come and go; nobody is told before all of them are right
        try:
            self.blocks.show(view)
        finally:
            self._following = False
        if not self.selectionModel().hasSelection():  # the chosen block went: what comes next
            self.choose(self.blocks.place(self.currentIndex()))
        elif self._chosen_nodes() != before:
            self.chosen_changed.emit()
        self._empty.setText(empty)
        self._empty.setVisible(not view.blocks)

    def chosen(self) -> tuple[Place, ...]:
        """The chosen blocks in their order, without those inside other chosen ones."""
        rows = self.selectionModel().selectedRows()
        return outermost(place for row in rows if (place := self.blocks.place(row)) is not None)

    def current(self) -> QModelIndex:
        """The row whose settings are shown: the current one, if it is chosen."""
        index = self.currentIndex()
        if self.selectionModel().isSelected(index):
            return index
        return QModelIndex()

    def choose(self, *places: Place | None) -> None:
        """Choose rows and bring them into sight; None is the input."""
        indexes = [index for place in places if (index := self.blocks.index_of(place)).isValid()]
        if not indexes:
            return
        selection = QItemSelection()
        for index in indexes:
            selection.select(index, index)
        flag = QItemSelectionModel.SelectionFlag
        model = self.selectionModel()
        model.setCurrentIndex(indexes[-1], flag.NoUpdate)
        model.select(selection, flag.ClearAndSelect)
        self.scrollTo(indexes[-1])

    @Slot()
    def _on_chosen(self) -> None:
        if not self._following:
            self.chosen_changed.emit()

    def _chosen_nodes(self) -> list[Node]:
        rows = self.selectionModel().selectedRows()
        return [self.blocks.node(row) for row in (*rows, self.currentIndex())]

    # Rows

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """New containers show what is inside them."""
        super().rowsInserted(parent, start, end)
        for row in range(start, end + 1):
            index = self.blocks.index(row, 0, parent)
            if self.blocks.node(index).children:
                self.expandRecursively(index)

    def card_height(self, index: Index) -> int:
        """Pixels of a row, with the gap below its card."""
        card = self.blocks.card(index)
        if not card.problem:
            return self._painter.head_height + GAP
        width = self.viewport().width() - _EDGE - self._left(index)
        return self._painter.height(card, width) + GAP

    def card_layout(self, index: Index, row: QRect) -> CardLayout:
        """The parts of the card of a row that has that place in the viewport."""
        left, right = self._left(index), self.viewport().width() - _EDGE
        card = self.blocks.card(index)
        return self._painter.layout(card, QRect(left, row.top() + 1, right - left, 0), right)

    def _left(self, index: Index) -> int:
        depth, holder = 1, index.parent()
        while holder.isValid():
            depth, holder = depth + 1, holder.parent()
        return depth * INDENT

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The card, and in front of it the arrow that opens a container."""
        here = cast(QModelIndex, index)
        row: QRect = option.rect
        parts = self.card_layout(index, row)
        arrow = QRect(row.left(), row.top(), parts.outline.left(), self._painter.head_height)
        self.drawBranches(painter, arrow, here)
        over = self._over
        place = self.blocks.place(index)
        self._painter.paint(
            painter,
            parts,
            chosen=self.selectionModel().isSelected(here),
            focused=self.hasFocus(),
            over=over[1] if over and over[0] == place else None,
        )

    def columns(self) -> list[tuple[int, int]]:
        """Left edge and width of each figure, in the viewport."""
        return self._painter.columns(self.viewport().width() - _EDGE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sentences of problems wrap anew."""
        super().resizeEvent(event)
        self._empty.setGeometry(self.viewport().rect().adjusted(16, 60, -16, -16))
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()

    # Mouse and keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the settings, unless it ends the editing of a name."""
        naming = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not naming:
            self.settings_wanted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """On a mend's button nothing is dragged or chosen."""
        self._pressed = self._mend_at(event.position().toPoint())
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            self._pressed = None
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the mend that was pressed."""
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif pressed == self._mend_at(event.position().toPoint()):
            self.mend_asked.emit(*pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that a mend's button can be pressed."""
        if self._pressed is not None:
            return
        super().mouseMoveEvent(event)
        over = self._mend_at(event.position().toPoint())
        if over != self._over:
            self._over = over
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            self.viewport().update()

    def _mend_at(self, point: QPoint) -> tuple[Place, Mend] | None:
        index = self.indexAt(QPoint(self.viewport().width() - 20, point.y()))
        place = self.blocks.place(index)
        if place is None:
            return None
        mend = self.card_layout(index, self.visualRect(index)).mend_at(point.x(), point.y())
        return (place, mend) if mend else None


class _CardDelegate(QStyledItemDelegate):
    """Heights of cards, and the editor of a name; the tree paints them itself."""

    def __init__(self, tree: BlockTree) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as its card."""
        del option
        return QSize(100, self._tree.card_height(index))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A line for the name."""
        del option, index
        line = QLineEdit(parent)
        line.setObjectName("block_name_edit")
        line.setAccessibleName("Name of the block")
        line.setMaxLength(100)
        return line

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the name."""
        del option
        name = self._tree.card_layout(index, self._tree.visualRect(index)).name
        height = editor.sizeHint().height()
        top = name.center().y() - height // 2
        editor.setGeometry(QRect(name.left() - 4, top, max(120, name.width()), height))


class _Header(QHeaderView):
    """One section over the cards, with the titles of their figures."""

    def __init__(self, tree: BlockTree) -> None:
        super().__init__(Qt.Orientation.Horizontal, tree)
        self._tree = tree
        self.setStretchLastSection(True)
        self.setSectionsClickable(False)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """The titles above their columns."""
        del section
        painter.save()
        painter.fillRect(rect, self.palette().window())
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect.adjusted(INDENT + 4, 0, 0, 0), middle, "Block")
        for (left, width), title in zip(self._tree.columns(), COLUMNS, strict=False):
            place = QRect(left, rect.top(), width - 6, rect.height())
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, title)
        painter.restore()
