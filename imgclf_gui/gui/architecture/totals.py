"""What the whole network costs, above its cards."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from imgclf_gui.core.figures import bytes_words
from imgclf_gui.gui import theme
from imgclf_gui.gui.architecture.workbench import Workbench
from imgclf_gui.gui.network_view import optimizer_slots
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.figure import Figure
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.words import large
from imgclf_gui.plan import NetworkPlan
from imgclf_gui.plan.resolve import MEMORY_SHARE, data_budget, largest_batch


class Totals(QWidget):
    """Follows the network, the batch size, the optimizer and the device."""

    def __init__(self, studio: Studio, workbench: Workbench) -> None:
        super().__init__()
        self.setObjectName("totals")
        self._studio = studio
        self._workbench = workbench
        self._parameters = Figure("total_parameters", "parameters")
        self._multiply_adds = Figure("total_multiply_adds", "multiply-adds an image")
        self._activations = Figure("total_activations", "activations an image")
        self._memory = Figure("total_memory", "memory of a step")
        self._batch = Figure("total_batch", "largest batch")
        self._figures = (
            self._parameters, self._multiply_adds, self._activations, self._memory, self._batch,
        )  # fmt: skip
        self._budget = ElidedLabel(name="data_budget")
        self._inputs = ElidedLabel(name="network_inputs")
        theme.set_muted(self._inputs)
        self._arrange()
        for signal in (workbench.changed, studio.spec_changed, studio.devices_changed):
            signal.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the figures of the network as it is; dashes while it has problems."""
        view = self._workbench.view
        self._inputs.setText(view.inputs.sentence())
        if view.network is None:
            for figure in self._figures:
                figure.show_value("–")
            self._budget.setText(_waiting(len(view.draft.problems)))
            return
        self._show_size(view.network)
        self._show_memory(view.network)
        images = self._studio.summary.count("train")
        self._budget.setText(data_budget(view.network.trainable_parameters, images))

    def _show_size(self, network: NetworkPlan) -> None:
        total, trained = network.parameters, network.trainable_parameters
        fixed = f", {large(total - trained)} not trained" if total > trained else ""
        self._parameters.show_value(
            large(total), f"{trained:,} are trained, {total - trained:,} are not", fixed
        )
        work = network.multiply_adds
        self._multiply_adds.show_value(large(work), f"{work:,} in a forward pass")
        self._activations.show_value(
            bytes_words(network.activation_bytes), "Kept of each image for the backward pass"
        )

    def _show_memory(self, network: NetworkPlan) -> None:
        spec = self._studio.spec
        batch, slots = spec.training.batch_size, optimizer_slots(spec)
        self._memory.show_value(
            bytes_words(network.training_bytes(batch, slots)),
            f"Weights, gradients, the optimizer's state, and activations of {batch:,} images",
            f" of {batch:,}",
        )
        device = self._studio.device
        memory = device.memory_bytes if device else None
        if memory is None:
            self._batch.show_value("–", "The memory of the device is not known yet")
            return
        self._batch.show_value(
            f"{largest_batch(network, slots, memory):,}",
            f"Whose step takes at most {MEMORY_SHARE:.0%} of the {bytes_words(memory)} of "
            f"{self._studio.device_label}",
            f" on {self._studio.device_label}",
        )

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(3 * theme.SPACING)
        for figure in self._figures:
            row.addWidget(figure)
        row.addStretch(1)
        sentences = QHBoxLayout()
        sentences.setSpacing(3 * theme.SPACING)
        for sentence in (self._budget, self._inputs):  # as wide as they are, while there is room
            sentence.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        sentences.addWidget(self._budget, 1)
        sentences.addWidget(self._inputs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, 0, theme.SPACING, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addLayout(row)
        layout.addLayout(sentences)


def _waiting(problems: int) -> str:
    """Why there are no figures."""
    what = "1 problem keeps" if problems == 1 else f"{problems:,} problems keep"
    return f"{what} the network from being counted as a whole."
