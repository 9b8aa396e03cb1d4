"""What the lab compares: a network, what is taken out of it, and for how long both are trained."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.entry import SHORTCUTS
from imgclf_gui.core.spec import NetworkSpec
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan import preset_network
from imgclf_gui.plan.lab import ablations

FIRST_EPOCHS = 3
MOST_EPOCHS = 1_000
FIRST_PRESET = "resnet-20"
"""Offered first where nothing can be taken out of the project's own network."""
OWN = ""
"""Among the networks: the project's."""

IDEAS = {
    SHORTCUTS: "A shortcut adds a block's input to its output, so gradients reach early blocks "
    "undiminished. Without shortcuts, deep networks learn worse than shallow ones.",
    "batch-normalization": "Batch normalisation keeps what each block passes on at mean 0 and "
    "spread 1. Without it the values drift from block to block, and learning needs small steps.",
    "layer-normalization": "Layer normalisation gives the values of each image mean 0 and "
    "spread 1, whatever the other images of the batch are.",
    "group-normalization": "Group normalisation evens out groups of channels of each image, so "
    "it works with small batches, too.",
    "dropout": "Dropout silences random units while training, so that none is relied on alone. "
    "Without it a network memorises sooner: compare training with validation.",
}
"""What is tested by taking it out, in a sentence or two."""


class LabSetup(QWidget):
    """Chooses what the twins are; says what keeps them from being trained."""

    asked = Signal(str, object, int)
    """What to take out, the NetworkSpec, and the epochs."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("lab_setup")
        self._studio = studio
        self._chosen_by_hand = False
        self._busy = False
        self._networks = named(QComboBox(), "lab_network", "Network")
        self._networks.addItem("This project's network", OWN)
        for kind, preset in catalog.preset_entries().items():
            self._networks.addItem(preset.title, kind)
        self._what = named(QComboBox(), "lab_without", "What to take out")
        self._epochs = named(QSpinBox(), "lab_epochs", "Epochs of each training")
        self._epochs.setRange(1, MOST_EPOCHS)
        self._epochs.setValue(FIRST_EPOCHS)
        for box in (self._networks, self._what):
            box.setMinimumContentsLength(8)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
        self._idea = wrapped_label(name="lab_idea")
        self._cost = wrapped_label(muted=True, name="lab_cost")
        self._reason = WrongLabel("lab_problem")
        self._hint = wrapped_label(muted=True, name="lab_hint")
        self._run = named(QPushButton(icons.icon("train"), "Run twins"), "lab_run")
        theme.set_primary(self._run)
        self._stale = True
        self._arrange()
        self._connect()

    @property
    def network(self) -> NetworkSpec:
        """The network that is chosen, with everything in it."""
        kind = self._networks.currentData()
        return self._studio.spec.network if kind == OWN else preset_network(kind)

    @property
    def what(self) -> str:
        """What is taken out; empty if nothing can be."""
        return self._what.currentData() or ""

    @property
    def epochs(self) -> int:
        """Of each training."""
        return self._epochs.value()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Follow the project: its network, its images, its runs. Planning takes milliseconds."""
        self._stale = not self.isVisible()
        if self._stale:
            return
        found = ablations(self.network)
        if not found and not self._chosen_by_hand:
            self._choose_first_preset()
            found = ablations(self.network)
        kept = self._what.currentData()
        self._what.blockSignals(True)
        self._what.clear()
        for ablation in found:
            self._what.addItem(ablation.title.capitalize(), ablation.kind)
        self._what.setCurrentIndex(max(0, self._what.findData(kept)))
        self._what.blockSignals(False)
        self._what.setEnabled(bool(found))
        self._refresh_readiness()

    @Slot()
    def _refresh_readiness(self) -> None:
        self._idea.setText(idea(self.what))
        hint = self._hint_now()
        plans = None if hint else self._studio.plan_twins(self.what, self.network, self.epochs)
        problem = plans.problem if plans else ""
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._reason.say(problem)
        self._cost.setText(plans.words if plans else "")
        self._cost.setVisible(bool(self._cost.text()))
        self._run.setEnabled(plans is not None and not problem)
        self._run.setToolTip(hint or problem or "Train both, one after the other")

    def _hint_now(self) -> str:
        """What a person has to do before anything can be compared."""
        studio = self._studio
        if studio.project is None:
            return "Open or make a project first: the twins are trained on its images."
        if len(studio.summary.labels) < 2:
            return "Import images of at least two classes first."
        if not self.what:
            return (
                "Nothing can be taken out of this network. Choose one with shortcuts, batch "
                "normalisation or dropout."
            )
        if studio.active_run is not None:
            return "A run is being trained: wait for its end, or stop it."
        return ""

    def _choose_first_preset(self) -> None:
        index = self._networks.findData(FIRST_PRESET)
        if index >= 0:
            self._networks.blockSignals(True)
            self._networks.setCurrentIndex(index)
            self._networks.blockSignals(False)

    @Slot()
    def _on_network_chosen(self) -> None:
        self._chosen_by_hand = True
        self.refresh()

    @Slot()
    def _on_project_changed(self) -> None:
        self._chosen_by_hand = False
        self._networks.blockSignals(True)
        self._networks.setCurrentIndex(0)
        self._networks.blockSignals(False)
        self.refresh()

    @Slot()
    def _on_job_changed(self) -> None:
        """This comes thirty times a second."""
        busy = self._studio.active_run is not None
        if busy != self._busy:
            self._busy = busy
            self.refresh()

    @Slot()
    def _on_run(self) -> None:
        self.asked.emit(self.what, self.network, self.epochs)

    def _connect(self) -> None:
        studio = self._studio
        self._networks.currentIndexChanged.connect(self._on_network_chosen)
        self._what.currentIndexChanged.connect(self._refresh_readiness)
        self._epochs.valueChanged.connect(self._refresh_readiness)
        self._run.clicked.connect(self._on_run)
        studio.project_changed.connect(self._on_project_changed)
        studio.resolution_changed.connect(self.refresh)  # also after each edit
        studio.job_changed.connect(self._on_job_changed)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.addRow("&Network", self._networks)
        form.addRow("&Without", self._what)
        form.addRow("&Epochs of each", self._epochs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        layout.addLayout(form)
        for widget in (self._idea, self._cost, self._hint, self._reason, self._run):
            layout.addWidget(widget)


def idea(what: str) -> str:
    """What is tested by taking `what` out."""
    entry = catalog.block_entries().get(what)
    return IDEAS.get(what, entry.summary if entry else "")
