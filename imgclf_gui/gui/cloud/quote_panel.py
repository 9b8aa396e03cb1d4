"""Price and consent, in place: what sending would mean, the person's yes, and what is under way."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core import vision
from imgclf_gui.core.cloud import Quote
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.note_box import NoteBox
from imgclf_gui.gui.cloud import kinds
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.job_view import duration
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.progress import ProgressBar
from imgclf_gui.gui.widgets.scrolled_column import scrolled
from imgclf_gui.gui.widgets.wrapped_check import WrappedCheck

_ROWS = ("Images", "Size", "To", "Asks for", "Units", "Price", "Billed to")
EXIF_WORDS = (
    "Notes of the camera (EXIF) would go with the images: perhaps where they were taken. "
    "Strip them unless they are wanted."
)
FACES_WORDS = (
    "Faces are looked for. Send photographs of people only if they agreed. "
    "Whose a face is, and what it feels, is not told."
)
NOTHING_LEAVES = "Nothing leaves this machine."
_MENDED_IN_ACCOUNT = (
    "cloud.account",
    "cloud.credentials",
    "cloud.key",
    "cloud.not-found",
    "cloud.permission",
    "cloud.signed-out",
)
"""Refusals whose hint leads to the account."""


class QuotePanel(QWidget):
    """Nothing here is modal: the button sends when everything is well, and says why if not."""

    account_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("quote_panel")
        self._desk = desk
        self._agreed_to = ""
        """The request, and the key of its quote, that the person has ticked."""
        self._title = plain_label(objectName="quote_title")
        self._about = wrapped_label(muted=True, name="quote_about")
        self._rows = {row: _Row(row) for row in _ROWS}
        self._exif, self._faces = NoteBox("quote_exif"), NoteBox("quote_faces")
        self._agree = WrappedCheck("quote_agree")
        self._remember = WrappedCheck("quote_remember")
        self._send = named(QPushButton(icons.icon("send"), "Send"), "cloud_send")
        self._why_not = wrapped_label(muted=True, name="cloud_why_not")
        self._to_account = named(QPushButton(icons.icon("account"), "Account…"), "quote_account")
        self._progress = named(ProgressBar(), "cloud_progress", "Progress of sending")
        self._words = wrapped_label(name="cloud_progress_words")
        self._cancel = named(QPushButton(icons.icon("stop"), "Cancel"), "cloud_cancel")
        self._error = WrongLabel("cloud_error")
        self._arrange()
        self._agree.box.clicked.connect(self._on_agreed)
        self._remember.box.clicked.connect(self._on_remember)
        self._send.clicked.connect(self.send)
        self._cancel.clicked.connect(desk.sending.cancel)
        self._to_account.clicked.connect(self.account_wanted)
        draft = desk.draft
        for signal in (draft.read_changed, draft.images_changed, draft.request_changed):
            signal.connect(self._refresh)
        desk.rehearsal_changed.connect(self._refresh)
        desk.account_changed.connect(self._refresh)
        desk.sending.changed.connect(self._refresh)
        self._refresh()

    @property
    def quote(self) -> Quote | None:
        """What is shown."""
        desk = self._desk
        if desk.rehearsed is not None:
            return desk.rehearsal.reading.quote if desk.rehearsal else None
        return desk.draft.reading.quote if desk.draft.reading else None

    @property
    def online(self) -> bool:
        """Whether pressing the button would let images leave this machine."""
        return self._desk.rehearsed is None and self._desk.draft.provider.online

    # What the person does

    @Slot()
    def _on_agreed(self) -> None:
        self._agreed_to = self._asked_now() if self._agree.box.isChecked() else ""
        reading = self._desk.draft.reading
        if not self._agreed_to and reading is not None and reading.remembered:
            self._remember.box.setChecked(False)
            self._desk.forget_consents()
        self._refresh()

    @Slot()
    def _on_remember(self) -> None:
        reading = self._desk.draft.reading
        if not self._remember.box.isChecked() and reading is not None and reading.remembered:
            self._desk.forget_consents()

    @Slot()
    def send(self) -> None:
        """Send, or rehearse, if nothing stands against it."""
        if not self._send.isEnabled():
            return
        if self._desk.rehearsed is not None:
            self._desk.rehearse()
            return
        self._desk.send(agreed=self._agree.box.isChecked(), remember=self._remember.box.isChecked())
        self._agreed_to = ""
        self._cancel.setFocus()

    # What is shown

    @Slot()
    def _refresh(self) -> None:
        quote, sending = self.quote, self._desk.sending
        self._title.setText("Before it is sent" if self.online else NOTHING_LEAVES)
        self._about.setText(self._sentence())
        self._about.setVisible(bool(self._about.text()))
        self._show_quote(quote)
        self._show_consent()
        reason = self._reason()
        self._send.setEnabled(not reason)
        self._send.setText(self._verb())
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason) and not sending.active)
        error = sending.error
        refused = error is not None and error.code in _MENDED_IN_ACCOUNT
        self._to_account.setVisible(self.online and (refused or self._account_missing()))
        self._show_sending()

    def _show_quote(self, quote: Quote | None) -> None:
        for title, text in _figures(quote).items():
            self._rows[title].show_text(text)
        self._exif.say(EXIF_WORDS if quote and quote.exif and self.online else "", wrong=False)
        self._faces.say(FACES_WORDS if quote and quote.faces and self.online else "", wrong=False)

    def _show_consent(self) -> None:
        reading, sending = self._desk.draft.reading, self._desk.sending
        remembered = reading is not None and reading.remembered
        agreed = remembered or (bool(self._agreed_to) and self._agreed_to == self._asked_now())
        for check in (self._agree, self._remember):
            check.setVisible(self.online and self.quote is not None and not sending.active)
        host = self.quote.host if self.quote else ""
        self._agree.say(f"I agree that these images leave this machine for {host}.")
        self._agree.box.setChecked(agreed)
        self._remember.setEnabled(agreed)
        kept = "for this project" if self._desk.in_project else "until the window closes"
        self._remember.say(f"Remember my consent {kept}, for requests of this kind.")
        if remembered or not agreed:
            self._remember.box.setChecked(remembered)

    def _show_sending(self) -> None:
        sending = self._desk.sending
        for widget in (self._progress, self._words, self._cancel):
            widget.setVisible(sending.active)
        self._send.setVisible(not sending.active)
        self._cancel.setEnabled(not sending.cancelling)
        view, words = sending.view(), "Connecting…"
        if sending.cancelling:
            words = "Cancelling…"
        elif sending.progress is not None:
            left = sending.progress.seconds_left
            words = sending.progress.words + (f" · {duration(left)} left" if left else "")
        self._words.setText(words)
        self._progress.show_fraction(view.fraction if view else None)
        self._error.say(sending.error.sentence() if sending.error else "")

    def _asked_now(self) -> str:
        quote, draft = self.quote, self._desk.draft
        return f"{quote.key}|{quote.images}|{draft.text}" if quote else ""

    def _verb(self) -> str:
        if self._desk.rehearsed is not None:
            return "Rehearse"
        quote = self.quote
        if not self.online:
            return "Classify here"
        count = quote.images if quote else 0
        return "Send" if not count else "Send 1 image" if count == 1 else f"Send {count:,} images"

    def _sentence(self) -> str:
        desk = self._desk
        if desk.rehearsed is not None:
            when = " Sent for real, it would mean:" if self.quote else ""
            return f"The answer is recorded and shipped with the app.{when}"
        if not self.online:
            return desk.draft.provider.summary
        return "" if desk.in_project else "Without a project, answers stay until the window closes."

    def _reason(self) -> str:
        """Why the button cannot be pressed; empty if it can."""
        desk, draft = self._desk, self._desk.draft
        if desk.sending.active:
            return "Something is on its way."
        if desk.rehearsed is not None:
            return "" if desk.rehearsal is not None else "Reading the recorded exchange…"
        reasons = (
            (bool(draft.preparing), "The images are being read."),
            (not draft.images, "Add images first."),
            (not draft.asked and draft.edited is None, "Tick what to ask for."),
            (bool(draft.problems), "Mend the JSON first; what is wrong stands below it."),
            (self.quote is None, "Checking the request…"),
            (self._account_missing(), "The account lacks its key: give it under Account."),
            (self.online and not self._agree.box.isChecked(), "Tick that you agree first."),
        )
        return next((sentence for holds, sentence in reasons if holds), "")

    def _account_missing(self) -> bool:
        account = self._desk.draft.account
        if not self.online:
            return False
        if account.way == "service-account":
            return not account.file
        return account.way == "api-key" and self._desk.account.key is None

    def _arrange(self) -> None:
        theme.set_title(self._title)
        theme.set_primary(self._send)
        self._send.setToolTip("Ctrl+Enter")
        self._title.setWordWrap(True)
        figures = QGridLayout()
        figures.setHorizontalSpacing(theme.SPACING)
        figures.setVerticalSpacing(theme.SPACING // 2)
        figures.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for number, row in enumerate(self._rows.values()):
            figures.addWidget(row.title, number, 0, top)
            figures.addWidget(row.value, number, 1)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, theme.SPACING // 2, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._title)
        column.addWidget(self._about)
        column.addLayout(figures)
        for widget in (
            self._exif,
            self._faces,
            self._agree,
            self._remember,
            self._send,
            self._why_not,
            self._words,
            self._progress,
            self._cancel,
            self._error,
            self._to_account,
        ):
            column.addWidget(widget)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(column, "quote_scroll", "Price and consent"))


class _Row:
    """A figure of the quote; hidden while there is none."""

    def __init__(self, title: str) -> None:
        self.title = plain_label(title)
        theme.set_muted(self.title)
        self.value: QLabel = wrapped_label(name=f"quote_{title.lower().replace(' ', '_')}")
        self.show_text("")

    def show_text(self, text: str) -> None:
        self.value.setText(text)
        for label in (self.title, self.value):
            label.setVisible(bool(text))


def _figures(quote: Quote | None) -> dict[str, str]:
    """The rows of a quote; empty ones are left out."""
    if quote is None:
        return dict.fromkeys(_ROWS, "")
    requests = "" if quote.requests == 1 else f" in {quote.requests:,} requests"
    price = f"{quote.currency} {_money(quote.price_low)} to {_money(quote.price_high)}"
    free = f"the first {vision.FREE_UNITS:,} units of a feature are free each month"
    return {
        "Images": f"{quote.images:,}{requests}",
        "Size": bytes_words(quote.bytes) if quote.host else "",
        "To": quote.host or "this machine",
        "Asks for": ", ".join(kinds.title(kind) for kind in quote.features),
        "Units": f"{quote.units:,}" if quote.host else "",
        "Price": f"{price}: {free}; as of {quote.prices_as_of}" if quote.host else "nothing",
        "Billed to": quote.billed if quote.host else "",
    }


def _money(amount: float) -> str:
    """'1,234.50'; below 1 with two digits that count: '0.0045', '0.30'."""
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:#.2g}" if amount else "0"
