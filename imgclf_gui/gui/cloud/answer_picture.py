"""An image with what was found in it: boxes with names, regions of text, hints for cropping."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from imgclf_gui.core.vision_answer import Region
from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud import kinds
from imgclf_gui.gui.messages import shortened
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.gui.widgets.picture import fitted
from imgclf_gui.gui.widgets.words import percent

LONGEST_TAG = 40
MOST_TAGS = 30
"""More names than that would hide the image; the mouse still tells them."""
MOST_REGIONS = 2_000
WITHOUT_TAGS = ("text", "documents", "crop-hints")
"""Text names itself."""
MARGIN = 4


class AnswerPicture(QWidget):
    """Draws the regions of the kinds that are shown; one may be marked."""

    pointed = Signal(object)
    """The Region under the mouse; None if there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("answer_picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 100))
        self.setMouseTracking(True)
        self._pixmap: QPixmap | None = None
        self._name = ""
        self._regions: tuple[Region, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        self._marked: Region | None = None

    @property
    def shown(self) -> tuple[Region, ...]:
        """What is drawn."""
        return tuple(one for one in self._regions if one.kind not in self._hidden)

    def show_picture(self, pixmap: QPixmap | None, name: str) -> None:
        """Show an image; None: it is not there yet, a null one: it cannot be shown."""
        self._pixmap, self._name = pixmap, name
        self._describe()

    def show_regions(self, regions: Sequence[Region]) -> None:
        """Draw these over it."""
        self._regions, self._marked = tuple(regions[:MOST_REGIONS]), None
        self._describe()

    def hide_kinds(self, hidden: frozenset[str]) -> None:
        """Leave these kinds out."""
        self._hidden = hidden
        self._describe()

    def mark(self, region: Region | None) -> None:
        """Let one stand out."""
        if region is not self._marked:
            self._marked = region
            self.update()

    def region_at(self, point: QPointF) -> Region | None:
        """The smallest of those drawn that lie under `point` of the widget."""
        frame = self._frame()
        over = [one for one in self.shown if _polygon(one, frame).containsPoint(point, _RULE)]
        return min(over, key=_area, default=None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The image, then what was found."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._pixmap is None or self._pixmap.isNull():
            words = "This image cannot be shown." if self._pixmap is not None else ""
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        frame = self._frame()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(frame, self._pixmap)
        shown = self.shown
        for region in shown:
            self._paint_region(painter, region, frame)
        tagged = [one for one in shown if one.kind not in WITHOUT_TAGS][:MOST_TAGS]
        if self._marked is not None and self._marked not in tagged:
            tagged.append(self._marked)
        taken: list[QRectF] = []
        for region in tagged:
            tag = self._free_place(self._tag(region, frame), taken)
            taken.append(tag)
            _paint_tag(painter, region, tag)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let what is under the mouse stand out."""
        self._point(self.region_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        super().leaveEvent(event)
        self._point(None)

    def event(self, event: QEvent) -> bool:
        """Say what is under the mouse."""
        if isinstance(event, QHelpEvent):
            found = self.region_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(_words(found, 300) if found else ""))
            return True
        return super().event(event)

    def _point(self, region: Region | None) -> None:
        if region is not self._marked:
            self.mark(region)
            self.pointed.emit(region)

    def _frame(self) -> QRect:
        if self._pixmap is None or self._pixmap.isNull():
            return self.rect()
        return fitted(self.rect(), self._pixmap.size())

    def _paint_region(self, painter: QPainter, region: Region, frame: QRect) -> None:
        colour, marked = kinds.colour(region.kind), region is self._marked
        polygon = _polygon(region, frame)
        fill = QColor(colour)
        fill.setAlphaF(0.3 if marked else 0.0)
        painter.setBrush(fill)
        for width, ink in ((4 if marked else 3, QColor(0, 0, 0, 110)), (2, colour)):
            pen = QPen(ink, width)
            if region.kind == "crop-hints":
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)  # a dark seam lets the colour be seen on any image
            painter.drawPolygon(polygon)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _tag(self, region: Region, frame: QRect) -> QRectF:
        """Where its name stands: above its left corner, inside the widget."""
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(_words(region, LONGEST_TAG)) + 2 * MARGIN
        size = QSizeF(width, metrics.height())
        tag = QRectF(_polygon(region, frame).boundingRect().topLeft(), size)
        tag.moveBottom(tag.top())
        tag.moveLeft(max(0.0, min(tag.left(), self.width() - tag.width())))
        tag.moveTop(max(0.0, tag.top()))
        return tag

    def _free_place(self, tag: QRectF, taken: Sequence[QRectF]) -> QRectF:
        """Below names that stand there already, as long as there is room."""
        for _ in taken:
            other = next((one for one in taken if one.intersects(tag)), None)
            if other is None or other.bottom() + tag.height() > self.height():
                break
            tag.moveTop(other.bottom() + 1)
        return tag

    def _describe(self) -> None:
        found = ", ".join(_words(one, LONGEST_TAG) for one in self.shown[:MOST_TAGS])
        name = f"Image {self._name}" if self._name else "No image"
        self.setAccessibleName(f"{name}: {found}" if found else name)
        self.update()


_RULE = Qt.FillRule.WindingFill


def _polygon(region: Region, frame: QRect) -> QPolygonF:
    left, top, width, height = frame.x(), frame.y(), frame.width(), frame.height()
    return QPolygonF([QPointF(left + x * width, top + y * height) for x, y in region.polygon])


def _paint_tag(painter: QPainter, region: Region, tag: QRectF) -> None:
    colour = kinds.colour(region.kind)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(tag, 3, 3)
    ink = theme.LIGHT.text if colour.lightness() > 140 else theme.LIGHT.on_accent
    painter.setPen(QColor(ink))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, _words(region, LONGEST_TAG))


def _area(region: Region) -> float:
    across = [x for x, _ in region.polygon]
    down = [y for _, y in region.polygon]
    return (max(across) - min(across)) * (max(down) - min(down)) if across else 0.0


def _words(region: Region, longest: int) -> str:
    """'Cat 91.2 %'."""
    name = shortened(region.text or kinds.title(region.kind), longest)
    return f"{name} {percent(region.score)}" if region.score is not None else name
