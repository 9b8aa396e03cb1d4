"""The answer as picture and as JSON, image by image; and the exchanges that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.catalog import annotation_providers
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.note_box import NoteBox
from imgclf_gui.gui.cloud.answer_facts import AnswerFacts
from imgclf_gui.gui.cloud.answer_picture import AnswerPicture
from imgclf_gui.gui.cloud.desk import Desk
from imgclf_gui.gui.cloud.image_list import ImageList, Line
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.services.cloud import Look, SeenAnswer, SeenExchange
from imgclf_gui.gui.settings import Settings
from imgclf_gui.gui.widgets.json_text import JsonText
from imgclf_gui.gui.widgets.labels import WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.remembered_splitter import RememberedSplitter
from imgclf_gui.gui.widgets.side_by_side import SideBySide
from imgclf_gui.gui.widgets.words import when

if TYPE_CHECKING:
    from imgclf_gui.jobs.cloud_history import Exchange

WIDE = 680
SHOWN_IMAGES = 3
"""The list of more than that scrolls."""
RECORDED = "Recorded, not sent."


class AnswerPanel(QWidget):
    """Shows one exchange at a time; others are opened from the list above."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("answer_panel")
        self._desk = desk
        self._shown: SeenExchange | None = None
        self._looked: SeenAnswer | None = None
        """The answer that is shown, or awaited."""
        self._history = named(QComboBox(), "cloud_history", "Exchanges that are kept")
        self._delete = named(QPushButton(icons.icon("remove"), ""), "cloud_delete", "Delete it")
        self._undo = named(QPushButton(icons.icon("undo"), "Undo"), "cloud_undo_delete")
        self._recorded = NoteBox("cloud_recorded")
        self._damaged = WrongLabel("cloud_damaged")
        self._list = ImageList("answer_images", "Images that were answered")
        self._error = WrongLabel("answer_error")
        self._picture, self._facts = AnswerPicture(), AnswerFacts()
        self._json = named(JsonText(), "answer_json", "The answer as JSON")
        self._empty = plain_label("The answer appears here.", objectName="answer_empty")
        self._body = self._make_body(settings)
        self._arrange()
        self._history.activated.connect(self._on_history_chosen)
        self._delete.clicked.connect(self._on_delete)
        self._undo.clicked.connect(desk.exchanges.undo)
        self._list.chosen.connect(self._on_image_chosen)
        self._facts.hidden_changed.connect(self._picture.hide_kinds)
        self._facts.pointed.connect(self._picture.mark)
        desk.shown.connect(self.show_exchange)
        desk.looked.connect(self._on_looked)
        desk.exchanges.changed.connect(self._list_history)
        self._list_history()
        self._show_nothing()

    @property
    def shown(self) -> SeenExchange | None:
        """What is shown."""
        return self._shown

    @Slot(object)
    def show_exchange(self, seen: SeenExchange) -> None:
        """Show these answers, the first image first."""
        self._shown, self._looked = seen, None
        info = seen.exchange.info if seen.exchange is not None else None
        words = f"{RECORDED} {info.notes}" if info is not None and info.recorded else ""
        self._recorded.say(words, wrong=False)
        self._damaged.say("")
        self._list.show_lines([])
        self._list.show_lines([_line(one, seen.file_of(one)) for one in seen.answers])
        self._list.setMaximumHeight(self._list.height_of(min(len(seen.answers), SHOWN_IMAGES)))
        self._list.setVisible(len(seen.answers) > 1)
        self._body.setVisible(bool(seen.answers))
        self._empty.setVisible(False)
        self._list_history()

    @Slot(int)
    def _on_image_chosen(self, place: int) -> None:
        if self._shown is not None and place < len(self._shown.answers):
            self._looked = self._shown.answers[place]
            self._desk.look(self._looked)

    @Slot(object)
    def _on_looked(self, look: Look) -> None:
        if look.seen is not self._looked:
            return
        name = look.seen.answered.image.name
        self._picture.show_picture(QPixmap.fromImage(look.picture), name)
        self._picture.show_regions(look.answer.regions)
        self._facts.show_answer(look.answer)
        self._json.show_source(look.json)
        self._error.say(look.seen.error)

    # The exchanges that are kept

    @Slot()
    def _list_history(self) -> None:
        exchanges, shown = self._desk.exchanges, self._shown
        kept = exchanges.kept
        self._history.clear()
        self._history.addItem(_count(len(kept)), None)
        for one in kept:
            self._history.addItem(exchange_title(one), one)
        current = shown.exchange if shown is not None else None
        place = next((row for row, one in enumerate(kept, 1) if one is current), 0)
        self._history.setCurrentIndex(place)
        self._delete.setEnabled(place > 0)
        self._undo.setVisible(exchanges.deleted is not None)
        self._history.setEnabled(bool(kept))
        if current is not None and current is exchanges.deleted:
            self._show_nothing()

    @Slot(int)
    def _on_history_chosen(self, index: int) -> None:
        exchange: Exchange | None = self._history.itemData(index)
        if exchange is None:
            self._list_history()
        elif exchange.error is not None:
            self._show_nothing()
            self._damaged.say(exchange.error.sentence())
        else:
            self._desk.exchanges.open(exchange)

    @Slot()
    def _on_delete(self) -> None:
        exchange: Exchange | None = self._history.currentData()
        if exchange is not None:
            self._desk.exchanges.delete(exchange)

    def _show_nothing(self) -> None:
        self._shown = self._looked = None
        self._picture.show_picture(None, "")
        self._body.setVisible(False)
        self._list.setVisible(False)
        self._empty.setVisible(True)
        self._recorded.say("", wrong=False)
        self._error.say("")

    # Its parts

    def _make_body(self, settings: Settings) -> SideBySide:
        self._json.setReadOnly(True)
        picture = RememberedSplitter(Qt.Orientation.Vertical, "answer_splitter", settings)
        picture.addWidget(self._picture)
        picture.addWidget(self._facts)
        picture.begin((300, 220))
        parts = ("Picture", picture), ("JSON", self._json)
        return SideBySide("answer_body", settings, parts, WIDE)

    def _arrange(self) -> None:
        self._delete.setToolTip("Delete this exchange (can be undone)")
        self._history.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._history.setMinimumContentsLength(12)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.set_muted(self._empty)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._history, 1)
        row.addWidget(self._delete)
        row.addWidget(self._undo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(row)
        for widget in (self._recorded, self._damaged, self._list, self._error):
            layout.addWidget(widget)
        layout.addWidget(self._body, 1)
        layout.addWidget(self._empty, 1)


def exchange_title(exchange: Exchange) -> str:
    """'003 · Cloud Vision · 2 images · labels, objects · 2026-11-03 12:00'."""
    info = exchange.info
    if exchange.error is not None:
        return f"{exchange.id} · damaged"
    images = "1 image" if len(info.images) == 1 else f"{len(info.images):,} images"
    asked = shortened(", ".join(info.features), 40)
    provider = annotation_providers().get(info.provider)
    whom = provider.title if provider is not None else shortened(info.provider, 40)
    return f"{exchange.id} · {whom} · {images} · {asked} · {when(info.created_at)}"


def _count(number: int) -> str:
    if not number:
        return "No exchanges yet"
    return "1 exchange" if number == 1 else f"{number:,} exchanges"


def _line(seen: SeenAnswer, file: Path) -> Line:
    words = seen.error or seen.words
    return Line(seen.answered.image.name, file, words, bool(seen.error))
