"""Use this network, and Train: what can be done with it, and what stands against that."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import WrongLabel, wrapped_label
from imgclf_gui.gui.widgets.named import named

IN_USE = (
    "This is your project's network: what you change here changes it at once. Undo takes it back."
)
DRAFT = "Not yet your project's network: try what you like, then use it."


class UseBar(QWidget):
    """A sentence, and the buttons."""

    use_asked = Signal()
    train_asked = Signal()
    dataset_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transfer_use_bar")
        self._state = wrapped_label(name="transfer_state")
        self._problem = WrongLabel("transfer_problem")
        self._to_dataset = named(QPushButton("Go to Dataset"), "transfer_to_dataset")
        self._use = named(QPushButton(icons.icon("good"), "Use this network"), "transfer_use")
        self._train = named(QPushButton(icons.icon("train"), "Train"), "transfer_train")
        self._plain = self._use.palette()
        self._to_dataset.clicked.connect(self.dataset_asked)
        self._use.clicked.connect(self.use_asked)
        self._train.clicked.connect(self.train_asked)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(self._state, 1)
        for button in (self._to_dataset, self._use, self._train):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self._problem)
        column.addLayout(row)

    def show_state(
        self, *, in_use: bool, hint: str, problem: str, trainable: bool, needs_images: bool
    ) -> None:
        """Say whether what is on show is the project's network, and let do what can be done."""
        self._state.setText(hint or (IN_USE if in_use else DRAFT))
        self._problem.say(problem)
        self._to_dataset.setVisible(needs_images)
        self._use.setVisible(not in_use)
        self._use.setEnabled(not hint and not problem)
        self._use.setToolTip(hint or "Make it the network of your project; undo takes it back")
        ready = in_use and trainable and not hint and not problem
        self._train.setEnabled(ready)
        self._train.setToolTip("Start the training" if ready else "Use this network first")
        primary = self._train if in_use else self._use
        for button in (self._use, self._train):
            button.setPalette(self._plain)
            if button is primary and button.isEnabled():
                theme.set_primary(button)
