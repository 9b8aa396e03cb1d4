"""The backbones that there are, and what the project's own runs have learned, as cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.services.project_files import RunView
from imgclf_gui.gui.transfer_choice import backbone_figures, weights_words
from imgclf_gui.gui.widgets.backbone_card import BackboneCard
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import percent, run_title
from imgclf_gui.plan.backbones import Backbone

LONGEST_NAME = 80
RUN = "run:"
"""In front of a run's id, in the key of its card."""


class BackboneList(QScrollArea):
    """A card for each; one of them is checked."""

    chosen = Signal(str)
    """A backbone's id, or 'run:003'."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transfer_backbones")
        self.setAccessibleName("Backbones")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._cards: dict[str, BackboneCard] = {}
        self._title = wrapped_label("Pretrained", muted=True, name="transfer_pretrained_title")
        self._own = wrapped_label("Your own", muted=True, name="transfer_own_title")
        content = ScrolledColumn()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, theme.SPACING, 0)
        self._column.setSpacing(theme.SPACING)
        self._column.addWidget(self._title)
        self._column.addStretch(1)
        self.setWidget(content)

    def show_backbones(
        self, known: Mapping[str, Backbone], runs: Sequence[RunView], busy: str
    ) -> None:
        """Show a card for each; the run of the id `busy` is just being read."""
        keys = [name for name, one in known.items() if not one.own]
        own = [f"{RUN}{run.id}" for run in runs]
        own += [name for name, one in known.items() if one.own]
        if [*keys, *own] != list(self._cards):
            self._make(keys, own)
        for name, backbone in known.items():
            self._cards[name].show_words(
                shortened(backbone.title, LONGEST_NAME),
                backbone_figures(backbone),
                _breakable(shortened(backbone.summary, 200)),
                _origin(backbone),
            )
        for run in runs:
            self._cards[f"{RUN}{run.id}"].show_words(*_run_words(run, busy == run.id))

    def check(self, key: str) -> None:
        """Mark the card of that key, and no other."""
        news = key in self._cards and not self._cards[key].isChecked()
        for one in self._cards.values():
            one.setChecked(one.key == key)
        if news:
            QTimer.singleShot(0, self, self._show_checked)  # a new card has no place yet

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the checked card into view."""
        super().showEvent(event)
        self._show_checked()

    @Slot()
    def _show_checked(self) -> None:
        for card in self._cards.values():
            if card.isChecked():
                self.ensureWidgetVisible(card)

    def _make(self, keys: Sequence[str], own: Sequence[str]) -> None:
        """Make the cards that are new, let go of those that are no more, and put all in order."""
        order = [*keys, *own]
        for gone in set(self._cards) - set(order):
            card = self._cards.pop(gone)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {key: self._cards.get(key) or self._card(key) for key in order}
        while self._column.count():
            self._column.takeAt(0)
        pretrained = [self._cards[key] for key in keys]
        for widget in (self._title, *pretrained, self._own, *(self._cards[key] for key in own)):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self._own.setVisible(bool(own))
        for before, behind in pairwise(order):
            self.setTabOrder(self._cards[before], self._cards[behind])

    def _card(self, key: str) -> BackboneCard:
        card = BackboneCard(key)
        card.clicked.connect(lambda _=False: self.chosen.emit(key))
        return card


def _breakable(text: str) -> str:
    """`text`, in which long names of files may go on in the next line."""
    return text.replace("_", "_\N{ZERO WIDTH SPACE}")


def _origin(backbone: Backbone) -> str:
    """What it learned from, under which licence, and whether it is here."""
    parts = (
        [f"Learned from {shortened(backbone.learned_from, 120)}"] if backbone.learned_from else []
    )
    weights = weights_words(backbone)
    parts.append(" · ".join(filter(None, [shortened(backbone.licence, 60), weights])))
    return ".\n".join(parts)


def _run_words(run: RunView, busy: bool) -> tuple[str, str, str, str]:
    best = run.state.best
    accuracy = best.validation_accuracy if best else None
    words = f"{percent(accuracy)} on validation" if accuracy is not None else ""
    size = f"{run.plan.data.width}×{run.plan.data.height}"
    title = f"Run {run_title(run.id, shortened(run.name, LONGEST_NAME))}, your own"
    summary = "What this run learned, without its head."
    return title, " · ".join(filter(None, [words, size])), summary, "Is being read…" if busy else ""
