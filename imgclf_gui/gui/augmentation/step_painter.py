"""How a row of the list looks: where its parts lie, and their painting."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionButton, QWidget

from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.augmentation.step_view import StepRow
from imgclf_gui.gui.theme import SPACING
from imgclf_gui.gui.widgets.check_outline import draw_check_outline
from imgclf_gui.gui.widgets.group_colours import group_colour

CORNER = 6
GAP = 4
"""Pixels between rows."""
HANDLE = 7
"""Pixels from the middle of a slider's handle to its edge."""
_BOX = 16
_SIGN = 16
_STRIPE = 4
_SLIDER = 18
_GROOVE = 4


@dataclass(frozen=True)
class RowLayout:
    """The parts of a row in the coordinates of the list."""

    outline: QRect
    box: QRect
    title: QRect
    facts: QRect
    sign: QRect
    slider: QRect
    value: QRect

    def on_box(self, point: QPoint) -> bool:
        """Whether a click there ticks the box."""
        return self.box.adjusted(-6, -8, 6, 8).contains(point)

    def on_slider(self, point: QPoint) -> bool:
        """Whether a press there moves the slider."""
        return self.slider.adjusted(0, -2, 0, 4).contains(point)

    def share(self, x: int) -> float:
        """What the slider says with the middle of its handle at `x`: 0 … 1."""
        way = max(1, self.slider.width() - 2 * HANDLE)
        return min(max((x - self.slider.left() - HANDLE) / way, 0.0), 1.0)

    def handle(self, share: float) -> QPointF:
        """The middle of the handle."""
        way = max(1, self.slider.width() - 2 * HANDLE)
        return QPointF(self.slider.left() + HANDLE + share * way, self.slider.center().y() + 0.5)


class StepPainter:
    """Lays rows out and paints them in the fonts of one list."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._font = widget.font()
        self._bold = QFont(self._font)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetrics(self._font)
        self._bold_metrics = QFontMetrics(self._bold)
        self._line = self._metrics.height()
        self._value_width = self._metrics.horizontalAdvance("100 %") + SPACING
        self.height = SPACING + self._line + SPACING // 2 + _SLIDER + SPACING // 2 + GAP
        """Pixels of a row, with the gap below it."""

    def layout(self, row: StepRow, place: QRect) -> RowLayout:
        """The parts of a row that has `place`, gap included."""
        outline = place.adjusted(0, 0, 0, -GAP)
        left = outline.left() + 4 + _STRIPE + SPACING
        right = outline.right() - SPACING
        top = outline.top() + SPACING
        box = QRect(left, top + (self._line - _BOX) // 2, _BOX, _BOX)
        text = box.right() + 1 + SPACING
        sign = QRect(right - _SIGN, top + (self._line - _SIGN) // 2, _SIGN, _SIGN)
        end = sign.left() - SPACING if row.note else right
        title_width = min(self._bold_metrics.horizontalAdvance(row.title) + 2, end - text)
        title = QRect(text, top, title_width, self._line)
        facts = QRect(title.right() + SPACING, top, end - title.right() - SPACING, self._line)
        below = top + self._line + SPACING // 2
        slider = QRect(text - 1, below, right - self._value_width - text, _SLIDER)
        value = QRect(right - self._value_width, below, self._value_width, _SLIDER)
        return RowLayout(outline, box, title, facts, sign, slider, value)

    def paint(
        self, painter: QPainter, row: StepRow, place: QRect, *, chosen: bool, held: bool
    ) -> None:
        """Draw a row; `held` says that the mouse is over its slider, or drags it."""
        parts = self.layout(row, place)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._outline(painter, row, parts, chosen)
        self._box(painter, parts.box, row.enabled)
        colours = theme.current()
        painter.setFont(self._bold)
        painter.setPen(QColor(colours.text if row.enabled else colours.muted))
        self._text(painter, self._bold_metrics, parts.title, row.title)
        painter.setFont(self._font)
        painter.setPen(QColor(colours.muted))
        self._facts(painter, row, parts.facts)
        if row.note:
            colour = colours.bad if row.problem else colours.warning
            icons.paint(painter, "warning", parts.sign, QColor(colour))
        if row.strength is not None:
            self._slider(painter, row, parts, held)
        else:
            painter.setPen(QColor(colours.bad))
            self._text(painter, self._metrics, parts.slider.united(parts.value), row.problem)
        painter.restore()

    def _outline(self, painter: QPainter, row: StepRow, parts: RowLayout, chosen: bool) -> None:
        colours = theme.current()
        base, accent = QColor(colours.base), QColor(colours.accent)
        focused = chosen and self._widget.hasFocus()
        edge = QColor(colours.bad if row.problem else colours.border)
        painter.setBrush(theme.blend(accent, base, 0.16 if focused else 0.08) if chosen else base)
        painter.setPen(QPen(accent if chosen else edge, 2 if focused else 1))
        rect = QRectF(parts.outline).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(rect, CORNER, CORNER)
        stripe = QRectF(rect.left() + 4, rect.top() + 6, _STRIPE, rect.height() - 12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        if row.enabled:
            painter.setBrush(group_colour(row.group, colours))
        painter.drawRoundedRect(stripe, _STRIPE / 2, _STRIPE / 2)

    def _box(self, painter: QPainter, box: QRect, ticked: bool) -> None:
        option = QStyleOptionButton()
        option.initFrom(self._widget)
        option.rect = box
        option.state = QStyle.StateFlag.State_Enabled
        option.state |= QStyle.StateFlag.State_On if ticked else QStyle.StateFlag.State_Off
        element = QStyle.PrimitiveElement.PE_IndicatorCheckBox
        self._widget.style().drawPrimitive(element, option, painter, self._widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        draw_check_outline(painter, box)
        painter.restore()

    def _slider(self, painter: QPainter, row: StepRow, parts: RowLayout, held: bool) -> None:
        colours = theme.current()
        share = row.strength or 0.0
        middle = parts.handle(share)
        full = QColor(colours.accent if row.enabled else colours.muted)
        groove = QRectF(parts.slider.adjusted(HANDLE, 0, -HANDLE, 0))
        groove.setTop(middle.y() - _GROOVE / 2)
        groove.setHeight(_GROOVE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        painter.setBrush(full)
        groove.setRight(middle.x())
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        painter.setPen(QPen(full, 2))
        painter.setBrush(full if held else QColor(colours.base))
        painter.drawEllipse(middle, HANDLE - 1.5, HANDLE - 1.5)
        painter.setPen(QColor(colours.text if row.enabled else colours.muted))
        self._text(painter, self._metrics, parts.value, row.percent, right=True)

    def _facts(self, painter: QPainter, row: StepRow, place: QRect) -> None:
        """The settings give way to the share of the images."""
        brief = f"{row.brief}, " if row.brief and row.images else row.brief
        room = place.width() - self._metrics.horizontalAdvance(row.images)
        brief = self._metrics.elidedText(brief, Qt.TextElideMode.ElideRight, max(0, room))
        self._text(painter, self._metrics, place, f"{brief}{row.images}", right=True)

    @staticmethod
    def _text(
        painter: QPainter, metrics: QFontMetrics, rect: QRect, text: str, *, right: bool = False
    ) -> None:
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)
