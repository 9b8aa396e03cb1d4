"""The steps of a custom model as a row: what is done, what goes on, what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from imgclf_gui.core.automl import STEP_TITLES, Step
from imgclf_gui.gui import icons, theme
from imgclf_gui.gui.cloud.automl_words import fraction
from imgclf_gui.gui.widgets.labels import plain_tip
from imgclf_gui.protocol.automl_state import AutoMLState, StepState

_DOT = 16
_SHORT: dict[Step, str] = {"dataset": "Dataset", "upload": "Upload", "import": "Import"}
_WORDS = {
    "waiting": "not begun",
    "beginning": "beginning",
    "running": "going on",
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
}


@dataclass(frozen=True)
class _Shown:
    step: Step
    status: str
    share: float | None

    @property
    def title(self) -> str:
        return _SHORT.get(self.step, STEP_TITLES[self.step])


class StepRow(QWidget):
    """A mark and a name for each step, joined by a line."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("automl_steps")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._steps: tuple[_Shown, ...] = ()

    def show_state(self, steps: Sequence[Step], state: AutoMLState) -> None:
        """Show how far each of `steps` is."""
        shown = tuple(_shown(step, state.step(step), state.held) for step in steps)
        if shown != self._steps:
            self._steps = shown
            self.setAccessibleName(self.sentence())
            self.update()

    def sentence(self) -> str:
        """'Upload: done · Import: going on · Train: not begun'."""
        return " · ".join(f"{one.title}: {one.status}" for one in self._steps)

    def sizeHint(self) -> QSize:
        """A mark with its name below."""
        return QSize(300, _DOT + 4 + self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Names are elided where there is little room."""
        return QSize(120, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """A step's tooltip says how it stands."""
        if isinstance(event, QHelpEvent) and self._steps:
            place = min(len(self._steps) - 1, int(event.pos().x() / self._pitch()))
            one = self._steps[max(0, place)]
            tip = f"{STEP_TITLES[one.step]}: {one.status}"
            QToolTip.showText(event.globalPos(), plain_tip(tip), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw line, marks and names."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pitch, colours = self._pitch(), theme.current()
        for place, one in enumerate(self._steps):
            middle = QPointF(pitch * (place + 0.5), 2 + _DOT / 2)
            if place:
                painter.setPen(QPen(QColor(colours.border), 2))
                before = QPointF(middle.x() - pitch + _DOT / 2 + 3, middle.y())
                painter.drawLine(before, QPointF(middle.x() - _DOT / 2 - 3, middle.y()))
            _paint_mark(painter, one, middle)
            name = QRectF(pitch * place, _DOT + 4, pitch, self.fontMetrics().height() + 2)
            muted = one.status == _WORDS["waiting"]
            painter.setPen(QColor(colours.muted if muted else colours.text))
            elided = Qt.TextElideMode.ElideRight
            title = self.fontMetrics().elidedText(one.title, elided, int(pitch) - 4)
            painter.drawText(name, Qt.AlignmentFlag.AlignHCenter, title)

    def _pitch(self) -> float:
        return self.width() / max(1, len(self._steps))


def _shown(step: Step, state: StepState, held: bool) -> _Shown:
    words = "interrupted" if state.open and not held else _WORDS[state.status]
    return _Shown(step, words, fraction(state) if state.open else None)


def _paint_mark(painter: QPainter, one: _Shown, middle: QPointF) -> None:
    """A sign for what is over, a ring that fills for what goes on, a ring for what is to come."""
    colours = theme.current()
    signs = {
        "done": ("good", colours.good),
        "failed": ("warning", colours.bad),
        "stopped": ("stop", colours.warning),
        "interrupted": ("pause", colours.warning),
    }
    ring = QRectF(middle.x() - _DOT / 2, middle.y() - _DOT / 2, _DOT, _DOT)
    if one.status in signs:
        name, colour = signs[one.status]
        icons.paint(painter, name, QRect(ring.toAlignedRect()), QColor(colour))
        return
    inner = ring.adjusted(2, 2, -2, -2)
    waiting = one.status == _WORDS["waiting"]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(colours.border if waiting else colours.accent), 2))
    painter.drawEllipse(inner)
    if not waiting:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        share = one.share if one.share is not None else 0.25
        painter.drawPie(inner, 90 * 16, -round(360 * 16 * share))
        painter.setBrush(Qt.BrushStyle.NoBrush)
