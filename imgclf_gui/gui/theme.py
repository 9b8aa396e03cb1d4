"""Colours, type and spacing: a light and a dark palette of our own, on Qt's Fusion style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

Choice = Literal["system", "light", "dark"]

SPACING = 8
"""Pixels between things that belong together; twice that between groups."""

# Okabe and Ito's colours, which people with every kind of colour vision tell apart, made darker to
# be seen on white and lighter to be seen on dark; their black is a violet.
_ON_LIGHT = (
    "#0072b2", "#c27c00", "#008f68", "#c0679a", "#2e8fc9", "#d55e00", "#8f7d00", "#7a68c8",
)  # fmt: skip
_ON_DARK = (
    "#56b4e9", "#e69f00", "#2fc79a", "#e39bc5", "#8fb8ff", "#f0803c", "#d9c441", "#a796f2",
)  # fmt: skip


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as #rrggbb."""

    name: Literal["light", "dark"]
    window: str
    base: str
    raised: str
    text: str
    muted: str
    border: str
    accent: str = "#2f6fde"
    on_accent: str = "#ffffff"
    good: str = "#1d8a54"
    warning: str = "#b26a00"
    bad: str = "#c8372d"
    series: tuple[str, ...] = _ON_LIGHT

    def class_color(self, index: int) -> QColor:
        """The colour of the class at `index`.

        From the ninth class on colours return: never use colour alone.
        """
        return QColor(self.series[index % len(self.series)])

    def palette(self) -> QPalette:
        """The palette of every widget."""
        palette = QPalette(QColor(self.window))
        role = QPalette.ColorRole
        for roles, color in (
            ((role.Window, role.AlternateBase), self.window),
            ((role.Base,), self.base),
            ((role.Button, role.ToolTipBase), self.raised),
            ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), self.text),
            ((role.PlaceholderText, role.LinkVisited), self.muted),
            ((role.Mid, role.Midlight), self.border),
            ((role.Highlight, role.Accent, role.Link), self.accent),
            ((role.HighlightedText, role.BrightText), self.on_accent),
        ):
            for one in roles:
                palette.setColor(one, QColor(color))
        for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
            palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(self.muted))
        palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(self.border))
        return palette


LIGHT = Theme(
    name="light",
    window="#f4f6f9",
    base="#ffffff",
    raised="#fbfcfd",
    text="#1b2430",
    muted="#5d6876",
    border="#cdd4dd",
)
DARK = Theme(
    name="dark",
    window="#1b1f25",
    base="#252a32",
    raised="#333b45",
    text="#e6eaf0",
    muted="#98a3b1",
    border="#434c58",
    accent="#4d86e8",
    good="#4cc38a",
    warning="#e3a13b",
    bad="#f0746a",
    series=_ON_DARK,
)


class Appearance(QObject):
    """Applies a theme to the application, and follows the system's where the person wants it."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: Choice = "system") -> None:
        super().__init__(app)
        self._app = app
        self.choice: Choice = choice
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    def choose(self, choice: Choice) -> None:
        """Use the light or the dark theme, or the system's."""
        self.choice = choice
        self._apply()

    @Slot()
    def _apply(self) -> None:
        self._app.setPalette(self._wanted().palette())
        self.changed.emit()

    def _wanted(self) -> Theme:
        if self.choice == "system":
            scheme = self._app.styleHints().colorScheme()
            return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        return DARK if self.choice == "dark" else LIGHT


def current() -> Theme:
    """The theme in use. A widget that keeps colours reads them again on PaletteChange."""
    return DARK if QApplication.palette().window().color().lightness() < 128 else LIGHT


def blend(color: QColor, ground: QColor, share: float) -> QColor:
    """`color` laid over `ground` with an opacity of `share`, 0…1."""
    front, back = (color.red(), color.green(), color.blue()), ground
    behind = (back.red(), back.green(), back.blue())
    mixed = [round(share * a + (1 - share) * b) for a, b in zip(front, behind, strict=True)]
    return QColor(*mixed)


def title_font(base: QFont) -> QFont:
    """The larger of the two type sizes, emphasised."""
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * 1.3)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def set_title(widget: QWidget) -> None:
    """Give a label the larger type size."""
    widget.setFont(title_font(widget.font()))


def set_muted(widget: QWidget) -> None:
    """Let a label stand back; it follows the palette."""
    widget.setForegroundRole(QPalette.ColorRole.PlaceholderText)


def set_primary(button: QPushButton) -> None:
    """Give the one button that a person most likely wants the accent colour."""
    palette = button.palette()
    color = QColor(LIGHT.accent).darker(130)  # the style lightens it
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
        palette.setColor(group, QPalette.ColorRole.Button, color)
        palette.setColor(group, QPalette.ColorRole.ButtonText, QColor(LIGHT.on_accent))
    button.setPalette(palette)
