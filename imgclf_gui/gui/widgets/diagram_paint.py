"""Draws the picture of a network with any painter: window, SVG, PNG."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from imgclf_gui.core.tree import Place
from imgclf_gui.gui.theme import Theme, blend
from imgclf_gui.gui.widgets.diagram_layout import LINE, TITLE, UNKNOWN
from imgclf_gui.gui.widgets.diagram_parts import Arc, Box, Card, Frame, Joint, Layout, Wire
from imgclf_gui.gui.widgets.group_colours import group_colour

CAPTIONS_FROM, TITLES_FROM, DEPTH_FROM = 0.45, 0.3, 0.12
"""The zoom below which texts would be too small to read, and planes too small to have sides."""
_JOINT = 7.0
_CORNER = 8.0


@dataclass(frozen=True)
class Style:
    """How the picture is drawn this time."""

    theme: Theme
    font: QFont
    zoom: float = 1.0
    chosen: Place | None = None

    def text_font(self, pixels: int, *, strong: bool = False) -> QFont:
        """Sized in pixels, so that every device draws it alike."""
        font = QFont(self.font)
        font.setPixelSize(pixels)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font


def paint_layout(
    painter: QPainter, layout: Layout, style: Style, exposed: Box | None = None
) -> None:
    """Draw `layout`, or what of it lies in `exposed`."""
    seen = exposed or layout.box
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for frame in layout.frames:
        if _meet(frame.box, seen):
            _paint_frame(painter, frame, style)
    pen = QPen(QColor(style.theme.muted), 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for wire in layout.wires:
        _paint_wire(painter, wire)
    for arc in layout.arcs:
        if _meet(arc.box, seen):
            _paint_arc(painter, arc, style)
    for joint in layout.joints:
        _paint_joint(painter, joint, style)
    for card in layout.cards:
        if _meet(card.hull.around(card.caption or card.hull), seen):
            _paint_card(painter, card, style)


def _paint_frame(painter: QPainter, frame: Frame, style: Style) -> None:
    colour = QColor(style.theme.bad if frame.problem else style.theme.muted)
    chosen = frame.place == style.chosen
    if chosen:
        painter.setPen(QPen(QColor(style.theme.accent), 2.5))
    elif frame.title or frame.problem or not frame.known:
        dash = Qt.PenStyle.SolidLine if frame.known else Qt.PenStyle.DashLine
        painter.setPen(QPen(colour, 1.0, dash))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
    fill = QColor(style.theme.accent if chosen else style.theme.muted)
    fill.setAlphaF(0.07)
    painter.setBrush(fill)
    painter.drawRoundedRect(_rect(frame.box), _CORNER, _CORNER)
    if frame.title and style.zoom >= TITLES_FROM:
        font = style.text_font(11, strong=True)
        box = frame.box
        line = Box(box.left + _CORNER, box.top + 2, box.width - 2 * _CORNER, TITLE)
        _paint_text(painter, line, frame.title, font, QColor(style.theme.text), left=True)
    if frame.problem:
        _paint_badge(painter, QPointF(frame.box.right, frame.box.top), style)


def _paint_wire(painter: QPainter, wire: Wire) -> None:
    start, end = QPointF(wire.x0, wire.y0), QPointF(wire.x1, wire.y1)
    if wire.y0 == wire.y1:
        painter.drawLine(start, end)
        return
    path, middle = QPainterPath(start), (wire.x0 + wire.x1) / 2
    path.cubicTo(QPointF(middle, wire.y0), QPointF(middle, wire.y1), end)
    painter.strokePath(path, painter.pen())


def _paint_arc(painter: QPainter, arc: Arc, style: Style) -> None:
    box, bend = arc.box, min(14.0, arc.box.width / 2, arc.box.height)
    path = QPainterPath(QPointF(box.left, box.bottom))
    path.lineTo(box.left, box.top + bend)
    path.quadTo(box.left, box.top, box.left + bend, box.top)
    path.lineTo(box.right - bend, box.top)
    path.quadTo(box.right, box.top, box.right, box.top + bend)
    path.lineTo(box.right, box.bottom - _JOINT)
    painter.strokePath(path, QPen(QColor(style.theme.accent), 2.0))
    if arc.mark and style.zoom >= TITLES_FROM:
        font = style.text_font(10)
        width = QFontMetricsF(font).horizontalAdvance(arc.mark) + 10
        middle = box.left + box.width / 2
        mark = Box(middle - width / 2, box.top - 7, width, 14)
        painter.setPen(QPen(QColor(style.theme.accent), 1.2))
        painter.setBrush(QColor(style.theme.base))
        painter.drawRoundedRect(_rect(mark), 4, 4)
        _paint_text(painter, mark, arc.mark, font, QColor(style.theme.text))


def _paint_joint(painter: QPainter, joint: Joint, style: Style) -> None:
    painter.setPen(QPen(QColor(style.theme.accent), 1.4))
    painter.setBrush(QColor(style.theme.base))
    centre = QPointF(joint.x, joint.y)
    painter.drawEllipse(centre, _JOINT, _JOINT)
    arm = _JOINT * 0.55
    if joint.sign == "+":
        painter.drawLine(centre - QPointF(arm, 0), centre + QPointF(arm, 0))
        painter.drawLine(centre - QPointF(0, arm), centre + QPointF(0, arm))
    else:  # laid side by side: two bars
        for side in (-arm / 2, arm / 2):
            painter.drawLine(centre + QPointF(side, -arm), centre + QPointF(side, arm))


def _paint_card(painter: QPainter, card: Card, style: Style) -> None:
    colour = group_colour(card.group, style.theme)
    pen = QPen(colour, 1.0)
    if not card.known:
        pen = QPen(QColor(style.theme.muted), 1.2, Qt.PenStyle.DashLine)
    if card.problem:
        pen = QPen(QColor(style.theme.bad), 1.8, pen.style())
    if card.place and card.place == style.chosen:
        _paint_choice(painter, card, style)
        pen.setWidthF(2.0)
    painter.setPen(pen)
    _paint_body(painter, card, colour, style)
    if card.problem:
        _paint_badge(painter, QPointF(card.hull.right, card.hull.top), style)
    if style.zoom >= CAPTIONS_FROM:
        _paint_words(painter, card, style)


def _paint_body(painter: QPainter, card: Card, colour: QColor, style: Style) -> None:
    """Planes as a solid seen from the front right, anything else flat."""
    base = QColor(style.theme.base)
    front, box = blend(colour, base, 0.28), card.box
    if not card.known:
        front = base
    if card.depth and style.zoom >= DEPTH_FROM:
        back = QPointF(card.depth, -card.depth)
        painter.setBrush(QBrush(blend(colour, base, 0.14)))
        upper = [QPointF(box.left, box.top), QPointF(box.right, box.top)]
        painter.drawPolygon(QPolygonF([*upper, upper[1] + back, upper[0] + back]))
        painter.setBrush(QBrush(blend(colour, base, 0.45)))
        side = [QPointF(box.right, box.top), QPointF(box.right, box.bottom)]
        painter.drawPolygon(QPolygonF([*side, side[1] + back, side[0] + back]))
    painter.setBrush(QBrush(front))
    if card.look == "values":
        painter.drawRoundedRect(_rect(box), 4, 4)
    else:
        painter.drawRect(_rect(box))


def _paint_choice(painter: QPainter, card: Card, style: Style) -> None:
    hull = card.hull.around(card.caption or card.hull)
    glow = QColor(style.theme.accent)
    painter.setPen(QPen(glow, 2.0))
    glow.setAlphaF(0.15)
    painter.setBrush(glow)
    room = Box(hull.left - 4, hull.top - 4, hull.width + 8, hull.height + 8)
    painter.drawRoundedRect(_rect(room), 6, 6)


def _paint_words(painter: QPainter, card: Card, style: Style) -> None:
    text, muted = QColor(style.theme.text), QColor(style.theme.muted)
    if card.caption is None:
        _paint_upright(painter, card, style)
        return
    box = card.caption
    lines = (
        (card.title, text, 11),
        (card.brief, muted, 10),
        (card.shape or UNKNOWN, muted, 10),
    )
    top = box.top
    for words, colour, pixels in lines:
        if words:
            line = Box(box.left - 4, top, box.width + 8, LINE)
            _paint_text(painter, line, words, style.text_font(pixels), colour)
            top += LINE


def _paint_upright(painter: QPainter, card: Card, style: Style) -> None:
    """The short name of a slim block, from its lower end up, where it fits."""
    font, box = style.text_font(9), card.box
    words = slim_words(card)
    if QFontMetricsF(font).horizontalAdvance(words) > box.height - 4:
        return
    painter.save()
    painter.translate(box.left, box.bottom)
    painter.rotate(-90)
    line = Box(0, 0, box.height, box.width)
    _paint_text(painter, line, words, font, QColor(style.theme.text))
    painter.restore()


def slim_words(card: Card) -> str:
    """'BN' for Batch normalisation, 'relu' for an activation, 'Dropout'."""
    if card.group == "Activation" and card.brief:
        return card.brief
    words = card.title.split()
    return "".join(word[0].upper() for word in words) if len(words) > 1 else card.title


def _paint_badge(painter: QPainter, at: QPointF, style: Style) -> None:
    """A mark at a corner: something is wrong here."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(style.theme.bad))
    painter.drawEllipse(at, 8, 8)
    sign = Box(at.x() - 8, at.y() - 8, 16, 16)
    _paint_text(painter, sign, "!", style.text_font(12, strong=True), QColor(style.theme.base))


def _paint_text(
    painter: QPainter, box: Box, words: str, font: QFont, colour: QColor, *, left: bool = False
) -> None:
    shown = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, box.width)
    painter.setFont(font)
    painter.setPen(colour)
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignHCenter
    painter.drawText(_rect(box), int(side | Qt.AlignmentFlag.AlignVCenter), shown)


def _rect(box: Box) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left <= other.right
        and other.left <= one.right
        and one.top <= other.bottom
        and other.top <= one.bottom
    )
