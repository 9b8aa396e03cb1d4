"""A check box whose sentence takes as many lines as it needs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named


class WrappedCheck(QWidget):
    """The `box`, and beside it the sentence, which can be clicked, too."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.box = named(OutlinedCheckBox(), name)
        self._label = wrapped_label(name=f"{name}_words")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING // 2)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.box, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._label, 0, 1)
        self._label.setBuddy(self.box)
        self._label.mousePressEvent = lambda _event: self.box.click()  # type: ignore[method-assign]

    def say(self, sentence: str) -> None:
        """What is agreed to by ticking."""
        self._label.setText(sentence)
        self.box.setAccessibleName(sentence)
