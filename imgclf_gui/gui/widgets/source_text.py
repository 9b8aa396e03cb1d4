"""Source text: monospaced, coloured by the theme, and kept where it was scrolled to."""

from __future__ import annotations

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


class SourceColors(QSyntaxHighlighter):
    """Colours nothing; its heirs say which parts of a line are what."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.formats = _formats()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""

    def follow_theme(self) -> None:
        """Colour everything anew."""
        self.formats = _formats()
        self.rehighlight()


class SourceText(QPlainTextEdit):
    """Lines as they are, never wrapped; Tab goes on to the next widget."""

    def __init__(self, colors: type[SourceColors]) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(font)
        self.setTabStopDistance(4 * QFontMetricsF(font).horizontalAdvance(" "))
        self.document().setDocumentMargin(theme.SPACING)
        self._colors = colors(self.document())

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
