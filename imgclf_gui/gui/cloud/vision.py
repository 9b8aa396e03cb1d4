"""Cloud Vision: what it is for, and the workbench as soon as there is something to work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.drops import dropped_paths
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from imgclf_gui.gui.cloud.workbench import Workbench


class VisionView(QWidget):
    """Says what it is for until there are images, or an exchange is rehearsed or opened."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("vision_view")
        self.setAcceptDrops(True)
        self._studio = studio
        self.desk = desk = Desk(studio)
        self._bench: Workbench | None = None
        self._empty = self._empty_state()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        desk.draft.images_changed.connect(self._refresh)
        desk.rehearsal_changed.connect(self._refresh)
        desk.exchanges.changed.connect(self._refresh)
        studio.project_changed.connect(self._refresh)
        studio.dataset_changed.connect(self._refresh)
        self._refresh()

    @property
    def bench(self) -> Workbench:
        """What a person works at; made when it is first needed."""
        if self._bench is None:
            from imgclf_gui.gui.cloud.workbench import Workbench

            self._bench = Workbench(self._studio, self.desk)
            self._bench.account_wanted.connect(self.show_account)
            self._stack.addWidget(self._bench)
        return self._bench

    @Slot()
    def show_account(self) -> None:
        """Show how one signs in."""
        from imgclf_gui.gui.cloud.account_dialog import show_account

        show_account(self._studio, self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Here everything that is dropped is put to the images of the request."""
        event.acceptProposedAction()
        self.bench.form.add(dropped_paths(event.mimeData()))

    def event(self, event: QEvent) -> bool:
        """While something is on its way, Escape ends it; else it is the window's."""
        shortcut = event.type() == QEvent.Type.ShortcutOverride
        if shortcut and isinstance(event, QKeyEvent) and self._escapes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End what is on its way."""
        if self._escapes(event):
            self.desk.sending.cancel()
            self.desk.draft.stop()
        else:
            super().keyPressEvent(event)

    def _escapes(self, event: QKeyEvent) -> bool:
        busy = self.desk.sending.active or bool(self.desk.draft.preparing)
        return busy and event.key() == Qt.Key.Key_Escape

    @Slot()
    def _refresh(self) -> None:
        desk = self.desk
        draft, exchanges = desk.draft, desk.exchanges
        if draft.images or draft.preparing or draft.refused or desk.rehearsed or exchanges.kept:
            self._stack.setCurrentWidget(self.bench)  # where a person stays
        self._rehearse.setEnabled(bool(desk.exchanges.recordings))
        self._from_dataset.setVisible(bool(self._studio.dataset.images))

    @Slot()
    def _on_rehearse(self) -> None:
        self.desk.choose_rehearsal(self.desk.exchanges.recordings[0])

    @Slot()
    def _on_choose(self) -> None:
        self.bench.form.choose_files()

    @Slot()
    def _on_from_dataset(self) -> None:
        self.bench.form.add_from_dataset()

    def _empty_state(self) -> EmptyState:
        empty = EmptyState(
            "cloud",
            "Ask a model in the cloud",
            "Google's Cloud Vision says what is on an image: see the request, what it costs and "
            "what comes back. Nothing leaves this machine before you agree; a rehearsal with a "
            "recorded exchange needs neither account nor network. Or drop images here.",
        )
        empty.setObjectName("cloud_empty")
        self._rehearse = empty.add_button(
            "cloud_rehearse", "Rehearse with a recorded exchange", self._on_rehearse, primary=True
        )
        empty.add_button("cloud_choose", "Choose images…", self._on_choose)
        self._from_dataset = empty.add_button(
            "cloud_from_dataset", "Some of the dataset", self._on_from_dataset
        )
        empty.add_button("cloud_to_account", "Account…", self.show_account)
        return empty
