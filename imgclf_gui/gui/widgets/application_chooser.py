"""Which of Keras's networks: a list of them, and of widths where there are several."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan.application_weights import published_widths
from imgclf_gui.plan.applications import APPLICATIONS, OF_KERAS, Application, find_application

_USUAL = 1.0


class ApplicationChooser(QWidget):
    """Those that no blocks can be made of are listed too, so that a person learns why."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._name = named(QComboBox(), "adding_network", "Network of Keras")
        self._name.addItem("Choose the network…", "")
        for name in APPLICATIONS:
            self._name.addItem(name, name)
        self._name.setMaxVisibleItems(20)
        self._width = named(QComboBox(), "adding_width", "Width of the network")
        self._width.setToolTip("How many channels its layers have, by those of the usual network")
        self._name.currentIndexChanged.connect(self._on_name)
        self._width.currentIndexChanged.connect(self.chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._name)
        row.addWidget(self._width)
        row.addStretch(1)
        self._on_name()

    @property
    def application(self) -> Application | None:
        """What is chosen; None: nothing yet."""
        name, alpha = self._name.currentData(), self._width.currentData()
        if not name:
            return None
        return find_application(f"{OF_KERAS}{name}" + (f":{alpha}" if alpha else ""))

    def choose(self, key: str) -> None:
        """Choose 'VGG16', 'MobileNetV2:0.35'; nothing with ''."""
        name, _, alpha = key.partition(":")
        self._name.setCurrentIndex(max(0, self._name.findData(name)))
        if alpha:
            self._width.setCurrentIndex(max(0, self._width.findData(float(alpha))))

    @Slot()
    def _on_name(self) -> None:
        self._width.blockSignals(True)
        self._width.clear()
        for alpha in published_widths(str(self._name.currentData())):
            words = "usual width" if alpha == _USUAL else f"width {alpha:g}"
            self._width.addItem(words, alpha)
        self._width.setCurrentIndex(self._width.findData(_USUAL))
        self._width.blockSignals(False)
        self._width.setVisible(self._width.count() > 0)
        self.chosen.emit()
