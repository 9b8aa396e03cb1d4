"""A group of images without classes: its name, and its pictures, which can be dragged away."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
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
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.grouping import Group
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.named import named

MIME = f"application/x-imgclf-sorted-{os.getpid()}"
"""Places of images mean nothing to another window."""
SIDE = 72
PAD = 4
ROWS = 2
"""Of pictures that are seen without scrolling."""
LONGEST_NAME = 200

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


def dragged(places: Sequence[int]) -> QMimeData:
    """What is dragged from one group to another."""
    data = QMimeData()
    data.setData(MIME, json.dumps(list(places)).encode())
    return data


class GroupCard(QFrame):
    """Check box, name and number of images; below them the pictures."""

    renamed = Signal(str)
    included = Signal(bool)
    selection_changed = Signal()

    def __init__(self, number: int, pictures: FilePictures) -> None:
        """`number` is counted from 1."""
        super().__init__()
        self.setObjectName(f"sorted_group_{number}")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._group = Group("", ())
        self._check = named(OutlinedCheckBox(f"{number}"), f"sorted_include_{number}")
        self._check.setToolTip("Add this group to the dataset")
        self._name = named(
            QLineEdit(), f"sorted_name_{number}", f"Name of group {number}, which will be a class"
        )
        self._name.setMaxLength(LONGEST_NAME)
        self._name.setAcceptDrops(False)
        self._name.setToolTip("The name of the class; the name of another group merges the two")
        self._count = plain_label(objectName=f"sorted_count_{number}")
        theme.set_muted(self._count)
        self.list = GroupList(number, pictures)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._check)
        row.addWidget(self._name, 1)
        row.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self.list)
        self._name.editingFinished.connect(self._on_named)
        self._check.clicked.connect(self.included)
        self.list.selectionModel().selectionChanged.connect(self.selection_changed)

    def show_group(self, group: Group, files: Sequence[str]) -> None:
        """Show it as it is now."""
        self._group = group
        self._check.setChecked(group.included)
        self._check.setAccessibleName(f"Add {group.name} to the dataset")
        if self._name.text() != group.name:
            self._name.setText(group.name)
            self._name.setCursorPosition(0)
        self._count.setText(f"{len(group.images):,}")
        self.list.model_of_files.show_places(group.images, files)
        self.list.set_dimmed(not group.included)

    @Slot()
    def _on_named(self) -> None:
        if self._name.text().strip():
            self.renamed.emit(self._name.text())
        else:
            self._name.setText(self._group.name)


class GroupList(QListView):
    """The pictures; several can be chosen, dragged, and sent to another group by Ctrl and digit."""

    dropped = Signal(list)
    """Places of the images that were let go here."""
    digit_pressed = Signal(int)
    undo_pressed = Signal()
    redo_pressed = Signal()
    menu_wanted = Signal(QPoint)
    """Where on the screen."""
    held_over = Signal(QPoint)
    """Where on the screen something is held while it is dragged."""

    def __init__(self, number: int, pictures: FilePictures) -> None:
        super().__init__()
        self.setObjectName(f"sorted_images_{number}")
        self.setAccessibleName(f"Images of group {number}")
        self.model_of_files = _Model(self)
        self._delegate = _Delegate(pictures, self)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Snap)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(500)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(False)
        self.setModel(self.model_of_files)
        self.setItemDelegate(self._delegate)
        self.setMinimumHeight(ROWS * (SIDE + 2 * PAD) + PAD)
        pictures.arrived.connect(self.viewport().update)

    @property
    def selected(self) -> list[int]:
        """Places of the images that are chosen."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.model_of_files.places[row] for row in rows]

    def set_dimmed(self, dimmed: bool) -> None:
        """Let the pictures stand back: they are not added."""
        if dimmed != self._delegate.dimmed:
            self._delegate.dimmed = dimmed
            self.viewport().update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome images of other groups; files are the window's."""
        event.acceptProposedAction() if event.mimeData().hasFormat(MIME) else event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """As above."""
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
            self.held_over.emit(self.viewport().mapToGlobal(event.position().toPoint()))
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take them in."""
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        event.acceptProposedAction()
        self.dropped.emit(json.loads(bytes(event.mimeData().data(MIME).data())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the other groups."""
        if self.selected:
            self.menu_wanted.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Keys that the window has other uses for are ours while the keyboard is here."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (_digit(event) is not None or _is_undo(event) or _is_redo(event))
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with Ctrl and a digit; undo and redo."""
        digit = _digit(event)
        if digit is not None:
            self.digit_pressed.emit(digit)
        elif _is_redo(event):
            self.redo_pressed.emit()
        elif _is_undo(event):
            self.undo_pressed.emit()
        else:
            super().keyPressEvent(event)


def _digit(event: QKeyEvent) -> int | None:
    """1…9 if it is pressed with Ctrl."""
    number = event.key() - Qt.Key.Key_0
    control = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return number if 1 <= number <= 9 and control == Qt.KeyboardModifier.ControlModifier else None


def _is_undo(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo)


def _is_redo(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Redo)


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.places: tuple[int, ...] = ()
        self._files: Sequence[str] = ()

    def show_places(self, places: tuple[int, ...], files: Sequence[str]) -> None:
        """Show these images; the same again changes nothing."""
        if places == self.places and files is self._files:
            return
        self.beginResetModel()
        self.places, self._files = places, files
        self.endResetModel()

    def file(self, index: Index) -> str:
        """The path at `index`."""
        return self._files[self.places[index.row()]]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.places)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.file(index))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return Path(self.file(index)).name
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = super().flags(index)
        return usual | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else usual

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return dragged([self.places[index.row()] for index in indexes])

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction


class _Delegate(QStyledItemDelegate):
    def __init__(self, pictures: FilePictures, parent: QWidget) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self.dimmed = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(SIDE + 2 * PAD, SIDE + 2 * PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, _Model):
            return
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect.adjusted(1, 1, -1, -1), option.palette.highlight())
        frame = rect.adjusted(PAD, PAD, -PAD, -PAD)
        pixmap = self._pictures.picture(Path(model.file(index)), SIDE)
        if pixmap is None or pixmap.isNull():
            painter.fillRect(frame, option.palette.window())
            return
        target = QRect(
            QPoint(), pixmap.size().scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio)
        )
        target.moveCenter(frame.center())
        painter.save()
        painter.setOpacity(0.35 if self.dimmed else 1)
        painter.drawPixmap(target, pixmap)
        painter.restore()
