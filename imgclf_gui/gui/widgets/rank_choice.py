"""What is ranked: backbones and runs of one's own, with a box to tick each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckDelegate
from imgclf_gui.gui.widgets.labels import plain_tip

SHOWN = 5
"""Lines; more are scrolled to."""
LINE_HEIGHT = 22
"""Pixels."""
_KEY = Qt.ItemDataRole.UserRole


class RankChoice(QListWidget):
    """A line for each; what is ticked or unticked stays so while it is there."""

    changed = Signal()
    """Other lines are ticked than before."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transferability_choice")
        self.setAccessibleName("What is ranked")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(OutlinedCheckDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._by_hand: dict[str, bool] = {}
        self._lines: dict[str, str] = {}
        self.itemChanged.connect(self._on_item_changed)

    @property
    def ticked(self) -> list[str]:
        """The keys of the lines that are ticked, in order."""
        items = map(self.item, range(self.count()))
        return [it.data(_KEY) for it in items if it.checkState() is Qt.CheckState.Checked]

    def show_lines(self, lines: Mapping[str, str], usual: set[str]) -> None:
        """Show what there is, by key; what is new is ticked if it is `usual`."""
        if lines == self._lines:
            return
        ticked = set(self.ticked)
        before = {key: key in ticked for key in self._lines}
        self._lines = dict(lines)
        self.blockSignals(True)
        self.clear()
        for key, text in lines.items():
            item = QListWidgetItem(shortened(text, 80), self)
            item.setSizeHint(QSize(0, LINE_HEIGHT))
            item.setToolTip(plain_tip(shortened(text, 200)))
            item.setData(_KEY, key)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            on = before.get(key, self._by_hand.get(key, key in usual))
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        rows = min(max(1, len(lines)), SHOWN)
        self.setFixedHeight(rows * LINE_HEIGHT)

    @Slot(QListWidgetItem)
    def _on_item_changed(self, item: QListWidgetItem) -> None:
        self._by_hand[item.data(_KEY)] = item.checkState() is Qt.CheckState.Checked
        self.changed.emit()
