"""The lab: twins trained with and without an idea, and what happens inside both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from imgclf_gui.core.spec import NetworkSpec
from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.twins import Twins, pairs_of
from imgclf_gui.gui.widgets.empty_state import EmptyState
from imgclf_gui.gui.widgets.lab_setup import LabSetup
from imgclf_gui.gui.widgets.labels import plain_tip, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.scrolled_column import scrolled

if TYPE_CHECKING:
    from imgclf_gui.gui.widgets.lab_panel import TwinsPanel

SETUP_WIDTH = 260
LIST_HEIGHT = 110
KEY_ROLE = Qt.ItemDataRole.UserRole


class LabView(QWidget):
    """Left what to compare, and the pairs so far; right the chosen pair."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lab_view")
        self._studio = studio
        self._setup = LabSetup(studio)
        self._pairs: list[Twins] = []
        self._list = named(QListWidget(), "lab_pairs", "Twins so far")
        self._list_title = wrapped_label("Twins so far", muted=True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._panel: TwinsPanel | None = None
        self._right = QStackedWidget()
        empty = _empty()
        self._to_dataset = empty.add_button(
            "lab_to_dataset",
            "Go to Dataset",
            lambda: studio.page_wanted.emit("dataset"),
            primary=True,
        )
        self._right.addWidget(empty)
        self._arrange()
        self._setup.asked.connect(self._on_asked)
        self._list.currentItemChanged.connect(self._on_chosen)
        studio.dataset_changed.connect(self._refresh_empty)
        studio.runs_changed.connect(self._on_runs_changed)
        studio.run_changed.connect(self._on_run_changed)
        self._on_runs_changed()
        self._refresh_empty()

    @Slot()
    def _refresh_empty(self) -> None:
        self._to_dataset.setVisible(not self._studio.summary.labels)

    def _choose(self, key: str) -> None:
        for row in range(self._list.count()):
            if self._list.item(row).data(KEY_ROLE) == key:
                self._list.setCurrentRow(row)

    @Slot(str, object, int)
    def _on_asked(self, what: str, network: NetworkSpec, epochs: int) -> None:
        self._studio.train_twins(what, network, epochs)

    @Slot()
    def _on_runs_changed(self) -> None:
        """Show the pairs; the newest is chosen when it is new."""
        before = {pair.key for pair in self._pairs}
        chosen = self._panel.twins.key if self._panel and self._panel.twins else ""
        self._pairs = pairs_of(self._studio.runs)
        keys = [pair.key for pair in self._pairs]
        self._list.blockSignals(True)
        self._list.clear()
        for pair in self._pairs:
            self._list.addItem(_item(pair))
        self._list.blockSignals(False)
        if keys and (chosen not in keys or keys[0] not in before):
            chosen = keys[0]
        self._choose(chosen)
        for widget in (self._list_title, self._list):
            widget.setVisible(bool(keys))
        if not keys:
            self._right.setCurrentIndex(0)

    @Slot()
    def _on_chosen(self) -> None:
        row = self._list.currentRow()
        if row >= 0:
            self._right.setCurrentWidget(self._panel_shown())
            self._panel_shown().show_twins(self._pairs[row])

    @Slot(str)
    def _on_run_changed(self, run_id: str) -> None:
        if self._panel is not None:
            self._panel.touch(run_id)

    def _panel_shown(self) -> TwinsPanel:
        if self._panel is None:
            from imgclf_gui.gui.widgets.lab_panel import TwinsPanel  # a third of a second

            self._panel = TwinsPanel()
            self._panel.stop_asked.connect(self._studio.stop_twins)
            self._right.addWidget(self._panel)
        return self._panel

    def _arrange(self) -> None:
        inside = QVBoxLayout()
        inside.setContentsMargins(0, 0, theme.SPACING, 0)
        inside.addWidget(self._setup)
        inside.addStretch(1)
        left = QWidget()
        layout = QVBoxLayout(left)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(scrolled(inside, "lab_setup_scroll"), 1)
        layout.addWidget(self._list_title)
        layout.addWidget(self._list)
        self._list.setMaximumHeight(LIST_HEIGHT)
        left.setMinimumWidth(220)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self._right)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([SETUP_WIDTH, 4 * SETUP_WIDTH])
        self._right.setContentsMargins(theme.SPACING, 0, 0, 0)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        whole.addWidget(splitter)


def _item(pair: Twins) -> QListWidgetItem:
    ids = ", ".join(run.id for run in pair.runs)
    lacks = f"without {pair.what} · " if pair.what else ""
    text = f"{ids} · {lacks}{shortened(pair.runs[0].name, 200)}"
    item = QListWidgetItem(text)
    item.setData(KEY_ROLE, pair.key)
    item.setToolTip(plain_tip(text))
    return item


def _empty() -> EmptyState:
    state = EmptyState(
        "lab",
        "What does it do for the network?",
        "The lab trains a network twice, with and without one of its ideas, on the same images "
        "from the same seed, and shows what happens inside both, block by block. Choose a network "
        "and what to leave out, then press Run twins.",
    )
    state.setObjectName("lab_empty")
    return state
