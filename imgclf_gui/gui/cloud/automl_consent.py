"""A person's yes, in place: what something would mean, and the button that does it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.wrapped_check import WrappedCheck


class ConsentBox(QFrame):
    """Hidden while nothing is asked; the tick goes when something else is asked."""

    agreed = Signal()
    """The person pressed the button, having ticked where a tick is asked for."""
    refused = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._words: tuple[str, ...] = ()
        self._said = wrapped_label(name=f"{name}_words")
        self._tick = WrappedCheck(f"{name}_agree")
        self._do = named(QPushButton(), f"{name}_do")
        self._no = named(QPushButton("No"), f"{name}_no")
        self._plain = self._do.palette()
        self.setFocusProxy(self._no)
        row = QHBoxLayout()
        row.addWidget(self._do)
        row.addWidget(self._no)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.addWidget(self._said)
        layout.addWidget(self._tick)
        layout.addLayout(row)
        self._tick.box.toggled.connect(self._do.setEnabled)
        self._do.clicked.connect(self.agreed)
        self._no.clicked.connect(self._on_no)
        self.hide()

    def ask(self, words: Sequence[str], tick: str, verb: str, icon: str) -> None:
        """Ask for a yes to `words`; without any, nothing is asked. What costs wants a tick, too."""
        if tuple(words) != self._words:
            self._words = tuple(words)
            self._tick.box.setChecked(False)
            self._do.setEnabled(not tick)
        self._tick.setVisible(bool(tick))
        self._said.setText("\n".join(words))
        self._tick.say(tick)
        self._do.setPalette(self._plain)
        if tick:
            theme.set_primary(self._do)
        self._do.setText(verb)
        self._do.setIcon(icons.icon(icon))
        self.setVisible(bool(words))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape is no."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_no()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_no(self) -> None:
        self._words = ()
        self._tick.box.setChecked(False)
        self.refused.emit()
