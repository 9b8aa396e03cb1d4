"""Cloud Vision: the request on the left, its price and consent, the answer on the right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud.account_dialog import AccountDialog
from imgclf_gui.gui.cloud.answer_panel import AnswerPanel
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.cloud.quote_panel import QuotePanel
from imgclf_gui.gui.cloud.request_form import RequestForm
from imgclf_gui.gui.cloud.request_text import RequestText
from imgclf_gui.gui.drops import dropped_paths
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter


class VisionView(QWidget):
    """Says what it is for until there are images, or an exchange is rehearsed or opened."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("vision_view")
        self.setAcceptDrops(True)
        self._studio = studio
        self.desk = desk = Desk(studio)
        self._form = RequestForm(studio, desk)
        self._text = RequestText(studio, desk)
        self._quote = QuotePanel(desk)
        self._answer = AnswerPanel(desk, studio.settings)
        self._account: AccountDialog | None = None
        self._begun = False
        """Whether the workbench was in use; then it stays."""
        self._empty = self._empty_state()
        self._bench = self._workbench()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._bench)
        self._form.account_wanted.connect(self.show_account)
        self._quote.account_wanted.connect(self.show_account)
        desk.draft.images_changed.connect(self._refresh)
        desk.rehearsal_changed.connect(self._refresh)
        desk.exchanges.changed.connect(self._refresh)
        studio.project_changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def show_account(self) -> None:
        """Show how one signs in."""
        if self._account is None:
            self._account = AccountDialog(self.desk, self._studio.settings, self)
        self._account.show()
        self._account.raise_()
        self._account.activateWindow()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Here everything that is dropped is put to the images of the request."""
        event.acceptProposedAction()
        self._form.add(dropped_paths(event.mimeData()))

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
        self._begun = self._begun or bool(
            desk.draft.images or desk.draft.preparing or desk.rehearsed or desk.exchanges.kept
        )
        self._stack.setCurrentWidget(self._bench if self._begun else self._empty)
        self._rehearse.setEnabled(bool(desk.exchanges.recordings))

    @Slot()
    def _on_rehearse(self) -> None:
        self.desk.choose_rehearsal(self.desk.exchanges.recordings[0])

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
        empty.add_button("cloud_choose", "Choose images…", self._form.choose_files)
        empty.add_button("cloud_to_account", "Account…", self.show_account)
        return empty

    def _workbench(self) -> QWidget:
        settings = self._studio.settings
        request = RememberedSplitter(Qt.Orientation.Vertical, "cloud_request_splitter", settings)
        request.addWidget(self._form)
        request.addWidget(self._text)
        request.begin((330, 270))
        bench = RememberedSplitter(Qt.Orientation.Horizontal, "cloud_splitter", settings)
        for part in (request, self._quote, self._answer):
            bench.addWidget(part)
        bench.setStretchFactor(0, 2)
        bench.setStretchFactor(2, 3)
        bench.begin((380, 240, 480))
        bench.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        return bench
