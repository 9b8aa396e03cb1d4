"""The networks to begin with, as cards."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout

from imgclf_gui import catalog
from imgclf_gui.core.tree import Blocks
from imgclf_gui.gui import theme
from imgclf_gui.gui.architecture.workbench import Workbench
from imgclf_gui.gui.network_view import preset_figures
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.preset_card import PresetCard
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.plan import preset_network

PAUSE_MS = 150
"""Figures of the cards wait until nothing has changed for this long."""


class Presets(QScrollArea):
    """A card for each preset; its figures are counted one by one, and only while it is seen."""

    chosen = Signal(str)

    def __init__(self, studio: Studio, workbench: Workbench) -> None:
        super().__init__()
        self.setObjectName("preset_cards")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._studio = studio
        self._workbench = workbench
        self._cards = [PresetCard(preset) for preset in catalog.preset_entries().values()]
        self._waiting: list[PresetCard] = []
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._count_one)
        content = ScrolledColumn()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, theme.SPACING, theme.SPACING, 0)
        layout.setSpacing(theme.SPACING)
        for card in self._cards:
            card.clicked.connect(lambda _=False, kind=card.kind: self.chosen.emit(kind))
            layout.addWidget(card)
        layout.addStretch(1)
        self.setWidget(content)
        for signal in (studio.spec_changed, studio.project_changed, workbench.changed):
            signal.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Mark the preset that the network is; count the figures soon."""
        network = self._studio.spec.network
        for card in self._cards:
            mine = card.kind == network.preset and network.blocks == _blocks(card.kind)
            card.setChecked(mine)
            card.setEnabled(self._workbench.open)
        self._waiting = list(self._cards)
        if self.isVisible():
            self._timer.start(PAUSE_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the chosen card into view, and count figures that are old."""
        super().showEvent(event)
        self._timer.start(0)
        for card in self._cards:
            if card.isChecked():
                self.ensureWidgetVisible(card)

    @Slot()
    def _count_one(self) -> None:
        if self._waiting and self.isVisible():
            card = self._waiting.pop(0)
            preset = catalog.preset_entries()[card.kind]
            inputs = self._workbench.view.inputs
            card.show_figures(preset_figures(preset, self._studio.spec, inputs))
            self._timer.start(0)


@cache
def _blocks(kind: str) -> Blocks:
    return preset_network(kind).blocks
