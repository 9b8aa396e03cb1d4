"""A problem with the buttons that take it away."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from imgclf_gui.core.entry import Mend
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import WrongLabel
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.plan import Problem


class ProblemBox(QWidget):
    """Sentences and a button for each mend; hidden while nothing is wrong."""

    mend_asked = Signal(object)
    """A Mend."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._name = name
        self._sentence = WrongLabel(f"{name}_sentence")
        self._buttons: list[QPushButton] = []
        self._mends: tuple[Mend, ...] = ()
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING // 2)
        layout.addWidget(self._sentence)
        self.hide()

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Say what is wrong, and offer what mends it."""
        problems = list(problems)
        self._sentence.say(" ".join(f"{one.message} {one.fix}" for one in problems))
        mends = tuple(mend for one in problems for mend in one.mends)
        if mends != self._mends:
            self._mends = mends
            self._offer(mends)
        self.setVisible(bool(problems))

    def buttons(self) -> tuple[QPushButton, ...]:
        """Those of the mends, in their order."""
        return tuple(self._buttons)

    def _offer(self, mends: tuple[Mend, ...]) -> None:
        for button in self._buttons:
            button.setParent(None)
            button.deleteLater()
        self._buttons = []
        for number, mend in enumerate(mends):
            button = named(QPushButton(icons.icon("mend"), mend.title), f"{self._name}_{number}")
            button.clicked.connect(lambda _=False, mend=mend: self.mend_asked.emit(mend))
            self._buttons.append(button)
            self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
