"""What was found in an image, by kind: bars, swatches, words; kinds in the image can be hidden."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from imgclf_gui.core.vision_answer import Answer, Colour, Region, Scored
from imgclf_gui.gui import theme
from imgclf_gui.gui.cloud import kinds
from imgclf_gui.gui.messages import plain_label, shortened
from imgclf_gui.gui.widgets.check_outline import OutlinedCheckBox
from imgclf_gui.gui.widgets.labels import plain_tip, wrapped_label
from imgclf_gui.gui.widgets.named import named
from imgclf_gui.gui.widgets.probability_bars import ProbabilityBars
from imgclf_gui.gui.widgets.scrolled_column import ScrolledColumn
from imgclf_gui.gui.widgets.words import percent

MOST_ROWS = 30
LONGEST_TEXT = 2_000
BARRED = ("objects", "landmarks", "logos", "faces")
"""Kinds whose regions have a name and a score each."""
SWATCH = 26


class AnswerFacts(QScrollArea):
    """One section for each kind that was found."""

    hidden_changed = Signal(object)
    """The kinds (frozenset) that shall not be drawn in the image."""
    pointed = Signal(object)
    """The Region whose row is under the mouse; None if there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("answer_facts")
        self.setAccessibleName("What was found")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._hidden: frozenset[str] = frozenset()
        self._column = QVBoxLayout()
        self.show_answer(Answer())

    def show_answer(self, answer: Answer) -> None:
        """Show what it says."""
        content = ScrolledColumn()
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.SPACING // 2, 0)
        column.setSpacing(theme.SPACING // 2)
        if answer.labels:
            self._section("labels", "Labels", _bars("labels", _shares(answer.labels)))
        for kind in kinds.REGIONS:
            self._add_regions(kind, [one for one in answer.regions if one.kind == kind])
        if answer.text:
            text = wrapped_label(shortened(answer.text, LONGEST_TEXT), name="found_text")
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._section("read", "What is written", text)
        if answer.colours:
            self._section("colours", "Colours", Swatches(answer.colours))
        if answer.safe_search:
            lines = [
                f"{_plain(key)}: {kinds.likely_words(word)}" for key, word in answer.safe_search
            ]
            self._section("safe", "Safe search", wrapped_label("\n".join(lines), name="found_safe"))
        self._add_web(answer)
        column.addStretch(1)
        self.setWidget(content)

    def _add_regions(self, kind: str, regions: Sequence[Region]) -> None:
        if not regions:
            return
        box = named(OutlinedCheckBox(f"{kinds.title(kind)} ({len(regions):,})"), f"show_{kind}")
        box.setToolTip("Show them in the image")
        box.setIcon(_swatch(kinds.colour(kind)))
        box.setChecked(kind not in self._hidden)
        box.toggled.connect(lambda shown, kind=kind: self._show_kind(kind, shown))
        self._column.addSpacing(theme.SPACING // 2)
        self._column.addWidget(box)
        if kind in BARRED and any(region.score is not None for region in regions):
            shown = regions[:MOST_ROWS]
            pairs = [(one.text or kinds.title(kind), one.score or 0.0) for one in shown]
            rows = RegionBars(shown)
            rows.show_shares(pairs)
            rows.pointed.connect(self.pointed)
            self._column.addWidget(named(rows, f"found_{kind}"))
        elif kind in BARRED:
            names = ", ".join(region.text for region in regions[:MOST_ROWS])
            self._column.addWidget(wrapped_label(names, name=f"found_{kind}"))

    def _add_web(self, answer: Answer) -> None:
        if not answer.web and not answer.pages:
            return
        lines = [
            one.text if one.score is None else f"{one.text} ({one.score:.2f})"
            for one in answer.web[:MOST_ROWS]
        ]
        lines += answer.pages[:MOST_ROWS]
        text = wrapped_label("\n".join(lines), name="found_web")
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._section("web", "On the web", text)

    def _section(self, name: str, title: str, content: QWidget) -> None:
        heading: QLabel = plain_label(title, objectName=f"{name}_heading")
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        self._column.addSpacing(theme.SPACING // 2)
        self._column.addWidget(heading)
        self._column.addWidget(content)

    @Slot(str, bool)
    def _show_kind(self, kind: str, shown: bool) -> None:
        self._hidden = self._hidden - {kind} if shown else self._hidden | {kind}
        self.hidden_changed.emit(self._hidden)


class RegionBars(ProbabilityBars):
    """A bar a region; the mouse on one points at it in the image."""

    pointed = Signal(object)
    """A Region, or None."""

    def __init__(self, regions: Sequence[Region]) -> None:
        super().__init__()
        self._regions = regions
        self.setMouseTracking(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the region of that row."""
        row = int(event.position().y()) // self._row_height()
        self.pointed.emit(self._regions[row] if 0 <= row < len(self._regions) else None)

    def leaveEvent(self, event: object) -> None:
        """Point at nothing."""
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.pointed.emit(None)


class Swatches(QWidget):
    """Dominant colours side by side, as wide as their share; below each its name, where it fits."""

    def __init__(self, colours: Sequence[Colour]) -> None:
        super().__init__()
        self.setObjectName("found_colours")
        self._colours = colours
        words = [f"{_hex(one)} {percent(one.share)}" for one in colours]
        self.setAccessibleName(f"Dominant colours: {', '.join(words)}")
        self.setToolTip(plain_tip("\n".join(words)))

    def sizeHint(self) -> QSize:
        """A band, and a line of text."""
        return QSize(160, SWATCH + self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """As high."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the band."""
        del event
        painter, metrics = QPainter(self), self.fontMetrics()
        whole = sum(max(one.share, 0.01) for one in self._colours)
        left = 0.0
        for one in self._colours:
            width = self.width() * max(one.share, 0.01) / whole
            box = QRect(round(left), 0, round(left + width) - round(left), SWATCH)
            painter.fillRect(box, QColor(one.red, one.green, one.blue))
            painter.setPen(QColor(theme.current().border))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
            name = _hex(one)
            if metrics.horizontalAdvance(name) < width:
                painter.setPen(self.palette().text().color())
                below = QRect(box.x(), SWATCH + 2, box.width(), metrics.height())
                painter.drawText(below, Qt.AlignmentFlag.AlignLeft, name)
            left += width


def _bars(name: str, shares: Sequence[tuple[str, float]]) -> ProbabilityBars:
    bars = ProbabilityBars()
    bars.show_shares(shares)
    return named(bars, f"found_{name}")


def _shares(scored: Sequence[Scored]) -> list[tuple[str, float]]:
    return [(one.text, one.score or 0.0) for one in scored[:MOST_ROWS]]


def _swatch(colour: QColor) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(colour)
    return QIcon(pixmap)


def _hex(colour: Colour) -> str:
    return f"#{colour.red:02x}{colour.green:02x}{colour.blue:02x}"


def _plain(key: str) -> str:
    return key.replace("_", " ").capitalize()
