"""The ordered list of augmentations: a row for each, with a box to tick and a strength slider."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.edits import Steps
from imgclf_gui.gui.augmentation.step_model import StepModel
from imgclf_gui.gui.augmentation.step_painter import HANDLE, RowLayout, StepPainter
from imgclf_gui.gui.augmentation.step_view import StepRow
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named

Index = QModelIndex | QPersistentModelIndex

LEAP = 10
"""Percent that an arrow with Ctrl moves a slider."""
_EMPTY = (
    "Random changes of the training images make a network see every image anew in each epoch, "
    "so that it learns what matters instead of learning the images by heart."
)


class StepList(QListView):
    """Shows the steps in their order; says what a person wants done with them."""

    chosen_changed = Signal()
    strength_moved = Signal(int, float)
    """A place, and the strength that its slider was moved to."""
    strength_stepped = Signal(int, int)
    """A place, and the percent that an arrow key moves its slider by."""
    released = Signal()
    """The slider was let go."""
    picked = Signal()
    """A step was pressed with the mouse."""
    settings_wanted = Signal()
    start_wanted = Signal()
    """The button of the empty list."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("augmentation_steps")
        self.setAccessibleName("Augmentations in their order")
        self.steps = StepModel(self)
        self._painter = StepPainter(self)
        self._held: tuple[int, int] | None = None
        """The row whose slider is dragged, and where on the handle it was taken, in pixels."""
        self._over = -1
        """The row whose slider is under the mouse."""
        self._following = False
        self._empty = _Empty(self.start_wanted)
        self._empty.setParent(self.viewport())
        self._set_up()
        self.setModel(self.steps)
        self.selectionModel().selectionChanged.connect(self._on_chosen)

    def _set_up(self) -> None:
        self.setItemDelegate(_RowDelegate(self, self._painter))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    # What is shown and chosen

    def show_steps(self, steps: Steps, rows: list[StepRow]) -> None:
        """Follow the list; what is chosen and in sight stays."""
        before = self.chosen
        if self._held is not None and self._held[0] >= len(steps):
            self._held = None
        self._following = True  # rows come and go; nobody is told before all of them are right
        try:
            self.steps.show(steps, rows)
        finally:
            self._following = False
        self._empty.setVisible(not steps)
        if self.chosen != before:
            self.chosen_changed.emit()

    @property
    def chosen(self) -> int | None:
        """The place of the chosen step."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else None

    def choose(self, place: int) -> None:
        """Choose a step and bring it into sight; none where there is none."""
        index = self.steps.index(place)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        else:
            self.clearSelection()

    def parts(self, place: int) -> RowLayout:
        """Where the parts of a row lie in the viewport."""
        index = self.steps.index(place)
        return self._painter.layout(self.steps.row(index), self.visualRect(index))

    def holds(self, index: Index) -> bool:
        """Whether the slider of a row is under the mouse, or dragged."""
        return index.row() == (self._held[0] if self._held else self._over)

    @Slot()
    def _on_chosen(self) -> None:
        if not self._following:
            self.chosen_changed.emit()

    # Mouse and keys

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chosen step stays in sight, the sentence of the empty list in the middle."""
        super().resizeEvent(event)
        self._empty.setGeometry(self.viewport().rect())
        if self._held is None:
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows to the sides move the slider, Enter goes to the settings."""
        place = self.chosen
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right if place is not None:
                self.strength_stepped.emit(place, -1 if event.key() == Qt.Key.Key_Left else 1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if place is not None:
                self.settings_wanted.emit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A box is ticked and a slider taken; everywhere else a row is chosen, or dragged."""
        point = event.position().toPoint()
        place = self.indexAt(point).row()
        if event.button() != Qt.MouseButton.LeftButton or place < 0:
            super().mousePressEvent(event)
            return
        self.picked.emit()
        parts = self.parts(place)
        if parts.on_box(point):
            self.choose(place)
            self._tick(place)
        elif self._slides(place) and parts.on_slider(point):
            self.choose(place)
            self._take(place, point)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the slider that is held; else show which one could be."""
        point = event.position().toPoint()
        if self._held is not None:
            place, grip = self._held
            self._slide(place, point.x() - grip)
            return
        super().mouseMoveEvent(event)
        place = self.indexAt(point).row()
        over = place >= 0 and self._slides(place) and self.parts(place).on_slider(point)
        self._show_over(place if over else -1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the slider go."""
        if self._held is None:
            super().mouseReleaseEvent(event)
            return
        self._held = None
        self.viewport().update()
        self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """On a box or a slider a second click is a click; else it asks for the settings."""
        point = event.position().toPoint()
        place = self.indexAt(point).row()
        if place < 0:
            return
        parts = self.parts(place)
        if parts.on_box(point) or (self._slides(place) and parts.on_slider(point)):
            self.mousePressEvent(event)
        else:
            self.settings_wanted.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """No slider is under the mouse any more."""
        super().leaveEvent(event)
        self._show_over(-1)

    def _slides(self, place: int) -> bool:
        return self.steps.row(self.steps.index(place)).strength is not None

    def _tick(self, place: int) -> None:
        index = self.steps.index(place)
        on = self.steps.row(index).enabled
        state = Qt.CheckState.Unchecked if on else Qt.CheckState.Checked
        self.steps.setData(index, state, Qt.ItemDataRole.CheckStateRole)

    def _take(self, place: int, point: QPoint) -> None:
        """The handle is held where it was taken; beside it, it comes to the mouse."""
        row = self.steps.row(self.steps.index(place))
        grip = point.x() - round(self.parts(place).handle(row.strength or 0.0).x())
        near = abs(grip) <= HANDLE
        self._held = (place, grip if near else 0)
        if not near:
            self._slide(place, point.x())
        self.viewport().update()

    def _slide(self, place: int, x: int) -> None:
        share = round(100 * self.parts(place).share(x)) / 100
        self.strength_moved.emit(place, share)

    def _show_over(self, place: int) -> None:
        if place != self._over:
            self._over = place
            shape = Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
            self.viewport().update()


class _RowDelegate(QStyledItemDelegate):
    """Rows are painted as a whole."""

    def __init__(self, view: StepList, painter: StepPainter) -> None:
        super().__init__(view)
        self._view = view
        self._painter = painter

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are of one height."""
        del option, index
        return QSize(100, self._painter.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        self._painter.paint(
            painter,
            self._view.steps.row(index),
            option.rect,
            chosen=bool(option.state & QStyle.StateFlag.State_Selected),
            held=self._view.holds(index),
        )


class _Empty(QWidget):
    """What the list says while there is nothing in it."""

    def __init__(self, start_wanted: SignalInstance) -> None:
        super().__init__()
        self.setObjectName("augmentation_empty")
        sentence = wrapped_label(_EMPTY, muted=True, name="augmentation_empty_sentence")
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        start = named(QPushButton("Start with Light"), "start_with_light")
        theme.set_primary(start)
        start.clicked.connect(start_wanted)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * theme.SPACING)
        layout.addStretch(1)
        layout.addWidget(sentence)
        layout.addWidget(start, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
