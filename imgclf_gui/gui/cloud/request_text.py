"""The request as JSON, made live and open to edits, and the same as a command line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from imgclf_gui.core import vision
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.json_text import JsonText
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.source_text import SourceColors, SourceText

SHOWN_PROBLEMS = 3


class RequestText(QTabWidget):
    """Shows and edits the text of the desk's draft; of a recorded exchange it only shows it."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("request_text")
        self.setDocumentMode(True)
        self._studio = studio
        self._desk = desk
        self._showing = False
        """Whether the text is being changed by the form."""
        self._json = named(JsonText(), "request_json", "The request as JSON")
        self._note = wrapped_label(muted=True, name="request_note")
        self._reset = named(QPushButton(icons.icon("reset"), "Reset to the form"), "request_reset")
        self._problem = WrongLabel("request_problem")
        self._go = named(QPushButton("Go to the line"), "request_go_to_line")
        self._curl = named(SourceText(SourceColors), "request_curl", "The request as a command")
        self._curl.setReadOnly(True)
        copy = named(QPushButton(icons.icon("copy"), "Copy"), "request_copy")
        copy.clicked.connect(self._on_copy)
        self.addTab(self._json_page(), "Request")
        self.addTab(self._curl_page(), "curl")
        self.setCornerWidget(copy)
        self._json.textChanged.connect(self._on_text_changed)
        self._reset.clicked.connect(self._on_reset)
        self._go.clicked.connect(self._on_go)
        desk.draft.request_changed.connect(self._refresh)
        desk.draft.images_changed.connect(self._refresh)
        desk.draft.read_changed.connect(self._show_problems)
        desk.rehearsal_changed.connect(self._refresh)
        desk.account_changed.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        """Show what the form makes, unless the text is a person's."""
        draft, recorded = self._desk.draft, self._desk.rehearsed is not None
        self._json.setReadOnly(recorded or not draft.editable or not draft.images)
        self._show(self._text())
        self._note.setText(self._sentence())
        self._note.setVisible(bool(self._note.text()))
        self._reset.setVisible(not recorded and draft.edited is not None)
        account = draft.account
        self._curl.show_source(vision.curl(account.host, account.way, account.payer))
        self._show_problems()

    def _text(self) -> str:
        if self._desk.rehearsed is None:
            return self._desk.draft.text
        return self._desk.rehearsal.seen.request if self._desk.rehearsal else ""

    def _show(self, text: str) -> None:
        self._showing = True
        self._json.show_source(text)
        self._showing = False

    def _sentence(self) -> str:
        draft = self._desk.draft
        if self._desk.rehearsed is not None:
            return "This request was recorded; its answer belongs to it as it is."
        if draft.edited is not None:
            return "Edited by hand: changes of the form are not in it."
        if not draft.editable:
            return (
                f"The first {vision.MOST_IMAGES} of {len(draft.images):,} images; "
                "the other requests have the same form."
            )
        return "" if draft.images else "Add images, and the request appears here as it is made."

    @Slot()
    def _show_problems(self) -> None:
        problems = self._desk.draft.problems if self._desk.rehearsed is None else ()
        self._json.show_problems({one.line: one.message for one in problems if one.line})
        lines = [
            f"Line {one.line}: {one.message}" if one.line else one.message
            for one in problems[:SHOWN_PROBLEMS]
        ]
        if len(problems) > SHOWN_PROBLEMS:
            lines.append(f"… and {len(problems) - SHOWN_PROBLEMS:,} more.")
        self._problem.say("\n".join(lines))
        self._go.setVisible(any(one.line for one in problems))

    @Slot()
    def _on_text_changed(self) -> None:
        if not self._showing:
            self._desk.draft.edit(self._json.toPlainText())

    @Slot()
    def _on_reset(self) -> None:
        self._json.replace(self._desk.draft.form_text)  # undo brings the edits back
        self._json.setFocus()

    @Slot()
    def _on_go(self) -> None:
        lines = [one.line for one in self._desk.draft.problems if one.line]
        if lines:
            self._json.go_to(lines[0])

    @Slot()
    def _on_copy(self) -> None:
        json = self.currentIndex() == 0
        shown = self._json if json else self._curl
        QGuiApplication.clipboard().setText(shown.toPlainText())
        what = "request" if json else "command"
        self._studio.said.emit(f"The {what} is on the clipboard. No key is in it.")

    def _json_page(self) -> QWidget:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._note, 1)
        row.addWidget(self._reset)
        wrong = QHBoxLayout()
        wrong.setSpacing(theme.SPACING)
        wrong.addWidget(self._problem, 1)
        wrong.addWidget(self._go, 0, Qt.AlignmentFlag.AlignTop)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self._json, 1)
        column.addLayout(wrong)
        column.addLayout(row)
        return page

    def _curl_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, theme.SPACING // 2, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self._curl, 1)
        words = "It reads request.json: the JSON with images in base64. Keys are named, not shown."
        column.addWidget(wrapped_label(words, muted=True, name="curl_note"))
        return page
