"""Images without classes as groups: named, arranged by hand, and added to the dataset."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.grouping import Grouping
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.file_pictures import FilePictures
from imgclf_gui.gui.widgets.labels import ElidedLabel, WrongLabel, plain_tip, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.skipped_list import SkippedDialog
from imgclf_gui.gui.widgets.sorted_group import GroupCard
from imgclf_gui.protocol.events import SkippedImage
from imgclf_gui.protocol.sorting import sorting_words

COLUMN = 420
"""Pixels that a group needs at least; as many stand beside each other as there is room for."""
REGROUP_MS = 600
EDGE = 40
"""Pixels: what is dragged this near to an edge scrolls."""
MOST_GROUPS = 100
PURPOSE = (
    "The network that ships with the app looks at every image and puts together what looks alike. "
    "Then you name the groups, move what is in the wrong one, and add them to the dataset as "
    "classes. Your files stay where they are, and nothing leaves this machine."
)
ADVICE = "Look through every group, move what is in the wrong one, and give each a name."


class SortingView(QWidget):
    """Progress while images are looked at; then the groups."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("sorting_view")
        self._studio = studio
        self._job = studio.sorting
        self._pictures = FilePictures(self)
        self._cards: list[GroupCard] = []
        self._columns = 0
        self._title = ElidedLabel(name="sorting_title")
        theme.set_title(self._title)
        self._text = ElidedLabel(name="sorting_text")
        self._progress = named(ProgressBar(), "sorting_progress", "Progress of the sorting")
        self._purpose = wrapped_label(PURPOSE, muted=True, name="sorting_purpose")
        self._wrong = WrongLabel("sorting_problem")
        self._retry = named(QPushButton("Try again"), "sorting_retry")
        self._unread = named(QPushButton(), "sorting_unreadable")
        self._count = named(QSpinBox(), "sorting_count", "Number of groups")
        self._move = named(QPushButton(), "sorting_move")
        self._undo = named(QToolButton(), "sorting_undo", "Undo")
        self._redo = named(QToolButton(), "sorting_redo", "Redo")
        self._selected = plain_label(objectName="sorting_selected")
        self._add = named(QPushButton(), "sorting_add")
        self._advice = wrapped_label(muted=True, name="sorting_advice")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REGROUP_MS)
        self._stack = QStackedWidget()
        self._waiting = QWidget()
        self._scroll = QScrollArea()
        self._grid = QGridLayout()
        self._arrange()
        self._connect()
        self._on_changed()
        self._on_edited()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many groups beside each other as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    # Its parts

    def _arrange(self) -> None:
        self._stack.addWidget(self._waiting_panel())
        self._panel = self._groups_panel()
        self._stack.addWidget(self._panel)
        back = named(QToolButton(), "sorting_back", "Back: leave the images unsorted")
        back.setIcon(icons.icon("left"))
        back.setText("Back")
        back.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        back.clicked.connect(self._job.close)
        self._unread.setIcon(icons.icon("warning"))
        head = QHBoxLayout()
        head.setSpacing(theme.SPACING)
        head.addWidget(back)
        head.addWidget(self._title, 1)
        head.addWidget(self._unread)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(head)
        layout.addWidget(self._waiting)
        layout.addWidget(self._stack, 1)

    def _waiting_panel(self) -> QWidget:
        cancel = named(QPushButton("Cancel"), "sorting_cancel", "Cancel the sorting")
        cancel.clicked.connect(self._job.cancel)
        row = QHBoxLayout(self._waiting)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._text, 2)
        row.addWidget(self._progress, 1)
        row.addWidget(cancel)
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._purpose)
        layout.addWidget(self._wrong)
        layout.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        return panel

    def _groups_panel(self) -> QWidget:
        self._count.setRange(1, MOST_GROUPS)
        self._count.setKeyboardTracking(False)
        self._count.setToolTip("Sorts anew; Undo brings the groups of now back")
        label = plain_label("Groups")
        label.setBuddy(self._count)
        self._move.setText("Move to")
        self._move.setToolTip("Moves the chosen images; Ctrl+1 … Ctrl+9 does so at once")
        menu = QMenu(self._move)
        menu.setObjectName("sorting_move_menu")
        menu.aboutToShow.connect(lambda: self._fill(menu))
        self._move.setMenu(menu)
        for button, icon, tip in (
            (self._undo, "undo", "Undo (Ctrl+Z in a group)"),
            (self._redo, "redo", "Redo"),
        ):
            button.setIcon(icons.icon(icon))
            button.setToolTip(tip)
        theme.set_muted(self._selected)
        theme.set_primary(self._add)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        for widget in (label, self._count, self._undo, self._redo, self._move, self._selected):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._add)
        inside = QWidget()
        self._grid.setContentsMargins(0, 0, theme.SPACING, 0)
        self._grid.setSpacing(theme.SPACING)
        inside.setLayout(self._grid)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        panel = QWidget()
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self._advice)
        layout.addWidget(self._scroll, 1)
        return panel

    def _connect(self) -> None:
        job = self._job
        job.changed.connect(self._on_changed)
        job.edited.connect(self._on_edited)
        self._retry.clicked.connect(job.retry)
        self._undo.clicked.connect(job.undo)
        self._redo.clicked.connect(job.redo)
        self._add.clicked.connect(job.accept)
        self._unread.clicked.connect(self._on_unread)
        self._count.valueChanged.connect(self._timer.start)
        self._timer.timeout.connect(self._on_count)

    # What changes

    @Slot()
    def _on_changed(self) -> None:
        job, view = self._job, self._job.view()
        self._title.setText(f"Sort the images of {job.name} into classes")
        self._waiting.setVisible(job.active)
        if view is not None:
            self._text.setText("Stopping…" if job.cancelled else view.sentence())
            self._progress.show_fraction(view.fraction)
        error = job.error
        self._wrong.say(f"{error.message} {error.hint}" if error else "")
        self._retry.setVisible(error is not None)
        self._purpose.setVisible(error is None)
        there = job.sorting is not None and error is None
        self._stack.setCurrentIndex(1 if there else 0)
        self._panel.setEnabled(not job.active)
        found = job.found
        self._unread.setVisible(found is not None and found.unreadable_total > 0)
        if found is not None:
            self._unread.setText(f"{found.unreadable_total:,} could not be read")
            self._advice.setText(f"{sorting_words(found)} {ADVICE}")

    @Slot()
    def _on_edited(self) -> None:
        job, grouping = self._job, self._job.grouping
        files = job.sorting.files if job.sorting is not None else ()
        while len(self._cards) < len(grouping.groups):
            self._cards.append(self._card(len(self._cards)))
            self._columns = 0
        while len(self._cards) > len(grouping.groups):
            card = self._cards.pop()
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        for card, group in zip(self._cards, grouping.groups, strict=True):
            card.show_group(group, files)
        self._lay_out()
        self._show_totals(grouping)

    def _show_totals(self, grouping: Grouping) -> None:
        job = self._job
        self._undo.setEnabled(job.can_undo)
        self._redo.setEnabled(job.can_redo)
        before = self._count.blockSignals(True)
        self._count.setValue(max(1, len(grouping.groups)))
        self._count.blockSignals(before)
        self._timer.stop()
        images = f"{grouping.images:,} image{'' if grouping.images == 1 else 's'}"
        classes = f"{grouping.classes:,} class{'' if grouping.classes == 1 else 'es'}"
        self._add.setText(f"Add {images} in {classes} to the dataset")
        self._add.setEnabled(grouping.images > 0)
        self._on_selection()

    def _card(self, place: int) -> GroupCard:
        card = GroupCard(place + 1, self._pictures)
        images = card.list
        card.renamed.connect(partial(self._on_renamed, place))
        card.included.connect(partial(self._on_included, place))
        card.selection_changed.connect(self._on_selection)
        images.model_of_files.modelReset.connect(self._on_selection)
        later = Qt.ConnectionType.QueuedConnection  # the list that was dragged from must end first
        images.dropped.connect(partial(self._move_places, place), later)
        images.digit_pressed.connect(self._on_digit)
        images.undo_pressed.connect(self._job.undo)
        images.redo_pressed.connect(self._job.redo)
        images.menu_wanted.connect(self._on_menu)
        images.held_over.connect(self._on_held)
        return card

    def _lay_out(self) -> None:
        columns = max(1, self.width() // COLUMN)
        if columns == self._columns:
            return
        self._columns = columns
        for number, card in enumerate(self._cards):
            self._grid.addWidget(card, number // columns, number % columns)
            card.show()  # Qt would do so later
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    # What a person does

    def _chosen(self) -> list[int]:
        return [place for card in self._cards for place in card.list.selected]

    @Slot()
    def _on_selection(self) -> None:
        number = len(self._chosen())
        self._selected.setText(f"{number:,} chosen" if number else "")
        self._move.setEnabled(number > 0)

    def _on_renamed(self, place: int, name: str) -> None:
        if place < len(self._job.grouping.groups):
            self._job.edit("Rename", self._job.grouping.renamed(place, name))

    def _on_included(self, place: int, included: bool) -> None:
        self._job.edit("Include", self._job.grouping.including(place, included))

    def _move_places(self, to: int, places: list[int]) -> None:
        if to <= len(self._job.grouping.groups):
            self._job.edit("Move", self._job.grouping.moved(places, to))

    @Slot(int)
    def _on_digit(self, digit: int) -> None:
        if digit <= len(self._job.grouping.groups):
            self._move_places(digit - 1, self._chosen())

    @Slot(QPoint)
    def _on_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill(menu)
        menu.popup(where)

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        chosen = self._chosen()
        groups = self._job.grouping.groups
        names = [f"{n}  {group.name}" for n, group in enumerate(groups, 1)]
        for to, name in enumerate([*names, "New group"]):
            action = QAction(shortened(plain_tip(name), 80).replace("&", "&&"), menu)
            action.triggered.connect(partial(self._move_places, to, chosen))
            menu.addAction(action)

    @Slot(QPoint)
    def _on_held(self, where: QPoint) -> None:
        """Scroll where something is held near an edge."""
        y = self._scroll.viewport().mapFromGlobal(where).y()
        bar = self._scroll.verticalScrollBar()
        if y < EDGE:
            bar.setValue(bar.value() - EDGE // 2)
        elif y > self._scroll.viewport().height() - EDGE:
            bar.setValue(bar.value() + EDGE // 2)

    @Slot()
    def _on_count(self) -> None:
        if self._count.value() != len(self._job.grouping.groups):
            self._job.sort_again(self._count.value())

    @Slot()
    def _on_unread(self) -> None:
        if self._job.sorting is not None:
            unread = self._job.sorting.unreadable
            listed = [SkippedImage(name=name, reason=reason) for name, reason in unread]
            SkippedDialog(listed, self).show()

    def sizeHint(self) -> QSize:
        """As the browser's."""
        return QSize(1000, 600)
