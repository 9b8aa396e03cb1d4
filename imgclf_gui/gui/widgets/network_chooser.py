"""One of the networks that can be compared: this one, a preset, a run's, or a file's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.core.spec import NetworkSpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named

FILE_KEY = "file…"
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Choice:
    """A network that can be chosen; `key` tells it from the others."""

    key: str
    title: str
    network: NetworkSpec


class NetworkChooser(QWidget):
    """A list of networks with how well the chosen one did, and a button to make it one's own."""

    chosen = Signal(str)
    """The key of the choice that the person made."""
    file_asked = Signal()
    use_asked = Signal()

    def __init__(self, side: str) -> None:
        """`side` is 'left' or 'right', and begins the names of the widgets."""
        super().__init__()
        self._key = ""
        self._list = named(QComboBox(), f"compare_{side}", f"{side.capitalize()} network")
        self._list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._list.setMinimumContentsLength(12)
        self._use = named(QPushButton("Use this network"), f"compare_{side}_use")
        self._use.setToolTip("Make it the network of this project; undo takes that back")
        self._accuracy = wrapped_label(muted=True, name=f"compare_{side}_accuracy")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._list, 1)
        row.addWidget(self._use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addLayout(row)
        layout.addWidget(self._accuracy, 0, Qt.AlignmentFlag.AlignTop)
        self._list.activated.connect(self._on_activated)
        self._use.clicked.connect(lambda _checked=False: self.use_asked.emit())

    def show_choices(self, choices: Sequence[Choice], key: str) -> None:
        """Offer `choices` and a file; the one of `key` is chosen."""
        self._key = key
        self._list.clear()
        for choice in choices:
            self._list.addItem(shortened(choice.title, _LONGEST_TITLE), choice.key)
        self._list.insertSeparator(self._list.count())
        self._list.addItem("From a file…", FILE_KEY)
        self._list.setCurrentIndex(self._list.findData(key))

    def show_accuracy(self, words: str) -> None:
        """How well runs of the chosen network did."""
        self._accuracy.setText(words)

    def allow_use(self, allowed: bool) -> None:
        """Whether it can be made the project's network."""
        self._use.setEnabled(allowed)

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        key = self._list.itemData(index)
        if key == FILE_KEY:
            self._list.setCurrentIndex(self._list.findData(self._key))
            self.file_asked.emit()
        elif key and key != self._key:
            self._key = key
            self.chosen.emit(key)
