"""The lists to begin with, as a row of buttons."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from imgclf_gui import catalog
from imgclf_gui.core.augmentation import AugmentationPreset
from imgclf_gui.gui import theme
from imgclf_gui.gui.augmentation.edits import StepEdits, preset_in_use
from imgclf_gui.gui.studio import Studio
from imgclf_gui.gui.widgets.labels import plain_tip, wrapped_label

CORNER = 6
_HEIGHT = 32


class PresetRow(QWidget):
    """A button for each preset; the one in use is marked, and a sentence says what it is for."""

    chosen = Signal(str)

    def __init__(self, studio: Studio, edits: StepEdits) -> None:
        super().__init__()
        self.setObjectName("augmentation_presets")
        self._studio = studio
        self._edits = edits
        presets = catalog.augmentation_preset_entries()
        self._buttons = [PresetButton(preset) for preset in presets.values()]
        self._sentence = wrapped_label(muted=True, name="augmentation_preset_sentence")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING)
        for button in self._buttons:
            button.clicked.connect(lambda _=False, kind=button.kind: self.chosen.emit(kind))
            layout.addWidget(button)
        layout.addSpacing(theme.SPACING)
        layout.addWidget(self._sentence, 1)
        studio.spec_changed.connect(self.refresh)
        studio.project_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Mark the preset that the list is."""
        kind = preset_in_use(self._studio.spec.augmentation)
        for button in self._buttons:
            button.setChecked(button.kind == kind)
            button.setEnabled(self._edits.open)
        self._sentence.setText(self._words(kind))

    def _words(self, kind: str | None) -> str:
        presets = catalog.augmentation_preset_entries()
        if kind is not None:
            return presets[kind].lesson
        begun = presets.get(self._studio.spec.augmentation.preset or "")
        return f"Own list, begun as {begun.title}." if begun else "Own list."


class PresetButton(QAbstractButton):
    """The title of a preset; what it teaches in the tooltip. Checked: the list is this one."""

    def __init__(self, preset: type[AugmentationPreset]) -> None:
        super().__init__()
        self.kind = preset.kind
        self.setObjectName(f"augmentation_preset_{preset.kind}")
        self.setText(preset.title)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(plain_tip(f"{preset.summary} {preset.lesson}"))
        self.setAccessibleDescription(f"{preset.summary} {preset.lesson}")
        self.clicked.connect(lambda: self.setChecked(True))  # a second click takes nothing back

    def sizeHint(self) -> QSize:
        """As wide as its title."""
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + 4 * theme.SPACING, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button as a card."""
        del event
        colours = theme.current()
        accent, base = QColor(colours.accent), QColor(colours.base)
        chosen, focused = self.isChecked() and self.isEnabled(), self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tinted = chosen or (self.underMouse() and self.isEnabled())
        painter.setBrush(theme.blend(accent, base, 0.12 if tinted else 0))
        edge = accent if chosen or focused else QColor(colours.border)
        painter.setPen(QPen(edge, 2 if chosen else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), CORNER, CORNER)
        if focused:
            painter.setPen(QPen(accent, 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 3, 3)
        painter.setPen(QColor(colours.text if self.isEnabled() else colours.muted))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
