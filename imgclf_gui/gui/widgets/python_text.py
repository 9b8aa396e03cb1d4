"""Python to be read: monospaced, coloured by the theme, and kept where it was scrolled to."""

from __future__ import annotations

import re
from keyword import kwlist

from PySide6.QtCore import QEvent
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
)
from PySide6.QtWidgets import QPlainTextEdit

from imgclf_gui.gui import theme

_PREFIX = "[rRbBfF]{0,2}"
_TOKENS = re.compile(
    rf"(?P<open>{_PREFIX}\"\"\")"
    rf"|(?P<text>{_PREFIX}(?:\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?))"
    r"|(?P<comment>#.*)"
    r"|(?<=\bdef )(?P<name>\w+)|(?<=\bclass )(?P<class>\w+)"
    rf"|\b(?P<keyword>{'|'.join(kwlist)})\b"
    r"|(?<![\w.])(?P<number>\d[\d_]*\.?\d*(?:e[-+]?\d+)?)"
)
_PLAIN, _INSIDE_TEXT = -1, 1
"""States at the end of a line: QSyntaxHighlighter's own for the first."""


class PythonText(QPlainTextEdit):
    """Read-only Python source."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(font)
        self.setTabStopDistance(4 * QFontMetricsF(font).horizontalAdvance(" "))
        self.document().setDocumentMargin(theme.SPACING)
        self._colors = PythonColors(self.document())

    def show_source(self, source: str) -> None:
        """Show `source`, scrolled to where the text before it was."""
        if source == self.toPlainText():
            return
        bars = (self.verticalScrollBar(), self.horizontalScrollBar())
        places = [bar.value() for bar in bars]
        self.setPlainText(source)
        for bar, place in zip(bars, places, strict=True):
            bar.setValue(place)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colors.follow_theme()


class PythonColors(QSyntaxHighlighter):
    """Colours keywords, names, texts, numbers and comments."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats = _formats()

    def follow_theme(self) -> None:
        """Colour everything anew."""
        self._formats = _formats()
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        place = 0
        self.setCurrentBlockState(_PLAIN)
        if self.previousBlockState() == _INSIDE_TEXT:
            place = self._text_from(text, 0, 0)
        while place < len(text) and (found := _TOKENS.search(text, place)):
            kind, begin = found.lastgroup or "", found.start()
            if kind == "open":
                place = self._text_from(text, begin, found.end())
            else:
                place = found.end()
                self.setFormat(begin, place - begin, self._formats[kind])

    def _text_from(self, text: str, begin: int, search: int) -> int:
        """Colour a text in triple quotes from `begin` on; where it ends, on this line at least."""
        closing = text.find('"""', search)
        place = len(text) if closing < 0 else closing + 3
        self.setCurrentBlockState(_INSIDE_TEXT if closing < 0 else _PLAIN)
        self.setFormat(begin, place - begin, self._formats["text"])
        return place


def _formats() -> dict[str, QTextCharFormat]:
    """How each kind of token looks in the theme in use."""
    colors = theme.current()
    blue, _, green, _, _, red, _, violet = colors.series
    kinds = {"keyword": violet, "name": blue, "class": blue, "text": green, "number": red}
    made = {"comment": _format(QColor(colors.muted))}
    for kind, color in kinds.items():
        # The colours of plots, a little darker on white: letters are thinner than lines.
        made[kind] = _format(QColor(color).darker(120 if colors.name == "light" else 100))
    return made


def _format(color: QColor) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(color)
    return made
