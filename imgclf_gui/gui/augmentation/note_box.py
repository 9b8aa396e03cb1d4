"""A sentence that a person should read, on a tint of its own."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.widgets.labels import wrapped_label

_SIGN = 16
_TINT = 0.14


class NoteBox(QWidget):
    """A sign and a sentence; hidden while there is nothing to say."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._wrong = False
        self._sentence = wrapped_label(name=f"{name}_sentence")
        layout = QHBoxLayout(self)
        pad = theme.SPACING
        layout.setContentsMargins(2 * pad + _SIGN, pad, pad, pad)
        layout.addWidget(self._sentence, 1, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, sentence: str, *, wrong: bool) -> None:
        """Show `sentence`; `wrong` tells an error from something worth knowing."""
        self._wrong = wrong
        self._sentence.setText(sentence)
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tint and the sign."""
        del event
        colours = theme.current()
        colour = QColor(colours.bad if self._wrong else colours.warning)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.blend(colour, QColor(colours.window), _TINT))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        sign = QRect(theme.SPACING, theme.SPACING, _SIGN, _SIGN)
        icons.paint(painter, "warning", sign, colour)
