"""How a block's card looks: where its parts lie, and their painting."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from imgclf_gui.core.entry import Mend
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.network_view import Card
from imgclf_gui.gui.widgets.group_colours import group_colour

COLUMNS = ("Output", "Parameters", "Multiply-adds", "Activations")
"""Titles of the figures of a card; those to the right go first where there is little room."""
_WIDEST = ("224×224×64", "88.8 M", "88.8 G", "88.8 MB")
NAME_WIDTH = 150
"""Pixels that the name keeps before a figure is left out."""
CORNER = 6
GAP = 4
"""Pixels between cards."""
_PAD = 10
_STRIPE = 4
_ICON = 16
_MOST_MENDS = 4


@dataclass(frozen=True)
class CardLayout:
    """The parts of a card in the coordinates of its list."""

    card: Card
    outline: QRect
    name: QRect
    brief: QRect
    figures: tuple[tuple[QRect, str], ...]
    problem: QRect
    mends: tuple[tuple[QRect, Mend], ...]

    def mend_at(self, x: int, y: int) -> Mend | None:
        """The mend whose button is there."""
        return next((mend for rect, mend in self.mends if rect.contains(x, y)), None)


class CardPainter:
    """Lays cards out and paints them in the fonts of one list."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.bold = QFont(font)
        self.bold.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetrics(font)
        self._bold_metrics = QFontMetrics(self.bold)
        self._line = self._metrics.height()
        self.head_height = 2 * self._line + 2 * 7
        """Pixels of a card without a problem."""
        self._widths = [
            max(self._metrics.horizontalAdvance(text) for text in texts) + 14
            for texts in zip(COLUMNS, _WIDEST, strict=True)
        ]

    def columns(self, width: int) -> list[tuple[int, int]]:
        """Left edge and width of each figure that has room in a list of `width` pixels."""
        count, room = 0, width - NAME_WIDTH
        while count < len(self._widths) and room >= self._widths[count]:
            room -= self._widths[count]
            count += 1
        left = width - sum(self._widths[:count]) - _PAD
        found = []
        for one in self._widths[:count]:
            found.append((left, one))
            left += one
        return found

    def height(self, card: Card, width: int) -> int:
        """Pixels that a card of `width` takes."""
        return self.layout(card, QRect(0, 0, width, 0), width).outline.height()

    def layout(self, card: Card, place: QRect, right: int) -> CardLayout:
        """The parts of the card whose top left corner is that of `place`, as wide as it.

        `right` is the right edge of the list, that figures keep to.
        """
        left, top, width = place.left(), place.top(), place.width()
        text_left = left + _STRIPE + _PAD
        columns = self.columns(right) if any(card.figures) else []
        names_end = columns[0][0] if columns else left + width - _PAD
        line = QRect(text_left, top + 7, max(0, names_end - text_left - 6), self._line)
        name = line if card.brief else line.translated(0, self._line // 2)
        figures = tuple(
            (QRect(x, top, w - 6, self.head_height), text)
            for (x, w), text in zip(columns, card.figures, strict=False)
        )
        problem = QRect()
        mends: tuple[tuple[QRect, Mend], ...] = ()
        bottom = top + self.head_height
        if card.problem:
            room = QRect(text_left + _ICON + 6, bottom - 4, left + width - text_left - 36, 4000)
            flags = Qt.TextFlag.TextWordWrap
            problem = self._metrics.boundingRect(room, int(flags), card.problem)
            bottom = problem.bottom() + 8
            mends = self._mends(card, QRect(problem.left(), bottom, room.width(), 0))
            bottom = mends[-1][0].bottom() + 8 if mends else bottom
        outline = QRect(left, top, width, bottom - top)
        brief = line.translated(0, self._line)
        return CardLayout(card, outline, name, brief, figures, problem, mends)

    def _mends(self, card: Card, place: QRect) -> tuple[tuple[QRect, Mend], ...]:
        """Buttons beside each other, and below where there is no room."""
        x, y, height = place.left(), place.top(), self._line + 8
        found: list[tuple[QRect, Mend]] = []
        for mend in card.mends[:_MOST_MENDS]:
            width = self._metrics.horizontalAdvance(mend.title) + 20
            if found and x + width > place.right():
                x, y = place.left(), y + height + 4
            found.append((QRect(x, y, width, height), mend))
            x += width + 6
        return tuple(found)

    def paint(
        self,
        painter: QPainter,
        parts: CardLayout,
        *,
        chosen: bool,
        focused: bool,
        over: Mend | None,
    ) -> None:
        """Draw a card; `over` is the mend under the mouse."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._outline(painter, parts, chosen, focused)
        painter.setFont(self.bold)
        painter.setPen(QColor(theme.current().text))
        self._text(painter, self._bold_metrics, parts.name, parts.card.title)
        for rect, text in parts.figures:
            painter.setFont(self.font)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(rect, flags, text)
        painter.setFont(self.font)
        painter.setPen(QColor(theme.current().muted))
        self._text(painter, self._metrics, parts.brief, parts.card.brief)
        if parts.card.problem:
            self._problem(painter, parts, over)
        painter.restore()

    def _outline(self, painter: QPainter, parts: CardLayout, chosen: bool, focused: bool) -> None:
        colours = theme.current()
        base, accent = QColor(colours.base), QColor(colours.accent)
        edge = QColor(colours.bad if parts.card.problem else colours.border)
        rect = QRectF(parts.outline).adjusted(0.5, 0.5, -0.5, -0.5)
        share = 0.16 if focused else 0.08
        painter.setBrush(theme.blend(accent, base, share) if chosen else base)
        painter.setPen(QPen(accent if chosen else edge, 2 if chosen and focused else 1))
        painter.drawRoundedRect(rect, CORNER, CORNER)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(group_colour(parts.card.group, colours))
        stripe = QRectF(rect.left() + 4, rect.top() + 6, _STRIPE, rect.height() - 12)
        painter.drawRoundedRect(stripe, _STRIPE / 2, _STRIPE / 2)

    def _problem(self, painter: QPainter, parts: CardLayout, over: Mend | None) -> None:
        colours = theme.current()
        bad, accent, base = QColor(colours.bad), QColor(colours.accent), QColor(colours.base)
        rect = parts.problem
        icon = QRect(rect.left() - _ICON - 6, rect.top(), _ICON, _ICON)
        icons.icon("warning").paint(painter, icon)
        painter.setPen(bad)
        painter.drawText(rect, Qt.TextFlag.TextWordWrap, parts.card.problem)
        for button, mend in parts.mends:
            painter.setPen(QPen(accent, 1))
            painter.setBrush(theme.blend(accent, base, 0.3 if mend is over else 0.1))
            outline = QRectF(button).translated(QPointF(0.5, 0.5))
            painter.drawRoundedRect(outline, 4, 4)
            painter.setPen(QColor(colours.text))
            painter.drawText(button, Qt.AlignmentFlag.AlignCenter, mend.title)

    @staticmethod
    def _text(painter: QPainter, metrics: QFontMetrics, rect: QRect, text: str) -> None:
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
