"""Labels that show any text as it is: never rich text, never wider than there is room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import plain_label, shortened

LONGEST_TEXT = 2_000
"""Characters; Qt lays out a text of megabytes for seconds."""


def wrapped_label(text: str = "", *, muted: bool = False, name: str = "") -> QLabel:
    """Plain text over as many lines as it needs."""
    label = plain_label(shortened(text, LONGEST_TEXT), objectName=name)
    label.setWordWrap(True)
    label.setSizePolicy(_as_high_as_its_lines())
    if muted:
        theme.set_muted(label)
    return label


class WrongLabel(QLabel):
    """A sentence about something wrong, in the theme's colour for that; hidden while empty."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(_as_high_as_its_lines())
        self.say("")

    def say(self, sentence: str) -> None:
        """Show `sentence`; an empty one hides the label."""
        self.setText(shortened(sentence, LONGEST_TEXT))
        self._tint()
        self.setVisible(bool(sentence))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._tint()

    def _tint(self) -> None:
        colour = QColor(theme.current().bad)
        palette = self.palette()
        if palette.color(QPalette.ColorRole.WindowText) != colour:
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)


class ElidedLabel(QLabel):
    """One line of plain text, with an ellipsis where it does not fit; the tooltip has it whole."""

    def __init__(self, text: str = "", *, name: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text` in one line."""
        super().setText(shortened(text, LONGEST_TEXT).replace("\n", " "))

    def minimumSizeHint(self) -> QSize:
        """A few characters."""
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        del event
        painter = QPainter(self)
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, rect.width()
        )
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(rect, self.alignment(), shown)
        whole = "" if shown == self.text() else plain_tip(self.text())
        if whole != self.toolTip():
            self.setToolTip(whole)


def _as_high_as_its_lines() -> QSizePolicy:
    """As wide as there is room, and as high as the text is at that width."""
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    return policy


def plain_tip(text: str) -> str:
    """`text` for a tooltip, which would take angle brackets for markup."""
    return text.replace("<", "‹").replace(">", "›")
