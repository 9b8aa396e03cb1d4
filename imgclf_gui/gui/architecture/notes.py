"""What could not be taken over from a file that was opened."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import ElidedLabel
from imgclf_gui.gui.widgets.named import named

MOST_LINES = 5
"""Of the list; more are scrolled."""


class Notes(QFrame):
    """A list with a Copy button; hidden until there is something to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("network_notes")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._title = ElidedLabel(name="network_notes_title")
        self._list = named(QListWidget(), "network_notes_list", "What could not be taken over")
        self._list.setWordWrap(True)
        copy = named(QPushButton(icons.icon("copy"), "Copy"), "network_notes_copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text()))
        close = named(QToolButton(), "network_notes_close", "Close this list")
        close.setAutoRaise(True)
        close.setIcon(icons.icon("close"))
        close.clicked.connect(self.hide)
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(copy)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACING, theme.SPACING, theme.SPACING, theme.SPACING)
        layout.addLayout(row)
        layout.addWidget(self._list)
        self.hide()

    def show_notes(self, name: str, notes: Sequence[str]) -> None:
        """Tell what was left out of the file `name`; nothing hides the list."""
        self._list.clear()
        self._list.addItems(list(notes))
        lines = min(MOST_LINES, 1 + len(notes))  # one more, since a long note takes two
        self._list.setFixedHeight(lines * self._list.fontMetrics().lineSpacing() + theme.SPACING)
        what = "1 thing" if len(notes) == 1 else f"{len(notes):,} things"
        self._title.setText(f"{what} of {name} could not be taken over as they were:")
        self.setVisible(bool(notes))

    def _text(self) -> str:
        return "\n".join(self._list.item(row).text() for row in range(self._list.count()))
