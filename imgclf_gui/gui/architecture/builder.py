"""Build: choose a starting network, and see what it will cost before it is trained."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.figures import bytes_words
from imgclf_gui.gui import theme
from imgclf_gui.gui.network_view import (
    Inputs,
    block_rows,
    inputs_of,
    preset_figures,
    training_bytes,
)
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.block_list import BlockList
from imgclf_gui.gui.widgets.figure import Figure
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.network_picture import NetworkPicture
from imgclf_gui.gui.widgets.preset_card import PresetCard
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import large
from imgclf_gui.plan import preset_network, resolve_network
from imgclf_gui.plan.resolve import data_budget

CARDS_WIDTH = 320


class BuilderView(QWidget):
    """The course's ladder as cards; beside it the chosen network, block by block."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("builder_view")
        self._studio = studio
        self._cards = [PresetCard(preset) for preset in catalog.preset_entries().values()]
        for card in self._cards:
            card.clicked.connect(lambda _=False, kind=card.kind: self._choose(kind))
        self._inputs_label = wrapped_label(muted=True, name="network_inputs")
        self._parameters = Figure("total_parameters", "parameters")
        self._multiply_adds = Figure("total_multiply_adds", "multiply-adds an image")
        self._memory = Figure("total_memory", "memory of a step")
        self._budget = wrapped_label(name="data_budget")
        self._problem = WrongLabel("network_problem")
        self._picture = NetworkPicture()
        self._blocks = BlockList()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._card_column())
        splitter.addWidget(self._network_column())
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([CARDS_WIDTH, 3 * CARDS_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.addWidget(splitter)
        for signal in (studio.project_changed, studio.spec_changed, studio.dataset_changed):
            signal.connect(self._refresh)
        self._refresh()

    def _choose(self, kind: str) -> None:
        network = preset_network(kind)
        spec = self._studio.spec.model_copy(update={"network": network})
        self._studio.edit("Choose network", spec)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        spec = self._studio.spec
        inputs = inputs_of(spec, self._studio.summary)
        presets = catalog.preset_entries()
        for card in self._cards:
            preset = presets[card.kind]
            card.show_figures(preset_figures(preset, spec, inputs))
            card.setChecked(preset().blocks() == spec.network.blocks)
            card.setEnabled(self._studio.project is not None)
        self._inputs_label.setText(inputs.sentence())
        self._show_network(inputs)

    def _show_network(self, inputs: Inputs) -> None:
        spec = self._studio.spec
        rows, _ = block_rows(spec.network, inputs)
        self._blocks.show_rows(rows)
        network, problems = resolve_network(spec.network, inputs.shape, inputs.classes)
        self._picture.setVisible(network is not None)
        self._problem.say(" ".join(f"{one.message} {one.fix}" for one in problems))
        if network is None:
            for figure in (self._parameters, self._multiply_adds, self._memory):
                figure.show_value("–")
            self._budget.setText("")
            return
        self._picture.show_network(network.input_shape, network.blocks)
        self._parameters.show_value(large(network.parameters), f"{network.parameters:,} parameters")
        self._multiply_adds.show_value(
            large(network.multiply_adds), f"{network.multiply_adds:,} in a forward pass"
        )
        self._memory.show_value(
            bytes_words(training_bytes(network, spec)),
            f"Weights, gradients and activations of {spec.training.batch_size:,} images",
        )
        images = self._studio.summary.count("train")
        self._budget.setText(data_budget(network.trainable_parameters, images))

    def _card_column(self) -> QWidget:
        content = ScrolledColumn()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, theme.SPACING, 0)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(wrapped_label("Choose a starting network", name="presets_title"))
        for card in self._cards:
            layout.addWidget(card)
        layout.addStretch(1)
        scroll = named(QScrollArea(), "preset_cards")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        scroll.setMinimumWidth(240)
        self._scroll = scroll
        return scroll

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the chosen card into view."""
        super().showEvent(event)
        for card in self._cards:
            if card.isChecked():
                self._scroll.ensureWidgetVisible(card)

    def _network_column(self) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(theme.SPACING, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        totals = QHBoxLayout()
        totals.setSpacing(3 * theme.SPACING)
        for figure in (self._parameters, self._multiply_adds, self._memory):
            totals.addWidget(figure)
        totals.addStretch(1)
        layout.addLayout(totals)
        for label in (self._budget, self._inputs_label, self._problem):
            layout.addWidget(label)
        layout.addWidget(self._picture)
        layout.addWidget(self._blocks, 1)
        return column
