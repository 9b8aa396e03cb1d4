"""JSON to be read and edited, with problems marked at their lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.source_text import SourceColors, SourceText

LONGEST_LINE = 2_000
"""Characters that are coloured: a line may hold an image."""
_TOKENS = re.compile(
    r"(?P<name>\"(?:\\.|[^\"\\])*\"(?=\s*:))|(?P<text>\"(?:\\.|[^\"\\])*\"?)"
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?P<keyword>\b(?:true|false|null)\b)"
)


class JsonColors(SourceColors):
    """Colours names, texts, numbers and words."""

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        for found in _TOKENS.finditer(text[:LONGEST_LINE]):
            kind = found.lastgroup or ""
            self.setFormat(found.start(), found.end() - found.start(), self.formats[kind])


class JsonText(SourceText):
    """Numbers its lines in a margin, where a sign stands at each problem."""

    def __init__(self) -> None:
        super().__init__(JsonColors)
        self._problems: Mapping[int, str] = {}
        self._margin = _Margin(self)
        self.blockCountChanged.connect(self._fit_margin)
        self.updateRequest.connect(self._on_update)
        self._fit_margin()

    @property
    def problems(self) -> Mapping[int, str]:
        """What is wrong, by line (from 1)."""
        return self._problems

    def show_problems(self, problems: Mapping[int, str]) -> None:
        """Mark the lines (from 1) at which something is wrong."""
        if problems == self._problems:
            return
        self._problems = dict(problems)
        self._mark()
        self._margin.update()

    def go_to(self, line: int) -> None:
        """Put cursor and keyboard to a line (from 1)."""
        cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        self.setTextCursor(cursor)
        self.centerCursor()
        self.setFocus()

    def replace(self, text: str) -> None:
        """Put `text` in place of everything, such that undo brings back what was there."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        self.setTextCursor(cursor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the margin as high as the text."""
        super().resizeEvent(event)
        self._place_margin()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._mark()

    def margin_width(self) -> int:
        """For a sign and the largest number, in pixels."""
        digits = max(2, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("● " + "9" * digits) + theme.SPACING

    def paint_margin(self, event: QPaintEvent) -> None:
        """Number the lines that are seen."""
        painter, colours = QPainter(self._margin), theme.current()
        painter.fillRect(event.rect(), self.palette().window())
        block, offset = self.firstVisibleBlock(), self.contentOffset()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(offset)
            if box.top() > event.rect().bottom():
                break
            number = block.blockNumber() + 1
            wrong = number in self._problems
            painter.setPen(QColor(colours.bad if wrong else colours.muted))
            place = QRect(0, int(box.top()), self._margin.width() - 4, int(box.height()))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(place, flags, f"● {number}" if wrong else str(number))
            block = block.next()

    def line_at(self, y: float) -> int:
        """The line (from 1) that stands at `y` of the margin."""
        return self.cursorForPosition(QRect(1, int(y), 1, 1).topLeft()).blockNumber() + 1

    def _mark(self) -> None:
        tint = theme.blend(QColor(theme.current().bad), self.palette().base().color(), 0.18)
        marks = []
        for line in self._problems:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            mark.format.setBackground(tint)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.setExtraSelections(marks)

    @Slot()
    def _fit_margin(self) -> None:
        self.setViewportMargins(self.margin_width(), 0, 0, 0)
        self._place_margin()

    def _place_margin(self) -> None:
        inner = self.contentsRect()
        self._margin.setGeometry(inner.left(), inner.top(), self.margin_width(), inner.height())

    @Slot(QRect, int)
    def _on_update(self, _rect: QRect, _moved: int) -> None:
        self._margin.update()


class _Margin(QWidget):
    def __init__(self, text: JsonText) -> None:
        super().__init__(text)
        self._text = text

    def sizeHint(self) -> QSize:
        """As wide as the numbers."""
        return QSize(self._text.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Numbers and signs."""
        self._text.paint_margin(event)

    def event(self, event: QEvent) -> bool:
        """Say what is wrong where the mouse is."""
        if isinstance(event, QHelpEvent):
            words = self._text.problems.get(self._text.line_at(event.pos().y()), "")
            QToolTip.showText(event.globalPos(), plain_tip(words), self)
            return True
        return super().event(event)
