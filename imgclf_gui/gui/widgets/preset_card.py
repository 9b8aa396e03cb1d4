"""A card that a person picks a starting network by."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout

from imgclf_gui.core.entry import Preset
from imgclf_gui.gui import theme
from imgclf_gui.gui.theme import blend
from imgclf_gui.gui.widgets.labels import plain_tip, wrapped_label

CORNER = 6
"""Pixels of the rounded corners."""


class PresetCard(QAbstractButton):
    """Title, figures, summary and paper; what it teaches in the tooltip. Checked: the network."""

    def __init__(self, preset: type[Preset]) -> None:
        super().__init__()
        self.kind = preset.kind
        self.setObjectName(f"preset_{preset.kind}")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(preset.title)
        title = wrapped_label(preset.title)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        self._figures = wrapped_label("\n\n", name=f"preset_{preset.kind}_figures")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        paper = wrapped_label(preset.paper, muted=True)
        for label in (title, self._figures, wrapped_label(preset.summary), paper):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(label)
        layout.addStretch(1)
        self._lesson = f"{preset.lesson} {preset.paper}"
        self.setToolTip(plain_tip(preset.lesson))
        self.clicked.connect(lambda: self.setChecked(True))  # a second click takes nothing back

    def show_figures(self, figures: str) -> None:
        """Show what the network costs with the present dataset."""
        self._figures.setText(figures)
        self.setAccessibleDescription(f"{figures}. {self._lesson}".replace("\n", ", "))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card; its labels draw themselves."""
        del event
        paint_card(self)


def paint_card(card: QAbstractButton) -> None:
    """The ground of a card: tinted where chosen or pointed at, marked where the keyboard is."""
    colours = theme.current()
    accent, base = QColor(colours.accent), QColor(colours.base)
    chosen = card.isChecked()
    painter = QPainter(card)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(blend(accent, base, 0.12 if chosen or card.underMouse() else 0))
    marked = chosen or card.hasFocus()
    painter.setPen(QPen(accent if marked else QColor(colours.border), 2 if chosen else 1))
    painter.drawRoundedRect(QRectF(card.rect()).adjusted(1, 1, -1, -1), CORNER, CORNER)
    if card.hasFocus():
        painter.setPen(QPen(accent, 1, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(card.rect()).adjusted(4, 4, -4, -4), CORNER, CORNER)
