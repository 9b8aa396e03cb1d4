"""The phases of a training, side by side: which blocks learn in each, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from imgclf_gui.gui import theme
from imgclf_gui.gui.messages import plain_label
from imgclf_gui.gui.transfer_choice import Phase
from imgclf_gui.gui.widgets.labels import wrapped_label
from imgclf_gui.gui.widgets.named import named

BAR_HEIGHT = 10


class PhaseStrip(QWidget):
    """A box for each phase, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transfer_phases")
        self._boxes = (_Box(1), _Box(2))
        self._arrow = plain_label("→")
        theme.set_title(self._arrow)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._boxes[0], 1)
        row.addWidget(self._arrow, 0)
        row.addWidget(self._boxes[1], 1)

    def show_phases(self, phases: Sequence[Phase], blocks: int) -> None:
        """Show one or two phases of a network with so many blocks in its backbone."""
        for number, box in enumerate(self._boxes):
            box.setVisible(number < len(phases))
            if number < len(phases):
                box.show_phase(phases[number], blocks)
        self._arrow.setVisible(len(phases) > 1)
        self.setAccessibleName("Phases of the training")
        said = [f"{n}. {one.title}: {', '.join(one.lines)}" for n, one in enumerate(phases, 1)]
        self.setAccessibleDescription(" · ".join(said))


class _Box(QFrame):
    def __init__(self, number: int) -> None:
        super().__init__()
        named(self, f"transfer_phase_{number}", f"Phase {number}")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._number = number
        self._title = wrapped_label(name=f"transfer_phase_{number}_title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._bar = _Bar()
        self._lines: tuple[QLabel, QLabel] = (
            wrapped_label(name=f"transfer_phase_{number}_what"),
            wrapped_label(muted=True, name=f"transfer_phase_{number}_how"),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACING, 6, theme.SPACING, 6)
        column.setSpacing(4)
        for widget in (self._title, self._bar, *self._lines):
            column.addWidget(widget)
        column.addStretch(1)

    def show_phase(self, phase: Phase, blocks: int) -> None:
        self._title.setText(f"{self._number}. {phase.title}")
        self._bar.show_blocks(blocks, phase.frozen)
        for label, text in zip(self._lines, (*phase.lines, "", "")[:2], strict=True):
            label.setText(text)
            label.setVisible(bool(text))


class _Bar(QWidget):
    """A stroke for each block and one for the head; those that learn have the accent colour."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._blocks, self._frozen = 1, 1

    def show_blocks(self, blocks: int, frozen: int) -> None:
        self._blocks, self._frozen = blocks, frozen
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, BAR_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        now, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        still = theme.blend(QColor(now.text), QColor(now.base), 0.22)
        pitch = self.width() / (self._blocks + 1)
        gap = 2 if pitch > 5 else 0
        for index in range(self._blocks + 1):
            painter.setBrush(still if index < self._frozen else QColor(now.accent))
            painter.drawRoundedRect(QRectF(index * pitch, 0, pitch - gap, BAR_HEIGHT), 2, 2)
