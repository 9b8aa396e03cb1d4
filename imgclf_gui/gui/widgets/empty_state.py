"""What an empty page says: what it is for, and what to do first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.widgets.named import named

TEXT_WIDTH = 520


class EmptyState(QWidget):
    """A large icon, a title, a sentence and buttons, in the middle."""

    def __init__(self, icon: str, title: str, sentence: str) -> None:
        super().__init__()
        heading = plain_label(title)
        theme.set_title(heading)
        text = plain_label(sentence)
        text.setWordWrap(True)
        text.setFixedWidth(TEXT_WIDTH)
        for label in (heading, text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        theme.set_muted(text)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.SPACING)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * theme.SPACING)
        middle = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(1)
        layout.addWidget(_Picture(icon), 0, middle)
        layout.addWidget(heading, 0, middle)
        layout.addLayout(_centred(text))
        layout.addLayout(self._buttons)
        layout.addStretch(2)
        self._layout = layout
        self._buttons.addStretch(1)
        self._buttons.addStretch(1)

    def begin_row(self) -> None:
        """Put the buttons to come into a row of their own."""
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.SPACING)
        self._buttons.addStretch(1)
        self._buttons.addStretch(1)
        self._layout.insertLayout(self._layout.count() - 1, self._buttons)

    def add_button(
        self, name: str, text: str, does: Callable[[], object], *, primary: bool = False
    ) -> QPushButton:
        """A button behind those that are there; the primary one stands out."""
        button = named(QPushButton(text), name)
        button.clicked.connect(lambda _checked=False: does())
        if primary:
            theme.set_primary(button)
        self._buttons.insertWidget(self._buttons.count() - 1, button)
        return button


def _centred(text: QLabel) -> QHBoxLayout:
    """In a row between stretches a label gets the height that its lines need."""
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(text)
    row.addStretch(1)
    return row


class _Picture(QWidget):
    """An icon of 64 pixels that follows the palette."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(QSize(64, 64))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon, a little faded."""
        del event
        painter = QPainter(self)
        painter.setOpacity(0.45)
        icons.icon(self._icon).paint(painter, self.rect())
